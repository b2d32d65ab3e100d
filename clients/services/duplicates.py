"""Records that may be of one person: told of on creation, kept as pairs, settled.

Who makes a record learns nothing of those they don't see. With or without them it is the same
statements, for the sake of the time it takes; who is to look at a pair is found later (`readers`).
"""

import datetime as dt
import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import Q

from audit.services import note_change
from clients.duplicates import Alike, Person, alike
from clients.merging import Ledger
from clients.models import Client, ContactPoint, Ground, PossibleDuplicate, Settlement
from clients.models.duplicates import PossibleDuplicateQuerySet
from clients.services.permission import require_for_client
from common.clock import now
from common.database import lock_keys, lock_subjects
from common.errors import Conflict
from common.events import PossibleDuplicateSettled, announce
from organization.models import User
from organization.roles import Capability

CREATIONS = uuid.UUID("019c0000-d0b1-7000-8000-000000000000")
"""Names the lock that everybody who makes a record by hand shares, and, with a birth date, the one
under which they wait for who records somebody of the same date."""
COMPARED_AT_ONCE = 50
"""Records compared while those who make one by hand wait: less than a second's work."""
ASKED_ALONG = 5
"""So many of the oldest records are always looked up with those found, and left out again: whether
a record is seen takes PostgreSQL longer to say than that there is none, and that can be noticed."""
BIRTH_GROUNDS = {Ground.SAME_BIRTH_DATE, Ground.SIMILAR_BIRTH_DATE}


@dataclass(frozen=True)
class Candidate:
    """A record that the asking person sees, and why it may be of the same person."""

    id: uuid.UUID
    record_number: str
    why: tuple[Ground, ...]


@dataclass(frozen=True)
class Found:
    """What a person may be told of, and what they may not."""

    candidates: list[Candidate]
    hidden: Alike


def candidates_for(person: Person, *, by: User) -> Found:
    """Records that may be of this person: those that `by` sees, and apart from them the others.

    A shared address counts only where they see contact points.
    """
    found = alike(person)
    along = Client.objects.order_by("pk").values_list("pk", flat=True)[:ASKED_ALONG]
    ids = {*along, *found}
    seen = Client.objects.visible_to(by).filter(pk__in=ids)
    with_contacts = Client.objects.visible_to(by, Capability.VIEW_CONTACTS).filter(pk__in=ids)
    contacts = set(with_contacts.values_list("pk", flat=True))
    candidates = []
    for client in seen.order_by("pk"):
        if client.pk not in found:
            continue
        why = found[client.pk]
        if client.pk not in contacts:
            why = tuple(ground for ground in why if ground != Ground.SAME_CONTACT)
        if client.pk in contacts or BIRTH_GROUNDS.intersection(why):
            candidates.append(Candidate(client.pk, client.record_number, why))
    told = {candidate.id for candidate in candidates}
    return Found(candidates, {pk: why for pk, why in found.items() if pk not in told})


def wait_for_others(birth_date: dt.date) -> None:
    """Let whoever records somebody of this birth date end first, until this transaction does.

    So of two who record the same person at the same moment the second is told of the first.
    """
    date = uuid.uuid5(CREATIONS, birth_date.isoformat())
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock_shared(%s), pg_advisory_xact_lock(%s)",
            [*lock_keys([CREATIONS]), *lock_keys([date])],
        )


def refuse_duplicates(
    person: Person, *, by: User, not_duplicate_of: Collection[uuid.UUID] = ()
) -> Found:
    """Raise `possible_duplicates` unless every record that `by` is told of was said to differ."""
    found = candidates_for(person, by=by)
    if {candidate.id for candidate in found.candidates}.issubset(not_duplicate_of):
        return found
    raise Conflict(
        "There is a record that may be of this person. Open it; or, if it is somebody else, "
        "create this one with its id in `not_duplicate_of`.",
        code="possible_duplicates",
        extra={
            "candidates": [
                {"id": str(c.id), "record_number": c.record_number, "why": list(c.why)}
                for c in found.candidates
            ]
        },
    )


def keep_found(client: Client, found: Found, *, by: User) -> None:
    """A record was made although others are like it: those said to differ, and those not told of."""
    moment = now()
    said = {candidate.id: candidate.why for candidate in found.candidates}
    for pair in _pairs(client.pk, said):
        pair.settlement, pair.settled_at, pair.settled_by = Settlement.DISMISSED, moment, by
        pair.save(force_insert=True)
        note_change("pair.dismissed", pair.pk, by=by.pk, clients=[pair.first_id, pair.second_id])
    _open(client.pk, found.hidden)


def look_for_duplicates(client: Client) -> None:
    """Compare a record as it is now with all others, and keep new pairs."""
    _open(client.pk, alike(Person.of(client), apart_from=[client.pk]))


