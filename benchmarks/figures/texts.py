"""R2 and R4: texts by a provider that takes 200 ms for each: how many a second, and how late."""

import time
from collections.abc import Callable

from django.db import connection

from benchmarks.figures.mail import choose, drained, sent_so_far, undo
from benchmarks.results import Measured
from dev.console import Trouble

LONGEST_SECONDS = 300.0
# Evenly over the coming minute.
DUE_OVER_A_MINUTE = """
UPDATE messaging_message m SET send_at = now() + interval '1 minute' * c.part
  FROM (SELECT id, percent_rank() OVER (ORDER BY id) AS part FROM benchmarks_chosen) c
 WHERE c.id = m.id
"""
# Handed over when its attempt was written: `sent_at` is that of the outcome's commit.
LATENESS = """
SELECT percentile_cont(ARRAY[0.5, 0.99]) WITHIN GROUP (
           ORDER BY extract(epoch FROM a.started_at - m.send_at)::float8)
  FROM messaging_message m JOIN messaging_attempt a ON a.message_id = m.id
 WHERE m.id IN (SELECT id FROM benchmarks_chosen)
"""


def throughput(*, runs: int, messages: int) -> Measured:
    """So many fall due at once."""
    found = choose(messages, "sms")
    rates = [drained(found, "sms") for _ in range(runs)]
    return Measured("R2", rates, "—", [f"{found} texts a run, all due at once."])


def lateness(*, runs: int, messages: int) -> list[Measured]:
    """So many fall due in a minute, one after the other."""
    found = choose(messages, "sms")
    late = [late_texts(found) for _ in range(runs)]
    notes = [f"{found} texts a run; from due to the attempt that was written before it went."]
    return [
        Measured("R4.p50", [p50 for p50, _ in late], "—", notes),
        Measured("R4.p99", [p99 for _, p99 in late], "—"),
    ]


def late_texts(
    messages: int, *, meanwhile: Callable[[], None] = lambda: None
) -> tuple[float, float]:
    """How late the chosen go, p50 and p99 in seconds, with this done again and again until all went."""
    undo()
    with connection.cursor() as cursor:
        cursor.execute(DUE_OVER_A_MINUTE)
        begun = time.monotonic()
        while sent_so_far() < messages:
            if time.monotonic() - begun > LONGEST_SECONDS:
                raise Trouble(f"After {LONGEST_SECONDS:.0f} s {sent_so_far()} were sent.")
            meanwhile()
            time.sleep(0.5)
        cursor.execute(LATENESS)
        p50, p99 = cursor.fetchone()[0]
    return p50, p99
