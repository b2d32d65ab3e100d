"""What a run found, as figures for machines and as a page for people; written by the run itself."""

import datetime as dt
import json
import platform
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Figure:
    """One row: what was measured, what it must be, and whether it is."""

    name: str
    value: Any
    must_be: Any
    reached: bool
    took_seconds: float = 0.0


# Measured by other tests of the suite; the lead's run puts their figures beside these.
ELSEWHERE = (
    "cancel, move, opt-out, revoke, discharge at every commit point: sent after the commit",
    "every IANA zone and clock change: sent outside the quiet-hour bounds, or after the visit",
    "webhook sequences, shuffled and doubled: state going backwards, or forged ones accepted",
)


def write(folder: Path, figures: list[Figure], more: dict[str, Any]) -> tuple[Path, Path]:
    """`<date>-faults.json` and `.md`, side by side."""
    folder.mkdir(parents=True, exist_ok=True)
    day = dt.datetime.now(dt.UTC).date().isoformat()
    data = {
        **more,
        "date": day,
        "machine": f"{platform.machine()}, Python {platform.python_version()}",
        "well": all(figure.reached for figure in figures),
        "figures": [asdict(figure) for figure in figures],
        "measured_elsewhere": list(ELSEWHERE),
    }
    figures_file, page = folder / f"{day}-faults.json", folder / f"{day}-faults.md"
    figures_file.write_text(json.dumps(data, indent=2, default=str) + "\n")
    page.write_text(_page(data, figures))
    return figures_file, page


def _page(data: dict[str, Any], figures: list[Figure]) -> str:
    rows = "\n".join(
        f"| {one.name} | {one.value} | {one.must_be} | {'yes' if one.reached else '**no**'} "
        f"| {one.took_seconds:.0f} s |"
        for one in figures
    )
    counted = "\n".join(f"- {name}: {count}" for name, count in data["fault_kinds"].items())
    ends = "\n".join(f"- {name}: {count}" for name, count in data["ends"].items())
    elsewhere = "\n".join(f"- {name}" for name in ELSEWHERE)
    return f"""# Faults, {data["date"]}

Seed {data["seed"]}; again by `{data["again"]}`. {data["machine"]}. Written by the run itself.

{data["due"]} messages due, {data["faults"]} faults of the engine's surroundings, and providers that fail: lost {data["lost"]}, sent twice {data["doubled"]}.

| figure | found | must be | reached | took |
|---|---|---|---|---|
{rows}

## The storm's faults

{counted}

## How its messages ended

{ends}

## Shown by other tests

{elsewhere}
"""
