"""The database engine's own ways: when a connection stands, and how times are read and written."""

import datetime as dt

import psycopg
import pytest
from django.db import connection, connections
from hypothesis import given
from hypothesis import strategies as st

from common.database import run
from common.postgres.base import UtcLoader
from common.present import PRESENT

pytestmark = pytest.mark.django_db


@pytest.fixture
def another():
    """A connection of its own, as a thread of the web server has it."""
    made = connections.create_connection("default")
    made.settings_dict = connection.settings_dict
    made.ensure_connection()
    yield made
    made.close()


def ended_by_the_server(link):
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [link.connection.info.backend_pid])
        cursor.execute("SELECT pg_sleep(0.2)")


def test_a_sound_connection_is_used_without_asking_the_server(another):
    asked = []
    with another.execute_wrapper(lambda *call: asked.append(call)):
        assert another.is_usable()
    assert asked == []


def test_a_connection_that_the_server_ended_is_not_used(another):
    ended_by_the_server(another)
    assert not another.is_usable()


def test_a_connection_that_has_something_to_say_is_asked(another):
    with another.cursor() as cursor:
        cursor.execute("LISTEN casework_test")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify('casework_test', '')")
    assert another.is_usable()


def test_a_connection_that_was_left_in_a_failed_transaction_is_not_used(another):
    another.connection.execute("BEGIN")
    with pytest.raises(psycopg.errors.DivisionByZero):
        another.connection.execute("SELECT 1/0")
    assert not another.is_usable()


def test_a_connection_that_was_left_in_the_midst_of_a_statement_is_not_used(another):
    another.connection.pgconn.send_query(b"SELECT pg_sleep(3)")
    assert not another.is_usable()


def test_a_closed_connection_is_not_used(another):
    another.connection.close()
    assert not another.is_usable()
    another.close()
    assert not another.is_usable()


@given(st.datetimes(timezones=st.just(dt.UTC)))
def test_every_time_is_read_as_it_was_written(moment):
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::timestamptz", [moment])
        (read,) = cursor.fetchone()
    assert read == moment
    assert read.tzinfo is dt.UTC


@pytest.mark.parametrize("written", [b"2026-11-22 10:00:00+05:30", b"0044-03-15 12:00:00+00 BC"])
def test_what_is_not_plainly_in_utc_is_left_to_django(written):
    """A server that was set to another zone, and a time before the first year."""
    loader = UtcLoader(1184, connection.connection)
    try:
        read = loader.load(written)
    except Exception as error:
        assert "before year 1" in str(error)  # noqa: PT017 (psycopg's own words)
    else:
        assert read.tzinfo is dt.UTC


@pytest.mark.parametrize("on_server", [True, False])
def test_the_present_is_the_same_whoever_binds_it(another, on_server):
    another.settings_dict = another.settings_dict | {
        "OPTIONS": another.settings_dict["OPTIONS"] | {"server_side_binding": on_server}
    }
    another.close()
    with another.cursor() as cursor:
        cursor.execute("SELECT abs(extract(epoch FROM %s - clock_timestamp())) < 60", [PRESENT])
        assert cursor.fetchone() == (True,)


TEXTS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"))
TIMES = st.datetimes(dt.datetime(1970, 1, 1), dt.datetime(9000, 1, 1), timezones=st.just(dt.UTC))


@pytest.mark.parametrize(
    ("kind", "items"),
    [
        ("text", TEXTS), ("bytea", st.binary()), ("uuid", st.uuids()), ("timestamptz", TIMES),
        ("int", st.integers(-(2**31), 2**31 - 1)),
    ],
)  # fmt: skip
def test_a_list_reaches_a_statement_as_it_is(kind, items):
    @given(st.lists(st.none() | items))
    def read_back(values):
        [(found,)] = run(f"SELECT %(values)s::{kind}[]", {"values": values})
        assert found == values

    read_back()


def test_what_looks_like_the_end_of_an_array_is_text():
    awkward = ['"', "\\", "}", "{", ",", "", "NULL", '\\"', " a ", "%s", "\\x00"]
    [(found,)] = run("SELECT %(values)s::text[]", {"values": awkward})
    assert found == awkward
