"""Page-shaped reads of the calendar, and the facts that planning needs."""

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Exists, F, OuterRef, Prefetch, Q, QuerySet, Subquery

from appointments.models import (
    Appointment,
    AppointmentStaff,
    Attendance,
    Reminder,
    ReminderPolicy,
    ReminderRule,
)
from appointments.policies import DEFAULT_RULES
from appointments.reminders import ContactFacts, Facts, RuleFacts
from appointments.states import (
    AppointmentStatus,
    AttendanceStatus,
    CancelledBy,
    ReminderState,
    RuleChannel,
    RuleWhen,
)
from casework.models import Phase
from casework.queries import left_treatment_at
from clients.models import Channel, Client, ContactConsent, ContactPoint
from common.clock import now
from messaging.models import Message, OptOut
from messaging.quiet import quiet_hours
from messaging.states import Reason
from organization.access import Access
from organization.models import Facility, User
from organization.roles import Capability

CALENDAR_LOOKS_BACK = dt.timedelta(days=30)
HANDED_OVER = (ReminderState.SENT, ReminderState.DONE, ReminderState.FAILED, ReminderState.EXPIRED)


def clients_on_the_calendar(access: Access, capability: Capability) -> Q | None:
    """Front desk sees the clients who have an appointment at the facility, past month or ahead."""
    there = access.where(Capability.SEE_CALENDAR, capability)
    if not there:
        return None
    attending = Attendance.objects.filter(
        appointment__facility__in=there,
        appointment__starts_at__gte=now() - CALENDAR_LOOKS_BACK,
    )
    return Q(pk__in=attending.values("client"))


def written_during(phase: Phase) -> bool:
    """Whether something was recorded of the client on an appointment since the phase began."""
    recorded = Attendance.objects.filter(
        client=phase.episode.client_id, status_at__gte=phase.created_at
    )
    return recorded.exclude(
        status__in=(AttendanceStatus.EXPECTED, AttendanceStatus.CANCELLED)
    ).exists()


def with_people(appointments: QuerySet[Appointment], user: User) -> QuerySet[Appointment]:
    """Appointments with staff, room and those attendances that this person may see."""
    return appointments.select_related("facility", "room", "moved_to").prefetch_related(
        Prefetch("staffing", AppointmentStaff.objects.select_related("user")),
        Prefetch("attendances", attendances_seen_by(user), to_attr="visible_attendances"),
    )


def attendances_seen_by(user: User) -> QuerySet[Attendance]:
    """Attendances with client and reminders, whether the case may be seen, and the phase now."""
    theirs = Client.objects.visible_to(user, Capability.VIEW_CASE)
    phases = Phase.objects.current().filter(episode__client=OuterRef("client"))
    return (
        Attendance.objects.visible_to(user)
        .select_related("client")
        .annotate(
            case_seen=Exists(theirs.filter(pk=OuterRef("client"))),
            phase_kind=Subquery(phases.values("kind")[:1]),
        )
        .prefetch_related("reminders")
    )


# ── Facts for planning ────────────────────────────────────────────────────────────────────────


def facts_of(attendance: Attendance, policy: ReminderPolicy) -> Facts:
    """Everything that `plan` looks at for one attendance, read now."""
    appointment, client = attendance.appointment, attendance.client
    phase = _current_phase(client)
    on_unit = phase is not None and phase.program.residential and not client.messages_on_unit
    return Facts(
        starts_at=appointment.starts_at,
        booked_at=attendance.created_at,
        rules=_rules(policy),
        contacts=_contacts(client, appointment),
        preferred=Channel(client.preferred_channel),
        quiet=quiet_hours(appointment.facility, client),
        ended=ended_because(attendance, left_treatment_at([client.pk]).get(client.pk)),
        on_unit=on_unit,
        unit_left_at=None if on_unit else _unit_left_at(phase, client),
        handed_over=frozenset(
            attendance.reminders.filter(state__in=HANDED_OVER).values_list("rule", flat=True)
        ),
    )


