"""What lists of episodes can be narrowed by."""

from django.db.models import QuerySet
from django_filters import rest_framework as filters  # type: ignore[import-untyped]

from casework.models import Episode
from common.api.filters import FilterSet, TruthFilter


class EpisodeFilters(FilterSet):
    """By client, and by whether the course of treatment goes on."""

    client = filters.UUIDFilter(help_text="Of this client.")
    active = TruthFilter(method="going_on", help_text="Going on (true), or discharged (false).")

    class Meta:
        model = Episode
        fields: list[str] = []

    def going_on(self, rows: QuerySet[Episode], name: str, value: bool) -> QuerySet[Episode]:  # noqa: FBT001
        return rows.filter(discharged_at__isnull=value)
