"""The purpose `reminder`: whether one is still wanted, what it says, what an answer means."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Exists, OuterRef

from appointments.models import Appointment, Attendance
from appointments.queries import ended_because, overtaken_messages
from appointments.reminders import QUIET_MARGIN
from appointments.services.attending import respond
from appointments.states import Response, ResponseSource
from appointments.texts import VERSION, reminder_texts
from casework.models import Phase
from casework.queries import when_left
from clients.models import Channel, Client
from common.prepared import Prepared
from common.rows import held
from messaging.models import Meaning, Message
from messaging.purposes import Content, Stop
from messaging.states import Reason
from organization.models import Facility, Language

RESPONSE_OF = {
    Meaning.CONFIRM: Response.ACCEPTED,
    Meaning.RESCHEDULE: Response.TENTATIVE,
    Meaning.DECLINE: Response.DECLINED,
}


VISIT = ("id", "created_at", "status")
APPOINTMENT = ("id", "status", "cancelled_by", "starts_at")
FACILITY = ("id", "zone", "discreet_name", "sms_has_link")
CLIENT = ("id", "deceased_on", "language", "greeting_name", "messages_on_unit")
STANDING = Prepared(
    lambda ids: (
        Attendance.objects.filter(pk__in=ids)
        .order_by()
        .values_list(
            *VISIT,
            *(f"appointment__{name}" for name in APPOINTMENT),
            *(f"appointment__facility__{name}" for name in FACILITY),
            *(f"client__{name}" for name in CLIENT),
            Exists(
                Phase.objects.current().filter(
                    episode__client=OuterRef("client"), program__residential=True
                )
            ),
            when_left(OuterRef("client")),
        )
    )
)
"""What decides whether somebody is still to be reminded, and what they are told; one statement."""


class Standing:
    """One row of it: an attendance that holds no more than was read, and where its client is."""

    def __init__(self, row: tuple[Any, ...]) -> None:
        appointment = held(Appointment, APPOINTMENT, row[3:7])
        appointment.facility = held(Facility, FACILITY, row[7:11])
        self.attendance = held(Attendance, VISIT, row[:3])
        self.attendance.appointment = appointment
        self.attendance.client = held(Client, CLIENT, row[11:16])
        self.on_unit, self.left_at = row[16:]


class ReminderPurpose:
    """Reminds a client of an appointment. `about` is the attendance."""

    to_client = True
    after_opt_out = False
    answerable = True
    margin: dt.timedelta = QUIET_MARGIN

    def recheck(self, messages: Sequence[Message]) -> Mapping[uuid.UUID, Content | Stop]:
        """Still expected, not moved, still in treatment, not on the unit? Then the text."""
        by_id = {
            row[0]: Standing(row) for row in STANDING.rows(m.about for m in messages if m.about)
        }
        overtaken = overtaken_messages([m.pk for m in messages], by_id)
        found: dict[uuid.UUID, Content | Stop] = {}
        for message in messages:
            standing = by_id[message.about]  # set since it was made
            attendance, client = standing.attendance, standing.attendance.client
            reason = ended_because(attendance, client, standing.left_at)
            if reason is None and standing.on_unit and not client.messages_on_unit:
                reason = Reason.ON_UNIT
            reason = reason or overtaken.get(message.pk)
            found[message.pk] = Stop(reason) if reason else self._content(message, attendance)
        return found

    def _content(self, message: Message, attendance: Attendance) -> Content:
        facility = attendance.appointment.facility
        subject, text = reminder_texts(
            channel=Channel(message.channel),
            language=Language(attendance.client.language),
            greeting_name=attendance.client.greeting_name,
            starts_at=attendance.appointment.starts_at,
            zone=facility.zone,
            discreet_place=facility.discreet_name,
            sms_has_link=facility.sms_has_link,
        )
        return Content(text=text, subject=subject, version=VERSION)

    def answer(self, message: Message, meaning: Meaning) -> bool:
        """A client confirmed, asked for another time, or can't come."""
        if message.about is None or meaning not in RESPONSE_OF:
            return False
        attendance = Attendance.objects.filter(pk=message.about).first()
        if attendance is None:
            return False
        by_link = message.channel == Channel.EMAIL or meaning == Meaning.DECLINE
        source = ResponseSource.LINK if by_link else ResponseSource.REPLY
        return respond(attendance=attendance, response=RESPONSE_OF[meaning], source=source)
