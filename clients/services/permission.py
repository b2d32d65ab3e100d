"""What every change to a client's record asks first: may this person, and is it a record still?"""

import uuid
from collections.abc import Iterable
from typing import Any

from django.db import connection

from clients.models import Client
from common.database import among
from common.errors import Conflict, Forbidden
from organization.models import User
from organization.roles import Capability

WORDS = "This record is part of another one now. Look the client up again."


class Merged(Conflict):
    """The record is part of another one now."""

    code = "merged"
    title = "This record was merged into another"

    def __init__(self, detail: str = WORDS, **more: Any) -> None:
        super().__init__(detail, **more)


# Which of these were merged into which. The lock is the one that a foreign key takes: many may hold it
# at once, and a merge waits for all of them.
HOLD = "SELECT id, merged_into_id FROM clients_client WHERE id {these} ORDER BY id FOR KEY SHARE"


def require_for_client(by: User, capability: Capability, client: Client) -> None:
    """Raise `Forbidden` unless a role through which this person sees the client has it."""
    if not Client.objects.visible_to(by, capability).filter(pk=client.pk).exists():
        raise Forbidden(
            f"Your role doesn't include this for this client: "
            f"{capability.label[0].lower()}{capability.label[1:]}.",
            code="capability_missing",
        )


def require_standing(client_ids: Iterable[uuid.UUID]) -> None:
    """Raise `Merged` if one of these was merged away; else none is until the transaction ends."""
    if any(_hold(client_ids).values()):
        raise Merged


def standing(client: Client) -> Client:
    """The record that is this client's now, which is not merged until the transaction ends."""
    survivor_id = _hold([client.pk])[client.pk]
    return client if survivor_id is None else Client.objects.get(pk=survivor_id)


def _hold(client_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, uuid.UUID | None]:
    these, value = among(set(client_ids))
    with connection.cursor() as cursor:
        cursor.execute(HOLD.format(these=these), [value])
        return dict(cursor.fetchall())
