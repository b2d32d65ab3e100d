"""Page-shaped reads of the calendar."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.db.models.functions import JSONArray

from appointments.models import Appointment, AppointmentStaff, Attendance, Reminder
from appointments.queries.people import told
from appointments.states import AttendanceStatus
from casework.models import Phase
from clients.models import Client
from common.present import PRESENT
from organization.access import Access
from organization.models import User
from organization.roles import Capability

CALENDAR_LOOKS_BACK = dt.timedelta(days=30)


def clients_on_the_calendar(access: Access, capability: Capability) -> Q | None:
    """Front desk sees the clients who have an appointment at the facility, past month or ahead."""
    there = access.where(Capability.SEE_CALENDAR, capability)
    if not there:
        return None
    attending = Attendance.objects.filter(
        appointment__facility__in=there,
        appointment__starts_at__gte=PRESENT - CALENDAR_LOOKS_BACK,
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
    seen = attendances_seen_by(user).prefetch_related("reminders")
    return appointments.select_related("facility", "room", "moved_to").prefetch_related(
        Prefetch("staffing", AppointmentStaff.objects.select_related("user")),
        Prefetch("attendances", seen, to_attr="visible_attendances"),
    )


def attendances_seen_by(user: User) -> QuerySet[Attendance]:
    """Attendances with the client, whether the case may be seen, and the phase now."""
    theirs = Client.objects.visible_to(user, Capability.VIEW_CASE)
    phases = Phase.objects.current().filter(episode__client=OuterRef("client"))
    return (
        Attendance.objects.visible_to(user)
        .select_related("client")
        .annotate(
            case_seen=Exists(theirs.filter(pk=OuterRef("client"))),
            phase_kind=Subquery(phases.values("kind")[:1]),
        )
    )


def seen_with_reminders(user: User) -> QuerySet[Attendance]:
    """`attendances_seen_by`, and in the same statement what `tell_reminders` makes of each."""
    theirs = Reminder.objects.filter(attendance=OuterRef("pk"))
    each = JSONArray("channel", "state", "send_at")
    return attendances_seen_by(user).annotate(told=ArraySubquery(theirs.values(json=each)))


def tell_reminders(attendances: Iterable[Attendance]) -> None:
    """Set `reminders_told` on attendances that came from `seen_with_reminders`."""
    for attendance in attendances:
        shown: Any = attendance
        shown.reminders_told = told(shown.told)
