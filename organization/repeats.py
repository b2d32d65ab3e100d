"""Requests that may be repeated: the same key and body get the first answer again.

A program that lost an answer repeats its request with the same `Idempotency-Key` (draft-ietf-httpapi-
idempotency-key-header). The key's row is written in the request's own transaction, before anything else:
a second request that arrives meanwhile waits for PostgreSQL's unique index until the first has ended. If the
first was refused, its row is undone with it and the second is carried out; nothing had changed.
"""

import datetime as dt
import hashlib
import json
import re
import uuid
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from common.clock import now
from common.errors import Conflict, Invalid, Missing
from common.registry import Registry
from organization.models import IdempotencyKey, User

KEPT = dt.timedelta(hours=24)
HEADER = "Idempotency-Key"
still_seen: Registry[Callable[[User, Collection[uuid.UUID]], bool]] = Registry(
    "does this person still see all of these clients?"
)
SOUND = re.compile(r"[\x21-\x7e]{1,255}")


@dataclass(frozen=True)
class Answer:
    """What a request was answered: status, JSON, and the clients that it showed."""

    key_id: uuid.UUID
    status: int
    text: str
    clients: Collection[uuid.UUID]


def fingerprint(*parts: bytes) -> str:
    """A digest (hex, 64) of what makes two requests the same: method, address, body."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()


def begin(*, user: User, key: str, fingerprint: str) -> IdempotencyKey | Answer:
    """Open a key for this request, or have the answer that an earlier one with it got.

    Raises `Invalid` for an unsound key, `Conflict` if the key came with another request before, and
    `Missing` if the answer may show what this person sees no longer: their roles have changed
    since, or a client is out of their sight.
    """
    roles = _held(user)
    if not SOUND.fullmatch(key):
        raise Invalid(
            "A key has 1 to 255 visible ASCII characters; a random UUID is a good one.",
            code="unsound_key",
            field=HEADER,
        )
    while True:
        try:
            with transaction.atomic():
                return IdempotencyKey.objects.create(
                    user=user, key=key, fingerprint=fingerprint, roles=roles
                )
        except IntegrityError:
            kept = IdempotencyKey.objects.filter(user=user, key=key).first()
        if kept is None:
            continue  # removed this moment, for its age
        if kept.created_at <= now() - KEPT:
            _forget(IdempotencyKey.objects.filter(pk=kept.pk))
            continue
        if kept.fingerprint != fingerprint:
            raise Conflict(
                "This key came with another request before. Give every request a key of its own.",
                code="idempotency_key_reused",
                field=HEADER,
            )
        still = kept.roles == roles and all(seen(user, kept.clients) for seen in still_seen)
        if kept.status is None or not still:
            raise Missing("There is nothing here for you.")
        return Answer(kept.pk, kept.status, kept.answer or "null", kept.clients)


def _held(user: User) -> str:
    """A digest of the person's roles and where they hold them."""
    held = sorted((str(place), *sorted(roles)) for place, roles in user.access.roles.items())
    return fingerprint(json.dumps(held).encode())


def keep(opened: IdempotencyKey, *, status: int, text: str, clients: Iterable[uuid.UUID]) -> None:
    """Keep the answer with its key, for a day."""
    opened.change(status=status, answer=text, clients=sorted(set(clients)))


def forget_old_keys() -> int:
    """Remove the keys whose day is over; how many."""
    return _forget(IdempotencyKey.objects.all())


def _forget(keys: QuerySet[IdempotencyKey]) -> int:
    gone, _ = keys.filter(created_at__lte=now() - KEPT).delete()
    return gone
