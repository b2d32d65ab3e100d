"""From a file's bytes to rows of cells. What can't be read for certain is refused with the way out.

Nothing is guessed but the delimiter, and that from the header alone: a file read with the wrong
encoding or a quotation mark left open would put one person's words in another's record.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from common.errors import Invalid
from interop.columns import Column

MOST_HEADERS = 100
DELIMITERS = (",", ";", "\t")
ENCODINGS = {
    "utf-8": "utf-8-sig",
    "utf8": "utf-8-sig",
    "us-ascii": "utf-8-sig",
    "windows-1252": "cp1252",
    "iso-8859-1": "cp1252",  # as browsers read it (WHATWG): nobody means its control characters
    "latin-1": "cp1252",
}
SPREADSHEETS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
UTF_16 = (b"\xff\xfe", b"\xfe\xff")


LONGEST_LINE = 200_000
OVERLONG = re.compile(rf"[^\r\n]{{{LONGEST_LINE + 1}}}")
MOST_LINES_A_ROW = 6
"""Windows' line ends count twice, and a cell may hold some."""


@dataclass(frozen=True)
class Line:
    """A row's cells by column, without those that are empty, and the line on which it begins."""

    number: int
    cells: dict[str, str]
    surplus: int = 0


def decoded(content: bytes, charset: str = "utf-8") -> str:
    """The file as text, in the encoding that it was sent as."""
    encoding = ENCODINGS.get(charset.strip().lower())
    if encoding is None:
        raise _refused("unknown_charset", "Send the file as UTF-8 or as windows-1252.")
    if not content.strip():
        raise _refused("empty_file", "The file is empty. It begins with a line of column names.")
    if content.startswith(SPREADSHEETS):
        raise _refused(
            "spreadsheet", "This is a spreadsheet. Save it as “CSV UTF-8” and send that file."
        )
    if content.startswith(UTF_16):
        raise _refused("utf_16", "This is “Unicode text”. Save it as “CSV UTF-8” instead.")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _refused(
            "wrong_encoding",
            f"Line {line} is not in the encoding {charset}. Save the file as “CSV UTF-8”, or, if an older "
            "program wrote it, send it as text/csv; charset=windows-1252.",
        ) from None
    if "\0" in text:
        raise _refused("not_text", "The file holds zero bytes: it isn't text. Save it as CSV.")
    return text


def read_table(text: str, columns: Sequence[Column], *, most_rows: int) -> list[Line]:
    """The rows that are not blank. Raises `Invalid` where the file as a whole can't be read."""
    _refuse_what_is_no_table(text, most_rows)
    delimiter = _delimiter(text, columns)
    rows = _rows(text, delimiter)
    number, names = next(rows, (0, []))
    names = _header(names, columns)
    lines: list[Line] = []
    for number, cells in rows:
        if not any(cells):
            continue
        if len(lines) == most_rows:
            raise _refused(
                "too_many_rows", f"A file has at most {most_rows:,} rows. Send it in parts."
            )
        # Excel leaves empty cells at a row's end out, but only from the 16th row on.
        named = {name: cell for name, cell in zip(names, cells, strict=False) if cell}
        lines.append(Line(number, named, surplus=sum(map(bool, cells[len(names) :]))))
    if not lines:
        raise _refused("no_rows", "The file has column names, and no row below them.")
    return lines


def _refuse_what_is_no_table(text: str, most_rows: int) -> None:
    """Before anything is taken apart: a line of a million commas would become a million cells."""
    if OVERLONG.search(text):
        raise _refused("long_line", f"A line of the file has over {LONGEST_LINE:,} characters.")
    if text.count("\n") + text.count("\r") > MOST_LINES_A_ROW * most_rows:
        raise _refused(
            "too_many_lines", "The file has far more lines than rows. Remove blank ones."
        )


def _rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Each row with the line on which it begins, its cells without surrounding space."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        begins = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            raise _refused(
                "broken_row",
                f"The row that begins on line {begins} can't be read: a quotation mark is left open or stands "
                "in the middle of a cell, or a cell is longer than 131,072 characters.",
            ) from None
        yield begins, [cell.strip() for cell in cells]


def _delimiter(text: str, columns: Sequence[Column]) -> str:
    """The one by which the first line falls into most of the columns that are known."""
    known = {column.name for column in columns}
    end = min((at for at in (text.find("\n"), text.find("\r")) if at >= 0), default=len(text))

    def found(delimiter: str) -> int:
        cells = text[:end].replace('"', "").split(delimiter)
        return len(known.intersection(map(_column_name, cells)))

    return max(DELIMITERS, key=found)


def _column_name(cell: str) -> str:
    return "_".join(cell.strip().lower().split())


def _header(cells: Sequence[str], columns: Sequence[Column]) -> list[str]:
    names = [_column_name(cell) for cell in cells]
    while names and not names[-1]:
        names.pop()
    known = [column.name for column in columns]
    if len(names) > MOST_HEADERS or "" in names:
        raise _refused("unnamed_column", "Every column has a name. Remove those without one.")
    if not set(names).intersection(known):
        # Not repeated: it may be a client's row.
        raise _refused(
            "no_header",
            f"The first line names the columns; none of these stands there: {', '.join(known)}.",
        )
    if unknown := [name for name in names if name not in known]:
        shown = ", ".join(f"“{name[:40]}”" for name in unknown[:5])
        raise _refused(
            "unknown_column",
            f"Columns that aren't known here: {shown}. Remove or rename them. Known are: {', '.join(known)}.",
        )
    if twice := [name for name, times in Counter(names).items() if times > 1]:
        raise _refused("repeated_column", f"These columns stand there twice: {', '.join(twice)}.")
    missing = [c.name for c in columns if c.required and c.name not in names]
    if missing:
        raise _refused("missing_column", f"These columns are missing: {', '.join(missing)}.")
    return names


def _refused(code: str, words: str) -> Invalid:
    return Invalid(words, code=code, field="file")
