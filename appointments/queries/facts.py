"""The facts that planning looks at, read for many attendances in a constant number of statements."""

import datetime as dt
import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import Exists, F, FilteredRelation, OuterRef, Q, QuerySet, Subquery

from appointments.models import Appointment, Attendance, ReminderPolicy, ReminderRule
from appointments.reminders import ContactFacts, Event, Facts, RuleFacts
from appointments.states import (
    AppointmentStatus,
    AttendanceStatus,
    CancelledBy,
    Response,
    RuleChannel,
    RuleWhen,
    text_of,
)
from casework.models import Phase
from casework.queries import when_left
from clients.models import CHANNEL_OF, Channel, Client, ContactConsent, ContactKind
from common.prepared import Prepared
from common.present import PRESENT
from messaging.models import Message, OptOut
from messaging.quiet import quiet_hours
from messaging.states import PENDING, Reason

REMINDER, NOTICE = "reminder", "notice"
"""Purposes: what counts for a client's caps, and what tells of a change."""

TOLD = {
    AttendanceStatus.CANCELLED: RuleWhen.CANCELLED,
    AttendanceStatus.LATE_CANCELLED: RuleWhen.CANCELLED,
    AttendanceStatus.NO_SHOW: RuleWhen.NO_SHOW,
}


RISK_LOOKS_BACK = dt.timedelta(days=90)
MISSED_BEFORE_RISK = 2
GONE_LOOKS_BACK = dt.timedelta(days=8)
"""Further than the week that a cap counts."""


@dataclass(frozen=True)
class Address:
    """One contact point: since when it is permitted, or why it is not."""

    id: uuid.UUID
    channel: Channel
    address_index: str
    permitted_since: dt.datetime
    refusal: Reason | None
    valid_until: dt.date | None

    def facts_at(self, visit: Appointment) -> ContactFacts:
        """As planning looks at it for one visit."""
        expired = self.valid_until is not None and self.valid_until < visit.starts_at.date()
        refusal = self.refusal or (Reason.NO_CONTACT_POINT if expired else None)
        return ContactFacts(self.id, self.channel, self.permitted_since, refusal)


@dataclass(frozen=True)
class Recipient:
    """A client as planning sees them: where they stand in treatment, and how they are reached.

    `missed`: when the visits began that they missed. `gone` and `waiting`: when their reminders of
    the last days went, and when those go that are planned already.
    """

    client: Client
    phase: str
    on_unit: bool
    unit_left_at: dt.datetime | None
    left_treatment_at: dt.datetime | None
    missed: tuple[dt.datetime, ...]
    gone: tuple[dt.datetime, ...]
    waiting: tuple[dt.datetime, ...]
    addresses: tuple[Address, ...]

    def is_high_risk(self, starts_at: dt.datetime) -> bool:
        """Whether they missed two visits in the 90 days before this one."""
        recently = [at for at in self.missed if starts_at - RISK_LOOKS_BACK <= at < starts_at]
        return len(recently) >= MISSED_BEFORE_RISK


def facts_of(
    attendance: Attendance,
    *,
    recipient: Recipient,
    rules: tuple[RuleFacts, ...],
    handed_over: Iterable[uuid.UUID],
    told_until: dt.datetime | None = None,
) -> Facts:
    """Everything that `plan` looks at for one attendance."""
    visit, client = attendance.appointment, recipient.client
    return Facts(
        starts_at=visit.starts_at,
        booked_at=attendance.created_at,
        rules=rules,
        contacts=tuple(address.facts_at(visit) for address in recipient.addresses),
        preferred=Channel(client.preferred_channel),
        quiet=quiet_hours(visit.facility, client),
        ended=ended_because(attendance, client, recipient.left_treatment_at),
        on_unit=recipient.on_unit,
        unit_left_at=recipient.unit_left_at,
        handed_over=frozenset(handed_over),
        told_until=told_until,
        zone=visit.facility.zone,
        confirmed=attendance.response == Response.ACCEPTED,
        high_risk=recipient.is_high_risk(visit.starts_at),
        moved=visit.moved_from_id is not None,
        event=told_event(attendance, client, recipient.left_treatment_at),
    )


def told_event(attendance: Attendance, client: Client, left_at: dt.datetime | None) -> Event | None:
    """What ended the visit for the client and may be told them; nothing after their treatment.

    A move is told about the visit that took its place.
    """
    discharged_since = left_at is not None and left_at >= attendance.created_at
    if client.deceased_on or discharged_since or attendance.status_at is None:
        return None
    if attendance.appointment.cancelled_by == CancelledBy.RESCHEDULED:
        return None
    when = TOLD.get(AttendanceStatus(attendance.status))
    return Event(when, attendance.status_at) if when else None


