"""Keeping the trail: a request collects what it read and changed, and writes it as one row.

Outside a request (a task, a command, a webhook's handler) every change is a row of its own. The
row is written in the transaction of the act itself, so neither exists without the other.
"""

import contextvars
import json
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from audit.models import AuditEvent, Source
from common.clock import now
from common.database import run
from common.ids import uuid7

APPEND = """
INSERT INTO audit_auditevent
       (id, at, actor_id, source, request_id, address, route, reads, changes, clients)
VALUES (%(id)s, %(at)s, %(actor)s, %(source)s, %(request)s, %(address)s::inet, %(route)s,
        %(reads)s::jsonb, %(changes)s::jsonb, %(clients)s::uuid[])
"""
"""Every request that shows or changes a record ends with it: written by hand, for its speed."""


@dataclass
class Trail:
    """What one request has read and changed so far."""

    source: Source
    route: str
    request_id: uuid.UUID | None = None
    address: str | None = None
    actor_id: uuid.UUID | None = None
    reads: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    changes: list[dict[str, str]] = field(default_factory=list)
    clients: set[uuid.UUID] = field(default_factory=set)
    forgotten: bool = False


_current: contextvars.ContextVar[Trail | None] = contextvars.ContextVar("trail", default=None)


@contextmanager
def collected(trail: Trail) -> Iterator[Trail]:
    """Collect all that happens in here, and write it as one row at the end, in the caller's
    transaction. After an error, or when told to forget it, nothing is written."""
    token = _current.set(trail)
    try:
        yield trail
    finally:
        _current.reset(token)
    write(trail)


def note_read(kind: str, ids: Iterable[uuid.UUID], clients: Iterable[uuid.UUID]) -> None:
    """These records were shown. Reads outside a request are the system's own and not noted."""
    trail = _current.get()
    shown = {str(i) for i in ids}
    if trail is not None and shown:
        trail.reads[kind] |= shown
        trail.clients.update(clients)


def clients_noted() -> frozenset[uuid.UUID]:
    """The clients whom this request has concerned so far."""
    trail = _current.get()
    return frozenset(trail.clients) if trail is not None else frozenset()


def note_change(
    action: str, thing: uuid.UUID, *, by: uuid.UUID | None, clients: Iterable[uuid.UUID] = ()
) -> None:
    """This was done to that record (`action` such as ``appointment.booked``)."""
    trail = _current.get()
    change = {"action": action, "id": str(thing)}
    if trail is None:
        AuditEvent.objects.create(
            actor_id=by, source=Source.SYSTEM, route=action, changes=[change], clients=list(clients)
        )
        return
    trail.actor_id = trail.actor_id or by
    trail.changes.append(change)
    trail.clients.update(clients)


def write(trail: Trail) -> None:
    """Write the row, if anything was read or changed and it is not to be forgotten."""
    if trail.forgotten or not (trail.reads or trail.changes):
        return
    run(
        APPEND,
        {
            "id": uuid7(),
            "at": now(),
            "actor": trail.actor_id,
            "source": trail.source,
            "request": trail.request_id,
            "address": trail.address,
            "route": trail.route[:200],
            "reads": json.dumps({kind: sorted(ids) for kind, ids in trail.reads.items()}),
            "changes": json.dumps(trail.changes),
            "clients": sorted(trail.clients),
        },
    )
