"""Which records may be of the person described: by name and birth date, or by name and address.

PostgreSQL finds the few that could be, by indexes alone; `grounds` says of each whether it is alike.
"""

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q

from clients.addresses import address_index
from clients.models import Client, ContactPoint, Ground
from clients.names import SIMILAR, likeness, name_key, plain_name

Alike = dict[uuid.UUID, tuple[Ground, ...]]
"""Records, and why each may be of the same person."""
COMPARED = ("legal_first_name", "legal_last_name", "chosen_name", "birth_date")


@dataclass(frozen=True)
class Person:
    """Somebody described. `addresses` are normal ones, as `clients.addresses` writes them."""

    first: str
    last: str
    birth_date: dt.date
    chosen: str = ""
    addresses: tuple[str, ...] = ()

    @classmethod
    def of(cls, client: Client) -> "Person":
        """Whom a record describes, with every address it has."""
        points = tuple(point.value for point in client.contact_points.all())
        return cls(
            first=client.legal_first_name,
            last=client.legal_last_name,
            birth_date=client.birth_date,
            chosen=client.chosen_name,
            addresses=points,
        )

    def keys(self) -> set[str]:
        """The name in one word, each way it may have been written down: the two swapped as well."""
        orders = [(first, self.last) for first in self._first_names()]
        return {name_key(*names) for one in orders for names in (one, one[::-1])}

    def full_names(self) -> list[str]:
        """Each first name with the last one, as they are compared."""
        return [plain_name(f"{first} {self.last}") for first in self._first_names()]

    def _first_names(self) -> list[str]:
        return [name for name in (self.first, self.chosen) if name]


def alike(person: Person, *, apart_from: Iterable[uuid.UUID] = ()) -> Alike:
    """Every standing record that may be of this person, whoever may see it."""
    sharing = _sharing(person.addresses)
    could_be = (
        Client.objects.filter(
            Q(birth_date=person.birth_date) | Q(name_key__in=person.keys()) | Q(pk__in=sharing),
            merged_into=None,
        )
        .exclude(pk__in=list(apart_from))
        .only(*COMPARED)
    )
    found = {}
    for client in could_be.order_by("pk"):
        why = grounds(person, client, shares=client.pk in sharing)
        if why:
            found[client.pk] = why
    return found


def _sharing(addresses: Iterable[str]) -> set[uuid.UUID]:
    indexes = [address_index(address) for address in addresses]
    if not indexes:
        return set()
    points = ContactPoint.objects.filter(address_index__in=indexes)
    return set(points.order_by().values_list("client", flat=True))


def grounds(person: Person, client: Client, *, shares: bool) -> tuple[Ground, ...]:
    """Why this record may be of that person; empty if it isn't taken to be.

    A similar name and the same birth date or address; or the very same name and a birth date in
    which one part differs.
    """
    name = _same_name(person, client)
    if name is None:
        return ()
    birth = _same_birth(person.birth_date, client.birth_date)
    if birth == Ground.SIMILAR_BIRTH_DATE and name != Ground.SAME_NAME:
        birth = None
    contact = Ground.SAME_CONTACT if shares else None
    if birth is None and contact is None:
        return ()
    return tuple(ground for ground in (name, birth, contact) if ground)


def _same_name(person: Person, client: Client) -> Ground | None:
    recorded = Person(
        client.legal_first_name, client.legal_last_name, client.birth_date, client.chosen_name
    )
    if person.keys() & recorded.keys():
        return Ground.SAME_NAME
    closest = max(
        likeness(one, other) for one in person.full_names() for other in recorded.full_names()
    )
    return Ground.SIMILAR_NAME if closest >= SIMILAR else None


def _same_birth(one: dt.date, other: dt.date) -> Ground | None:
    if one == other:
        return Ground.SAME_BIRTH_DATE
    alike = [one.year == other.year, one.month == other.month, one.day == other.day]
    swapped = (one.year, one.month, one.day) == (other.year, other.day, other.month)
    return Ground.SIMILAR_BIRTH_DATE if sum(alike) == len(alike) - 1 or swapped else None
