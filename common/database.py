"""The database as referee: which of its constraints said no, locks by name, statements in SQL."""

import datetime as dt
import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import psycopg
from django.db import DatabaseError, connection

from common.clock import now


def broken_constraint(error: DatabaseError) -> str:
    """The name of the constraint that PostgreSQL says was broken; empty if it names none."""
    diagnostics = getattr(error.__cause__, "diag", None)
    return getattr(diagnostics, "constraint_name", None) or ""


def lock_keys(ids: Iterable[uuid.UUID]) -> list[int]:
    """The keys under which these are locked, in the order in which everybody locks them."""
    return [int.from_bytes(i.bytes[8:], "big", signed=True) for i in sorted(set(ids))]


def lock_subjects(ids: Iterable[uuid.UUID]) -> None:
    """Queue up behind every other transaction that is changing the calendar of one of these.

    Two inserts that break one exclusion constraint at the same moment wait for each other until
    PostgreSQL shoots one as a deadlock. Taking these locks first, in one order, makes them queue
    instead; the constraint still decides.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(key) FROM unnest(%s::bigint[]) AS key", [lock_keys(ids)]
        )


def among(ids: Collection[uuid.UUID], value: str = "%s") -> tuple[str, Any]:
    """What makes a column one of these in SQL, and the value for it (which stands there as `value`).

    Of an array in a prepared statement PostgreSQL supposes ten items; where there is one, it finds
    that the plan which it would keep is too dear, and plans anew each time. So one is no array.
    """
    if len(ids) == 1:
        return f"= {value}", next(iter(ids))
    return f"= ANY({value})", list(ids)


def run(statement: str, values: Mapping[str, Any] | Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """Run it with less around it than Django's cursor and psycopg's lists have: a drain runs thousands,
    and every request some.

    A list is handed over as text: the statement has to say of what (`%(ids)s::uuid[]`).
    """
    if isinstance(values, Mapping):
        given: Any = {name: _given(value) for name, value in values.items()}
    else:
        given = [_given(value) for value in values]
    connection.ensure_connection()
    if connection.queries_logged or connection.execute_wrappers:  # somebody counts or watches them
        with connection.cursor() as watched:
            watched.execute(statement, given)
            return watched.fetchall() if watched.description else []
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(statement, given)
        return cursor.fetchall() if cursor.pgresult and cursor.pgresult.nfields else []


def _given(value: Any) -> Any:
    return _array(value) if isinstance(value, list) else value


def _array(values: Sequence[Any]) -> str:
    """As PostgreSQL writes an array. Psycopg asks each item anew what it is."""
    return "{" + ",".join(map(_item, values)) + "}"


def _item(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, bytes):
        return f'"\\\\x{value.hex()}"'
    return f'"{value}"'  # a number, a time, an id


CLOCKS_APART = dt.timedelta(seconds=5)
"""How far the clocks of our machines, and a row's time from its transaction's start, may lie apart."""


def settled_until() -> dt.datetime:
    """Up to when nothing can change any more: some seconds before the oldest running transaction.

    What that one writes may carry a time as old as its start, taken by another machine's clock, and
    become visible only later: who asks again from here misses nothing, and hears some things twice.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT min(xact_start) FROM pg_stat_activity"
            " WHERE datname = current_database() AND usename = current_user"
            " AND pid <> pg_backend_pid()"
        )
        (oldest,) = cursor.fetchone()
    return (now() if oldest is None else min(now(), oldest)) - CLOCKS_APART


PASSING = frozenset({"40001", "40P01", "55P03", "57014"})
"""Serialization failure, deadlock, lock not to be had in time, statement cut off: it may go next time."""


def is_passing(error: BaseException) -> bool:
    """Whether the database gave up something that may be tried again; nothing of it was kept."""
    return getattr(error.__cause__, "sqlstate", None) in PASSING
