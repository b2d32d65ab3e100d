"""The present moment as it will be when a query runs, not when it was written down.

So a query's text and values stay good for as long as somebody keeps them (`common.prepared`).
"""

import datetime as dt
from typing import Any

from psycopg.types.datetime import DatetimeDumper

from common.clock import now


class Present(dt.datetime):
    """A stand-in for now; what is added to it or taken from it, the database sees added to now.

    As a time it lies in the year 1000: where nothing puts the present in its place, no period holds.
    """

    __slots__ = ()


PRESENT = Present(1000, 1, 1, tzinfo=dt.UTC)


class PresentDumper(DatetimeDumper):
    """How psycopg writes it."""

    def dump(self, obj: dt.datetime) -> Any:
        """The present moment, as far off as `obj` is from `PRESENT`."""
        return super().dump(now() + (obj - PRESENT))
