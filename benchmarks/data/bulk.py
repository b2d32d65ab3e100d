"""Foreign keys and plain indexes, laid aside while rows pour in, and put back over all of them.

Putting a constraint back checks every row, so nothing is let through; a hundred thousand rows at once
are checked several times faster than one by one. Unique and exclusion constraints, checks and triggers
stay throughout.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

FOREIGN_KEYS = """
SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname),
       format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname,
              pg_get_constraintdef(oid))
  FROM pg_constraint
 WHERE contype = 'f' AND connamespace = 'public'::regnamespace
"""
INDEXES = """
SELECT format('DROP INDEX %s', i.indexrelid::regclass), pg_get_indexdef(i.indexrelid)
  FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
 WHERE c.relnamespace = 'public'::regnamespace AND NOT i.indisunique
   AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid)
"""
# Triggers look these up for every row that comes in.
NEEDED = (
    "CREATE INDEX benchmarks_filling_seats ON appointments_attendance (appointment_id)",
    "CREATE INDEX benchmarks_filling_overrides ON appointments_occupancy (subject) WHERE override",
)
NEEDED_NO_MORE = (
    "DROP INDEX benchmarks_filling_seats",
    "DROP INDEX benchmarks_filling_overrides",
)


@contextmanager
def laid_aside() -> Iterator[None]:
    """Foreign keys and plain indexes are gone in here, and back afterwards, also after an error."""
    with connection.cursor() as cursor:
        cursor.execute(INDEXES)
        indexes = cursor.fetchall()
        cursor.execute(FOREIGN_KEYS)
        keys = cursor.fetchall()
        for drop, _ in [*keys, *indexes]:
            cursor.execute(drop)
        for statement in NEEDED:
            cursor.execute(statement)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            for statement in NEEDED_NO_MORE:
                cursor.execute(statement)
            cursor.execute("SET maintenance_work_mem = '256MB'")
            for _, create in [*indexes, *keys]:
                cursor.execute(create)
