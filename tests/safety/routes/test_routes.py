"""Every route and method is decided for everybody; what is refused changes nothing and tells nothing."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.db import transaction
from django.urls import URLPattern, URLResolver, get_resolver, resolve

from clients.models import Client
from tests.safety.routes import calendar, clients, crossed, pages, places
from tests.safety.routes.asking import MISSING, answer, ask, changes_something, names_for, snapshot
from tests.safety.routes.rows import ALL, NOBODY, THERE, Row
from tests.safety.routes.world import World

pytestmark = pytest.mark.django_db

TABLE = [*clients.ROWS, *calendar.ROWS, *places.ROWS, *pages.ROWS]
METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}
BY_ID = [row for row in TABLE if row.is_api and "{" in row.address.partition("?")[0]]


def named(row: Row) -> str:
    return row.request + (" signed" if row.signed else "")


each_row = pytest.mark.parametrize("row", TABLE, ids=named)
each_row_by_id = pytest.mark.parametrize("row", BY_ID, ids=named)


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker) -> Iterator[World]:
    with django_db_blocker.unblock(), transaction.atomic():
        yield World.build()
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def before(world, django_db_blocker) -> dict[str, str]:
    with django_db_blocker.unblock():
        return snapshot()


@pytest.fixture(autouse=True)
def _provider(settings):
    settings.TWILIO_AUTH_TOKEN = "a token that the provider shares"


def answers(row, side, of, people) -> tuple[dict[str, int], set[str]]:
    """Each one's status, and who is shown the thing."""
    statuses, shown = {}, set()
    for person in people.split():
        names = names_for(of, person, works_at=side)
        response = answer(row, side, person, names)
        statuses[person] = response.status_code
        if row.shows and names[row.shows].encode() in response.content:
            shown.add(person)
    return statuses, shown


def unlike(told: dict[str, int], expected: dict[str, int]) -> dict[str, tuple[int, int | None]]:
    """Who was told something else than expected: what, and what was expected."""
    pairs = {person: (status, expected.get(person)) for person, status in told.items()}
    return {person: pair for person, pair in pairs.items() if pair[0] != pair[1]}


@each_row
def test_everybody_of_the_facility_gets_what_the_table_says(world, before, row):
    people = "own anonymous closed" if row.slow else f"{ALL} {NOBODY}"
    statuses, shown = answers(row, world.elm, world.elm, people)
    assert unlike(statuses, row.expected()) == {}
    assert shown == set(row.seen.split())
    assert snapshot() == before


@pytest.mark.parametrize("row", [row for row in TABLE if row.changes], ids=named)
def test_whoever_is_let_in_changes_something_and_whoever_is_led_back_does_not(world, row):
    changed = {
        person
        for person in f"{row.yes} {row.undone}".split()
        if changes_something(row, world.elm, person, names_for(world.elm, person))
    }
    assert changed == set(row.yes.split())


@pytest.mark.parametrize("row", [row for row in TABLE if row.names_something], ids=named)
@pytest.mark.parametrize("way", ["Oak asks about Elm", "Elm asks about Oak"])
def test_one_facility_is_nothing_to_the_other(world, before, row, way):
    asked, asking = (
        (world.elm, world.oak) if way == "Oak asks about Elm" else (world.oak, world.elm)
    )
    people = "own" if row.slow else THERE
    statuses, shown = answers(row, asking, asked, people)
    assert unlike(statuses, row.expected_there()) == {}
    assert shown == set()
    assert snapshot() == before


def crossing(row: Row) -> str:
    """With what is another facility's, too."""
    foreign = re.findall(r"{((?!my_)\w+)}", str(row.send))
    return f"{row.request} {' '.join(foreign)}"


@pytest.mark.parametrize("row", crossed.ROWS, ids=crossing)
def test_naming_what_is_another_facilitys_is_naming_nothing(world, before, row):
    """Beside one's own things: refused, or found nowhere, in the words for what is not there."""
    things = names_for(world.elm, "own", works_at=world.oak)
    nothing = things | dict.fromkeys(world.elm.things, MISSING)
    only_asks = row.method == "GET" or row.address.endswith("/searches/")
    for person in ("own", "supervisor", "intake", "desk", "admin"):
        hidden, missing = (answer(row, world.oak, person, names) for names in (things, nothing))
        assert hidden.status_code == missing.status_code, person
        assert only_asks or hidden.status_code >= 400, person
        assert _without_ids(hidden, things) == _without_ids(missing, things), person
    assert snapshot() == before


