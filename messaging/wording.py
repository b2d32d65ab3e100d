"""The words of a message before they are filled: which fields they may hold, and how they are filled.

A field is a bare name in braces. Anything else that Python's format language could reach (an
attribute, an index, a conversion, a width) is refused, so that words that staff write show nothing
but these.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from string import Formatter

from common.errors import FieldFault

FIELDS = ("greeting_name", "day", "time", "discreet_place", "link")
LINK = "link"


class BadField(ValueError):
    """Braces that stand for anything but a field's bare name."""


@dataclass(frozen=True)
class Wording:
    """A subject (empty for a text message) and a text, unfilled, and the version they are kept as."""

    subject: str
    body: str
    version: str


def fields_in(text: str) -> list[str]:
    """The names of its fields, in order. BadField if braces stand for anything but a name."""
    return [name for _, name in _pieces(text) if name is not None]


def field_faults(text: str, *, field: str, allowed: Collection[str] = FIELDS) -> list[FieldFault]:
    """What is wrong with the fields of a text, as faults of `field`, each with the way out."""
    ways = ", ".join(f"{{{name}}}" for name in FIELDS if name in allowed)
    try:
        names = fields_in(text)
    except BadField:
        words = f"Braces hold a field's bare name, and nothing else. The fields are {ways}."
        return [FieldFault(field, "bad_field", words)]
    return [
        FieldFault(field, "unknown_field", f"There is no field {{{name}}} here, only {ways}.")
        for name in dict.fromkeys(names)
        if name not in allowed
    ]


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with its fields filled; KeyError if there is no value for one."""
    return "".join(
        literal if name is None else literal + values[name] for literal, name in _pieces(text)
    )


def _pieces(text: str) -> list[tuple[str, str | None]]:
    """Each stretch of plain words, and the field after it if there is one."""
    found: list[tuple[str, str | None]] = []
    try:
        for literal, name, spec, conversion in Formatter().parse(text):
            if name is not None and (not name.isidentifier() or spec or conversion):
                raise BadField(name)
            found.append((literal, name))
    except ValueError as error:  # as the parser says of braces without their other half
        raise BadField(str(error)) from error
    return found
