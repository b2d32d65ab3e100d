"""`make faults`: the long versions, seeded, with their figures written to `docs/evidence/`.

    python -m tests.faults [--seed N] [--due 10000] [--faults 100] [--only storm,ticks,…]

Exits with 1 when a figure is not reached. The short versions of the same are in `make test`.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dev.console import Trouble, run_main, say
from dev.places import ROOT
from tests.faults import controls, evidence, scenarios
from tests.faults.evidence import Figure
from tests.faults.stage import Stage
from tests.faults.storm import providers_work

CLIENTS_FOR_A_MESSAGE = 0.9  # at the data's proportions


class Run:
    """One run of all scenarios on one stage."""

    def __init__(self, stage: Stage, asked: argparse.Namespace, again: str) -> None:
        self.stage, self.asked, self.again = stage, asked, again
        self.part = ""
        self.figures: list[Figure] = []
        self.found_by_storm: dict[str, Any] = {}
        self.files: tuple[Path, ...] = ()

    def add(self, name: str, value: Any, must_be: Any, *, reached: bool, begun: float) -> None:
        """Keep a figure and say it."""
        took = time.monotonic() - begun
        self.figures.append(
            Figure(name, value, must_be, reached, took, part=self.part, again=self.again)
        )
        say(f"  {'ok ' if reached else 'NOT'} {name}: {value} (must be {must_be})")

    def storm(self) -> None:
        asked, begun = self.asked, time.monotonic()
        verdict, weather = scenarios.storm(
            self.stage, due=asked.due, faults=asked.faults, seconds=asked.faults * 6,
            redis_down=asked.redis_down, seed=asked.seed, say=lambda line: say(f"    {line}"),
        )  # fmt: skip
        self.found_by_storm = {
            **verdict.figures(),
            "seed": asked.seed,
            "faults": weather.count,
            "fault_kinds": dict(weather.done.most_common()),
        }
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

    def properties(self) -> None:
        """The properties of `make test`, with as many examples as are wanted here."""
        asked = self.asked
        for name, file, variable, examples in (
            ("histories with an act at every commit point: forbidden or doubled",
             "tests/safety/test_engine_histories.py", "HISTORIES", asked.histories),
            ("examples over every zone and clock change 2020-2035: in quiet hours, after the visit",
             "tests/messaging/test_quiet_everywhere.py", "FAULTS", asked.examples),
            ("webhook sequences, shuffled and doubled: state going backwards",
             "tests/messaging/test_receipt_orders.py", "FAULTS", asked.examples),
            ("forged webhooks of each kind: accepted", "tests/messaging/test_forged.py", "FAULTS",
             asked.examples),
        ):  # fmt: skip
            begun = time.monotonic()
            command = [sys.executable, "-m", "dev.services", "run", "--test", "--"]
            command += [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", file]
            env = {**os.environ, **({variable: str(examples)} if variable else {})}
            done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, check=False)
            if done.returncode:
                say(done.stdout.decode(errors="replace")[-4000:])
            found = "0" if done.returncode == 0 else "some: the test says which"
            self.add(f"{examples} {name}".strip(), found, 0, reached=found == "0", begun=begun)

    def _end(self) -> None:
        self.stage.heal()
        self.stage.stop_engine()
        providers_work(self.stage)

    def all(self) -> None:
        """Those that were asked for, one after the other."""
        acts: dict[str, Callable[[], None]] = {
            "controls": self.controls, "ticks": self.ticks, "ambiguous": self.ambiguous,
            "redis": self.redis, "silence": self.silence, "storm": self.storm,
            "poison": self.poison, "properties": self.properties,
        }  # fmt: skip
        for part in self.asked.only or acts:
            say(f"{part} …")
            self.part = part
            begun = time.monotonic()
            try:
                acts[part]()
            except Trouble as trouble:  # told, and the other parts go on
                name = f"{part}: ended before its figures"
                self.add(name, str(trouble)[:300], "", reached=False, begun=begun)
            self._end()
            self.files = evidence.write(self.asked.evidence, self.figures, self.found_by_storm)


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
    parser.add_argument("--histories", type=int, default=2_000)
    parser.add_argument("--examples", type=int, default=10_000, help="of the other properties")
    parser.add_argument("--only", type=lambda text: text.split(","), help="storm,ticks,ambiguous,…")
    parser.add_argument("--evidence", type=Path, default=ROOT / "docs" / "evidence")
    return parser.parse_args()


def main() -> int:
    """Run, write, tell."""
    asked = _arguments()
    given = ("seed", "due", "faults", "ambiguous", "redis_down", "redis_away", "times")
    given += ("histories", "examples")
    words = [f"--{name.replace('_', '-')} {getattr(asked, name):.10g}" for name in given]
    words += [f"--only {','.join(asked.only)}"] if asked.only else []
    again = f'make faults ARGS="{" ".join(words)}"'
    say(f"seed {asked.seed}; again: {again}")
    with (
        tempfile.TemporaryDirectory(prefix="casework-faults-") as folder,
        Stage(Path(folder), seed=asked.seed) as stage,
    ):
        stage.fill(max(500, round(asked.due * CLIENTS_FOR_A_MESSAGE)))
        stage.start_web()
        run = Run(stage, asked, again)
        run.all()
    well = all(figure.reached for figure in run.figures)
    say(f"{'All reached' if well else f'NOT all reached; again: {again}'}. {run.files[1]}")
    return 0 if well else 1


if __name__ == "__main__":
    run_main(main)