def ended_because(
    attendance: Attendance, client: Client, left_at: dt.datetime | None
) -> Reason | None:
    """Why nothing is to be said to the client about an attendance; None while it is to be.

    `left_at`: when the client left treatment, if they are in none now. What was booked after that
    is a new beginning.
    """
    appointment = attendance.appointment
    if appointment.status == AppointmentStatus.CANCELLED:
        moved = appointment.cancelled_by == CancelledBy.RESCHEDULED
        return Reason.APPOINTMENT_MOVED if moved else Reason.APPOINTMENT_CANCELLED
    if appointment.status == AppointmentStatus.ENTERED_IN_ERROR:
        return Reason.APPOINTMENT_CANCELLED
    if attendance.status != AttendanceStatus.EXPECTED:
        return Reason.ATTENDANCE_ENDED
    if appointment.status != AppointmentStatus.BOOKED:
        return Reason.ATTENDANCE_ENDED
    if client.deceased_on:
        return Reason.DECEASED
    discharged_since = left_at is not None and left_at >= attendance.created_at
    return Reason.NOT_IN_TREATMENT if discharged_since else None


# ── Rules ─────────────────────────────────────────────────────────────────────────────────────


POLICIES = Prepared(
    lambda facilities: ReminderPolicy.objects.filter(facility__in=facilities, ended_at=None)
    .order_by()
    .annotate(rule=FilteredRelation("rules", condition=Q(rules__retired_at=None)))
    .values_list(
        "facility", "kind", "phase", "rule__pk", "rule__when", "rule__channel",
        "rule__minutes_before", "rule__since", "rule__days_before", "rule__at", "rule__only_if",
        "rule__template",
    )
)  # fmt: skip
"""A row for each rule in force, and one for a policy without any."""


class Policies:
    """The rules of one facility: for all visits, and for those of a kind or in a phase."""

    def __init__(self) -> None:
        self.rules: dict[tuple[str, str], tuple[RuleFacts, ...]] = {}

    def __bool__(self) -> bool:
        return ("", "") in self.rules

    def of(self, kind: str, phase: str) -> tuple[RuleFacts, ...]:
        """Those for a visit of this kind in this phase: the narrowest policy's, alone."""
        narrowest = ((kind, phase), ("", phase), (kind, ""), ("", ""))
        return next((self.rules[scope] for scope in narrowest if scope in self.rules), ())


def policies_in_force(facility_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Policies]:
    """The policies of each of these facilities; one statement."""
    found = {facility: Policies() for facility in facility_ids}
    for facility, kind, phase, *rule in POLICIES.rows(facility_ids):
        policies = found[facility].rules
        more = (_rule(*rule),) if rule[0] is not None else ()
        policies[kind, phase] = policies.get((kind, phase), ()) + more
    return found


def rule_facts(rule: ReminderRule) -> RuleFacts:
    """As planning looks at a rule."""
    return _rule(
        rule.pk, rule.when, rule.channel, rule.minutes_before, rule.since, rule.days_before,
        rule.at, rule.only_if, rule.template,
    )  # fmt: skip


def _rule(
    pk: uuid.UUID, when: str, channel: str, minutes: int | None, since: dt.datetime,
    days: int | None, at: dt.time | None, only_if: str, template: str,
) -> RuleFacts:  # fmt: skip
    text = template or text_of(when)
    before = dt.timedelta(minutes=minutes or 0)
    return RuleFacts(
        pk, RuleWhen(when), RuleChannel(channel), before, since, days or 0, at, only_if, text
    )


# ── Clients ───────────────────────────────────────────────────────────────────────────────────


def recipients(client_ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, Recipient]:
    """These clients as planning sees them, read now; one statement, a row for each address."""
    rows: dict[uuid.UUID, list[_Row]] = {}
    for values in RECIPIENTS.rows(client_ids):
        row = _Row(*values)
        rows.setdefault(row.id, []).append(row)
    return {pk: _recipient(theirs) for pk, theirs in rows.items()}


class _Row(NamedTuple):
    """A client and one of their contact points, if they have any."""

    id: uuid.UUID
    language: str
    zone: str
    preferred_channel: str
    messages_on_unit: bool
    quiet_from: dt.time | None
    quiet_until: dt.time | None
    deceased_on: dt.date | None
    phase_kind: str | None
    lives_in: bool | None
    left_unit_at: dt.datetime | None
    left_treatment_at: dt.datetime | None
    missed: list[dt.datetime]
    gone: list[dt.datetime]
    waiting: list[dt.datetime]
    point_id: uuid.UUID | None
    point_kind: str
    point_index: str
    point_since: dt.datetime
    point_valid_until: dt.date | None
    point_dead_since: dt.datetime | None
    consented_at: dt.datetime | None
    opted_out: bool
    opted_in_at: dt.datetime | None


