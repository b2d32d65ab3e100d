"""Making the requests: one person, one request, everything as it was after."""

import functools
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client as Browser
from rest_framework.test import APIClient

from dev.sms_messages import signature
from tests.safety.routes.rows import Row
from tests.safety.routes.world import Side

MISSING = "019c0000-0000-7000-8000-000000000000"
UNCOUNTED = {"django_session", "django_migrations", "django_content_type"}


def snapshot() -> dict[str, str]:
    """A digest of every table's rows; of sessions none."""
    with connection.cursor() as cursor:
        cursor.execute(_digests())
        return dict(cursor.fetchall())


@functools.cache
def _digests() -> str:
    tables = sorted(set(connection.introspection.table_names()) - UNCOUNTED)
    return " UNION ALL ".join(
        f"SELECT '{table}', md5(coalesce(string_agg(t::text, E'\\n' ORDER BY t::text), ''))"
        f' FROM "{table}" t'
        for table in tables
    )


def fill(given: Any, names: dict[str, str]) -> Any:
    """With ids in the place of names in braces."""
    if isinstance(given, str):
        return given.format_map(names)
    if isinstance(given, dict):
        return {key: fill(value, names) for key, value in given.items()}
    if isinstance(given, list):
        return [fill(value, names) for value in given]
    return given


def names_for(side: Side, person: str, *, works_at: Side | None = None) -> dict[str, str]:
    """The things that this person is asked about: far ones for those who are off."""
    names = side.things | (side.far if person.endswith("_off") else {})
    mine = (works_at or side).things
    return names | {f"my_{name}": value for name, value in mine.items()}


def ask(row: Row, side: Side, person: str, names: dict[str, str], *, method: str = "") -> Any:
    """The row's request by this person of that facility."""
    address, body = fill(row.address, names), fill(row.send, names)
    user = person.removesuffix("_off")
    if row.is_api:
        # A key is written down before anything is refused, and so must go with the refusal.
        api = APIClient(headers={"Idempotency-Key": "row"})
        if user != "anonymous":
            api.credentials(HTTP_AUTHORIZATION=f"Token {side.tokens[user]}")
        if isinstance(body, str):
            return api.generic(method or row.method, address, body, content_type="text/csv")
        send = getattr(api, (method or row.method).lower())
        return send(address) if body is None else send(address, body)
    browser = Browser(headers=_signature(address, body) if row.signed else None)
    if user != "anonymous":
        browser.cookies[settings.SESSION_COOKIE_NAME] = side.sessions[user]
    send = getattr(browser, (method or row.method).lower())
    return send(address) if body is None else send(address, body)


def _signature(address: str, fields: dict[str, str]) -> dict[str, str]:
    url = f"{settings.PUBLIC_URL}{address}"
    return {"X-Twilio-Signature": signature(url, fields, settings.TWILIO_AUTH_TOKEN)}


def answer(row: Row, side: Side, person: str, names: dict[str, str], **how: str) -> Any:
    """Ask, and undo what came of it; a refusal has nothing that could be undone.

    So that one look at the database after many refusals tells whether each left it as it was.
    """
    cache.clear()  # bounds on tries are another test's matter
    with transaction.atomic():
        response = ask(row, side, person, names, **how)
        transaction.set_rollback(response.status_code < 400)
    return response


def changes_something(row: Row, side: Side, person: str, names: dict[str, str]) -> bool:
    """Whether the database is another one after this request, which is then undone."""
    cache.clear()
    with transaction.atomic():
        before = snapshot()
        ask(row, side, person, names)
        is_another = snapshot() != before
        transaction.set_rollback(True)
    return is_another
