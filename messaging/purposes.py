"""What a message is for. The outbox asks, upper apps answer: is it still wanted, what does it say,
what does an answer to it mean?
"""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from common.registry import Registry
from messaging.models import Meaning, Message
from messaging.states import Reason


@dataclass(frozen=True)
class Content:
    """What a message says. `{link}` in the text is filled at hand-over, if the text has it.

    `not_named`: the names that it may not hold, beside the facility's legal one. `page_until`: how
    long its page is there; until the message's end, if that is later.
    """

    text: str
    version: str
    subject: str = ""
    not_named: tuple[str, ...] = ()
    page_until: dt.datetime | None = None


@dataclass(frozen=True)
class Stop:
    """It is no longer wanted, and why."""

    reason: Reason


class Purpose(Protocol):
    """One reason to send messages.

    `to_client`: consent, opt-out, quiet hours and the discreet text hold. Turned off only for
    staff's account mail. `after_opt_out`: the one acknowledgement that a STOP is answered with.
    `margin`: quiet hours may shift it to no later than this before it expires.
    """

    to_client: bool
    after_opt_out: bool
    answerable: bool
    margin: dt.timedelta

    def recheck(self, messages: Sequence[Message]) -> Mapping[uuid.UUID, Content | Stop]:
        """At the last moment: what each says, or why it is not to be sent."""

    def answer(self, message: Message, meaning: Meaning) -> bool:
        """A client answered. False if it could not be taken as that: then a person reads it."""


purposes: Registry[Purpose] = Registry("what is this message for?")
