"""Filters of lists that refuse what they don't understand, and build no more than is asked for."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django_filters import rest_framework as filters  # type: ignore[import-untyped]

TRUTHS = {"true": True, "false": False}
_forms: dict[Any, Any] = {}


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


class FilterSet(filters.FilterSet):  # type: ignore[misc]  # no types
    """Takes the filters that the request names; django-filter copies and builds all of them."""

    def __init__(self, data: Any = None, *args: Any, **kwargs: Any) -> None:
        if data is not None:
            every = self.base_filters  # type: ignore[has-type]  # the class's
            self.base_filters = {name: every[name] for name in every if name in data}
        super().__init__(data, *args, **kwargs)

    def get_form_class(self) -> Any:
        """The form for these filters, which depends on nothing else: it is built once."""
        key = (type(self), tuple(self.filters))
        if key not in _forms:
            _forms[key] = super().get_form_class()
        return _forms[key]


class FilterBackend(filters.DjangoFilterBackend):  # type: ignore[misc]  # no types
    """Leaves a list that nobody narrows as it is."""

    def filter_queryset(self, request: Any, queryset: Any, view: Any) -> Any:
        """The rows that the request's parameters leave."""
        chosen = getattr(view, "filterset_class", None)
        if chosen is None or chosen.base_filters.keys().isdisjoint(request.query_params):
            return queryset
        return super().filter_queryset(request, queryset, view)
