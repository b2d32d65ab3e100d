"""Times near a wanted one at which all are free."""

import datetime as dt
import uuid
from collections.abc import Iterable
from zoneinfo import ZoneInfo

from django.db import connection

from common.clock import now

NEAR_FREE = """
SELECT candidate FROM generate_series(%(first)s, %(last)s, interval '30 minutes') AS candidate
 WHERE candidate > %(now)s
   AND (candidate AT TIME ZONE %(zone)s)::time >= '08:00'
   AND (candidate AT TIME ZONE %(zone)s + %(length)s::interval)::time
       BETWEEN '08:00' AND '18:00'
   AND extract(isodow FROM candidate AT TIME ZONE %(zone)s) < 6
   AND NOT EXISTS (
       SELECT 1 FROM appointments_occupancy o
        WHERE o.subject = ANY(%(subjects)s)
          AND o.during && tstzrange(candidate, candidate + %(length)s::interval))
 ORDER BY abs(extract(epoch FROM candidate - %(wanted)s)), candidate LIMIT %(limit)s
"""


def near_free_slots(
    *,
    subjects: Iterable[uuid.UUID],
    starts_at: dt.datetime,
    length: dt.timedelta,
    zone: str,
    limit: int = 5,
) -> list[dict[str, str]]:
    """Up to `limit` times near the wanted one when all of these are free, nearest first.

    Half-hour steps within a week either way, weekdays between 8 and 18 o'clock in the zone, until
    availability is known. Says nothing of what they are busy with.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            NEAR_FREE,
            {
                "first": starts_at - dt.timedelta(days=7),
                "last": starts_at + dt.timedelta(days=7),
                "wanted": starts_at,
                "now": now(),
                "zone": zone,
                "length": f"{length.total_seconds()} seconds",
                "subjects": list(subjects),
                "limit": limit,
            },
        )
        found = [row[0] for row in cursor.fetchall()]
    local = ZoneInfo(zone)
    return [
        {
            "starts_at": start.astimezone(local).isoformat(),
            "ends_at": (start + length).astimezone(local).isoformat(),
        }
        for start in found
    ]
