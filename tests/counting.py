"""How many statements something takes: what a page or a request costs the database."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.test.utils import CaptureQueriesContext

FRAMES = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE SAVEPOINT")
"""What only opens and closes: a round trip each, and no work."""


@contextmanager
def statements() -> Iterator[list[str]]:
    """The statements run in here, in order; savepoints and transactions' frames are left out."""
    seen: list[str] = []
    with CaptureQueriesContext(connection) as captured:
        yield seen
    seen += [q["sql"] for q in captured.captured_queries if not q["sql"].startswith(FRAMES)]
