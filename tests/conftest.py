"""What every test may use: the application's database role, named people, and a clock to hold."""

import datetime as dt

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.test import Client as Browser
from rest_framework.test import APIClient

from tests.people import House


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """Hand the test database over to the application's role: tests meet production's rights.

    TRUNCATE is granted on top, because Django empties tables with it between transactional tests.
    """
    serving = settings.SERVING
    if serving["USER"] == settings.OWNER["USER"]:
        yield
        return
    with django_db_blocker.unblock():
        role = connection.ops.quote_name(serving["USER"])
        with connection.cursor() as cursor:
            cursor.execute(f"GRANT TRUNCATE ON ALL TABLES IN SCHEMA public TO {role}")
            cursor.execute(f"GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {role}")
        connection.close()
        connection.settings_dict.update(USER=serving["USER"], PASSWORD=serving["PASSWORD"])
    yield
    with django_db_blocker.unblock():
        connection.close()
        connection.settings_dict.update(
            USER=settings.OWNER["USER"], PASSWORD=settings.OWNER["PASSWORD"]
        )


@pytest.fixture(autouse=True)
def _empty_cache():
    """Throttle counters of one test don't reach the next."""
    cache.clear()


@pytest.fixture
def house(db) -> House:
    """Two facilities, their programs and rooms, and one person in every role."""
    return House.build()


@pytest.fixture
def api() -> APIClient:
    return APIClient()


@pytest.fixture
def browser() -> Browser:
    return Browser()


@pytest.fixture
def next_tuesday() -> dt.datetime:
    """10:00 in Chicago on a Tuesday, between two and three weeks ahead."""
    today = dt.datetime.now(dt.UTC).date()
    day = today + dt.timedelta(days=14 + (1 - today.weekday()) % 7)
    from common.clock import at_wall_clock

    return at_wall_clock(day, dt.time(10), "America/Chicago")
