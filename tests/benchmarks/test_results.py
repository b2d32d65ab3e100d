"""What the bench writes: the shape that others read, and a table that says what was missed."""

import json

from benchmarks.figures.demo import descendants, memory_by_kind
from benchmarks.results import TARGETS, Measured, store


def test_a_figure_is_kept_with_its_target_and_its_reference(tmp_path):
    store(
        [Measured("F1", [0.9, 0.7, 1.1], "(a) bare DRF list: 273 a second")], "make bench", tmp_path
    )

    entry = json.loads((tmp_path / "results.json").read_text())["F1"]
    assert {name: entry[name] for name in ("value", "target", "unit", "better", "runs")} == {
        "value": 0.9,
        "target": 0.8,
        "unit": "ratio",
        "better": "higher",
        "runs": 3,
    }
    assert entry["reference"] == "(a) bare DRF list: 273 a second"


def test_a_later_run_replaces_its_own_figures_and_leaves_the_others(tmp_path):
    store([Measured("F1", [0.9], "a"), Measured("F5.list", [8], "—")], "first", tmp_path)
    store([Measured("F1", [1.6], "a")], "second", tmp_path)

    results = json.loads((tmp_path / "results.json").read_text())
    assert {name: result["value"] for name, result in results.items()} == {"F1": 1.6, "F5.list": 8}


def test_the_table_says_what_is_not_reached(tmp_path):
    store([Measured("F1", [0.9], "a"), Measured("F5.list", [8], "—")], "make bench", tmp_path)

    lines = (tmp_path / "RESULTS.md").read_text().splitlines()
    reached = {line.split(" | ")[0]: line.split(" | ")[5] for line in lines if " | " in line}
    assert reached["| F1"] == "yes"
    assert reached["| F5.list"] == "**no**"


def test_every_figure_has_a_target_and_a_stricter_aim():
    for target in TARGETS.values():
        if target.better == "higher":
            assert target.aim > target.value
        else:
            assert target.aim < target.value


def test_memory_is_that_of_all_processes_below():
    import os
    import subprocess
    import sys

    before = sum(memory_by_kind(os.getpid()).values())  # of what other tests have running
    child = subprocess.Popen(
        [sys.executable, "-c", "import sys; kept = b'x' * 50_000_000; print(flush=True); input()"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    try:
        child.stdout.readline()
        assert child.pid in descendants(os.getpid())
        assert 50 < sum(memory_by_kind(os.getpid()).values()) - before < 100
    finally:
        child.communicate(b"\n")
