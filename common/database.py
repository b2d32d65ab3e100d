"""The database as referee: which of its constraints said no, and locks by name."""

import uuid
from collections.abc import Iterable

from django.db import DatabaseError, connection


def broken_constraint(error: DatabaseError) -> str:
    """The name of the constraint that PostgreSQL says was broken; empty if it names none."""
    diagnostics = getattr(error.__cause__, "diag", None)
    return getattr(diagnostics, "constraint_name", None) or ""


def lock_subjects(ids: Iterable[uuid.UUID]) -> None:
    """Queue up behind every other transaction that is changing the calendar of one of these.

    Two inserts that break one exclusion constraint at the same moment wait for each other until
    PostgreSQL shoots one as a deadlock. Taking these locks first, in one order, makes them queue
    instead; the constraint still decides.
    """
    with connection.cursor() as cursor:
        for subject in sorted(set(ids)):
            key = int.from_bytes(subject.bytes[8:], "big", signed=True)
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [key])
