"""What Today shows: a day's appointments as rows, ready to be laid out, and what needs attention."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet
from django.utils.translation import gettext as _

from appointments.models import Appointment, Attendance, Reminder
from appointments.queries import with_people
from appointments.states import (
    WITHOUT_OUTCOME,
    AppointmentStatus,
    AttendanceStatus,
    CancelledBy,
    Response,
)
from appointments.texts import time_in_words
from casework.queries import current_phases
from clients.queries import cases_seen
from common.clock import at_wall_clock, now
from common.crypto import token_digest
from dashboard.wording import (
    KIND_ICONS,
    Pill,
    group_note,
    group_pill,
    group_title,
    kind_words,
    note,
    pill,
)
from messaging.models import Link
from organization.models import Facility, Language, User
from organization.roles import Capability
from worklist.models import Task, TaskKind

MOST_TASKS = 12
DAY = dt.timedelta(days=1)
SOON = dt.timedelta(minutes=90)
NEAR = dt.timedelta(hours=12)
TOOK_PLACE = (AttendanceStatus.ATTENDED, AttendanceStatus.LEFT_EARLY)


@dataclass(frozen=True)
class TodayRow:
    """One appointment of the day. `phase` is None where the viewer may not see the case.

    `status` is the attendance's, empty for a group; `client_id` is whose name the row shows.
    """

    id: uuid.UUID
    attendance_id: uuid.UUID | None
    client_id: uuid.UUID | None
    starts_at: dt.datetime
    time: str
    minutes: int
    title: str
    kind: str
    kind_icon: str
    room: str
    staff: str
    phase: str | None
    status: str
    pill: Pill
    note: str
    past: bool
    live: bool
    may_arrive: bool
    may_miss: bool
    may_record: bool

    @property
    def anchor(self) -> str:
        """Where the row is on the page; a message about it carries the same word."""
        return f"appt-{self.id}"


@dataclass(frozen=True)
class Headline:
    """One useful sentence: whose (may be nobody), and what."""

    name: str
    words: str


@dataclass(frozen=True)
class TaskCounts:
    """Open tasks that the person sees."""

    total: int = 0
    overdue: int = 0
    replies: int = 0


@dataclass(frozen=True)
class Today:
    """A day's page."""

    day: dt.date
    zone: str
    headline: Headline
    rows: list[TodayRow]
    now_before: uuid.UUID | None
    now_last: bool
    done: int
    confirmed: int
    expected: int
    no_shows: int
    sees_tasks: bool
    task_counts: TaskCounts
    tasks: list[Task]
    clients: list[uuid.UUID]

    @property
    def anchors(self) -> set[str]:
        """The places on the page that a message may belong to."""
        return {row.anchor for row in self.rows} | ({"tasks"} if self.sees_tasks else set())

    @property
    def unconfirmed(self) -> int:
        """Expected, and not confirmed."""
        return self.expected - self.confirmed


def has_own_day(user: User) -> bool:
    """Who has clients of their own lands on their own day; others on the facility's."""
    return user.access.can(Capability.SEE_CARE_TEAM)


def sees_clients(user: User) -> bool:
    """Whether the role has anything to do with clients."""
    return user.access.can(Capability.VIEW_CALENDAR)


def calendars(user: User) -> list[Facility]:
    """The facilities whose appointments this person may see, by name."""
    there = user.access.where(Capability.VIEW_CALENDAR)
    return list(Facility.objects.filter(pk__in=there).order_by("legal_name", "id"))


