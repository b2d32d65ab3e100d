"""Files as other systems write them, and having them imported."""

import csv
import io

from interop.models import Import, RefusedRow
from interop.services.running import run_next
from interop.services.submitting import submit_import
from interop.states import ImportKind

CLIENT = {
    "external_ref": "4711",
    "legal_first_name": "Robin",
    "legal_last_name": "Ash",
    "birth_date": "1988-02-29",
    "primary_counselor": "ana@casework.example",
}


def table(*rows: dict[str, str], delimiter: str = ",") -> str:
    """A file with these rows, and the columns that any of them has."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    written = io.StringIO(newline="")
    writer = csv.DictWriter(written, names, delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return written.getvalue()


def people(count: int, **cells: str) -> list[dict[str, str]]:
    """So many clients of different names and birth dates."""
    return [
        CLIENT
        | {
            "external_ref": str(number),
            "legal_first_name": _word(number),
            "legal_last_name": _word(number * 7919 + 13),
            "birth_date": f"{1950 + number % 50}-{1 + number % 12:02}-{1 + number % 28:02}",
        }
        | cells
        for number in range(count)
    ]


def _word(number: int) -> str:
    """A name of its own for each number."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    name = ""
    number += 700
    while number:
        number, letter = divmod(number, 26)
        name += letters[letter] + "aeiou"[letter % 5]
    return name.capitalize()


def sent(house, text: str | bytes, **options) -> Import:
    """Submitted, and waiting; by intake of Elm St, as a file of clients, unless said otherwise."""
    return submit_import(**{
        "kind": ImportKind.CLIENTS, "facility": house.elm, "charset": "utf-8",
        "system": "previous", "dry_run": False, "by": house.intake,
        "content": text.encode() if isinstance(text, str) else text,
    } | options)  # fmt: skip


def imported(house, text: str | bytes, **options) -> Import:
    """Submitted, and carried out."""
    job = sent(house, text, **options)
    assert run_next()
    job.refresh_from_db()
    return job


def counts(job: Import) -> tuple[str, int, int, int]:
    """State, new, known before, refused."""
    return job.state, job.rows_good, job.rows_known, job.rows_refused


def report(job: Import) -> list[tuple[int, str, str]]:
    """Each refused row: line, column, code."""
    return list(RefusedRow.objects.filter(of=job).values_list("line", "field", "code"))
