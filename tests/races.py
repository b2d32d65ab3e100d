"""Running the same thing many times at once, each on a connection of its own."""

import threading
from collections import Counter
from collections.abc import Callable
from contextlib import contextmanager

import psycopg
import pytest
from django.conf import settings
from django.db import connection, connections


def at_once(acts: list[Callable[[], str]]) -> Counter[str]:
    """Start all behind one barrier; how often each answer came."""
    _need_connections(len(acts) + 20)
    barrier = threading.Barrier(len(acts))
    answers: list[str] = []

    def run(act: Callable[[], str]) -> None:
        try:
            connection.ensure_connection()
            barrier.wait(30)
            answers.append(act())
        except Exception as error:
            answers.append(f"{type(error).__name__}: {error}"[:200])
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return Counter(answers)


def _need_connections(wanted: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SHOW max_connections")
        allowed = int(cursor.fetchone()[0])
    if allowed < wanted:
        pytest.fail(
            f"This race needs {wanted} connections; the server allows {allowed}. "
            "Raise max_connections, or run `make test` without DATABASE_URL."
        )


@contextmanager
def without(drop: str, restore: str, before_restore: str = ""):
    """As the owner, take a guard away, and put it back whatever happens."""
    owner = dict(settings.OWNER)
    with psycopg.connect(
        host=owner["HOST"], port=owner["PORT"], user=owner["USER"], password=owner["PASSWORD"],
        dbname=connection.settings_dict["NAME"], autocommit=True,
    ) as link:  # fmt: skip
        link.execute(drop)
        try:
            yield
        finally:
            if before_restore:
                link.execute(before_restore)
            link.execute(restore)