CLIENT_COLUMNS = _Row._fields[: _Row._fields.index("phase_kind")]
"""What planning looks at of the client itself, in the table's order."""


def _with_standing(clients: QuerySet[Client]) -> QuerySet[Client]:
    """With the current phase's place, and when they last left a unit: later moves leave that as it is."""
    phase = Phase.objects.current().filter(episode__client=OuterRef("pk"))
    left_unit = Phase.objects.filter(
        episode__client=OuterRef("pk"),
        entered_by__from_phase__program__residential=True,
        program__residential=False,
        void=False,
    )
    missed = Attendance.objects.filter(client=OuterRef("pk"), status=AttendanceStatus.NO_SHOW)
    # By `send_at`, as the index goes: what waits is not older either.
    reminders = Message.objects.filter(
        client=OuterRef("pk"), purpose=REMINDER, send_at__gte=PRESENT - GONE_LOOKS_BACK
    )
    gone = reminders.filter(sent_at__isnull=False)
    return clients.annotate(
        phase_kind=Subquery(phase.values("kind")[:1]),
        missed=ArraySubquery(missed.order_by().values("appointment__starts_at")),
        gone=ArraySubquery(gone.order_by().values("send_at")),
        waiting=ArraySubquery(reminders.filter(state__in=PENDING).order_by().values("send_at")),
        lives_in=Subquery(phase.values("program__residential")[:1]),
        left_unit_at=Subquery(left_unit.order_by("-created_at").values("created_at")[:1]),
        left_treatment_at=when_left(OuterRef("pk")),
    )


def _with_addresses(clients: QuerySet[Client]) -> QuerySet[Client]:
    """A row for each contact point in the order in which they are tried; one also for none."""
    consents = ContactConsent.objects.filter(
        contact_point=OuterRef("contact_points"), withdrawn_at=None
    )
    same_address = OptOut.objects.filter(address_index=OuterRef("contact_points__address_index"))
    lifted = same_address.filter(until__isnull=False).order_by("-until")
    return clients.annotate(
        point_id=F("contact_points__pk"),
        point_kind=F("contact_points__kind"),
        point_index=F("contact_points__address_index"),
        point_since=F("contact_points__created_at"),
        point_valid_until=F("contact_points__valid_until"),
        point_dead_since=F("contact_points__undeliverable_since"),
        consented_at=Subquery(consents.values("granted_at")[:1]),
        opted_out=Exists(same_address.filter(until=None)),
        opted_in_at=Subquery(lifted.values("until")[:1]),
    ).order_by("contact_points__position", "contact_points__created_at", "contact_points__pk")


RECIPIENTS = Prepared(
    lambda clients: _with_addresses(
        _with_standing(Client.objects.filter(pk__in=clients))
    ).values_list(*_Row._fields)
)


def _recipient(rows: list[_Row]) -> Recipient:
    first = rows[0]
    holds_phone = not first.messages_on_unit
    on_unit = bool(first.lives_in) and holds_phone
    left_unit = holds_phone and not on_unit
    return Recipient(
        phase=first.phase_kind or "",
        missed=tuple(first.missed),
        gone=tuple(first.gone),
        waiting=tuple(first.waiting),
        client=Client.from_db(connection.alias, CLIENT_COLUMNS, first[: len(CLIENT_COLUMNS)]),
        on_unit=on_unit,
        unit_left_at=first.left_unit_at if left_unit else None,
        left_treatment_at=first.left_treatment_at,
        addresses=tuple(_address(row.point_id, row) for row in rows if row.point_id is not None),
    )


def _address(point_id: uuid.UUID, row: _Row) -> Address:
    return Address(
        id=point_id,
        channel=CHANNEL_OF[ContactKind(row.point_kind)],
        address_index=row.point_index,
        permitted_since=max(filter(None, (row.consented_at, row.opted_in_at, row.point_since))),
        refusal=_refusal(row),
        valid_until=row.point_valid_until,
    )


def _refusal(row: _Row) -> Reason | None:
    if row.opted_out:
        return Reason.OPTED_OUT
    if row.consented_at is None:
        return Reason.NO_CONSENT
    return Reason.CONTACT_POINT_DEAD if row.point_dead_since else None
