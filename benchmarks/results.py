"""What was measured, against what must be reached: `results.json`, and a table to read."""

import datetime as dt
import json
import os
import platform
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
HIGHER, LOWER = "higher", "lower"


@dataclass(frozen=True)
class Target:
    """A figure that is to be reached; `aim` is what it should come to."""

    what: str
    value: float
    aim: float
    unit: str
    better: str


RATIO = "ratio"
TARGETS = {
    "F1": Target("client list, 25 of a counselor's caseload, 8 connections", 0.8, 1.5, RATIO, HIGHER),
    "F2": Target("client retrieve, 8 connections", 0.45, 0.8, RATIO, HIGHER),
    "F3": Target("appointments of a day, 25, 8 connections", 0.6, 1, RATIO, HIGHER),
    "F4": Target("create booking, 8 connections", 0.35, 0.6, RATIO, HIGHER),
    "F5.list": Target("queries of a client list", 6, 5, "queries", LOWER),
    "F5.day": Target("queries of the appointments of a day", 6, 5, "queries", LOWER),
    "F5.retrieve": Target("queries of a client retrieve", 8, 5, "queries", LOWER),
    "F5.booking": Target("queries of a booking", 14, 8, "queries", LOWER),
    "F6": Target("e-mails end to end, 2 worker processes", 0.3, 0.6, RATIO, HIGHER),
    "F7.start": Target("demo's second start until it answers", 10, 5, "s", LOWER),
    "F7.memory": Target("demo's idle memory (PSS), all processes", 700, 450, "MB", LOWER),
    "R1": Target("16,000 e-mails end to end, all looked at again", 0.45, 0.8, RATIO, HIGHER),
    "R2": Target("texts, the provider takes 200 ms, 2 worker processes", 160, 250, "a second", HIGHER),
    "R3": Target("due found and 500 claimed, at 10,000,000 rows", 2, 1.3, RATIO, LOWER),
    "R4.p50": Target("lateness, 1,000 due in one minute, 200 ms each, p50", 3, 1.5, "s", LOWER),
    "R4.p99": Target("lateness, 1,000 due in one minute, 200 ms each, p99", 8, 4, "s", LOWER),
    "R6": Target("worker memory after 100,000 messages more than after 1,000", 5, 0, "%", LOWER),
    "R5": Target("10,000 appointments planned anew after a policy change", 60, 20, "s", LOWER),
    "R5.late": Target("lateness of 1,000 due in that minute, p99", 8, 4, "s", LOWER),
    "R7": Target("provider's call answered, 16 connections, p95", 200, 50, "ms", LOWER),
}  # fmt: skip


@dataclass
class Measured:
    """One figure: a value a run, and what it was measured against."""

    id: str
    values: Sequence[float]
    reference: str
    notes: list[str] = field(default_factory=list)

    @property
    def value(self) -> float:
        """The median of the runs."""
        return statistics.median(self.values)

    @property
    def reached(self) -> bool:
        """Whether it is as good as it must be."""
        target = TARGETS[self.id]
        return self.value >= target.value if target.better == HIGHER else self.value <= target.value

    def entry(self, command: str) -> dict[str, Any]:
        """As it stands in `results.json`."""
        target = TARGETS[self.id]
        return {
            "value": round(self.value, 3),
            "target": target.value,
            "unit": target.unit,
            "better": target.better,
            "runs": len(self.values),
            "reference": self.reference,
            "values": [round(value, 3) for value in self.values],
            "notes": self.notes,
            "measured_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            "command": command,
            "machine": machine(),
        }


def machine() -> str:
    """What it ran on, in a few words."""
    pages, page = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    return (
        f"{os.cpu_count()} x {_processor()}, {pages * page / 1e9:.0f} GB,"
        f" {platform.system()} {platform.release().partition('-')[0]},"
        f" Python {platform.python_version()}"
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def store(measured: Sequence[Measured], command: str, folder: Path = HERE) -> None:
    """Put these into `results.json`, leaving the figures of other runs, and write the table anew."""
    path = folder / "results.json"
    known: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    known |= {figure.id: figure.entry(command) for figure in measured}
    ordered = {name: known[name] for name in sorted(known)}
    path.write_text(json.dumps(ordered, indent=2, ensure_ascii=False) + "\n")
    (folder / "RESULTS.md").write_text(table(ordered))


def table(results: dict[str, Any]) -> str:
    """The figures as a page."""
    lines = [
        "# What was measured",
        "",
        "Made by `make bench`; do not edit. A ratio is the figure divided by the reference measured in",
        "the same run, the two in turns; the value is the median of the runs. The references are in",
        "`benchmarks/ceiling/`.",
        "",
        "| id | what | value | must reach | aim | reached | runs | against |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, result in results.items():
        target = TARGETS[name]
        sign = "≥" if target.better == HIGHER else "≤"
        good = (
            result["value"] >= target.value
            if target.better == HIGHER
            else result["value"] <= target.value
        )
        lines.append(
            f"| {name} | {target.what} | **{result['value']:g}** {target.unit} |"
            f" {sign} {target.value:g} | {sign} {target.aim:g} | {'yes' if good else '**no**'} |"
            f" {result['runs']} | {result['reference']} |"
        )
    lines += ["", "## Notes", ""]
    for name, result in results.items():
        lines += [f"- **{name}**: {note}" for note in result["notes"]]
        when = result["measured_at"]
        lines.append(
            f"- {name} was measured {when} by `{result['command']}` on {result['machine']}."
        )
    return "\n".join(lines) + "\n"
