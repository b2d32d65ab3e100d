"""Every route and method is decided for everybody; what is refused changes nothing and tells nothing."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.urls import URLPattern, URLResolver, get_resolver, resolve

from clients.models import Client
from tests.safety.routes import calendar, clients, pages, places
from tests.safety.routes.asking import MISSING, ask, names_for, snapshot, tell
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


def answers(row, side, of, people, before) -> tuple[dict[str, int], set[str], set[str]]:
    """Each one's status, who changed anything, and who is shown the thing."""
    statuses, changed, shown = {}, set(), set()
    for person in people.split():
        names = names_for(of, person, works_at=side)
        told = tell(row, side, person, names, before)
        statuses[person] = told.status
        if told.changed:
            changed.add(person)
        if row.shows and names[row.shows].encode() in told.response.content:
            shown.add(person)
    return statuses, changed, shown


def unlike(
    told: dict[str, int], expected: dict[str, int]
) -> dict[str, tuple[int | None, int | None]]:
    """Who was told something else than expected: what, and what was expected."""
    people = told.keys() | expected.keys()
    pairs = {person: (told.get(person), expected.get(person)) for person in people}
    return {person: pair for person, pair in pairs.items() if pair[0] != pair[1]}


@each_row
def test_everybody_of_the_facility_gets_what_the_table_says(world, before, row):
    people = f"{ALL} {NOBODY}"
    statuses, changed, shown = answers(row, world.elm, world.elm, people, before)
    assert unlike(statuses, row.expected()) == {}
    let_in = {person for person, status in statuses.items() if status < 400}
    may_change = let_in - set(row.undone.split()) if row.changes else set()
    assert changed == may_change
    assert shown == set(row.seen.split())


@each_row
@pytest.mark.parametrize("way", ["Oak asks about Elm", "Elm asks about Oak"])
def test_one_facility_is_nothing_to_the_other(world, before, row, way):
    asked, asking = (
        (world.elm, world.oak) if way == "Oak asks about Elm" else (world.oak, world.elm)
    )
    statuses, changed, shown = answers(row, asking, asked, THERE, before)
    assert unlike(statuses, row.expected_there()) == {}
    assert shown == set()


@each_row_by_id
def test_what_is_hidden_is_answered_as_what_is_not_there(world, row):
    """To the letter: body and headers, for everybody who is told 404."""
    for person, status in row.expected().items():
        if status != 404:
            continue
        names = names_for(world.elm, person)
        gone = names | {name: MISSING for name in address_names(row)}
        hidden, missing = (_undone(row, world.elm, person, given) for given in (names, gone))
        assert (hidden.status_code, hidden.content) == (missing.status_code, missing.content), person
        assert dict(hidden.headers) == dict(missing.headers), person


def address_names(row: Row) -> set[str]:
    return set(re.findall(r"{(\w+)}", row.address.partition("?")[0]))


def _undone(row, side, person, names, **how):
    with transaction.atomic():
        response = ask(row, side, person, names, **how)
        transaction.set_rollback(True)
    return response


@each_row_by_id
def test_options_tell_nothing_of_the_row(world, row):
    names = names_for(world.elm, "own")
    gone = names | {name: MISSING for name in address_names(row)}
    said = {
        (answer.status_code, answer.content)
        for person in ("own", "cleo")
        for answer in (
            ask(row, world.elm, person, names, method="OPTIONS"),
            ask(row, world.elm, person, gone, method="OPTIONS"),
        )
    }
    assert len(said) == 1
    assert ask(row, world.elm, "anonymous", names, method="OPTIONS").status_code == 401


@pytest.mark.parametrize("row", [r for r in TABLE if r.method == "GET"], ids=named)
def test_head_is_a_get_without_a_body(world, row):
    for person in ("own", "cleo", "anonymous"):
        names = names_for(world.elm, person)
        got, head = (_undone(row, world.elm, person, names, method=m) for m in ("GET", "HEAD"))
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


def test_no_route_is_left_out(world):
    assert set(routes()) == set(listed(world))


def test_methods_that_the_table_does_not_name_are_refused_to_everybody(world, before):
    """So that a method that is added must be decided, too."""
    let_in = {}
    for route, rows in listed(world).items():
        row = next(iter(rows.values()))
        for method in sorted(METHODS - set(rows)):
            for person in ("own", "admin", "anonymous"):
                names = names_for(world.elm, person)
                told = tell(row, world.elm, person, names, before, method=method)
                assert not told.changed, (method, route)
                if told.status not in (405, 401):
                    let_in[method, route, person] = told.status
    assert let_in == {}


def test_the_snapshot_notices_a_single_word(world, before):
    assert snapshot() == before
    Client.objects.filter(pk=world.elm.things["client"]).update(chosen_name="Sammy")
    assert {t for t, digest in snapshot().items() if digest != before[t]} == {"clients_client"}
