"""What the page behind a reminder's link tells."""

import datetime as dt
import uuid
from dataclasses import dataclass

from django.db.models import QuerySet

from appointments.models import Attendance, Reminder
from appointments.queries.facts import ended_because
from appointments.states import ReminderState
from casework.queries import left_treatment_at
from messaging.models import Message


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


def attendances_told_by(message: Message) -> QuerySet[Attendance]:
    """Those that a message tells of: not what was left out of it at the last look."""
    left_out = (ReminderState.SKIPPED, ReminderState.EXPIRED)
    carried = Reminder.objects.filter(message=message).exclude(state__in=left_out)
    return Attendance.objects.filter(pk__in=carried.values("attendance"))


def visits_behind(message: Message) -> list[Visit]:
    """The visits that a message tells of, the first one first: those that stand, or all if none does."""
    told = attendances_told_by(message).select_related("appointment__facility", "client")
    found = sorted(told, key=lambda a: (a.appointment.starts_at, a.pk))
    left_at = left_treatment_at({a.client_id for a in found})
    visits = [_visit(attendance, left_at.get(attendance.client_id)) for attendance in found]
    return [visit for visit in visits if visit.stands] or visits


def _visit(attendance: Attendance, left_at: dt.datetime | None) -> Visit:
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
        stands=ended_because(attendance, client, left_at) is None,
        response=attendance.response,
    )
