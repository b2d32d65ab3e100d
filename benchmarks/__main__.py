"""Measure the foundation's and the reminders' figures: `make bench [ARGS="F1 F6 --quick"]`.

Starts servers, data, web, worker and beat of its own, takes each figure in turns with its reference,
and writes `benchmarks/results.json` and `benchmarks/RESULTS.md`. A quick run uses less data and time
and writes to `.local/bench/` instead: it is for looking, not for keeping.
"""

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import django

from benchmarks.figures.demo import starts
from benchmarks.results import HERE, TARGETS, Measured, store
from benchmarks.stack import Stack, running_stack
from dev.console import Trouble, run_main, say, step
from dev.places import make_local

REMINDERS = ("R1", "R2", "R3", "R4", "R5", "R6", "R7")
KINDS_QUICK = ("F1", "F2", "F3", "F4", "F5", "F6", *REMINDERS)
KINDS = (*KINDS_QUICK, "F7")
"""F7 makes all of the demo's data first, which takes longer than a quick run may."""


def main() -> int:
    """Read the command line, measure, write; 0 also where a target is missed, and says so."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("figures", nargs="*", metavar="ID", help=f"some of {', '.join(KINDS)}")
    parser.add_argument("--quick", action="store_true", help="less of everything, in 3 minutes")
    parser.add_argument("--size", choices=["S5k", "S20k", "S1M"])
    parser.add_argument("--runs", type=int, help="of each figure (5; 3 when quick)")
    asked = parser.parse_args()
    wanted = asked.figures or (KINDS_QUICK if asked.quick else KINDS)
    if unknown := set(wanted) - set(KINDS):
        raise Trouble(f"There is no figure {', '.join(sorted(unknown))}: only {', '.join(KINDS)}.")
    runs = asked.runs or (3 if asked.quick else 5)
    size = asked.size or ("S5k" if asked.quick else "S20k")
    command = f"make bench ARGS='{' '.join(sys.argv[1:])}'"
    folder = make_local() / "bench" if asked.quick else HERE
    folder.mkdir(exist_ok=True)
    measured: list[Measured] = []
    try:
        for figure in measure(wanted, size=size, runs=runs, quick=asked.quick):
            measured.append(figure)  # noqa: PERF402 (what was measured before a fault is kept)
    finally:
        if measured:
            store(measured, f"{command} ({size})", folder)
            report(measured, folder)
    return 0


def measure(wanted: Sequence[str], *, size: str, runs: int, quick: bool) -> Iterator[Measured]:
    """All that is wanted: the demo alone first, then what needs the stack."""
    if "F7" in wanted:
        with step("F7"):
            found = starts(1 if quick else 3)
        yield from found
    rest = [name for name in wanted if name != "F7"]
    if rest:
        with running_stack(size, None) as stack:
            os.environ.update(stack.env, CASEWORK_DATABASE_ROLE="owner")
            os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
            django.setup()
            for name in rest:
                with step(name):
                    found = on_stack(name, stack, runs=runs, quick=quick)
                yield from found


def on_stack(name: str, stack: Stack, *, runs: int, quick: bool) -> list[Measured]:
    """One kind of figure. Imported here: models exist only now that Django is set up."""
    from benchmarks.figures import mail, queries, web

    pace = web.Pace(runs, seconds=2 if quick else 5, bookings=160 if quick else 240)
    if name == "F5":
        return queries.query_counts(stack)
    if name == "F6":
        return [mail.emails(stack, runs=3, messages=2_000 if quick else 8_000)]
    if name in REMINDERS:
        return reminders(name, stack, quick=quick)
    by_request = {
        "F1": web.client_list,
        "F2": web.client_retrieve,
        "F3": web.day_list,
        "F4": web.booking,
    }
    return [by_request[name](stack, pace)]


def reminders(name: str, stack: Stack, *, quick: bool) -> list[Measured]:
    """One kind of figure of the reminder engine."""
    from benchmarks.figures import claims, mail, memory, replanning, texts, webhooks

    less = 10 if quick else 1
    if name == "R1":
        return [mail.emails(stack, runs=3, messages=16_000 // less, figure="R1")]
    if name == "R2":
        return [texts.throughput(runs=1 if quick else 3, messages=10_000 // less)]
    if name == "R3":
        return [claims.claims(stack, rows=200_000 if quick else 10_000_000, runs=3)]
    if name == "R4":
        return texts.lateness(runs=1 if quick else 3, messages=1_000 // less)
    if name == "R6":
        return [memory.growth(less=less)]
    if name == "R5":
        few = 2 if quick else 3
        return [
            replanning.replanned(runs=few),
            replanning.late_meanwhile(runs=few, messages=1_000 // less),
        ]
    return [webhooks.receipts(stack, runs=3, calls=2_000 // less)]


def report(measured: list[Measured], folder: Path) -> None:
    """The figures, in the terminal."""
    say()
    for figure in measured:
        target = TARGETS[figure.id]
        reached = "reached" if figure.reached else f"MISSED ({target.value:g})"
        say(
            f"  {figure.id:12} {figure.value:9.2f} {target.unit:12} {reached:16} {figure.reference}"
        )
        for note in figure.notes:
            say(f"  {'':12} {note}")
    say(f"\n  Written to {folder}/results.json and RESULTS.md")


if __name__ == "__main__":
    run_main(main)
