"""R3: what is due is found and claimed as fast beside ten million rows of history as beside none."""

import datetime as dt
import statistics
import time
import uuid
from typing import Any

import psycopg

from benchmarks.results import Measured
from benchmarks.stack import Stack
from messaging.statements import CLAIM

BY = 500
DUE = 1_000
CLAIMS = 30
MESSAGES = "messaging_message"
# A copy of the outbox with its indexes: mostly sent long ago, some due, as many ahead.
MAKE = "CREATE UNLOGGED TABLE {name} (LIKE messaging_message INCLUDING DEFAULTS INCLUDING INDEXES)"
FILL = """
INSERT INTO {name} (id, created_at, updated_at, purpose, channel, address_index, language,
       text_version, send_at, due_at, expires_at, state, reason, tries, armed, provider_id, sent_at)
SELECT gen_random_uuid(), at, at, 'reminder', 'email', md5(n::text), 'en', '', at, at,
       at + interval '1 day', state, '', 0, FALSE, '',
       CASE WHEN state = 'sent' THEN at END
  FROM (SELECT n, CASE WHEN n > %(history)s THEN 'scheduled' ELSE 'sent' END AS state,
               CASE WHEN n > %(history)s + %(due)s THEN now() + interval '1 day'
                    WHEN n > %(history)s THEN now() - interval '1 minute'
                    ELSE now() - interval '2 days' - n * interval '5 seconds' END AS at
          FROM generate_series(1, %(history)s + 2 * %(due)s) AS n) AS made
"""


def claims(stack: Stack, *, rows: int, runs: int) -> Measured:
    """The same claim on a large outbox and on a small one, by turns; each undone at once."""
    small = 10_000
    with psycopg.connect(stack.env["MIGRATION_DATABASE_URL"], autocommit=True) as link:
        tables = {count: _made(link, count) for count in (small, rows)}
        try:
            ratios, larges = [], []
            for _ in range(runs):
                took: dict[int, list[float]] = {count: [] for count in tables}
                for _ in range(CLAIMS):
                    for count, name in tables.items():
                        took[count].append(_claim(link, name))
                large, little = (statistics.median(took[count]) for count in (rows, small))
                ratios.append(large / little)
                larges.append(large)
        finally:
            for name in tables.values():
                link.execute(f"DROP TABLE {name}")
    return Measured(
        "R3",
        ratios,
        f"the same claim at {small:,} rows",
        [f"Claiming {BY} of {rows:,} rows: {1000 * statistics.median(larges):.1f} ms (p50)."],
    )


def _made(link: psycopg.Connection[Any], count: int) -> str:
    name = f"benchmarks_outbox_{count}"
    link.execute(f"DROP TABLE IF EXISTS {name}")
    link.execute(MAKE.format(name=name))
    link.execute(FILL.format(name=name), {"history": count - 2 * DUE, "due": DUE})
    link.execute(f"VACUUM (ANALYZE) {name}")
    return name


def _claim(link: psycopg.Connection[Any], name: str) -> float:
    moment = dt.datetime.now(dt.UTC)
    values = {
        "channel": "email", "limit": BY, "lease": uuid.uuid4(), "now": moment, "until": moment,
    }  # fmt: skip
    with link.transaction(force_rollback=True):
        begun = time.perf_counter()
        found = link.execute(CLAIM.replace(MESSAGES, name), values, prepare=True).fetchall()
        took = time.perf_counter() - begun
    assert len(found) == BY, len(found)
    return took
