"""What Today shows: a day's appointments as rows, ready to be laid out, and what needs attention."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.db.models import Prefetch
from django.utils.translation import gettext as _

from appointments.models import Appointment, Attendance, Reminder
from appointments.queries import with_people
from appointments.states import (
    AppointmentStatus,
    AttendanceStatus,
    CancelledBy,
    ReminderState,
    Response,
)
from appointments.texts import time_in_words
from casework.queries import current_phases
from clients.queries import cases_seen
from common.clock import at_wall_clock, now
from messaging.states import Reason
from organization.models import Facility, Language, User
from organization.roles import Capability, Role
from worklist.models import Task, TaskKind

MOST_TASKS = 12
DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Pill:
    """A status: its colour key, icon and words."""

    key: str
    icon: str
    label: str


@dataclass(frozen=True)
class TodayRow:
    """One appointment of the day. `phase` is None where the viewer may not see the case."""

    id: uuid.UUID
    attendance_id: uuid.UUID | None
    time: str
    minutes: int
    title: str
    kind: str
    kind_icon: str
    room: str
    staff: str
    phase: str | None
    pill: Pill
    note: str
    past: bool
    live: bool
    may_arrive: bool
    may_record: bool


@dataclass(frozen=True)
class Today:
    """A day's page."""

    day: dt.date
    zone: str
    rows: list[TodayRow]
    now_before: uuid.UUID | None
    confirmed: int
    unconfirmed: int
    no_shows: int
    tasks: list[Task]
    replies: int
    clients: list[uuid.UUID]


PILLS = {
    AttendanceStatus.ARRIVED: Pill("arrived", "door-enter", "Arrived"),
    AttendanceStatus.ATTENDED: Pill("completed", "checks", "Completed"),
    AttendanceStatus.LEFT_EARLY: Pill("completed", "checks", "Left early"),
    AttendanceStatus.NO_SHOW: Pill("noshow", "user-x", "No-show"),
    AttendanceStatus.CANCELLED: Pill("cancelled", "ban", "Cancelled"),
    AttendanceStatus.LATE_CANCELLED: Pill("cancelled", "ban", "Cancelled late"),
    AttendanceStatus.ENTERED_IN_ERROR: Pill("cancelled", "ban", "Entered in error"),
}
SCHEDULED = Pill("scheduled", "circle-dashed", "Scheduled")
CONFIRMED = Pill("confirmed", "circle-check", "Confirmed")
OTHER_TIME = Pill("warn", "clock", "Asks for another time")
DECLINED = Pill("warn", "user-x", "Can't come")
NOT_DELIVERED = Pill("warn", "alert-triangle", "Not delivered")
KIND_ICONS = {"group": "users-group", "family": "users-group", "phone": "phone", "video": "video"}


def sees_own_day(user: User) -> bool:
    """Counselors and supervisors have a day of their own; others see the facility's."""
    own = {Role.COUNSELOR, Role.SUPERVISOR}
    return any(held & own for held in user.access.roles.values())


def sees_clients(user: User) -> bool:
    """Whether the role has anything to do with clients."""
    return user.access.can(Capability.VIEW_CALENDAR)


def home(user: User) -> Facility | None:
    """The facility whose wall clock the page shows."""
    return Facility.objects.visible_to(user).order_by("legal_name").first()


def today_for(user: User, facility: Facility, day: dt.date, *, team: bool) -> Today:
    """The day's page for one person; a constant number of queries."""
    appointments = _appointments(user, facility, day, team=team)
    attendances = [a for appointment in appointments for a in _seen(appointment)]
    clients = {attendance.client_id for attendance in attendances}
    seen = cases_seen(user, clients)
    phases = {c: p.kind for c, p in current_phases(clients).items() if c in seen}
    rows = [_row(a, user, facility.zone, phases) for a in appointments]
    tasks = Task.objects.visible_to(user).open().select_related("client", "assignee")
    expected = [a for a in attendances if a.status == AttendanceStatus.EXPECTED]
    confirmed = sum(a.response == Response.ACCEPTED for a in expected)
    listed = list(tasks.order_by("priority", "due_at", "id")[:MOST_TASKS])
    return Today(
        day=day,
        zone=facility.zone,
        rows=rows,
        now_before=_now_before(appointments, facility, day),
        confirmed=confirmed,
        unconfirmed=len(expected) - confirmed,
        no_shows=sum(a.status == AttendanceStatus.NO_SHOW for a in attendances),
        tasks=listed,
        replies=tasks.filter(kind=TaskKind.READ_REPLY).count(),
        clients=[*clients, *(task.client_id for task in listed if task.client_id)],
    )


def _appointments(user: User, facility: Facility, day: dt.date, *, team: bool) -> list[Appointment]:
    first = at_wall_clock(day, dt.time(), facility.zone)
    last = at_wall_clock(day + DAY, dt.time(), facility.zone)
    rows = Appointment.objects.visible_to(user).filter(starts_at__gte=first, starts_at__lt=last)
    if not team:
        rows = rows.filter(staffing__user=user)
    rows = rows.exclude(cancelled_by=CancelledBy.RESCHEDULED)
    reminders = Prefetch(
        "attendances__reminders",
        Reminder.objects.select_related("message").order_by("send_at", "created_at"),
    )
    return list(with_people(rows, user).prefetch_related(reminders).order_by("starts_at", "id"))