@transaction.atomic
def compare_due() -> int:
    """Compare the next records that are due with all others, and keep new pairs; how many they were.

    Whoever is making a record by hand, and has looked already, is waited for, and seen; whoever looks
    later sees these.
    """
    due = Client.objects.filter(comparison_due=True).order_by("pk")
    if not due.exists():
        return 0
    lock_subjects([CREATIONS])
    compared = list(due.select_for_update(no_key=True)[:COMPARED_AT_ONCE])
    for client in compared:
        look_for_duplicates(client)
    Client.objects.filter(pk__in=[c.pk for c in compared]).update(comparison_due=False)
    return len(compared)


def look_for_sharers(point: ContactPoint) -> None:
    """A new contact point: does somebody of a similar name have the same address?"""
    client = point.client
    person = Person(
        client.legal_first_name, client.legal_last_name, client.birth_date, client.chosen_name,
        addresses=(point.value,),
    )  # fmt: skip
    found = alike(person, apart_from=[client.pk])
    _open(client.pk, {pk: why for pk, why in found.items() if Ground.SAME_CONTACT in why})


def _pairs(
    client_id: uuid.UUID, others: Mapping[uuid.UUID, tuple[Ground, ...]]
) -> list[PossibleDuplicate]:
    pairs = []
    for other_id, why in others.items():
        first, second = sorted([client_id, other_id])
        pairs.append(PossibleDuplicate(first_id=first, second_id=second, why=list(why)))
    return pairs


def _open(client_id: uuid.UUID, others: Alike) -> None:
    """Keep these pairs, or none, by one statement. One that is kept already stays as it is."""
    pairs = _pairs(client_id, others)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO clients_possibleduplicate"
            " (id, created_at, updated_at, first_id, second_id, why, settlement)"
            " SELECT id, %s, %s, first, second, string_to_array(why, ' '), ''"
            " FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::text[])"
            " AS pair (id, first, second, why) ON CONFLICT DO NOTHING",
            [
                *[now()] * 2,
                [pair.pk for pair in pairs],
                [pair.first_id for pair in pairs],
                [pair.second_id for pair in pairs],
                [" ".join(pair.why) for pair in pairs],
            ],
        )


def ask_again_about(client_id: uuid.UUID) -> None:
    """Somebody else may see both of a pair by now: have its reader looked for again.

    Pairs that wait to be looked at are written too: whoever holds one is waited for, since they may
    not have seen yet what is new.
    """
    _of(client_id).open().update(reader_sought_at=None)


def _of(client_id: uuid.UUID) -> PossibleDuplicateQuerySet:
    return PossibleDuplicate.objects.filter(Q(first=client_id) | Q(second=client_id))


@transaction.atomic
def dismiss_duplicate(*, pair: PossibleDuplicate, by: User) -> PossibleDuplicate:
    """Say that these are two people. The pair isn't asked about again."""
    clients = Client.objects.filter(pk__in=[pair.first_id, pair.second_id])
    for client in clients:
        require_for_client(by, Capability.EDIT_CLIENT, client)
    if not settle([pair.pk], Settlement.DISMISSED, by=by):
        raise Conflict("This pair has been settled already.", code="pair_settled")
    note_change("pair.dismissed", pair.pk, by=by.pk, clients=[client.pk for client in clients])
    pair.refresh_from_db()
    return pair


def settle(pair_ids: Iterable[uuid.UUID], settlement: Settlement, *, by: User) -> int:
    """Settle those of these pairs that are open; how many. Who was to look at them need not."""
    ids = list(pair_ids)
    moment = now()
    settled = (
        PossibleDuplicate.objects.open()
        .filter(pk__in=ids)
        .update(settlement=settlement, settled_at=moment, settled_by=by, updated_at=moment)
    )
    announce(PossibleDuplicateSettled(tuple(ids)))
    return settled


def settle_merged(ledger: Ledger, client_id: uuid.UUID, *, by: User) -> None:
    """A record is about to be part of another one: none of its pairs is left to look at."""
    open_pairs = _of(client_id).open()
    ids = tuple(open_pairs.values_list("pk", flat=True))
    ledger.change(open_pairs, settlement=Settlement.MERGED, settled_at=now(), settled_by=by)
    announce(PossibleDuplicateSettled(ids))


def settle_unmerged(one_id: uuid.UUID, other_id: uuid.UUID, *, by: User) -> None:
    """Two records are two again: they are two people's, and other pairs wait as they did."""
    settle(_of(one_id).filter(pk__in=_of(other_id).open()).values_list("pk", flat=True),
           Settlement.DISMISSED, by=by)  # fmt: skip
    ask_again_about(other_id)
