"""Clients' records: registering, changing, and being known at a facility."""

import datetime as dt
import uuid
from collections.abc import Collection, Sequence
from typing import Any

from django.db import connection, transaction

from audit.services import note_change
from clients.addresses import normal_address
from clients.duplicates import Person
from clients.models import Client, KnownAt, KnownReason
from clients.services.care_team import make_primary
from clients.services.contacts import add_contact_point
from clients.services.duplicates import (
    Found,
    ask_again_about,
    candidates_for,
    keep_found,
    refuse_duplicates,
    wait_for_others,
)
from clients.services.permission import require_for_client, require_standing
from common.clock import now
from common.errors import Invalid
from common.events import ContactPermissionChanged, EpisodeDischarged, PhaseChanged, announce
from common.rows import check_row
from common.text import plain_line
from organization.models import Facility, User
from organization.roles import Capability
from organization.services.places import check_quiet_hours

OLDEST = 120
"""Years that nobody has lived much beyond: an earlier birth date is a slip of the pen."""
NAMES = ("legal_first_name", "legal_last_name", "chosen_name", "greeting_name")


def _check_dates(client: Client) -> None:
    today = now().date()
    if client.birth_date > today:
        raise Invalid("A birth date lies in the past.", code="in_the_future", field="birth_date")
    if today.year - client.birth_date.year > OLDEST:
        raise Invalid(
            f"Nobody is more than {OLDEST} years old. Look at the year again.",
            code="too_long_ago",
            field="birth_date",
        )
    died = client.deceased_on
    if died is not None and not client.birth_date <= died <= today:
        raise Invalid(
            "The date of death lies between birth and today.",
            code="out_of_range",
            field="deceased_on",
        )


@transaction.atomic
def register_client(
    *,
    by: User,
    not_duplicate_of: Collection[uuid.UUID] = (),
    contact_points: Sequence[dict[str, Any]] = (),
    waits: bool = True,
    **details: Any,
) -> Client:
    """Make the record of somebody new, as `create_client` does, with these contact points.

    `waits` for others who record somebody of the same birth date. A long transaction must not hold
    them up so: its records are compared once more after it (`compare_due`).

    Raises `possible_duplicates` with the records, of those that `by` sees, that may be of the same
    person, unless each is said to be somebody else's. Of the others nothing is told: they become a
    task for who sees both.
    """
    person = _described(contact_points=contact_points, **details)
    by.access.require(Capability.CREATE_CLIENT, details["facility"].pk)
    if waits:
        wait_for_others(person.birth_date)
    found = refuse_duplicates(person, by=by, not_duplicate_of=not_duplicate_of)
    client = create_client(by=by, comparison_due=not waits, **details)
    keep_found(client, found, by=by)
    for point in contact_points:
        add_contact_point(client=client, by=by, **point)
    return client


def find_duplicates(*, by: User, **described: Any) -> Found:
    """Whether there is a record of this person already: asked before one is made."""
    by.access.require(Capability.CREATE_CLIENT)
    return candidates_for(_described(**described), by=by)


def _described(
    *,
    legal_first_name: str,
    legal_last_name: str,
    birth_date: dt.date,
    chosen_name: str = "",
    contact_points: Sequence[dict[str, Any]] = (),
    **_: Any,
) -> Person:
    return Person(
        first=plain_line(legal_first_name),
        last=plain_line(legal_last_name),
        chosen=plain_line(chosen_name),
        birth_date=birth_date,
        addresses=tuple(normal_address(p["kind"], p["value"]) for p in contact_points),
    )


@transaction.atomic
def create_client(
    *,
    facility: Facility,
    by: User,
    legal_first_name: str,
    legal_last_name: str,
    birth_date: dt.date,
    greeting_name: str = "",
    primary_counselor: User | None = None,
    **details: Any,
) -> Client:
    """Make a client's record, known at the facility, with a primary counselor from the start.

    A counselor who creates it becomes primary; whoever is not one (intake) names one. Whether there
    is a record of this person already isn't asked: `register_client` asks.
    `greeting_name` is the chosen or legal first name unless given.
    """
    by.access.require(Capability.CREATE_CLIENT, facility.pk)
    client = Client(
        record_number=_next_record_number(),
        legal_first_name=legal_first_name,
        legal_last_name=legal_last_name,
        birth_date=birth_date,
        greeting_name=greeting_name or details.get("chosen_name") or legal_first_name,
        created_by=by,
        **details,
    )
    _write_plainly(client)
    check_row(client)
    _check_dates(client)
    check_quiet_hours(client)
    client.save(force_insert=True)
    KnownAt.objects.create(client=client, facility=facility, reason=KnownReason.ADMISSION)
    note_change("client.created", client.pk, by=by.pk, clients=[client.pk])
    _first_primary(client, facility, primary_counselor, by)
    return client


def _write_plainly(client: Client) -> None:
    for name in NAMES:
        setattr(client, name, plain_line(getattr(client, name)))


def _next_record_number() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('client_record_number')")
        return f"C{cursor.fetchone()[0]:06d}"


def _first_primary(client: Client, facility: Facility, named: User | None, by: User) -> None:
    if named is None and by.access.can(Capability.SEE_CARE_TEAM, facility.pk):
        named = by
    elif named is not None and named != by:
        by.access.require(Capability.NAME_PRIMARY, facility.pk)
    if named is None:
        raise Invalid(
            "Name the primary counselor who takes this client.",
            code="required",
            field="primary_counselor",
        )
    make_primary(client, facility, named, by, field="primary_counselor")


@transaction.atomic
def update_client(*, client: Client, by: User, **changes: Any) -> Client:
    """Change names, language, zone and the like; what may be sent is looked at again."""
    require_for_client(by, Capability.EDIT_CLIENT, client)
    if not changes:
        return client
    require_standing([client.pk])
    for name, value in changes.items():
        setattr(client, name, value)
    _write_plainly(client)
    check_row(client)
    _check_dates(client)
    check_quiet_hours(client)
    client.change(**{name: getattr(client, name) for name in changes})
    note_change("client.updated", client.pk, by=by.pk, clients=[client.pk])
    announce(ContactPermissionChanged(client.pk))
    return client


@transaction.atomic
def make_known_at(*, client: Client, facility: Facility, reason: KnownReason, by: User) -> None:
    """Have a facility know the client; known already changes nothing."""
    require_standing([client.pk])
    _, made = KnownAt.objects.get_or_create(
        client=client, facility=facility, until=None, defaults={"reason": reason}
    )
    if made:
        note_change("client.made_known", client.pk, by=by.pk, clients=[client.pk])
        ask_again_about(client.pk)


def shows_another_phase(event: PhaseChanged | EpisodeDischarged) -> None:
    """The record shows the client's phase: with it, the record has changed."""
    Client.objects.filter(pk=event.client_id).update(updated_at=now())
