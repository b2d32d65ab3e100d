"""Time: now, and the wall clock of a place."""

import datetime as dt
from zoneinfo import ZoneInfo, available_timezones

from django.core.exceptions import ValidationError
from django.utils import timezone


def now() -> dt.datetime:
    """The present moment, in UTC."""
    return timezone.now()


def at_wall_clock(day: dt.date, time: dt.time, zone: str) -> dt.datetime:
    """The moment at which the wall clocks of ``zone`` show ``time`` on ``day``, in UTC.

    A time that a clock change skips is read with the offset before the change; one that it
    repeats is the first of the two.
    """
    return dt.datetime.combine(day, time, tzinfo=ZoneInfo(zone)).astimezone(dt.UTC)


def validate_zone(value: str) -> None:
    """Refuse what is not the name of an IANA time zone."""
    if value not in available_timezones():
        raise ValidationError(
            "Not a known time zone. Use an IANA name such as America/Chicago.",
            code="unknown_zone",
        )
