"""What every serializer here does: refuse what it does not know, and keep text within bounds."""

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from django.db import models
from django.utils import timezone
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

CONTROL_CHARACTERS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


JSON_KINDS: tuple[tuple[type[serializers.Field[Any, Any, Any, Any]], type, str], ...] = (
    (serializers.BooleanField, bool, "Give this as true or false, without quotation marks."),
    (serializers.IntegerField, int, "Give this as a number, without quotation marks."),
    (serializers.CharField, str, "Give this as text, in quotation marks."),
    (serializers.UUIDField, str, "Give this as text, in quotation marks."),
)


def unknown(what: str, known: Iterable[str]) -> str:
    """What to say of a field or parameter that isn't there: a misspelt one stands among these."""
    names = ", ".join(sorted(known))
    return (
        f"This {what} isn't known here. Known are: {names}."
        if names
        else f"No {what} is known here."
    )


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses fields it does not have, values of another kind, and control characters in its texts."""

    is_of_json: ClassVar[bool] = True
    """False where the values come from an address, in which everything is text."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            self._refuse_unknown(data)
        return super().to_internal_value(data)

    def _refuse_unknown(self, data: Mapping[str, Any]) -> None:
        known = {name: field for name, field in self.fields.items() if not field.read_only}
        faults: dict[str, Any] = {
            str(name): [ErrorDetail(unknown("field", known), "unknown_field")]
            for name in data
            if name not in known
        }
        for name, value in data.items():
            if isinstance(value, str) and CONTROL_CHARACTERS.search(value):
                faults[str(name)] = [
                    ErrorDetail("Control characters aren't text.", "control_character")
                ]
            elif name in known and self.is_of_json and (words := _other_kind(known[name], value)):
                faults[str(name)] = [ErrorDetail(words, "invalid")]
            elif name in known and (words := _too_long(known[name], value)):
                faults[str(name)] = [ErrorDetail(words, "max_length")]
        if faults:
            raise serializers.ValidationError(faults)


def _too_long(field: Any, value: Any) -> str:
    """REST framework counts only when it has taken spaces off, which the description doesn't say."""
    most = getattr(field, "max_length", None)
    if most is None or not isinstance(value, str) or len(value) <= most:
        return ""
    return str(field.error_messages["max_length"].format(max_length=most))


def _other_kind(field: Any, value: Any) -> str:
    """What to give instead of a value that REST framework would make fit: 0 for "0", "yes" for true."""
    if isinstance(value, list) and isinstance(field, serializers.ListField):
        return next((words for item in value if (words := _other_kind(field.child, item))), "")
    if value is None or isinstance(value, list | dict):
        return ""
    return next(
        (
            words
            for of, kind, words in JSON_KINDS
            if isinstance(field, of) and type(value) is not kind
        ),
        "",
    )


class Nothing(StrictSerializer):
    """A request without a body."""


EARLIEST_YEAR, LATEST_YEAR = 1900, 2200


class MomentField(serializers.DateTimeField):
    """A time with its offset. Without one nobody knows which moment is meant, so it is refused."""

    default_error_messages = {
        "no_offset": "Give the time with its offset, such as 2026-12-01T10:00:00-06:00.",
    }

    def enforce_timezone(self, value: dt.datetime) -> dt.datetime:
        if timezone.is_naive(value):
            self.fail("no_offset")
        # Within these years a length can be added without running over the calendar's end.
        if not EARLIEST_YEAR <= value.year <= LATEST_YEAR:
            self.fail("overflow")
        return super().enforce_timezone(value)


class EnumField(serializers.ChoiceField):
    """One member of an enumeration, as the services take it."""

    def __init__(self, enum: type[models.Choices], **kwargs: Any) -> None:
        self.enum = enum
        kwargs.setdefault("choices", enum.choices)
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> Any:
        return self.enum(super().to_internal_value(data))
