"""Generated requests, by several people: what comes back is what the committed description says.

schemathesis makes requests that keep to the description, and requests that don't. Each is asked by
one of several roles, mostly about rows that there are, and undone.
"""

import datetime as dt
import re
import uuid
import zlib
from typing import Any

import pytest
import schemathesis
from django.core.cache import cache
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, connection, transaction
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi import checks

from common.clock import now
from tests.contract.document import committed
from tests.contract.world import BY_ADDRESS, BY_NAME, ROLES, World

CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
    checks.unsupported_method,
]
REFUSALS = ["400", "401", "403", "404", "405", "409", "412", "415"]
FRESH_CASES = 60
"""On top of those that are the same in each run: the examples, and every bound and choice."""

pytestmark = pytest.mark.django_db
document = committed()
schema = schemathesis.openapi.from_dict(
    document,
    config=SchemathesisConfig.from_dict(
        {
            "base-url": "http://testserver",
            "generation": {"with-security-parameters": False},
            "checks": {"negative_data_rejection": {"expected-statuses": REFUSALS}},
        }
    ),
)
PROTECTED = [
    (method.upper(), path)
    for path, methods in document["paths"].items()
    for method, operation in methods.items()
    if {} not in operation.get("security", [{}])
]


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), transaction.atomic():
        yield World.build()
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def application():
    """Casework, as a server would load it; the end of a request doesn't end the transaction."""
    ends = (request_started, request_finished)
    for moment in ends:
        moment.disconnect(close_old_connections)
    yield get_wsgi_application()
    for moment in ends:
        moment.connect(close_old_connections)


@schema.parametrize()
@settings(
    max_examples=FRESH_CASES, deadline=None, database=None, phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
def test_what_comes_back_is_what_the_description_says(case, world, application):
    _make_real(case, world)
    role = ROLES[_number(case) % len(ROLES)]
    headers = {"Authorization": f"Token {world.tokens[role]}"}
    if "auth/token" in case.path:
        cache.clear()  # it bounds tries, which is another test's matter
    with transaction.atomic():
        response = case.call(app=application, headers=headers)
        case.validate_response(
            response, checks=CHECKS, headers=headers, transport_kwargs={"app": application}
        )
        connection.check_constraints()
        transaction.set_rollback(True)


@pytest.mark.parametrize(("method", "path"), PROTECTED)
def test_without_a_token_or_with_a_wrong_one_nothing_is_told(api, method, path):
    address = re.sub(r"\{\w+\}", str(uuid.uuid4()), path)
    for given in ({}, {"HTTP_AUTHORIZATION": f"Token {'0' * 64}"}):
        assert api.generic(method, address, **given).status_code == 401


def _number(case) -> int:
    """A number for each request, the same in each run."""
    said = f"{case.method}{case.path}{case.path_parameters}{case.query}{case.body}"
    return zlib.crc32(said.encode(errors="replace"))


def _make_real(case, world: World) -> None:
    """Put ids of rows in the place of well-formed ids of none, and times ahead in that of others.

    A version is rarely the one in force: most requests go without.
    """
    owner = BY_ADDRESS.get(case.path.split("/")[3])
    for name, value in (case.path_parameters or {}).items():
        model = BY_NAME.get(name, owner)
        if model and _is_id(value):
            case.path_parameters[name] = world.choose(model, value)
    if case.headers and _number(case) % 4:
        case.headers.pop("If-Match", None)
    for given in (case.query, case.body):
        if isinstance(given, dict):
            _make_fields_real(given, world)


def _make_fields_real(given: dict[str, Any], world: World) -> None:
    for name, value in given.items():
        model = BY_NAME.get(name)
        if model and isinstance(value, list):
            given[name] = [world.choose(model, v) if _is_id(v) else v for v in value]
        elif model and _is_id(value):
            given[name] = world.choose(model, value)
        elif name == "starts_at" and _is_moment(value):
            hours = zlib.crc32(value.encode()) % 200
            given[name] = (now() + dt.timedelta(hours=hours)).isoformat(timespec="seconds")


def _is_id(value: Any) -> bool:
    try:
        return isinstance(value, str) and str(uuid.UUID(value)) == value
    except ValueError:
        return False


def _is_moment(value: Any) -> bool:
    try:
        return isinstance(value, str) and dt.datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False
