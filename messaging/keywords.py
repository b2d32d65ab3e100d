"""What a text message means when the whole of it is a keyword. Data and one pure function."""

import re

from common.discretion import plain
from messaging.models import Meaning

# "YES" lifts an opt-out and "CANCEL" opts out, because carriers read them so; neither is an answer
# about an appointment.
KEYWORDS: dict[Meaning, frozenset[str]] = {
    Meaning.CONFIRM: frozenset({"1"}),
    Meaning.RESCHEDULE: frozenset({"2"}),
    Meaning.STOP: frozenset(
        {
            "stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout",
            "opt out", "alto", "parar",
        }
    ),
    Meaning.START: frozenset({"start", "yes", "unstop"}),
    Meaning.HELP: frozenset({"help", "info", "ayuda"}),
}  # fmt: skip

NOT_LETTERS = re.compile(r"[\W_]+")


def meaning_of(text: str) -> Meaning:
    """The keyword that the whole message is, without regard to case, spaces and punctuation."""
    words = NOT_LETTERS.sub(" ", plain(text)).strip()
    for meaning, keywords in KEYWORDS.items():
        if words in keywords:
            return meaning
    return Meaning.TEXT
