"""One run for each guard that is taken away: the trouble that this guard is there for."""

import time
from collections.abc import Callable
from typing import Any

from tests.faults import texts
from tests.faults.oracle import Verdict
from tests.faults.stage import LEASE_SECONDS, Stage

DUE = 100
SLOW = 0.02


def _begin(stage: Stage, guard: str, *, workers: int = 1, channel: str = "sms") -> None:
    stage.reset(DUE, channels=[channel])
    stage.start_engine(workers=workers, without=guard)


def _seen_within(
    stage: Stage, seconds: float, what: str, forbidden_since: dict[str, Any] | None = None
) -> Verdict:
    """The oracle's word as soon as it is red, or when the time is up."""
    deadline = time.monotonic() + seconds
    while True:
        verdict = stage.judge(forbidden_since)
        if getattr(verdict, what) or time.monotonic() > deadline:
            return verdict
        stage.tend()
        time.sleep(0.3)


def without_skip_locked(stage: Stage) -> Verdict:
    """Several workers at one heap, each tick several times, a provider that takes its time."""
    stage.texts.behaviour["delay_seconds"] = SLOW * 5
    stage.reset(DUE, channels=["sms"])
    stage.start_engine(workers=2, beats=1, ticks=3, without="skip_locked")
    stage.make_due(0)
    return _seen_within(stage, 20, "doubled")


def without_the_live_attempt_index(stage: Stage) -> Verdict:
    """A worker dies with hand-overs in flight that the provider accepted."""
    stage.text_choice.weights = {texts.ACCEPTED_FOR_GOOD_SILENT: 1.0}
    _begin(stage, "live_attempt_index")
    stage.make_due(0)
    stage.until(lambda: stage.ledger.all(), seconds=20, why="the first is accepted")
    for pid in stage.children_of("worker-0"):
        stage.kill(pid)
    stage.text_choice.weights = {}
    return _seen_within(stage, LEASE_SECONDS + 15, "doubled")


def without_arming_first(stage: Stage) -> Verdict:
    """A worker dies between the provider's word and its own commit: the provider has what no row tells of."""
    stage.texts.behaviour["delay_seconds"] = SLOW * 15
    _begin(stage, "arming_first")
    stage.make_due(0)
    stage.until(lambda: stage.ledger.all(), seconds=20, why="the first is accepted")
    for pid in stage.children_of("worker-0"):
        stage.kill(pid)
    stage.texts.behaviour["delay_seconds"] = 0.0
    return _seen_within(stage, LEASE_SECONDS + 15, "unexplained")


def without_the_recheck(stage: Stage) -> Verdict:
    """Addresses opt out after all was planned; their messages may not go any more."""
    stage.reset(DUE, channels=["sms"])
    forbidden = opt_all_out(stage)
    stage.start_engine(without="recheck")
    stage.make_due(0)
    return _seen_within(stage, 20, "forbidden", forbidden)


def without_a_lease(stage: Stage) -> Verdict:
    """A worker dies after it claimed; nobody ever takes up what it held."""
    stage.texts.behaviour["delay_seconds"] = SLOW * 5
    _begin(stage, "lease")
    stage.make_due(0)
    stage.until(lambda: stage.ledger.all(), seconds=20, why="the first is accepted")
    for pid in stage.children_of("worker-0"):
        stage.kill(pid)
    stage.settled_or_not(LEASE_SECONDS + 5)
    return stage.judge()


def opt_all_out(stage: Stage) -> dict[str, object]:
    """Every chosen address opts out, unseen by the services; since when, by message."""
    [(moment,)] = stage.sql("SELECT now()")
    stage.sql(
        """INSERT INTO messaging_optout
               (id, created_at, updated_at, address_index, channel, since, source)
           SELECT gen_random_uuid(), now(), now(), address_index, channel, now(), 'reply'
             FROM (SELECT DISTINCT m.address_index, m.channel FROM messaging_message m
                     JOIN faults_chosen c ON c.id = m.id) addresses"""
    )
    return {row[0]: moment for row in stage.sql("SELECT id::text FROM faults_chosen")}


SEEN_AS = {
    "skip_locked": "doubled",
    "live_attempt_index": "doubled",
    "arming_first": "unexplained",
    "recheck": "forbidden",
    "lease": "lost",
}
RUNS: dict[str, Callable[[Stage], Verdict]] = {
    "skip_locked": without_skip_locked,
    "live_attempt_index": without_the_live_attempt_index,
    "arming_first": without_arming_first,
    "recheck": without_the_recheck,
    "lease": without_a_lease,
}