def today_for(user: User, facility: Facility, day: dt.date, *, team: bool, every: bool) -> Today:
    """The day's page for one person; a constant number of queries. `every` lists all tasks."""
    appointments = _appointments(user, facility, day, team=team)
    attendances = [a for appointment in appointments for a in _seen(appointment)]
    clients = {attendance.client_id for attendance in attendances}
    seen = cases_seen(user, clients)
    phases = {c: p.kind for c, p in current_phases(clients).items() if c in seen}
    rows = [_Row(a, user, facility.zone, day).told(phases, seen) for a in appointments]
    here = now().astimezone(ZoneInfo(facility.zone)).date()
    coming = next((r.id for r in rows if r.starts_at > now()), None) if day == here else None
    expected = [a for a in attendances if a.status == AttendanceStatus.EXPECTED]
    tasks = listed_tasks(user, every=every)
    shown = [r.client_id for r in rows if r.client_id]
    return Today(
        day=day,
        zone=facility.zone,
        headline=_headline(rows, facility.zone) if day == here else _outlook(rows),
        rows=rows,
        now_before=coming,
        now_last=day == here and bool(rows) and coming is None,
        done=sum(a.status in TOOK_PLACE for a in attendances),
        confirmed=sum(a.response == Response.ACCEPTED for a in expected),
        expected=len(expected),
        no_shows=sum(a.status == AttendanceStatus.NO_SHOW for a in attendances),
        sees_tasks=user.access.can(Capability.VIEW_TASKS),
        task_counts=task_counts(user),
        tasks=tasks,
        clients=[*shown, *(task.client_id for task in tasks if task.client_id)],
    )


def _appointments(user: User, facility: Facility, day: dt.date, *, team: bool) -> list[Appointment]:
    first = at_wall_clock(day, dt.time(), facility.zone)
    last = at_wall_clock(day + DAY, dt.time(), facility.zone)
    rows = Appointment.objects.visible_to(user).filter(
        facility=facility, starts_at__gte=first, starts_at__lt=last
    )
    if not team:
        rows = rows.filter(staffing__user=user)
    rows = rows.exclude(cancelled_by=CancelledBy.RESCHEDULED)
    reminders = Prefetch(
        "visible_attendances__reminders",
        Reminder.objects.select_related("message").order_by("send_at", "created_at"),
    )
    seen = with_people(rows, user).order_by("starts_at", "id")
    return list(seen.prefetch_related(reminders))  # type: ignore[misc]  # `with_people` sets it


def _seen(appointment: Appointment) -> list[Attendance]:
    return appointment.visible_attendances  # type: ignore[attr-defined, no-any-return]  # prefetched


class _Row:
    """Makes one appointment's row."""

    def __init__(self, appointment: Appointment, user: User, zone: str, day: dt.date) -> None:
        self.appointment, self.user, self.zone, self.day = appointment, user, zone, day
        self.attending = _seen(appointment)
        self.begun = appointment.starts_at <= now()
        self.alone = self.attending[0] if appointment.capacity == 1 and self.attending else None

    def told(self, phases: dict[uuid.UUID, str], seen: set[uuid.UUID]) -> TodayRow:
        """The row, with no more than the viewer may know."""
        appointment, alone, moment = self.appointment, self.alone, now()
        sees_case = any(a.client_id in seen for a in self.attending)
        kind = kind_words(appointment, sees_case=sees_case)
        begun = self.begun
        return TodayRow(
            id=appointment.pk,
            attendance_id=alone.pk if alone else None,
            client_id=alone.client_id if alone else None,
            starts_at=appointment.starts_at,
            time=time_in_words(appointment.starts_at, self.zone, Language.ENGLISH),
            minutes=round((appointment.ends_at - appointment.starts_at).total_seconds() / 60),
            title=alone.client.name if alone else self._title(kind),
            kind=kind,
            kind_icon=KIND_ICONS.get(appointment.kind, "user-circle"),
            room=appointment.room.name if appointment.room else "",
            staff=", ".join(s.user.full_name for s in appointment.staffing.all()),
            phase=phases.get(alone.client_id) if alone else None,
            status=alone.status if alone else "",
            pill=pill(alone) if alone else group_pill(appointment, self.attending),
            note=self._note(sees_case=sees_case),
            past=appointment.ends_at <= moment,
            live=begun and moment < appointment.ends_at,
            may_arrive=appointment.starts_at - moment < NEAR
            and self._may(Capability.CHECK_IN, AttendanceStatus.EXPECTED),
            may_miss=begun and self._may(Capability.CHECK_IN, AttendanceStatus.EXPECTED),
            may_record=begun and self._may(Capability.RECORD_OUTCOME, *WITHOUT_OUTCOME),
        )

    def _title(self, kind: str) -> str:
        return group_title(self.appointment, self.attending, kind=kind)

    def _note(self, *, sees_case: bool) -> str:
        if self.alone:
            return note(self.alone, self.zone, self.day, sees_case=sees_case)
        ahead = self.appointment.status == AppointmentStatus.BOOKED and not self.begun
        return group_note(self.attending) if ahead else ""

    def _may(self, capability: Capability, *states: AttendanceStatus) -> bool:
        """Whether a button for it stands here; the service decides again when it is pressed."""
        return (
            self.alone is not None
            and self.alone.status in states
            and self.appointment.status == AppointmentStatus.BOOKED
            and self.user.access.can(capability, self.appointment.facility_id)
        )


