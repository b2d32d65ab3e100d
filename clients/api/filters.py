"""What lists of clients can be narrowed by."""

import uuid

from django.db.models import Q, QuerySet
from django_filters import rest_framework as filters  # type: ignore[import-untyped]

from clients.models import CareTeamMember, Client, KnownAt, Merge, PossibleDuplicate
from clients.queries import in_phase
from common.api.filters import FilterSet, TruthFilter
from organization.models import PhaseKind


class ClientFilters(FilterSet):
    """None of these tells anything that the clients themselves, as shown, don't tell."""

    facility = filters.UUIDFilter(
        method="known_at_facility", help_text="Known at this facility of yours."
    )
    phase = filters.ChoiceFilter(
        method="in_this_phase",
        choices=PhaseKind.choices,
        help_text="Now in this phase; only clients whose course of treatment you may see.",
    )
    primary_counselor = filters.UUIDFilter(
        method="with_primary", help_text="With this primary counselor."
    )

    class Meta:
        model = Client
        fields: list[str] = []

    def known_at_facility(
        self, rows: QuerySet[Client], name: str, facility_id: uuid.UUID
    ) -> QuerySet[Client]:
        """At another's facility nobody is known: that a client goes there too isn't told."""
        if facility_id not in self.request.user.access.facilities:
            return rows.none()
        known = KnownAt.objects.current().filter(facility=facility_id)
        return rows.filter(pk__in=known.values("client"))

    def in_this_phase(self, rows: QuerySet[Client], name: str, kind: str) -> QuerySet[Client]:
        return rows.filter(pk__in=in_phase(self.request.user, PhaseKind(kind)).values("pk"))

    def with_primary(
        self, rows: QuerySet[Client], name: str, counselor_id: uuid.UUID
    ) -> QuerySet[Client]:
        primaries = CareTeamMember.objects.current().filter(primary=True, user=counselor_id)
        return rows.filter(pk__in=primaries.values("client"))


class PossibleDuplicateFilters(FilterSet):
    """Open and settled ones, unless asked for."""

    open = TruthFilter(
        method="still_open", help_text="If true: those of which nobody has said what they are."
    )
    client = filters.UUIDFilter(method="with_client", help_text="With this client.")

    class Meta:
        model = PossibleDuplicate
        fields: list[str] = []

    def still_open(
        self,
        rows: QuerySet[PossibleDuplicate],
        name: str,
        value: bool,  # noqa: FBT001
    ) -> QuerySet[PossibleDuplicate]:
        return rows.filter(settlement="") if value else rows

    def with_client(
        self, rows: QuerySet[PossibleDuplicate], name: str, client_id: uuid.UUID
    ) -> QuerySet[PossibleDuplicate]:
        return rows.filter(Q(first=client_id) | Q(second=client_id))


class MergeFilters(FilterSet):
    """All, unless into one client."""

    survivor = filters.UUIDFilter(help_text="Into this client.")

    class Meta:
        model = Merge
        fields: list[str] = []
