"""Property tests against the database: each example in a transaction that is undone."""

from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def undone():
    """Whatever the example writes is gone afterwards; deferred constraints are checked before."""
    with transaction.atomic():
        yield
        connection.check_constraints()
        transaction.set_rollback(True)