def _headline(rows: Sequence[TodayRow], zone: str) -> Headline:
    """Who waits, else who is next, else what of the day is still to be recorded."""
    moment = now()
    if waiting := next((r for r in rows if r.status == AttendanceStatus.ARRIVED), None):
        return Headline(waiting.title, _("is here for %s.") % waiting.time)
    open_rows = [r for r in rows if r.status in ("", AttendanceStatus.EXPECTED)]
    if coming := next((r for r in open_rows if r.starts_at > moment), None):
        left = coming.starts_at - moment
        if left <= SOON:
            minutes = {"time": coming.time, "minutes": round(left.total_seconds() / 60)}
            return Headline(coming.title, _("is next: %(time)s, in %(minutes)d min.") % minutes)
        return Headline(coming.title, _("is next: %s.") % coming.time)
    without = sum(r.past and r.status == AttendanceStatus.EXPECTED for r in rows)
    if without:
        return Headline("", _("Nothing more today. Still without an outcome: %d.") % without)
    return Headline("", _("Nothing more today.") if rows else _("Nothing booked today."))


def _outlook(rows: Sequence[TodayRow]) -> Headline:
    """Of another day: when it begins."""
    if not rows:
        return Headline("", _("Nothing booked."))
    return Headline("", _("First at %(first)s, last at %(last)s.") % {
        "first": rows[0].time, "last": rows[-1].time,
    })  # fmt: skip


# ── Tasks ─────────────────────────────────────────────────────────────────────────────────────


def _tasks(user: User) -> QuerySet[Task]:
    return Task.objects.visible_to(user).open()


def listed_tasks(user: User, *, every: bool) -> list[Task]:
    """Open tasks that this person sees, most urgent first."""
    endable = Task.objects.endable_by(user).filter(pk=OuterRef("pk"))
    tasks = (
        _tasks(user)
        .select_related("client", "assignee", "facility")
        .annotate(endable=Exists(endable))
    )
    ordered = tasks.order_by("priority", "due_at", "id")
    return list(ordered if every else ordered[:MOST_TASKS])


def task_counts(user: User) -> TaskCounts:
    """How many there are, however many are listed."""
    counts = _tasks(user).aggregate(
        total=Count("pk"),
        overdue=Count("pk", filter=Q(due_at__lt=now())),
        replies=Count("pk", filter=Q(kind=TaskKind.READ_REPLY)),
    )
    return TaskCounts(**counts)


# ── The client's own page ─────────────────────────────────────────────────────────────────────


def phone_behind(token: str) -> str:
    """The number to call for who holds a link that was good once; empty for anybody else."""
    links = Link.objects.filter(token_digest=token_digest(token), message__facility__isnull=False)
    link = links.select_related("message__facility").first()
    facility = link.message.facility if link else None
    return facility.discreet_phone if facility else ""
