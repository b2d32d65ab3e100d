"""The demo data: made once for these modules, in a transaction that is never committed.

Each test has a savepoint of its own in there, under a clock that started at a fixed moment.
"""

import datetime as dt
from io import StringIO
from pathlib import Path

import pytest
import time_machine
from django.core.management import call_command
from django.db import transaction

from organization.models import User

HERE = Path(__file__).parent

# A Tuesday, half past one in Chicago: some of today is over, some in session, some to come.
SEEDED_AT = dt.datetime(2026, 11, 24, 19, 35, 20, tzinfo=dt.UTC)
CLIENTS = 75


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """Have these tests run in a row, however they were shuffled: else the demo is made anew."""
    here = [item for item in items if HERE in item.path.parents]
    if here:
        start = items.index(here[0])
        others = [item for item in items if HERE not in item.path.parents]
        items[:] = [*others[:start], *here, *others[start:]]


@pytest.fixture(scope="package")
def demo(django_db_setup, django_db_blocker):
    """What the command says; the database holds the demo while these modules run."""
    with (
        time_machine.travel(SEEDED_AT, tick=True),
        django_db_blocker.unblock(),
        transaction.atomic(),
    ):
        said = StringIO()
        call_command("demo_data", "--clients", str(CLIENTS), stdout=said)
        yield said.getvalue()
        transaction.set_rollback(True)


@pytest.fixture
def seeded_at(demo) -> dt.datetime:
    return SEEDED_AT


@pytest.fixture
def ana(demo) -> User:
    return User.objects.get(email="ana@elmst.example")
