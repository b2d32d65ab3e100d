"""What `docs/import.md` says is so: its examples are imported, and it names every column."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from interop.columns import COLUMNS
from interop.services.submitting import MOST_ROWS
from interop.states import ImportKind, ImportState
from tests.interop.files import counts, imported
from tests.people import House

PAGE = Path(settings.BASE_DIR, "docs", "import.md").read_text()


def section(kind):
    return PAGE.split(f"### `kind={kind}`")[1].split("\n#")[0]


@pytest.mark.django_db
def test_the_examples_are_imported_one_after_the_other(time_machine):
    time_machine.move_to("2026-11-20T12:00:00Z")
    house = House.build()
    for kind in ImportKind:
        example = re.search(r"```csv\n(.*?)```", section(kind), re.DOTALL).group(1)
        example = example.replace("@elmst.example", "@casework.example")  # the demo's, and ours
        rows = len(example.splitlines()) - 1
        assert counts(imported(house, example, kind=kind)) == (ImportState.FINISHED, rows, 0, 0)


@pytest.mark.parametrize("kind", ImportKind)
def test_every_column_is_described_and_no_other(kind):
    described = re.findall(r"^\| (.+?) \|", section(kind), re.MULTILINE)
    named = {name for cell in described for name in re.findall(r"`(\w+)`", cell)}
    assert named == {column.name for column in COLUMNS[kind]}


def test_the_bounds_are_the_ones_that_hold():
    rows = f"{MOST_ROWS[ImportKind.CLIENTS]:,} rows; of appointments {MOST_ROWS[ImportKind.APPOINTMENTS]:,}"
    assert rows in PAGE
    assert f"{settings.FILE_BOUND_BYTES // 1_048_576} MiB" in PAGE