def ended_because(attendance: Attendance, left_at: dt.datetime | None) -> Reason | None:
    """Why nothing is to be said about an attendance; None while it is to be.

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
    if attendance.client.deceased_on:
        return Reason.DECEASED
    discharged_since = left_at is not None and left_at >= attendance.created_at
    return Reason.NOT_IN_TREATMENT if discharged_since else None


def _current_phase(client: Client) -> Phase | None:
    open_phases = Phase.objects.current().filter(episode__client=client)
    return open_phases.select_related("program", "entered_by__from_phase__program").first()


def _unit_left_at(phase: Phase | None, client: Client) -> dt.datetime | None:
    """When the current phase, entered from a residential one, was recorded."""
    entered_by = getattr(phase, "entered_by", None)
    former = entered_by.from_phase if entered_by else None
    if phase is None or former is None or client.messages_on_unit:
        return None
    return phase.created_at if former.program.residential else None


def _rules(policy: ReminderPolicy) -> tuple[RuleFacts, ...]:
    return tuple(
        RuleFacts(
            id=rule.pk,
            when=RuleWhen(rule.when),
            channel=RuleChannel(rule.channel),
            before=dt.timedelta(minutes=rule.minutes_before or 0),
            since=rule.since,
        )
        for rule in ReminderRule.objects.filter(policy=policy, retired_at=None)
    )


def _contacts(client: Client, appointment: Appointment) -> tuple[ContactFacts, ...]:
    same_address = OptOut.objects.filter(address_index=OuterRef("address_index"))
    consents = ContactConsent.objects.filter(contact_point=OuterRef("pk"), withdrawn_at=None)
    points = client.contact_points.annotate(
        consented_at=Subquery(consents.values("granted_at")[:1]),
        opted_out=Exists(same_address.filter(until=None)),
        lifted_at=Subquery(
            same_address.filter(until__isnull=False).order_by("-until").values("until")[:1]
        ),
    )
    return tuple(_contact(point, appointment) for point in points)


def _contact(point: ContactPoint, appointment: Appointment) -> ContactFacts:
    consented_at = point.consented_at  # type: ignore[attr-defined]  # annotated
    lifted_at = point.lifted_at  # type: ignore[attr-defined]  # annotated
    since = max(filter(None, (consented_at, lifted_at, point.created_at)))
    return ContactFacts(point.pk, point.channel, since, _refusal(point, appointment))


def _refusal(point: ContactPoint, appointment: Appointment) -> Reason | None:
    if point.opted_out:  # type: ignore[attr-defined]  # annotated
        return Reason.OPTED_OUT
    if point.consented_at is None:  # type: ignore[attr-defined]  # annotated
        return Reason.NO_CONSENT
    if point.undeliverable_since:
        return Reason.CONTACT_POINT_DEAD
    if point.valid_until and point.valid_until < appointment.starts_at.date():
        return Reason.NO_CONTACT_POINT
    return None


def overtaken_messages(
    message_ids: Iterable[uuid.UUID], attendance_ids: Iterable[uuid.UUID]
) -> dict[uuid.UUID, Reason]:
    """Those of these messages that something else has made needless: their rule was retired, or a
    later reminder of the same visit to the same contact point is due as well or has gone."""
    due = Reminder.objects.filter(
        attendance__in=list(attendance_ids),
        state__in=(ReminderState.PLANNED, ReminderState.SENT, ReminderState.DONE),
        send_at__lte=now(),
    ).select_related("rule")
    latest: dict[tuple[uuid.UUID, uuid.UUID | None], tuple[dt.datetime, int]] = {}
    rows = list(due)
    for row in rows:
        visit = (row.attendance_id, row.contact_point_id)
        latest[visit] = max(latest.get(visit, _lateness(row)), _lateness(row))
    wanted, found = set(message_ids), {}
    for row in rows:
        if row.message_id not in wanted or row.message_id is None:
            continue
        if row.rule.retired_at:
            found[row.message_id] = Reason.POLICY_CHANGED
        elif _lateness(row) < latest[row.attendance_id, row.contact_point_id]:
            found[row.message_id] = Reason.DUPLICATE
    return found


def _lateness(row: Reminder) -> tuple[dt.datetime, int]:
    """Later is greater; of two due at once, the one whose rule lies nearer to the visit."""
    return row.send_at or now(), -(row.rule.minutes_before or 0)


# ── Free times ────────────────────────────────────────────────────────────────────────────────

NEAR_FREE = """
SELECT candidate FROM generate_series(%(first)s, %(last)s, interval '30 minutes') AS candidate
 WHERE candidate > %(now)s
   AND (candidate AT TIME ZONE %(zone)s)::time >= '08:00'
   AND (candidate AT TIME ZONE %(zone)s + %(length)s::interval)::time
       BETWEEN '08:00' AND '18:00'
   AND extract(isodow FROM candidate AT TIME ZONE %(zone)s) < 6
   AND NOT EXISTS (
       SELECT 1 FROM appointments_occupancy o
        WHERE o.subject = ANY(%(subjects)s)
          AND o.during && tstzrange(candidate, candidate + %(length)s::interval))
 ORDER BY abs(extract(epoch FROM candidate - %(wanted)s)), candidate LIMIT %(limit)s