def _seen(appointment: Appointment) -> list[Attendance]:
    return appointment.visible_attendances  # type: ignore[attr-defined, no-any-return]  # prefetched


def _now_before(
    appointments: Sequence[Appointment], facility: Facility, day: dt.date
) -> uuid.UUID | None:
    """The first appointment still to come today: the line that says “now” stands before it."""
    if day != now().astimezone(ZoneInfo(facility.zone)).date():
        return None
    return next((a.pk for a in appointments if a.starts_at > now()), None)


def _row(appointment: Appointment, user: User, zone: str, phases: dict[uuid.UUID, str]) -> TodayRow:
    attending = _seen(appointment)
    alone = attending[0] if appointment.capacity == 1 and attending else None
    moment = now()
    begun = appointment.starts_at <= moment
    open_ended = alone is not None and appointment.status == AppointmentStatus.BOOKED
    return TodayRow(
        id=appointment.pk,
        attendance_id=alone.pk if alone else None,
        time=time_in_words(appointment.starts_at, zone, Language.ENGLISH),
        minutes=round((appointment.ends_at - appointment.starts_at).total_seconds() / 60),
        title=alone.client.name if alone else _group_title(appointment, attending),
        kind=appointment.get_kind_display(),
        kind_icon=KIND_ICONS.get(appointment.kind, "user-circle"),
        room=appointment.room.name if appointment.room else "",
        staff=", ".join(s.user.full_name for s in appointment.staffing.all()),
        phase=phases.get(alone.client_id) if alone else None,
        pill=_pill(alone) if alone else _group_pill(appointment, attending),
        note=_note(alone, zone) if alone else "",
        past=appointment.ends_at <= moment,
        live=begun and appointment.ends_at > moment,
        may_arrive=open_ended
        and alone is not None
        and alone.status == AttendanceStatus.EXPECTED
        and user.access.can(Capability.CHECK_IN, appointment.facility_id),
        may_record=open_ended
        and begun
        and alone is not None
        and alone.status in (AttendanceStatus.EXPECTED, AttendanceStatus.ARRIVED)
        and user.access.can(Capability.RECORD_OUTCOME, appointment.facility_id),
    )


def _group_title(appointment: Appointment, attending: Sequence[Attendance]) -> str:
    return _("%(kind)s, %(count)d expected") % {
        "kind": appointment.get_kind_display(),
        "count": sum(a.status == AttendanceStatus.EXPECTED for a in attending),
    }


def _group_pill(appointment: Appointment, attending: Sequence[Attendance]) -> Pill:
    if appointment.status == AppointmentStatus.CANCELLED:
        return PILLS[AttendanceStatus.CANCELLED]
    if appointment.status == AppointmentStatus.COMPLETED:
        return PILLS[AttendanceStatus.ATTENDED]
    confirmed = sum(a.response == Response.ACCEPTED for a in attending)
    return Pill("confirmed", "circle-check", _("%d confirmed") % confirmed)


def _pill(attendance: Attendance) -> Pill:
    if attendance.status != AttendanceStatus.EXPECTED:
        return PILLS[AttendanceStatus(attendance.status)]
    answered = {
        Response.ACCEPTED: CONFIRMED,
        Response.TENTATIVE: OTHER_TIME,
        Response.DECLINED: DECLINED,
    }.get(Response(attendance.response))
    if answered:
        return answered
    states = {reminder.state for reminder in attendance.reminders.all()}
    gone_well = states & {ReminderState.SENT, ReminderState.DONE, ReminderState.PLANNED}
    return NOT_DELIVERED if ReminderState.FAILED in states and not gone_well else SCHEDULED


def _note(attendance: Attendance, zone: str) -> str:
    """One line on how we know."""
    if attendance.status != AttendanceStatus.EXPECTED:
        return ""
    if attendance.responded_at and attendance.response != Response.NEEDS_ACTION:
        how = attendance.get_response_source_display().lower()
        return f"{how}, {time_in_words(attendance.responded_at, zone, Language.ENGLISH)}"
    reminders = list(attendance.reminders.all())
    told = [r for r in reminders if r.state in (ReminderState.SENT, ReminderState.DONE)]
    if told:
        state = _("delivered") if told[-1].state == ReminderState.DONE else _("sent")
        return f"{told[-1].get_channel_display()} {state}, " + _("no answer yet")
    return _what_comes(reminders, zone)


def _what_comes(reminders: Sequence[Reminder], zone: str) -> str:
    planned = [r for r in reminders if r.state == ReminderState.PLANNED and r.send_at]
    if planned and planned[0].send_at:
        at = time_in_words(planned[0].send_at, zone, Language.ENGLISH)
        return f"{planned[0].get_channel_display()} " + _("goes at") + f" {at}"
    explained = [r.reason for r in reminders if r.reason and r.reason != Reason.NOT_NEEDED]
    if Reason.ON_UNIT in explained:
        return _("on the unit, none needed")
    return str(Reason(explained[-1]).label) if explained else ""
