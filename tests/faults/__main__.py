"""`make faults`: the long versions, seeded, with their figures written to `docs/evidence/`.

    python -m tests.faults [--seed N] [--due 10000] [--faults 100] [--only storm,ticks,…]

Exits with 1 when a figure is not reached. The short versions of the same are in `make test`.
"""

import argparse
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dev.console import run_main, say
from dev.places import ROOT
from tests.faults import controls, evidence, scenarios
from tests.faults.evidence import Figure
from tests.faults.stage import Stage
from tests.faults.storm import providers_work

CLIENTS_FOR_A_MESSAGE = 0.9  # at the data's proportions


class Run:
    """One run of all scenarios on one stage."""

    def __init__(self, stage: Stage, asked: argparse.Namespace) -> None:
        self.stage, self.asked = stage, asked
        self.figures: list[Figure] = []
        self.more: dict[str, Any] = {
            "seed": asked.seed, "due": 0, "faults": 0, "lost": None, "doubled": None,
            "fault_kinds": {}, "ends": {},
        }  # fmt: skip

    def add(self, name: str, value: Any, must_be: Any, *, reached: bool, begun: float) -> None:
        """Keep a figure and say it."""
        self.figures.append(Figure(name, value, must_be, reached, time.monotonic() - begun))
        say(f"  {'ok ' if reached else 'NOT'} {name}: {value} (must be {must_be})")

    def storm(self) -> None:
        asked, begun = self.asked, time.monotonic()
        verdict, weather = scenarios.storm(
            self.stage, due=asked.due, faults=asked.faults, seconds=asked.faults * 6,
            redis_down=asked.redis_down, seed=asked.seed, say=lambda line: say(f"    {line}"),
        )  # fmt: skip
        self.more |= verdict.figures()
        self.more |= {"faults": weather.count, "fault_kinds": dict(weather.done.most_common())}
        name = f"{verdict.due} due, {weather.count} faults"
        for what in ("lost", "doubled", "wrong_state", "unknown_without_task", "unexplained"):
            found = len(getattr(verdict, what))
            self.add(f"{name}: {what}", found, 0, reached=found == 0, begun=begun)

    def ticks(self) -> None:
        begun = time.monotonic()
        verdict = scenarios.tripled_ticks(self.stage, due=self.asked.due, workers=4, beats=3)
        name = f"{verdict.due} due, 3 beats, 4 workers, each tick three times"
        for what in ("doubled", "lost"):
            found = len(getattr(verdict, what))
            self.add(f"{name}: {what}", found, 0, reached=found == 0, begun=begun)

    def ambiguous(self) -> None:
        begun, due = time.monotonic(), min(self.asked.ambiguous, self.asked.due // 2)
        found = scenarios.ambiguous(self.stage, due=due)
        name = f"{due} ambiguous time-outs"
        first, left = found["first_unknown"], found["unresolved"]
        self.add(f"{name}: first unknown", first, due, reached=first == due, begun=begun)
        self.add(f"{name}: accepted ones unresolved", left, 0, reached=left == 0, begun=begun)
        alone = len(found["verdict"].unknown_without_task)
        self.add(f"{name}: unknown without a task", alone, 0, reached=alone == 0, begun=begun)

    def redis(self) -> None:
        begun, asked = time.monotonic(), self.asked
        self.stage.reset(10)
        self.stage.start_engine()
        self.stage.stop_redis()
        said = scenarios.bookings(self.stage, 100)
        errors = sum(status != 201 for status, _ in said)
        self.add("Redis down: booking errors of 100", errors, 0, reached=errors == 0, begun=begun)
        downs = [asked.redis_away] + [5.0] * (asked.times - 1)
        back = [scenarios.redis_returns(self.stage, down=down) for down in downs]
        good = sum(seconds <= 60 for seconds in back)
        self.add(
            f"Redis back after {asked.redis_away:.0f} s and less: consuming within 60 s "
            f"(slowest {max(back):.0f} s)",
            f"{good} of {asked.times}", f"{asked.times} of {asked.times}",
            reached=good == asked.times, begun=begun,
        )  # fmt: skip

    def silence(self) -> None:
        begun, times = time.monotonic(), self.asked.times
        self.stage.reset(10)
        self.stage.start_engine()
        took = []
        for number in range(times):
            how = ("frozen worker", "black-holed Redis")[number % 2]
            took.append(scenarios.silence_is_seen(self.stage, how=how))
            say(f"    {how}: {took[-1]:.0f} s")
            self.stage.until(self.stage.beats, seconds=90, why="the heart beats again")
        good = sum(seconds <= 120 for seconds in took)
        self.add(
            f"frozen worker or black-holed Redis: /health/queue says so within 120 s "
            f"(slowest {max(took):.0f} s)",
            f"{good} of {times}", f"{times} of {times}", reached=good == times, begun=begun,
        )  # fmt: skip

    def poison(self) -> None:
        begun = time.monotonic()
        verdict, left = scenarios.poisoned(self.stage, due=self.asked.due)
        name = f"one poison row of each of {len(scenarios.POISON)} kinds among {verdict.due}"
        self.add(f"{name}: others left", left, 0, reached=left == 0, begun=begun)

    def controls(self) -> None:
        for guard, run in controls.RUNS.items():
            begun = time.monotonic()
            seen = getattr(run(self.stage), controls.SEEN_AS[guard])
            self.add(
                f"without {guard}: {controls.SEEN_AS[guard]}", len(seen), "more than 0",
                reached=bool(seen), begun=begun,
            )  # fmt: skip
            self._end()

    def _end(self) -> None:
        self.stage.heal()
        self.stage.stop_engine()
        providers_work(self.stage)

    def all(self) -> None:
        """Those that were asked for, one after the other."""
        acts: dict[str, Callable[[], None]] = {
            "controls": self.controls, "ticks": self.ticks, "ambiguous": self.ambiguous,
            "redis": self.redis, "silence": self.silence, "storm": self.storm,
            "poison": self.poison,
        }  # fmt: skip
        for name in self.asked.only or acts:
            say(f"{name} …")
            try:
                acts[name]()
            finally:
                self._end()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--due", type=int, default=10_000)
    parser.add_argument("--faults", type=int, default=100)
    parser.add_argument("--ambiguous", type=int, default=1_000)
    parser.add_argument("--redis-down", type=float, default=60, help="seconds, within the storm")
    parser.add_argument(
        "--redis-away", type=float, default=600, help="seconds, the longest absence"
    )
    parser.add_argument(
        "--times", type=int, default=20, help="how often Redis goes, engines freeze"
    )
    parser.add_argument("--only", type=lambda text: text.split(","), help="storm,ticks,ambiguous,…")
    parser.add_argument("--evidence", type=Path, default=ROOT / "docs" / "evidence")
    return parser.parse_args()


def main() -> int:
    """Run, write, tell."""
    asked = _arguments()
    given = ("seed", "due", "faults", "ambiguous", "redis_down", "redis_away", "times")
    words = [f"--{name.replace('_', '-')} {getattr(asked, name):g}" for name in given]
    words += [f"--only {','.join(asked.only)}"] if asked.only else []
    again = f'make faults ARGS="{" ".join(words)}"'
    say(f"seed {asked.seed}; again: {again}")
    with (
        tempfile.TemporaryDirectory(prefix="casework-faults-") as folder,
        Stage(Path(folder), seed=asked.seed) as stage,
    ):
        stage.fill(max(500, round(asked.due * CLIENTS_FOR_A_MESSAGE)))
        stage.start_web()
        run = Run(stage, asked)
        run.all()
    files = evidence.write(asked.evidence, run.figures, run.more | {"again": again})
    well = all(figure.reached for figure in run.figures)
    say(f"{'All reached' if well else f'NOT all reached; again: {again}'}. {files[1]}")
    return 0 if well else 1


if __name__ == "__main__":
    run_main(main)
