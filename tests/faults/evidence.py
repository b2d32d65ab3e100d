"""What a run found, as figures for machines and as a page for people; written by the run itself."""

import datetime as dt
import json
import platform
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Figure:
    """One row: what was measured, what it must be, and whether it is; of which part of the run, and
    the command that does it again."""

    name: str
    value: Any
    must_be: Any
    reached: bool
    took_seconds: float = 0.0
    part: str = ""
    again: str = ""


def write(folder: Path, figures: list[Figure], storm: dict[str, Any]) -> tuple[Path, Path]:
    """`<date>-faults.json` and `.md`, side by side. What other parts found that day stays.

    `storm`: the keys at the top; empty if the storm was not part of this run.
    """
    folder.mkdir(parents=True, exist_ok=True)
    day = dt.datetime.now(dt.UTC).date().isoformat()
    figures_file, page = folder / f"{day}-faults.json", folder / f"{day}-faults.md"
    before = json.loads(figures_file.read_text()) if figures_file.exists() else {}
    now = {figure.part for figure in figures}
    kept = [Figure(**row) for row in before.pop("figures", ()) if row["part"] not in now]
    figures = [*kept, *figures]
    data = {
        **NO_STORM,
        **before,
        **storm,
        "date": day,
        "machine": f"{platform.machine()}, Python {platform.python_version()}",
        "well": all(figure.reached for figure in figures),
        "figures": [asdict(figure) for figure in figures],
    }
    figures_file.write_text(json.dumps(data, indent=2, default=str) + "\n")
    page.write_text(_page(data, figures))
    return figures_file, page


NO_STORM: dict[str, Any] = {
    "seed": None, "due": 0, "faults": 0, "lost": None, "doubled": None, "fault_kinds": {}, "ends": {},
}  # fmt: skip


def _page(data: dict[str, Any], figures: list[Figure]) -> str:
    rows = "\n".join(
        f"| {one.name} | {one.value} | {one.must_be} | {'yes' if one.reached else '**no**'} "
        f"| {one.took_seconds:.0f} s |"
        for one in figures
    )
    counted = "\n".join(f"- {name}: {count}" for name, count in data["fault_kinds"].items())
    ends = "\n".join(f"- {name}: {count}" for name, count in data["ends"].items())
    again = "\n".join(f"- `{command}`" for command in dict.fromkeys(one.again for one in figures))
    return f"""# Faults, {data["date"]}

{data["machine"]}. Written by the runs themselves; again by:

{again}

{data["due"]} messages due, {data["faults"]} faults of the engine's surroundings (seed {data["seed"]}), and providers that fail: lost {data["lost"]}, sent twice {data["doubled"]}.

| figure | found | must be | reached | took |
|---|---|---|---|---|
{rows}

## The storm's faults

{counted}

## How its messages ended

{ends}
"""
