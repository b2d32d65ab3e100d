"""Making two records one, and undoing it."""

import datetime as dt
import uuid

from django.db import IntegrityError, transaction

from audit.services import note_change
from clients.merging import Ledger, Obstacle, merge_parts, put_back
from clients.models import Client, Merge
from clients.services.duplicates import look_for_duplicates, settle_unmerged
from clients.services.permission import require_for_client, require_standing
from common.clock import now
from common.errors import Conflict, Invalid
from common.events import ContactPermissionChanged, announce
from organization.models import User
from organization.roles import Capability

UNDONE_WITHIN = dt.timedelta(days=30)


@transaction.atomic
def merge_clients(*, survivor: Client, other: Client, reason: str, by: User) -> Merge:
    """Make `other` part of `survivor`: its rows change hands, both record numbers find the survivor.

    Raises `cannot_merge` with every obstacle. Names and demographics stay the survivor's.

    1. Lock both: whoever is writing about either is waited for, nobody begins (`require_standing`).
    2. Ask every app what forbids it.
    3. Have every app move its rows, each change written down.
    4. The other record leads to the survivor from now on; what was planned for it is planned anew.
    """
    if survivor.pk == other.pk:
        raise Invalid("These are one record already.", code="same_client", field="other")
    _lock(survivor.pk, other.pk)
    require_standing([survivor.pk, other.pk])
    for client in (survivor, other):
        require_for_client(by, Capability.MERGE_CLIENTS, client)
    _refuse(obstacles(survivor, other))
    ledger = Ledger()
    for part in merge_parts:
        part.move(ledger, survivor, other, by)
    other.change(merged_into=survivor, merged_at=now())
    survivor.change()
    merge = Merge.objects.create(
        survivor=survivor, other=other, by=by, reason=reason, moved=ledger.entries
    )
    note_change("client.merged", merge.pk, by=by.pk, clients=[survivor.pk, other.pk])
    look_for_duplicates(survivor)
    announce(ContactPermissionChanged(survivor.pk))
    return merge


def obstacles(survivor: Client, other: Client) -> list[Obstacle]:
    """Everything that forbids it, in every app."""
    return [found for part in merge_parts for found in part.obstacles(survivor, other)]


def _refuse(found: list[Obstacle]) -> None:
    if found:
        raise Conflict(
            " ".join(obstacle.detail for obstacle in found),
            code="cannot_merge",
            extra={"obstacles": [{"code": o.code, "detail": o.detail} for o in found]},
        )


def _lock(*client_ids: uuid.UUID) -> None:
    rows = Client.objects.filter(pk__in=client_ids).order_by("pk")
    list(rows.select_for_update(of=("self",)).values_list("pk", flat=True))


@transaction.atomic
def undo_merge(*, merge: Merge, by: User) -> Merge:
    """Put everything back as it was, while it still is as the merge left it, within thirty days.

    What was written about the survivor since stays with the survivor.
    """
    merge = Merge.objects.select_for_update(of=("self",)).get(pk=merge.pk)
    if merge.undone_at is not None:
        raise Conflict("This merge has been undone already.", code="already_undone")
    if now() > merge.created_at + UNDONE_WITHIN:
        raise Conflict(
            f"A merge is undone within {UNDONE_WITHIN.days} days.", code="too_late_to_undo"
        )
    _lock(merge.survivor_id, merge.other_id)
    survivor, other = (Client.objects.get(pk=p) for p in (merge.survivor_id, merge.other_id))
    if survivor.merged_into_id is not None:
        raise Conflict(
            "The record was merged into another one since. Undo that first.", code="merged_again"
        )
    require_for_client(by, Capability.MERGE_CLIENTS, survivor)
    other.change(merged_into=None, merged_at=None)
    survivor.change()
    try:
        with transaction.atomic():
            changed = put_back(merge.moved)
    except IntegrityError:
        raise _changed_since([]) from None
    if changed:
        raise _changed_since(changed)
    settle_unmerged(survivor.pk, other.pk, by=by)
    merge.change(undone_at=now(), undone_by=by)
    note_change("client.unmerged", merge.pk, by=by.pk, clients=[survivor.pk, other.pk])
    for client in (survivor, other):
        announce(ContactPermissionChanged(client.pk))
    return merge


def _changed_since(changed: list[str]) -> Conflict:
    what = f"something was changed: {', '.join(changed)}" if changed else "something was added"
    return Conflict(
        f"Since the merge {what}. Correct by hand what belongs to the other person.",
        code="changed_since",
        extra={"changed": changed},
    )
