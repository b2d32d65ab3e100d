"""Ids that sort by the time they were made, and wall-clock times of the calendar."""

import datetime as dt
import uuid
from functools import lru_cache
from random import Random
from zoneinfo import ZoneInfo

VERSION_AND_VARIANT = (0x7 << 76) | (0x2 << 62)
RANDOM_BITS = ((1 << 80) - 1) & ~(0xF << 76) & ~(0x3 << 62)
DAY = dt.timedelta(days=1)
WEEK = dt.timedelta(weeks=1)
MINUTE = dt.timedelta(minutes=1)


def id_at(moment: dt.datetime, rng: Random) -> uuid.UUID:
    """A UUIDv7 of that moment: `common.ids.uuid7`, but repeatable."""
    milliseconds = int(moment.timestamp() * 1000)
    rest = rng.getrandbits(80) & RANDOM_BITS | VERSION_AND_VARIANT
    return uuid.UUID(int=(milliseconds << 80) | rest)


@lru_cache(maxsize=100_000)
def at(day: dt.date, hour: int, zone: str) -> dt.datetime:
    """A full hour on the wall clock of a zone, in UTC."""
    local = dt.datetime.combine(day, dt.time(hour), tzinfo=ZoneInfo(zone))
    return local.astimezone(dt.UTC)


def monday_of(moment: dt.datetime) -> dt.date:
    """The first day of that week."""
    return moment.date() - moment.weekday() * DAY
