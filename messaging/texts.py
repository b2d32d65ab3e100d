"""What the outbox itself says: the acknowledgement of STOP, and the answers to HELP and to free text."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence

from messaging.models import Meaning, Message
from messaging.purposes import Content, Stop
from messaging.states import Reason
from organization.models import Language

OPT_OUT_TEXT = {
    Language.ENGLISH: "You will get no more texts from this number. Reply START to undo.",
    Language.SPANISH: "No va a recibir otros mensajes de este numero. Responda START para volver.",
}
HELP_TEXT = {
    Language.ENGLISH: "{discreet_name}: call {discreet_phone}. Reply STOP to opt out.",
    Language.SPANISH: "{discreet_name}: llame al {discreet_phone}. STOP para no recibir.",
}
AUTO_TEXT = {
    Language.ENGLISH: "Thank you. This number isn't watched around the clock. {urgent}",
    Language.SPANISH: "Gracias. Este numero no se lee a todas horas. {urgent}",
}
URGENT_TEXT = {
    Language.ENGLISH: "If it's urgent call {crisis_line}.",
    Language.SPANISH: "Si es urgente llame al {crisis_line}.",
}
NO_LINE_TEXT = {
    Language.ENGLISH: "In an emergency call 911.",
    Language.SPANISH: "En una emergencia llame al 911.",
}
VERSION = "built-in-1"


class _ToAddress:
    to_client = True
    after_opt_out = False
    answerable = False
    margin = dt.timedelta()

    def answer(self, message: Message, meaning: Meaning) -> bool:
        return False


class OptOutAcknowledgement(_ToAddress):
    """Says once that STOP is obeyed."""

    after_opt_out = True

    def recheck(self, messages: Sequence[Message]) -> Mapping[uuid.UUID, Content | Stop]:
        return {m.pk: Content(OPT_OUT_TEXT[Language(m.language)], VERSION) for m in messages}


class HelpAnswer(_ToAddress):
    """Tells whom to call, discreetly."""

    def recheck(self, messages: Sequence[Message]) -> Mapping[uuid.UUID, Content | Stop]:
        return {m.pk: self._content(m) for m in messages}

    def _content(self, message: Message) -> Content | Stop:
        facility = message.facility
        if facility is None:
            return Stop(Reason.NO_CONTACT_POINT)
        text = HELP_TEXT[Language(message.language)].format(
            discreet_name=facility.discreet_name, discreet_phone=facility.discreet_phone
        )
        return Content(text, VERSION)


class AutoAnswer(_ToAddress):
    """Says to who wrote freely that nobody may read it soon, and whom to call if it can't wait."""

    def recheck(self, messages: Sequence[Message]) -> Mapping[uuid.UUID, Content | Stop]:
        return {m.pk: self._content(m) for m in messages}

    def _content(self, message: Message) -> Content:
        language = Language(message.language)
        line = message.facility.crisis_line if message.facility else ""
        urgent = (URGENT_TEXT if line else NO_LINE_TEXT)[language].format(crisis_line=line)
        return Content(AUTO_TEXT[language].format(urgent=urgent), VERSION)


class AccountMail(_ToAddress):
    """Staff's account mail: its text stands in the message since it was made."""

    to_client = False

    def recheck(self, messages: Sequence[Message]) -> Mapping[uuid.UUID, Content | Stop]:
        return {
            m.pk: Content(text=m.body or "", subject=m.subject or "", version="account")
            for m in messages
        }
