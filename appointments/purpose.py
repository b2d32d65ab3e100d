"""The purposes `reminder` and `notice`: whether one is still wanted, what it says, what an answer means."""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import chain

from appointments.models import Reminder
from appointments.queries import Carried, OwnWords, attendances_told_by, carried_by, own_words
from appointments.reminders import QUIET_MARGIN
from appointments.services.attending import respond
from appointments.services.reconciling import keep
from appointments.states import ReminderState, Response, ResponseSource
from appointments.texts import message_texts
from clients.models import Channel
from messaging.models import Meaning, Message
from messaging.purposes import Content, Stop
from messaging.states import Reason
from organization.models import Language

NO_WORDS = OwnWords()
RESPONSE_OF = {
    Meaning.CONFIRM: Response.ACCEPTED,
    Meaning.RESCHEDULE: Response.TENTATIVE,
    Meaning.DECLINE: Response.DECLINED,
}


class ReminderPurpose:
    """Tells a client of one visit, or of several on one day: of each by a reminder in the ledger."""

    to_client = True
    after_opt_out = False
    answerable = True
    margin: dt.timedelta = QUIET_MARGIN

    def recheck(self, messages: Sequence[Message]) -> Mapping[uuid.UUID, Content | Stop]:
        """What each still says: of the visits that still stand, in treatment, off the unit."""
        carried: dict[uuid.UUID, list[Carried]] = defaultdict(list)
        for each in carried_by([message.pk for message in messages]):
            carried[each.message_id].append(each)
        words = own_words({c.facility.pk for c in chain(*carried.values()) if c.has_own_words})
        found: dict[uuid.UUID, Content | Stop] = {}
        dropped: dict[uuid.UUID, Reason] = {}
        for message in messages:
            reasons = {c.reminder_id: c.refusal for c in carried[message.pk]}
            wanted = [c for c in carried[message.pk] if reasons[c.reminder_id] is None]
            if wanted:
                own = words.get(wanted[0].facility.pk, NO_WORDS)
                found[message.pk] = self._content(message, wanted, own)
                dropped |= {pk: reason for pk, reason in reasons.items() if reason}
            else:
                found[message.pk] = Stop(next(filter(None, reasons.values()), Reason.REPLACED))
        _drop(dropped)
        return found

    def _content(self, message: Message, wanted: Sequence[Carried], own: OwnWords) -> Content:
        first, facility = wanted[0], wanted[0].facility
        channel, language = Channel(message.channel), Language(first.attendance.client.language)
        keys = (first.template, first.text)
        wording = own.of(keys, channel, language, plain=message.plain_words)
        subject, text, version = message_texts(
            key=first.text,
            channel=channel,
            language=language,
            greeting_name=first.attendance.client.greeting_name,
            starts_at=[each.attendance.appointment.starts_at for each in wanted],
            zone=facility.zone,
            discreet_place=facility.discreet_name,
            sms_has_link=facility.sms_has_link,
            wording=wording,
        )
        named = own.names if wording else ()
        return Content(
            text=text, subject=subject, version=version, not_named=named,
            page_until=max(each.attendance.appointment.ends_at for each in wanted),
        )  # fmt: skip

    def answer(self, message: Message, meaning: Meaning) -> bool:
        """A client confirmed, asked for another time, or can't come: that holds for all that the
        message told of."""
        if meaning not in RESPONSE_OF:
            return False
        by_link = message.channel == Channel.EMAIL or meaning == Meaning.DECLINE
        source = ResponseSource.LINK if by_link else ResponseSource.REPLY
        taken = [
            respond(attendance=attendance, response=RESPONSE_OF[meaning], source=source)
            for attendance in attendances_told_by(message).order_by("pk")
        ]
        return any(taken)


def _drop(reasons: Mapping[uuid.UUID, Reason]) -> None:
    """Leave these out of the message that goes for the others."""
    rows = list(Reminder.objects.filter(pk__in=reasons).order_by("pk")) if reasons else []
    for row in rows:
        reason = reasons[row.pk]
        late = reason == Reason.TOO_LATE
        row.state = ReminderState.EXPIRED if late else ReminderState.SKIPPED
        row.reason = reason
    keep(rows)
