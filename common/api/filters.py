"""Filters of lists that refuse what they don't understand."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django_filters import rest_framework as filters  # type: ignore[import-untyped]

TRUTHS = {"true": True, "false": False}


class TruthFormField(forms.Field):
    """`true` or `false`, in a query string."""

    def to_python(self, value: Any) -> bool | None:
        if value in self.empty_values:
            return None
        if str(value).lower() not in TRUTHS:
            raise ValidationError("Say `true` or `false`.", code="invalid")
        return TRUTHS[str(value).lower()]


class TruthFilter(filters.BooleanFilter):  # type: ignore[misc]  # no types
    """Django's own takes what is neither for no filter at all: more would be shown than was asked for."""

    field_class = TruthFormField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.TextInput)
        super().__init__(*args, **kwargs)