def _without_ids(told: Any, things: dict[str, str]) -> bytes:
    """What was said, but for the ids that were asked about."""
    said = told.content
    for asked in (*things.values(), MISSING):
        said = said.replace(asked.encode(), b"-")
    return said


TOLD_404 = ("cleo", "left", "nurse_off", "desk_off", "privacy")
"""One for each reason why something is hidden."""


@each_row_by_id
def test_what_is_hidden_is_answered_as_what_is_not_there(world, row):
    """To the letter: body and headers."""
    people = {(world.elm, p): s for p, s in row.expected().items() if p in TOLD_404}
    people[world.oak, "own"] = row.expected_there()["own"]
    for (side, person), status in people.items():
        if status != 404:
            continue
        names = names_for(world.elm, person, works_at=side)
        gone = names | dict.fromkeys(address_names(row), MISSING)
        hidden, missing = (answer(row, side, person, given) for given in (names, gone))
        assert (hidden.status_code, hidden.content) == (missing.status_code, missing.content), (
            person
        )
        assert dict(hidden.headers) == dict(missing.headers), person


def address_names(row: Row) -> set[str]:
    return set(re.findall(r"{(\w+)}", row.address.partition("?")[0]))


@pytest.mark.parametrize("row", [row for row in TABLE if row.is_api], ids=named)
def test_options_tell_nobody_anything(world, row):
    """Neither what is hidden, nor what a route takes: the same words for whoever is signed in."""
    told = set()
    row = replace(row, request=row.request.partition("?")[0])
    for side, person in ((world.elm, "own"), (world.elm, "cleo"), (world.oak, "own")):
        names = names_for(world.elm, person, works_at=side)
        refused = answer(row, side, person, names, method="OPTIONS")
        assert refused.status_code == 405
        told.add(refused.content)
    assert len(told) == 1
    refused = ask(row, world.elm, "anonymous", names, method="OPTIONS")
    assert refused.status_code == (405 if row.nobody == 200 else 401)


@pytest.mark.parametrize("row", [r for r in TABLE if r.method == "GET"], ids=named)
def test_head_is_a_get_without_a_body(world, row):
    for person in ("own", "anonymous"):
        names = names_for(world.elm, person)
        got, head = (answer(row, world.elm, person, names, method=m) for m in ("GET", "HEAD"))
        assert (head.status_code, head.content) == (got.status_code, b""), person


# ── nothing is left out ───────────────────────────────────────────────────────────────────────


def routes(patterns: list[Any] | None = None, base: str = "") -> Iterator[str]:
    """Every address pattern that there is."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        route = base + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            yield route


def listed(world: World) -> dict[str, dict[str, Row]]:
    """The table's rows by route and method."""
    found: dict[str, dict[str, Row]] = {}
    for row in TABLE:
        address = row.address.partition("?")[0].format_map(names_for(world.elm, "own"))
        found.setdefault(resolve(address).route, {})[row.method] = row
    return found


def test_the_table_speaks_of_nobody_else():
    for row in TABLE:
        assert set(row.expected()) == set(f"{ALL} {NOBODY}".split()), row.request
        assert set(row.expected_there()) == set(THERE.split()), row.request
        assert set(row.seen.split()) <= set(ALL.split()), row.request


def test_no_route_is_left_out(world):
    assert set(routes()) == set(listed(world))


def test_methods_that_the_table_does_not_name_are_refused_to_everybody(world, before):
    """So that a method that is added must be decided, too."""
    let_in = {}
    for route, rows in listed(world).items():
        row = next(iter(rows.values()))
        for method in sorted(METHODS - set(rows)):
            for person in ("own", "anonymous"):
                names = names_for(world.elm, person)
                status = ask(row, world.elm, person, names, method=method).status_code
                if status not in _refusals(row):
                    let_in[method, route, person] = status
    assert let_in == {}
    assert snapshot() == before


def _refusals(row: Row) -> set[int]:
    """Of pages also what leads elsewhere."""
    if row.address.startswith(("/api/", "/webhooks/", "/health/", "/dev/")):
        return {401, 405}
    return {405} if row.address.startswith("/accounts/") else {302, 404, 405}


def test_the_snapshot_notices_a_single_word(world, before):
    assert snapshot() == before
    Client.objects.filter(pk=world.elm.things["client"]).update(chosen_name="Sammy")
    assert {t for t, digest in snapshot().items() if digest != before[t]} == {"clients_client"}
