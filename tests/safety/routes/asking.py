"""Making the requests: one person, one request, everything as it was after."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client as Browser
from rest_framework.test import APIClient

from dev.sms_messages import signature
from tests.safety.routes.rows import Row
from tests.safety.routes.world import Side

MISSING = "019c0000-0000-7000-8000-000000000000"
UNCOUNTED = {"django_session", "django_migrations", "django_content_type"}



@dataclass(frozen=True)
class Told:
    """What came back, and whether the database is another one now."""

    response: HttpResponse
    changed: bool

    @property
    def status(self) -> int:
        return self.response.status_code


def snapshot() -> dict[str, str]:
    """A digest of every table's rows; of sessions none."""
    tables = sorted(set(connection.introspection.table_names()) - UNCOUNTED)
    digests = " UNION ALL ".join(
        f"SELECT '{table}', md5(coalesce(string_agg(t::text, E'\\n' ORDER BY t::text), ''))"
        f' FROM "{table}" t'
        for table in tables
    )
    with connection.cursor() as cursor:
        cursor.execute(digests)
        return dict(cursor.fetchall())


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


def ask(
    row: Row, side: Side, person: str, names: dict[str, str], *, method: str = ""
) -> HttpResponse:
    """The row's request by this person of that facility."""
    address, body = fill(row.address, names), fill(row.send, names)
    user = person.removesuffix("_off")
    if row.is_api:
        api = APIClient()
        if user == "closed":
            api.credentials(HTTP_AUTHORIZATION=f"Token {side.token_of_closed}")
        elif user != "anonymous":
            api.force_authenticate(side.person(user))
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


def tell(
    row: Row, side: Side, person: str, names: dict[str, str], before: dict[str, str], **how: str
) -> Told:
    """Ask, look what became of the database, and undo it."""
    cache.clear()  # bounds on tries are another test's matter
    with transaction.atomic():
        response = ask(row, side, person, names, **how)
        looked_at = response.status_code >= 400 or row.changes or row.undone
        changed = bool(looked_at) and snapshot() != before
        transaction.set_rollback(True)
    return Told(response, changed)
