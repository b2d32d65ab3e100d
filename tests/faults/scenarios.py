"""What is tried, small in `make test` and at full size in `make faults`: each gives its figures."""

import json
import random
import time
from collections.abc import Callable
from typing import Any

from tests.faults import texts
from tests.faults.oracle import Verdict
from tests.faults.proxy import Mode
from tests.faults.stage import Stage
from tests.faults.storm import Storm, providers_fail

Say = Callable[[str], None]


def _quiet(_line: str) -> None:
    """Say nothing."""


def storm(
    stage: Stage, *, due: int, faults: int, seconds: float, redis_down: float, seed: int,
    workers: int = 2, say: Say = _quiet,
) -> tuple[Verdict, Storm]:  # fmt: skip
    """Messages fall due while processes die, servers go away and providers fail."""
    weather = Storm(stage, seed=seed, faults=faults, redis_down=redis_down)
    stage.reset(due)
    providers_fail(stage)
    stage.start_engine(workers=workers)
    stage.make_due(seconds)
    weather.blow(seconds, say)
    stage.settle(300)
    return stage.judge(), weather


def tripled_ticks(stage: Stage, *, due: int, workers: int, beats: int) -> Verdict:
    """Several beats and workers, and each tick comes three times, from each beat."""
    stage.reset(due)
    stage.start_engine(workers=workers, beats=beats, ticks=3)
    stage.make_due(2)
    stage.settle(300)
    return stage.judge()


def ambiguous(stage: Stage, *, due: int, accepted_share: float = 0.5) -> dict[str, Any]:
    """Every provider's answer is lost: first all are in doubt, then callbacks settle what arrived."""
    stage.reset(due, channels=["sms"])
    stage.text_choice.weights = {
        texts.ACCEPTED_LATE_CALLBACK: accepted_share,
        texts.SILENT: 1 - accepted_share,
    }
    stage.start_engine(workers=2)
    stage.make_due(1)
    stage.settle(60 + due * 0.6)
    in_doubt = stage.sql(
        """SELECT count(*) FROM messaging_message m JOIN faults_chosen c ON c.id = m.id
            WHERE m.state = 'unknown'"""
    )[0][0]
    stage.texts.call_back_late()
    deadline = time.monotonic() + 60
    while _unresolved(stage) and time.monotonic() < deadline:
        stage.tend()
        time.sleep(0.2)
    return {
        "first_unknown": in_doubt,
        "unresolved": len(_unresolved(stage)),
        "verdict": stage.judge(),
    }


def _unresolved(stage: Stage) -> list[str]:
    """Attempts that the provider accepted and whose message is still in doubt."""
    keys = [asked.key for asked in stage.ledger.all() if asked.accepted]
    rows = stage.sql(
        """SELECT a.id::text FROM messaging_attempt a JOIN messaging_message m ON m.id = a.message_id
            WHERE a.id = ANY(%s::uuid[]) AND m.state = 'unknown'""",
        [keys],
    )
    return [row[0] for row in rows]


def redis_returns(stage: Stage, *, down: float) -> float:
    """Redis is away for so long; the seconds from its return until a tick came through a worker."""
    stage.stop_redis()
    ends = time.monotonic() + down
    while time.monotonic() < ends:
        stage.tend()
        time.sleep(0.2)
    stage.sql("DELETE FROM messaging_heartbeat")
    stage.start_redis()
    return stage.until(stage.beats, seconds=60, why="the worker consumes again")


def silence_is_seen(stage: Stage, *, how: str) -> float:
    """The engine freezes, or Redis takes everything and answers nothing: until `/health/queue` says so."""
    frozen = [name for name in stage.kept if name.startswith("worker")]
    if how == "frozen worker":
        for name in frozen:
            stage.freeze(name)
    else:
        stage.redis.set(Mode.BLACK_HOLE)
    try:
        return stage.until(_complains(stage), seconds=120, why="/health/queue says so")
    finally:
        for name in frozen:
            stage.thaw(name)
        stage.redis.set(Mode.OK)


def _complains(stage: Stage) -> Callable[[], bool]:
    def complains() -> bool:
        said = stage.health()
        return said is not None and said[0] == 503

    return complains


POISON = {
    "an address that no key opens": (
        """UPDATE clients_contactpoint p SET value = '\\x00ff'::bytea
             FROM messaging_message m WHERE m.contact_point_id = p.id AND m.id = %s"""
    ),
    "a time zone that does not exist": (
        """UPDATE clients_client c SET zone = 'Mars/Olympus'
             FROM messaging_message m WHERE m.client_id = c.id AND m.id = %s"""
    ),
    "about nothing": "UPDATE messaging_message SET about = gen_random_uuid() WHERE id = %s",
    "a purpose that nobody knows": (
        "UPDATE messaging_message SET purpose = 'from_another_world' WHERE id = %s"
    ),
}
"""Rows that no code of ours would write, and the statement that writes each."""


def poisoned(stage: Stage, *, due: int) -> tuple[Verdict, int]:
    """One bad row of each kind among good ones; how many of the good ones were not sent."""
    stage.reset(due)
    ids = [row[0] for row in stage.sql("SELECT id::text FROM faults_chosen ORDER BY id")]
    bad = random.Random(stage.seed).sample(ids, len(POISON))
    for pk, statement in zip(bad, POISON.values(), strict=True):
        stage.sql(statement, [pk])
    shared = {
        row[0]
        for row in stage.sql(
            """SELECT m.id::text FROM messaging_message m JOIN messaging_message b
                   ON b.client_id = m.client_id OR b.contact_point_id = m.contact_point_id
                WHERE b.id = ANY(%s::uuid[])""",
            [bad],
        )
    }
    stage.start_engine(workers=2)
    stage.make_due(1)
    good = [pk for pk in ids if pk not in shared]
    deadline = time.monotonic() + 60 + due / 20
    while (left := _left(stage, good)) and time.monotonic() < deadline:
        stage.tend()
        time.sleep(0.2)
    return stage.judge(), left


def _left(stage: Stage, ids: list[str]) -> int:
    return stage.sql(
        """SELECT count(*) FROM messaging_message
            WHERE id = ANY(%s::uuid[]) AND state NOT IN ('sent', 'delivered')""",
        [ids],
    )[0][0]


def bookings(stage: Stage, count: int) -> list[tuple[int, float]]:
    """So many bookings by HTTP: the status of each, and its seconds."""
    said = stage.run("-m", "tests.faults.book", str(count), "400")
    return [(status, seconds) for status, seconds in json.loads(said)]
