"""What lists of imports can be narrowed by."""

from django_filters import rest_framework as filters  # type: ignore[import-untyped]

from common.api.filters import FilterSet
from interop.models import Import
from interop.states import ImportKind, ImportState


class ImportFilters(FilterSet):
    """All of one's own unless something is asked for."""

    kind = filters.ChoiceFilter(choices=ImportKind.choices)
    state = filters.ChoiceFilter(choices=ImportState.choices)
    facility = filters.UUIDFilter(help_text="Into this facility.")

    class Meta:
        model = Import
        fields: list[str] = []
