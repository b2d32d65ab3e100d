"""The columns of each kind of file, and what a cell of each may say.

A cell says what it means or is refused: dates only as year-month-day, choices only by their names,
several of a thing only with `|` between them. What a cell says is never repeated in a refusal.
"""

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from appointments.states import AppointmentKind
from clients.models import ConsentMethod, ContactKind
from common.errors import FieldFault, Invalid
from common.text import plain_line, validate_plain_line
from interop.models import REF_LENGTH
from interop.states import ImportKind
from organization.models import Language

ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
ISO_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:?\d{2})?", re.ASCII)
WHOLE_NUMBER = re.compile(r"\d{1,4}", re.ASCII)
YEARS = range(1900, 2201)
FORMULA = ("=", "+", "-", "@")
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
REMARK_LENGTH = 500
MOST_OF_ONE_CELL = 50


@dataclass(frozen=True)
class Column:
    """A column: how its cells are read, and whether every row needs one."""

    name: str
    read: Callable[[str], Any]
    required: bool = False


def read_row(columns: tuple[Column, ...], cells: Mapping[str, str]) -> dict[str, Any]:
    """What the row says, without what it leaves empty. Raises `Invalid` with all its faults."""
    values, faults = {}, []
    for column in columns:
        cell = cells.get(column.name)
        if cell is None:
            if column.required:
                faults.append(FieldFault(column.name, "required", "This cell may not be empty."))
            continue
        try:
            values[column.name] = column.read(cell)
        except Invalid as error:
            faults.append(FieldFault(column.name, error.code, error.detail))
    if faults:
        raise Invalid("Some cells need another value.", faults=tuple(faults))
    return values


# ── What a cell may say ───────────────────────────────────────────────────────────────────────


def line_of_text(cell: str) -> str:
    """Text of one line, with nothing in it that can't be seen."""
    text = plain_line(cell)
    try:
        validate_plain_line(text)
    except ValidationError as error:
        raise Invalid(" ".join(error.messages), code=error.code or "invalid") from None
    return text


def name(cell: str) -> str:
    """A name. What a spreadsheet would carry out as a formula is none."""
    if cell.startswith(FORMULA):
        raise Invalid(f"A name doesn't begin with {cell[0]}", code="formula")
    return line_of_text(cell)


def reference(cell: str) -> str:
    """One number of another system."""
    if len(cell) > REF_LENGTH:
        raise Invalid(f"A reference has at most {REF_LENGTH} characters.", code="max_length")
    return line_of_text(cell)


def several(read: Callable[[str], Any]) -> Callable[[str], tuple[Any, ...]]:
    """Several of a thing, with `|` between them."""

    def read_all(cell: str) -> tuple[Any, ...]:
        parts = [part.strip() for part in cell.split("|") if part.strip()]
        if not 1 <= len(parts) <= MOST_OF_ONE_CELL:
            raise Invalid(
                f"Write between 1 and {MOST_OF_ONE_CELL}, with | between them.", code="too_many"
            )
        return tuple(read(part) for part in parts)

    return read_all


def address(cell: str) -> str:
    """A colleague's e-mail address, as it is compared."""
    return cell.lower()


def remark(cell: str) -> str:
    """Free text, kept as it is: a formula is text here, and made harmless where it is exported."""
    if CONTROL.search(cell):
        raise Invalid("Control characters aren't text.", code="control_character")
    if len(cell) > REMARK_LENGTH:
        raise Invalid(f"A remark has at most {REMARK_LENGTH} characters.", code="max_length")
    return cell


def date(cell: str) -> dt.date:
    """Year, month, day. 01/02/2020 is one day here and another there, so it is refused."""
    if not ISO_DATE.fullmatch(cell):
        raise Invalid(
            "Write dates as year-month-day, such as 1990-05-17. In a spreadsheet, give the column the "
            "format yyyy-mm-dd before saving it as CSV.",
            code="unclear_date",
        )
    try:
        day = dt.date.fromisoformat(cell)
    except ValueError:
        day = None
    if day is None or day.year not in YEARS:
        raise Invalid("There is no such day in the calendar.", code="no_such_day")
    return day


def time(cell: str) -> dt.datetime:
    """A moment if it has an offset; else what the facility's wall clock shows."""
    if not ISO_TIME.fullmatch(cell):
        raise Invalid(
            "Write times as 2026-12-01 15:00, by the facility's clock, or with an offset: "
            "2026-12-01T15:00-06:00.",
            code="unclear_time",
        )
    try:
        at = dt.datetime.fromisoformat(cell)
    except ValueError:
        at = None
    if at is None or at.year not in YEARS:
        raise Invalid("There is no such day or time.", code="no_such_time")
    return at


def number(cell: str) -> int:
    """A whole number."""
    if not WHOLE_NUMBER.fullmatch(cell):
        raise Invalid("Write a whole number, such as 50.", code="not_a_number")
    return int(cell)


def yes_or_no(cell: str) -> bool:
    """Yes or no, in one of the ways in which programs write it."""
    said = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
    if cell.lower() not in said:
        raise Invalid("Write yes or no.", code="not_yes_or_no")
    return said[cell.lower()]


def one_of(enum: type[models.TextChoices]) -> Callable[[str], Any]:
    """One of an enumeration's values."""

    def read(cell: str) -> models.TextChoices:
        try:
            return enum(cell.lower())
        except ValueError:
            choice = ", ".join(enum.values)
            raise Invalid(f"Write one of: {choice}.", code="invalid_choice") from None

    return read


# ── The columns ───────────────────────────────────────────────────────────────────────────────

WHOSE = (Column("record_number", reference), Column("external_ref", reference))
COLUMNS: dict[ImportKind, tuple[Column, ...]] = {
    ImportKind.CLIENTS: (
        Column("external_ref", reference, required=True),
        Column("legal_first_name", name, required=True),
        Column("legal_last_name", name, required=True),
        Column("chosen_name", name),
        Column("greeting_name", name),
        Column("birth_date", date, required=True),
        Column("language", one_of(Language)),
        Column("languages", several(one_of(Language))),
        Column("zone", line_of_text),
        Column("primary_counselor", address, required=True),
        Column("not_a_duplicate", yes_or_no),
    ),
    ImportKind.CONTACT_POINTS: (
        *WHOSE,
        Column("kind", one_of(ContactKind), required=True),
        Column("value", line_of_text, required=True),
        Column("safe_to_leave_voicemail", yes_or_no),
        Column("consent_method", one_of(ConsentMethod)),
        Column("consent_date", date),
        Column("consent_wording", line_of_text),
    ),
    ImportKind.APPOINTMENTS: (
        Column("record_number", several(reference)),
        Column("external_ref", several(reference)),
        Column("staff", several(address), required=True),
        Column("kind", one_of(AppointmentKind), required=True),
        Column("starts_at", time, required=True),
        Column("duration_minutes", number, required=True),
        Column("room", line_of_text),
        Column("remark", remark),
    ),
}