"""


def near_free_slots(
    *,
    subjects: Iterable[uuid.UUID],
    starts_at: dt.datetime,
    length: dt.timedelta,
    zone: str,
    limit: int = 5,
) -> list[dict[str, str]]:
    """Up to `limit` times near the wanted one when all of these are free, nearest first.

    Half-hour steps within a week either way, weekdays between 8 and 18 o'clock in the zone, until
    availability is known. Says nothing of what they are busy with.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            NEAR_FREE,
            {
                "first": starts_at - dt.timedelta(days=7),
                "last": starts_at + dt.timedelta(days=7),
                "wanted": starts_at,
                "now": now(),
                "zone": zone,
                "length": f"{length.total_seconds()} seconds",
                "subjects": list(subjects),
                "limit": limit,
            },
        )
        found = [row[0] for row in cursor.fetchall()]
    local = ZoneInfo(zone)
    return [
        {
            "starts_at": start.astimezone(local).isoformat(),
            "ends_at": (start + length).astimezone(local).isoformat(),
        }
        for start in found
    ]


def reminders_of(appointment: Appointment, user: User) -> QuerySet[Reminder]:
    """The ledger of an appointment, for the attendances that this person may see.

    With its history and the attempts, and whether the address may be seen, too.
    """
    attendances = Attendance.objects.visible_to(user).filter(appointment=appointment)
    points = ContactPoint.objects.visible_to(user).filter(pk=OuterRef("contact_point"))
    cases = Client.objects.visible_to(user, Capability.VIEW_CASE)
    return (
        Reminder.objects.filter(attendance__in=attendances)
        .select_related("rule", "message", "attendance", "contact_point")
        .annotate(
            address_seen=Exists(points),
            case_seen=Exists(cases.filter(pk=OuterRef("attendance__client"))),
        )
        .prefetch_related("changes", "message__attempts")
    )


# ── Policies ──────────────────────────────────────────────────────────────────────────────────


def facilities_with_policy(user: User) -> QuerySet[Facility]:
    """The facilities whose reminder policy this person reads, with it and its rules in force."""
    earliest_first = (F("minutes_before").desc(nulls_last=True), "channel", "id")
    in_force = ReminderRule.objects.filter(retired_at=None).order_by(*earliest_first)
    return (
        Facility.objects.filter(pk__in=user.access.where(Capability.VIEW_POLICIES))
        .select_related("reminder_policy")
        .prefetch_related(
            Prefetch("reminder_policy__rules", in_force, to_attr="rules_in_force"),
        )
    )


def policy_in_force(facility: Facility) -> tuple[ReminderPolicy, list[ReminderRule]]:
    """A facility's policy and its rules; the default ones, unsaved, while it has none of its own.

    Of a facility from `facilities_with_policy`. An unsaved policy has the id that
    `services.planning.policy_of` will give it.
    """
    policy: ReminderPolicy | None = getattr(facility, "reminder_policy", None)
    if policy is not None:
        return policy, policy.rules_in_force  # type: ignore[attr-defined]  # prefetched
    policy = ReminderPolicy(id=facility.pk, facility=facility)
    return policy, default_rules(policy)


def default_rules(policy: ReminderPolicy) -> list[ReminderRule]:
    """The rules that a policy starts with, unsaved; in force since the facility exists."""
    return [
        ReminderRule(
            policy=policy, when=when, minutes_before=minutes, channel=channel,
            since=policy.facility.created_at,
        )
        for when, minutes, channel in DEFAULT_RULES
    ]  # fmt: skip


# ── The page behind a reminder's link ─────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Visit:
    """What a client's own page tells of their visit, and no more."""

    appointment_id: uuid.UUID
    client_id: uuid.UUID
    greeting_name: str
    language: str
    starts_at: dt.datetime
    ends_at: dt.datetime
    zone: str
    discreet_place: str
    discreet_phone: str
    stands: bool
    response: str

    @property
    def minutes(self) -> int:
        """How long it takes."""
        return round((self.ends_at - self.starts_at).total_seconds() / 60)


def visit_behind(message: Message) -> Visit | None:
    """The visit that a reminder is about; None if the message is about none."""
    attendances = Attendance.objects.select_related("appointment__facility", "client")
    attendance = attendances.filter(pk=message.about).first() if message.about else None
    if attendance is None:
        return None
    appointment, client = attendance.appointment, attendance.client
    facility = appointment.facility
    return Visit(
        appointment_id=appointment.pk,
        client_id=client.pk,
        greeting_name=client.greeting_name,
        language=client.language,
        starts_at=appointment.starts_at,
        ends_at=appointment.ends_at,
        zone=facility.zone,
        discreet_place=facility.discreet_name,
        discreet_phone=facility.discreet_phone,
        stands=ended_because(attendance, left_treatment_at([client.pk]).get(client.pk)) is None,
        response=attendance.response,
    )
