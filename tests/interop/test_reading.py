"""A file is read for certain, or refused with the way out."""

import csv
import io
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import Invalid
from interop.columns import COLUMNS
from interop.reading import decoded, read_table
from interop.states import ImportKind

CLIENTS = COLUMNS[ImportKind.CLIENTS]
HEADER = "external_ref,legal_first_name,legal_last_name,birth_date,primary_counselor"
ROW = "1,Robin,Ash,1988-02-29,ana@casework.example"
CELLS = dict(zip(HEADER.split(","), ROW.split(","), strict=True))


def read(content, charset="utf-8", most_rows=10):
    content = content if isinstance(content, bytes) else content.encode()
    return read_table(decoded(content, charset), CLIENTS, most_rows=most_rows)


def refusal(content, **options):
    with pytest.raises(Invalid) as refused:
        read(content, **options)
    assert [fault.field for fault in refused.value.faults] == ["file"]
    return refused.value


@pytest.mark.parametrize(
    "content",
    [
        f"{HEADER}\n{ROW}\n",
        f"\ufeff{HEADER}\r\n{ROW}\r\n",
        f"{HEADER}\r{ROW}",
        f"{HEADER}\n{ROW}\n".replace(",", ";"),
        f"{HEADER}\n{ROW}\n".replace(",", "\t"),
        f"{HEADER},,\n{ROW},,\n,,,,,,\n\n",
        f"External Ref, Legal First Name ,{HEADER[30:].upper()}\n{ROW}".replace(",", " , "),
    ],
    ids=["plain", "bom and windows", "old mac", "semicolons", "tabs", "empty edges", "loose names"],
)
def test_the_same_row_however_a_program_writes_it(content):
    assert [(line.number, line.cells, line.surplus) for line in read(content)] == [(2, CELLS, 0)]


def test_a_line_number_is_where_the_row_begins_also_after_cells_of_several_lines():
    table = f'{HEADER},zone\n{ROW},"two\nlines"\n\n{ROW}\n'
    assert [line.number for line in read(table)] == [2, 5]
    assert read(table)[0].cells["zone"] == "two\nlines"


def test_cells_missing_at_a_rows_end_are_empty_and_cells_beyond_the_columns_are_counted():
    short, long = read(f"{HEADER},zone\n{ROW}\n{ROW},America/Chicago,more\n")
    assert (short.cells, short.surplus) == (CELLS, 0)
    assert (long.cells, long.surplus) == (CELLS | {"zone": "America/Chicago"}, 1)


def test_an_older_programs_file_is_read_as_what_it_says_it_is():
    content = f"{HEADER}\n{ROW}\n".replace("Robin", "Zoë").encode("cp1252")
    assert read(content, charset="Windows-1252")[0].cells["legal_first_name"] == "Zoë"
    assert read(content, charset="iso-8859-1")[0].cells["legal_first_name"] == "Zoë"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty_file"),
        (b"\n \r\n", "empty_file"),
        (b"PK\x03\x04" + b"\0" * 20, "spreadsheet"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 20, "spreadsheet"),
        (f"{HEADER}\n{ROW}".encode("utf-16"), "utf_16"),
        (f"{HEADER}\n{ROW}".replace("Robin", "Zoë").encode("cp1252"), "wrong_encoding"),
        (f"{HEADER}\n{ROW}\0", "not_text"),
        (f"{HEADER}\n", "no_rows"),
        (f"{HEADER}\n,,,,\n", "no_rows"),
        (ROW, "no_header"),
        (f"{HEADER},shoe_size\n{ROW},42", "unknown_column"),
        (f"{HEADER},zone,zone\n{ROW},,", "repeated_column"),
        (f"{HEADER},,zone\n{ROW},,", "unnamed_column"),
        ("external_ref,birth_date\n1,1988-02-29", "missing_column"),
        (f'{HEADER}\n1,"Robin,Ash\n{ROW}\n', "broken_row"),
        (f'{HEADER}\n1,"Ro"bin,Ash\n', "broken_row"),
        (f"{HEADER}\n{'x' * 200_000}\n", "broken_row"),
        (f"{HEADER}\n{',' * 200_001}\n", "long_line"),
        ("," * 200_001, "long_line"),
        (HEADER + "\n" * 400_000, "too_many_lines"),
        (f"{HEADER}\n" + f"{ROW}\n" * 11, "too_many_rows"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_for_certain_is_refused(content, code):
    assert refusal(content).code == code


def test_refusals_say_where_and_how_to_go_on():
    latin = f"{HEADER}\n{ROW}\n{ROW}".replace("Robin", "Zoë").encode("cp1252")
    assert "Line 2 " in refusal(latin).detail
    assert "charset=windows-1252" in refusal(latin).detail
    assert "line 3 " in refusal(f'{HEADER}\n{ROW}\n1,"Robin').detail
    assert "“shoe_size”" in refusal(f"{HEADER},shoe_size\n{ROW},42").detail
    assert "primary_counselor" in refusal("external_ref\n1").detail
    assert refusal(f"{HEADER}\n{ROW}", charset="klingon").code == "unknown_charset"


def test_a_first_line_that_may_be_a_clients_row_is_not_repeated():
    assert not any(cell in refusal(ROW).detail for cell in CELLS.values())


cells = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30)


@given(
    rows=st.lists(st.lists(cells, min_size=5, max_size=5), min_size=1, max_size=8),
    delimiter=st.sampled_from(",;\t"),
    ending=st.sampled_from(["\n", "\r\n"]),
)
def test_whatever_a_program_quotes_comes_back_cell_for_cell(rows, delimiter, ending):
    written = io.StringIO(newline="")
    writer = csv.writer(written, delimiter=delimiter, lineterminator=ending, quoting=csv.QUOTE_ALL)
    writer.writerow(HEADER.split(","))
    writer.writerows(rows)
    kept = [[cell.strip() for cell in row] for row in rows]
    expected = [
        {name: cell for name, cell in zip(HEADER.split(","), row, strict=True) if cell}
        for row in kept
        if any(row)
    ]
    if expected:
        assert [line.cells for line in read(written.getvalue())] == expected
    else:
        assert refusal(written.getvalue()).code == "no_rows"


@given(st.binary(max_size=400))
def test_no_bytes_at_all_do_more_than_be_refused(content):
    for body in (content, f"{HEADER}\n".encode() + content):
        with suppress(Invalid):
            assert all(line.cells for line in read(body))
