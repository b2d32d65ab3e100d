"""What every serializer here does: refuse what it does not know, and keep text within bounds."""

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any

from django.db import models
from django.utils import timezone
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

CONTROL_CHARACTERS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses fields it does not have, and control characters in its texts."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            self._refuse_unknown(data)
        return super().to_internal_value(data)

    def _refuse_unknown(self, data: Mapping[str, Any]) -> None:
        known = {name for name, field in self.fields.items() if not field.read_only}
        faults: dict[str, Any] = {
            str(name): [ErrorDetail("This field isn't known here.", "unknown_field")]
            for name in data
            if name not in known
        }
        for name, value in data.items():
            if isinstance(value, str) and CONTROL_CHARACTERS.search(value):
                faults[str(name)] = [
                    ErrorDetail("Control characters aren't text.", "control_character")
                ]
        if faults:
            raise serializers.ValidationError(faults)


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
