"""What the page behind a reminder's link tells."""

import datetime as dt
import uuid
from dataclasses import dataclass

from appointments.models import Attendance
from appointments.queries.facts import ended_because
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


def visit_behind(message: Message) -> Visit | None:
    """The visit that a reminder is about; None if the message is about none."""
    attendances = Attendance.objects.select_related("appointment__facility", "client")
    attendance = attendances.filter(pk=message.about).first() if message.about else None
    if attendance is None:
        return None
    appointment, client = attendance.appointment, attendance.client
    facility = appointment.facility
    left_at = left_treatment_at([client.pk]).get(client.pk)
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
