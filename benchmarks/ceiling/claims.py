"""(d) The claim statement alone, in a loop on one connection: rows a second, by 500s."""

import datetime as dt
import time
import uuid
from typing import Any

import psycopg

from messaging.statements import CLAIM

BY = 500


def claims_a_second(url: str, rows: int) -> float:
    """Claim so many due e-mails; everything is undone afterwards."""
    values: dict[str, Any] = {"channel": "email", "limit": BY}
    with psycopg.connect(url) as link:
        due = dt.datetime.now(dt.UTC)
        link.execute(
            "UPDATE messaging_message SET send_at = %s WHERE id IN (SELECT id FROM"
            " messaging_message WHERE state = 'scheduled' AND channel = 'email' LIMIT %s)",
            (due - dt.timedelta(minutes=1), rows),
        )
        claimed, begun = 0, time.monotonic()
        while True:
            lease = values | {"lease": uuid.uuid4(), "now": due, "until": due}
            found = len(link.execute(CLAIM, lease, prepare=True).fetchall())
            claimed += found
            if found < BY:
                break
        rate = claimed / (time.monotonic() - begun)
        link.rollback()
    return rate
