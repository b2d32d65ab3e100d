"""Filters of the lists. A facility is named by its id alone: a hidden one and a missing one filter alike."""

from django.db.models import QuerySet
from django_filters import rest_framework as filters  # type: ignore[import-untyped]

from common.api.filters import FilterSet, TruthFilter
from organization.models import Membership, PhaseKind, Program, Room, User
from organization.roles import Role


class ProgramFilters(FilterSet):
    facility = filters.UUIDFilter(field_name="facility_id", help_text="Of this facility.")
    active = TruthFilter(help_text="Offered now (true), or no longer (false).")
    phase = filters.ChoiceFilter(choices=PhaseKind.choices)

    class Meta:
        model = Program
        fields: list[str] = []


class RoomFilters(FilterSet):
    facility = filters.UUIDFilter(field_name="facility_id", help_text="Of this facility.")
    active = TruthFilter(help_text="In use (true), or no longer (false).")

    class Meta:
        model = Room
        fields: list[str] = []


class StaffFilters(FilterSet):
    """Both together mean: somebody who holds that role at that facility."""

    facility = filters.UUIDFilter(method="holding", help_text="Working at this facility.")
    role = filters.ChoiceFilter(choices=Role.choices, method="holding")

    is_active = TruthFilter(help_text="False: closed accounts, of those you manage.")

    class Meta:
        model = User
        fields = ["facility", "role", "is_active"]

    def holding(self, staff: QuerySet[User], name: str, value: object) -> QuerySet[User]:
        given = {key: self.form.cleaned_data.get(key) for key in ("facility", "role")}
        wanted = {key: held for key, held in given.items() if held}
        here = Membership.objects.current().filter(
            facility__in=self.request.user.access.facilities, **wanted
        )
        return staff.filter(pk__in=here.values("user"))
