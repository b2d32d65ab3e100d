"""What every channel promises: hand one message over, and say truthfully what became of it."""

import datetime as dt
import uuid
from dataclasses import dataclass
from enum import StrEnum
from types import TracebackType
from typing import Protocol, Self


@dataclass(frozen=True)
class Outgoing:
    """One message, ready to go: nothing about it is looked up any more. `leased_until`: past that it
    is not ours to hand over."""

    message_id: uuid.UUID
    attempt_id: uuid.UUID
    to: str
    text: str
    subject: str
    expires_at: dt.datetime
    leased_until: dt.datetime | None = None
    tries: int = 0
    stop_url: str = ""


class Fate(StrEnum):
    """What a failed hand-over means."""

    PERMANENT = "permanent"  # refused for good: never again
    TRANSIENT = "transient"  # not accepted, this one may be tried again
    CHANNEL = "channel"  # not accepted, and the next one wouldn't be either
    UNKNOWN = "unknown"  # it may have arrived


class DeliveryError(Exception):
    """A hand-over failed. `dead_address`: the provider says that nothing can be delivered there;
    `opted_out`: that the recipient wants nothing from us.
    """

    def __init__(
        self,
        fate: Fate,
        *,
        code: str,
        words: str = "",
        dead_address: bool = False,
        opted_out: bool = False,
    ) -> None:
        super().__init__(f"{fate} {code}")
        self.fate = fate
        self.code = code
        self.words = words
        self.dead_address = dead_address
        self.opted_out = opted_out

    @property
    def permanent(self) -> bool:
        """Whether trying again is pointless."""
        return self.fate is Fate.PERMANENT


class ChannelSession(Protocol):
    """An open line to a provider. Entering it may raise `DeliveryError` with fate `CHANNEL`.

    `at_once`: how many threads may call `send` at the same time.
    """

    at_once: int

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def send(self, message: Outgoing) -> str:
        """Hand it over; the provider's id for it. Raises `DeliveryError`, and nothing else."""
