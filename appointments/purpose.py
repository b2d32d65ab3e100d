"""The purpose `reminder`: whether one is still wanted, what it says, what an answer means."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence

from appointments.models import Attendance
from appointments.queries import ended_because, overtaken_messages
from appointments.reminders import QUIET_MARGIN
from appointments.services.attending import respond
from appointments.states import Response, ResponseSource
from appointments.texts import VERSION, reminder_texts
from casework.queries import current_phases, left_treatment_at
from clients.models import Channel
from messaging.models import Meaning, Message
from messaging.purposes import Content, Stop
from messaging.states import Reason
from organization.models import Language

RESPONSE_OF = {
    Meaning.CONFIRM: Response.ACCEPTED,
    Meaning.RESCHEDULE: Response.TENTATIVE,
    Meaning.DECLINE: Response.DECLINED,
}


class ReminderPurpose:
    """Reminds a client of an appointment. `about` is the attendance."""

    to_client = True
    after_opt_out = False
    answerable = True
    margin: dt.timedelta = QUIET_MARGIN

    def recheck(self, messages: Sequence[Message]) -> Mapping[uuid.UUID, Content | Stop]:
        """Still expected, not moved, still in treatment, not on the unit? Then the text."""
        attendances = Attendance.objects.filter(pk__in=[m.about for m in messages if m.about])
        by_id = {a.pk: a for a in attendances.select_related("appointment__facility", "client")}
        clients = {a.client_id for a in by_id.values()}
        phases, left = current_phases(clients), left_treatment_at(clients)
        overtaken = overtaken_messages([m.pk for m in messages], by_id)
        found: dict[uuid.UUID, Content | Stop] = {}
        for message in messages:
            attendance = by_id[message.about]  # type: ignore[index]  # set since it was made
            phase = phases.get(attendance.client_id)
            on_unit = phase is not None and phase.program.residential
            client = attendance.client
            reason = ended_because(attendance, client, left.get(client.pk))
            if reason is None and on_unit and not client.messages_on_unit:
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
