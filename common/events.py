"""What a lower floor tells: typed announcements, and the handlers that upper floors registered.

A service announces inside its transaction. A handler only writes rows, in that same transaction;
what takes longer is drained by its own queue. `handlers()` lists every one of them, by name.
"""

import uuid
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import connection


@dataclass(frozen=True, slots=True)
class PrimaryCounselorNamed:
    """Somebody else than the counselor made them a client's primary counselor."""

    client_id: uuid.UUID
    facility_id: uuid.UUID
    counselor_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class PrimaryCounselorLeft:
    """A client's primary counselor was replaced, or the care team ended (then by nobody)."""

    client_id: uuid.UUID
    former_id: uuid.UUID
    successor_id: uuid.UUID | None


@dataclass(frozen=True, slots=True)
class StaffLeft:
    """Somebody's role at a facility ended, or their account was closed; they may have others."""

    user_id: uuid.UUID
    facility_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class StaffReturned:
    """Somebody was given a role at a facility, or their account, with its roles, opened again."""

    user_id: uuid.UUID
    facility_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class FacilityChanged:
    """What a facility says of itself in messages, or when it keeps quiet, changed."""

    facility_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class ContactPermissionChanged:
    """What may be sent to a client changed: a consent given or withdrawn, a contact point
    added, changed or found dead, the language, zone or name for messages changed."""

    client_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class PossibleDuplicateFound:
    """Two records may be of one person: who is to look at the pair, a role or one who holds it."""

    pair_id: uuid.UUID
    facility_id: uuid.UUID
    role: str
    assignee_id: uuid.UUID | None


@dataclass(frozen=True, slots=True)
class PossibleDuplicateSettled:
    """Of these pairs somebody said whether they are of one person; nobody need look any more."""

    pair_ids: tuple[uuid.UUID, ...]


@dataclass(frozen=True, slots=True)
class OptedOut:
    """An address said STOP: nothing may go there on that channel, whoever shares it."""

    address_index: str
    channel: str


@dataclass(frozen=True, slots=True)
class OptOutLifted:
    """An address said START: the opt-out is over; consents are as they were."""

    address_index: str
    channel: str


@dataclass(frozen=True, slots=True)
class PhaseChanged:
    """A client was admitted, moved to another phase, or a move was undone."""

    client_id: uuid.UUID
    episode_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class EpisodeDischarged:
    """A course of treatment ended."""

    client_id: uuid.UUID
    episode_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class MessageProgress:
    """How far one message has come: its state now, and the reason code if it ended badly."""

    message_id: uuid.UUID
    state: str
    reason: str


@dataclass(frozen=True, slots=True)
class MessagesProgressed:
    """Messages were sent, delivered, or ended; told in batches, as the drain records them."""

    progress: tuple[MessageProgress, ...]


EventType = TypeVar("EventType")
_handlers: dict[type, list[Callable[[Any], None]]] = defaultdict(list)


def subscribe(event_type: type[EventType], handler: Callable[[EventType], None]) -> None:
    """Have `handler` called with every event of this type; called from `AppConfig.ready()`."""
    if handler not in _handlers[event_type]:
        _handlers[event_type].append(handler)


def announce(event: object) -> None:
    """Tell every handler, now, in the caller's transaction."""
    if not connection.in_atomic_block:
        raise RuntimeError(f"{type(event).__name__} announced outside a transaction")
    for handler in _handlers[type(event)]:
        handler(event)


def handlers() -> dict[str, list[str]]:
    """Every event's handlers as `module.function`, for the test that names them all."""
    return {
        event_type.__name__: [f"{h.__module__}.{h.__qualname__}" for h in listed]
        for event_type, listed in _handlers.items()
        if listed
    }
