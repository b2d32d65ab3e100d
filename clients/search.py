"""Finding clients by a few words: part of a name, a record number, a whole address.

What is looked for is first made into conditions that indexes serve, so that it is found at once
among a million, and only of those clients whom the person sees.
"""

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import Case, IntegerField, Q, Value, When

from clients.addresses import address_index, normal_email, normal_phone
from clients.models import Client, ContactPoint
from clients.names import plain_name
from common.errors import Invalid
from organization.models import User

MOST_FOUND = 25
SHORTEST_PART = 3
"""Letters of a name's middle that an index can look for; of fewer, names that begin so are found."""
LAST_DIGITS = re.compile(r"\d{3,}")
EXACT, WHOLE_NAMES, BEGINNINGS, PARTS = range(4)


@dataclass(frozen=True)
class FoundClients:
    """Those who fit best, at most 25, and whether there are more."""

    clients: list[Client]
    more: bool


def search_clients(user: User, text: str) -> FoundClients:
    """Visible clients, the best first: an exact number or address, whole names, beginnings, parts.

    An address finds only clients whose contact points this person sees; the number of a record
    that was merged finds the one it is part of.
    """
    exact = Q(pk__in=[*_by_number(text), *_by_address(user, text)])
    words = _words(text)
    fitting, rank = exact, [When(exact, then=Value(EXACT))]
    if words:
        fitting |= _each(words, _is_part)
        rank += [
            When(_each(words, _is_name), then=Value(WHOLE_NAMES)),
            When(_each(words, _begins_name), then=Value(BEGINNINGS)),
        ]
    if LAST_DIGITS.fullmatch(text):
        fitting |= Q(record_number__endswith=text)
    order = Case(*rank, default=Value(PARTS), output_field=IntegerField())
    visible = Client.objects.visible_to(user).filter(fitting).annotate(rank=order)
    found = list(
        visible.order_by("rank", "legal_last_name", "legal_first_name", "pk")[: MOST_FOUND + 1]
    )
    return FoundClients(found[:MOST_FOUND], more=len(found) > MOST_FOUND)


def _words(text: str) -> list[str]:
    """The words to look for among names. Too little is refused, numbers and addresses apart."""
    words = ["".join(c for c in plain_name(word) if c.isalnum()) for word in text.split()]
    if max((len(word) for word in words), default=0) < 2:
        raise Invalid("Give at least two letters of a name.", code="too_short", field="text")
    return [word for word in words if word]


def _each(words: list[str], fits: Callable[[str], Q]) -> Q:
    every = Q()
    for word in words:
        every &= fits(word)
    return every


def _is_part(word: str) -> Q:
    return Q(names__contains=word) if len(word) >= SHORTEST_PART else _begins_name(word)


def _begins_name(word: str) -> Q:
    return Q(names__contains=f" {word}")


def _is_name(word: str) -> Q:
    return Q(names__contains=f" {word} ")


def _by_number(text: str) -> list[uuid.UUID]:
    """The record of this number, or the one that it is part of now."""
    records = Client.objects.filter(record_number=text.strip().upper())
    return [record.merged_into_id or record.pk for record in records]


def _by_address(user: User, text: str) -> list[uuid.UUID]:
    indexes = []
    for normal in (normal_phone, normal_email):
        try:
            indexes.append(address_index(normal(text)))
        except Invalid:
            continue
    if not indexes:
        return []
    points = ContactPoint.objects.visible_to(user).filter(address_index__in=indexes)
    return list(points.order_by().values_list("client", flat=True))
