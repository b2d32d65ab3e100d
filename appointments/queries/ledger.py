"""Reads of the ledger of reminders."""

import datetime as dt
import uuid
from collections.abc import Iterable
from typing import NamedTuple

from django.db.models import Case, Exists, OuterRef, QuerySet, Subquery, When

from appointments.models import Appointment, Attendance, Reminder
from appointments.states import ReminderState
from clients.models import Client, ContactPoint
from common.clock import now
from common.prepared import Prepared
from messaging.models import OptOut
from messaging.states import Reason
from organization.models import User
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


WANTED = Prepared(
    lambda ids: Reminder.objects.filter(
        attendance__in=ids,
        state__in=(ReminderState.PLANNED, ReminderState.SENT, ReminderState.DONE),
    )
    .order_by()
    .values_list(
        "message", "attendance", "contact_point", "send_at", "rule__minutes_before",
        "rule__retired_at",
    )
)  # fmt: skip


class _Due(NamedTuple):
    """A reminder that is due, or went."""

    message_id: uuid.UUID | None
    attendance_id: uuid.UUID
    contact_point_id: uuid.UUID | None
    send_at: dt.datetime
    minutes_before: int | None
    retired_at: dt.datetime | None

    @property
    def lateness(self) -> tuple[dt.datetime, int]:
        """Later is greater; of two due at once, the one whose rule lies nearer to the visit."""
        return self.send_at, -(self.minutes_before or 0)


def overtaken_messages(
    message_ids: Iterable[uuid.UUID], attendance_ids: Iterable[uuid.UUID]
) -> dict[uuid.UUID, Reason]:
    """Those of these messages that something else has made needless: their rule was retired, or a
    later reminder of the same visit to the same contact point is due as well or has gone."""
    moment = now()
    rows = [_Due(*row) for row in WANTED.rows(attendance_ids) if row[3] and row[3] <= moment]
    latest: dict[tuple[uuid.UUID, uuid.UUID | None], tuple[dt.datetime, int]] = {}
    for row in rows:
        visit = (row.attendance_id, row.contact_point_id)
        latest[visit] = max(latest.get(visit, row.lateness), row.lateness)
    wanted, found = set(message_ids), {}
    for row in rows:
        if row.message_id not in wanted or row.message_id is None:
            continue
        if row.retired_at:
            found[row.message_id] = Reason.POLICY_CHANGED
        elif row.lateness < latest[row.attendance_id, row.contact_point_id]:
            found[row.message_id] = Reason.DUPLICATE
    return found
