"""The database engine: Django's own, but for two things that every request does."""

import datetime as dt
import functools
import select
from typing import Any

from django.db.backends.postgresql import base
from django.db.backends.postgresql.psycopg_any import BaseTzLoader
from psycopg import adapt
from psycopg.pq import TransactionStatus

from common.present import Present, PresentDumper


class UtcLoader(BaseTzLoader):  # type: ignore[misc]  # no types
    """A time as the server writes it in UTC, read by Python's own C; Django's reads it in Python."""

    timezone = dt.UTC

    def load(self, data: Any) -> Any:
        """The time; whatever is not plainly one in UTC is left to Django."""
        try:
            moment = dt.datetime.fromisoformat(bytes(data).decode())
        except ValueError:
            return super().load(data)
        return moment if moment.tzinfo is dt.UTC else super().load(data)


@functools.cache
def _adapters(djangos: adapt.AdaptersMap, timezone: dt.tzinfo | None) -> adapt.AdaptersMap:
    own = adapt.AdaptersMap(djangos)
    own.register_dumper(Present, PresentDumper)
    if timezone is dt.UTC:  # else Django's loader reads times as of that zone
        own.register_loader("timestamptz", UtcLoader)
    return own


class DatabaseWrapper(base.DatabaseWrapper):
    """Reads times fast, and asks the server whether a connection stands only where its socket doubts.

    Django asks with a statement of its own before the first of each request. A server that ended the
    connection has written so and closed it: then there is something to read, and on a sound idle
    connection there is not.
    """

    def get_connection_params(self) -> dict[str, Any]:
        """Django's, with our ways of reading and writing times."""
        given: dict[str, Any] = super().get_connection_params()
        return given | {"context": _adapters(given["context"], self.timezone)}

    def is_usable(self) -> bool:
        """Whether the connection can be used; False has Django make a new one."""
        link = self.connection
        if link is None or link.closed:
            return False
        if link.info.transaction_status != TransactionStatus.IDLE:
            return super().is_usable()  # left in the midst of something
        waiting = select.poll()
        waiting.register(link.fileno(), select.POLLIN)
        return super().is_usable() if waiting.poll(0) else True
