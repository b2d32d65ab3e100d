"""A cell says what it means, or is refused without being repeated."""

import datetime as dt
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.models import ConsentMethod
from common.errors import Invalid
from interop import columns
from interop.columns import COLUMNS, read_row
from interop.states import ImportKind


@pytest.mark.parametrize(
    ("read", "cell", "value"),
    [
        (columns.name, "María-José O'Neil", "María-José O'Neil"),
        (columns.name, "'t Hooft", "'t Hooft"),
        (columns.name, "e\u0301", "é"),
        (columns.date, "1990-05-17", dt.date(1990, 5, 17)),
        (columns.time, "2026-12-01 15:00", dt.datetime(2026, 12, 1, 15)),
        (columns.time, "2026-12-01T15:00:00Z", dt.datetime(2026, 12, 1, 15, tzinfo=dt.UTC)),
        (columns.time, "2026-12-01T15:00-0600",
         dt.datetime(2026, 12, 1, 15, tzinfo=dt.timezone(dt.timedelta(hours=-6)))),
        (columns.yes_or_no, "Yes", True),
        (columns.yes_or_no, "0", False),
        (columns.number, "50", 50),
        (columns.address, "Ana@Casework.Example", "ana@casework.example"),
        (columns.several(columns.reference), "1| 2 |", ("1", "2")),
        (columns.one_of(ConsentMethod), "Written", ConsentMethod.WRITTEN),
        (columns.remark, "=1+1\nsecond line", "=1+1\nsecond line"),
    ],
)  # fmt: skip
def test_what_a_cell_means(read, cell, value):
    assert read(cell) == value


@pytest.mark.parametrize(
    ("read", "cell", "code"),
    [
        (columns.name, "=cmd|'/c calc'!A1", "formula"),
        (columns.name, "+1 Robin", "formula"),
        (columns.name, "-Robin", "formula"),
        (columns.name, "@SUM(A1)", "formula"),
        (columns.name, "Robin\nAsh", "line_break"),
        (columns.name, "Robin\u202eAsh", "direction_mark"),
        (columns.name, "Robin\x07", "control_character"),
        (columns.date, "01/02/2020", "unclear_date"),
        (columns.date, "17.05.1990", "unclear_date"),
        (columns.date, "1990-5-17", "unclear_date"),
        (columns.date, "\u0662020-01-01", "unclear_date"),
        (columns.date, "1990-02-30", "no_such_day"),
        (columns.date, "0001-01-01", "no_such_day"),
        (columns.time, "12/1/2026 3 PM", "unclear_time"),
        (columns.time, "2027-12-01", "unclear_time"),
        (columns.time, "2026-12-01 25:00", "no_such_time"),
        (columns.time, "0001-01-01 00:00", "no_such_time"),
        (columns.time, "9999-12-31 23:59", "no_such_time"),
        (columns.yes_or_no, "perhaps", "not_yes_or_no"),
        (columns.number, "50.5", "not_a_number"),
        (columns.number, "-5", "not_a_number"),
        (columns.number, "10000", "not_a_number"),
        (columns.one_of(ConsentMethod), "telepathy", "invalid_choice"),
        (columns.several(columns.reference), "||", "too_many"),
        (columns.several(columns.reference), "|".join("x" * 51), "too_many"),
        (columns.reference, "x" * 65, "max_length"),
        (columns.remark, "\x1b[31m", "control_character"),
        (columns.remark, "x" * 501, "max_length"),
    ],
)  # fmt: skip
def test_what_a_cell_may_not_say(read, cell, code):
    with pytest.raises(Invalid) as refused:
        read(cell)
    assert refused.value.code == code
    assert cell not in refused.value.detail


def test_all_faults_of_a_row_are_named_at_once():
    cells = {"external_ref": "1", "legal_first_name": "=1", "birth_date": "01/02/2020"}
    with pytest.raises(Invalid) as refused:
        read_row(COLUMNS[ImportKind.CLIENTS], cells)
    assert [(fault.field, fault.code) for fault in refused.value.faults] == [
        ("legal_first_name", "formula"),
        ("legal_last_name", "required"),
        ("birth_date", "unclear_date"),
        ("primary_counselor", "required"),
    ]


every_column = sorted({column for of_kind in COLUMNS.values() for column in of_kind}, key=repr)


@given(column=st.sampled_from(every_column), cell=st.text(min_size=1, max_size=60))
def test_no_cell_at_all_does_more_than_be_refused(column, cell):
    with suppress(Invalid):
        column.read(cell)
