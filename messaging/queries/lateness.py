"""How late what was sent lately was."""

import datetime as dt
from dataclasses import dataclass

from django.db import connection

from common.clock import now

LATELY = dt.timedelta(minutes=15)
MOST_LOOKED_AT = 10_000

# `updated_at` narrows it down by its small index: what was sent lately was written lately.
STATEMENT = """
SELECT count(*), percentile_cont(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY late)
  FROM (SELECT greatest(extract(epoch FROM sent_at - due_at), 0)::float8 AS late
          FROM messaging_message
         WHERE updated_at >= %(since)s AND sent_at >= %(since)s
         LIMIT %(most)s) AS lately
"""


@dataclass(frozen=True)
class Lateness:
    """From due to handed over, in seconds, of the messages of the last 15 minutes.

    None while there were none. Of very many, 10,000 are looked at.
    """

    messages: int
    p50_seconds: float | None
    p95_seconds: float | None
    p99_seconds: float | None


def lateness() -> Lateness:
    """How late the messages of the last 15 minutes were."""
    with connection.cursor() as cursor:
        cursor.execute(STATEMENT, {"since": now() - LATELY, "most": MOST_LOOKED_AT})
        count, found = cursor.fetchone()
    p50, p95, p99 = (round(one, 3) for one in found) if found else (None, None, None)
    return Lateness(count, p50, p95, p99)
