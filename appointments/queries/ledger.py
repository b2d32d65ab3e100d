"""Reads of the ledger of reminders."""

import uuid
from collections.abc import Collection
from itertools import islice
from typing import Any

from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import Coalesce

from appointments.models import Appointment, Attendance, Reminder
from appointments.queries.facts import ended_because, told_event
from appointments.states import (
    AFTER_ITS_END,
    NOTICES,
    WAITING,
    ReminderState,
    Response,
    RuleOnlyIf,
    text_of,
)
from casework.models import Phase
from casework.queries import when_left
from clients.models import Client, ContactPoint
from common.clock import now
from common.prepared import Prepared
from common.present import PRESENT
from common.rows import held
from messaging.models import OptOut, Template
from messaging.states import Reason
from organization.models import Facility, User
from organization.roles import Capability


def reminders_of(appointment: Appointment, user: User) -> QuerySet[Reminder]:
    """The ledger of an appointment, for the attendances that this person may see.

    With its history and the attempts, and whether the address may be seen, too.
    """
    attendances = Attendance.objects.visible_to(user).filter(appointment=appointment)
    points = ContactPoint.objects.visible_to(user).filter(pk=OuterRef("contact_point"))
    cases = Client.objects.visible_to(user, Capability.VIEW_CASE)
    ledger = Reminder.objects.filter(attendance__in=attendances).annotate(
        address_seen=Exists(points),
        case_seen=Exists(cases.filter(pk=OuterRef("attendance__client"))),
    )
    return with_reasons(ledger, Attendance.objects.visible_to(user)).prefetch_related(
        "changes", "message__attempts"
    )


def with_reasons(
    ledger: QuerySet[Reminder], visits_seen: QuerySet[Attendance]
) -> QuerySet[Reminder]:
    """With all that `why` looks at: since when the address has opted out, and which visit's message
    carries the reminder, if that visit is one of `visits_seen`."""
    opt_outs = OptOut.objects.filter(
        address_index=OuterRef("contact_point__address_index"),
        channel=OuterRef("channel"),
        until=None,
    )
    carrying = Reminder.objects.filter(
        message=OuterRef("message"), state=ReminderState.PLANNED, attendance__in=visits_seen
    ).order_by("pk")
    return ledger.select_related(
        "rule", "message", "attendance__appointment__facility", "contact_point"
    ).annotate(
        opted_out_since=Subquery(opt_outs.values("since")[:1]),
        carried_with=Case(
            When(
                state=ReminderState.BUNDLED,
                then=Subquery(carrying.values("attendance__appointment__starts_at")[:1]),
            )
        ),
    )


# ── What a message carries ────────────────────────────────────────────────────────────────────

REMINDER_ROW = ("message", "pk")
RULE = ("when", "only_if", "template", "retired_at")
VISIT = ("id", "created_at", "status", "status_at", "response", "appointment_id", "client_id")
APPOINTMENT = ("id", "status", "cancelled_by", "starts_at", "ends_at")
FACILITY = ("id", "zone", "discreet_name", "sms_has_link")
CLIENT = ("id", "deceased_on", "language", "greeting_name", "messages_on_unit")
MINUTES_BEFORE = Coalesce("rule__minutes_before", 0)
OVERTAKING = (
    Reminder.objects.filter(
        attendance=OuterRef("attendance"),
        contact_point=OuterRef("contact_point"),
        state__in=(*WAITING, ReminderState.SENT, ReminderState.DONE),
        send_at__lte=PRESENT,
    )
    .exclude(rule__when__in=NOTICES)
    .alias(minutes=MINUTES_BEFORE)
    .filter(
        Q(send_at__gt=OuterRef("send_at"))
        | Q(send_at=OuterRef("send_at"), minutes__lt=OuterRef("minutes"))
    )
)
"""A later reminder of the same visit to the same contact point that is due as well, or has gone; of
two due at once, the one whose rule lies nearer to the visit."""
CARRIED = Prepared(
    lambda messages: (
        # One that may have arrived, did not, and goes once more is `sent` already.
        Reminder.objects.filter(message__in=messages, state__in=(*WAITING, ReminderState.SENT))
        .order_by()
        .alias(minutes=MINUTES_BEFORE)
        .values_list(
            *REMINDER_ROW,
            *(f"rule__{name}" for name in RULE),
            *(f"attendance__{name}" for name in VISIT),
            *(f"attendance__appointment__{name}" for name in APPOINTMENT),
            *(f"attendance__appointment__facility__{name}" for name in FACILITY),
            *(f"attendance__client__{name}" for name in CLIENT),
            Exists(
                Phase.objects.current().filter(
                    episode__client=OuterRef("attendance__client"), program__residential=True
                )
            ),
            when_left(OuterRef("attendance__client")),
            Exists(OVERTAKING),
            Exists(
                Template.objects.filter(
                    facility=OuterRef("attendance__appointment__facility"), retired_at=None
                )
            ),
        )
    )
)
"""What decides whether something is still to be said, and what it says; one statement."""


class Carried:
    """A reminder in a message that is about to go. Its rows hold no more than was read."""

    def __init__(self, row: tuple[Any, ...]) -> None:
        values = iter(row)
        self.message_id, self.reminder_id = islice(values, len(REMINDER_ROW))
        self.when, self.only_if, self.template, self.retired_at = islice(values, len(RULE))
        visit, where, place, whom = (
            tuple(islice(values, len(columns)))
            for columns in (VISIT, APPOINTMENT, FACILITY, CLIENT)
        )
        facility = held(Facility, FACILITY, place)
        self.attendance = held(
            Attendance,
            VISIT,
            visit,
            appointment=held(Appointment, APPOINTMENT, where, facility=facility),
            client=held(Client, CLIENT, whom),
        )
        self._on_unit, self._left_at, self._overtaken, self.has_own_words = values

    @property
    def text(self) -> str:
        """What its words are about."""
        return text_of(self.when)

    @property
    def facility(self) -> Facility:
        """Where the visit is to be."""
        return self.attendance.appointment.facility

    @property
    def refusal(self) -> Reason | None:
        """Why it is not to be said any more."""
        client = self.attendance.client
        if self.when in AFTER_ITS_END:
            told = told_event(self.attendance, client, self._left_at)
            ended = None if told and told.when == self.when else Reason.REPLACED
        else:
            ended = ended_because(self.attendance, client, self._left_at)
        if ended is None and self._on_unit and not client.messages_on_unit:
            return Reason.ON_UNIT
        if ended is None and self.retired_at:
            return Reason.POLICY_CHANGED
        begun = self.attendance.appointment.starts_at <= now()
        if ended is None and begun and self.when not in AFTER_ITS_END:
            return Reason.TOO_LATE  # in one message with a later visit, which goes on
        confirmed = self.attendance.response == Response.ACCEPTED
        if ended is None and confirmed and self.only_if == RuleOnlyIf.UNCONFIRMED:
            return Reason.CONFIRMED
        if ended is None and self._overtaken and self.when not in NOTICES:
            return Reason.DUPLICATE
        return ended


def carried_by(message_ids: Collection[uuid.UUID]) -> list[Carried]:
    """The reminders that these messages carry, the nearest visits first."""
    found = [Carried(row) for row in CARRIED.rows(message_ids)]
    return sorted(found, key=lambda c: (c.attendance.appointment.starts_at, c.attendance.pk))
