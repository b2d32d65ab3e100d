"""Filters of the lists. A facility is named by its id alone: a hidden one and a missing one filter alike."""

from django.db.models import QuerySet
from django_filters import rest_framework as filters  # type: ignore[import-untyped]

from organization.models import Membership, PhaseKind, Program, Room, User
from organization.roles import Role


class ProgramFilters(filters.FilterSet):  # type: ignore[misc]  # django-filter has no types
    facility = filters.UUIDFilter(field_name="facility_id")
    phase = filters.ChoiceFilter(choices=PhaseKind.choices)

    class Meta:
        model = Program
        fields = ["facility", "phase", "active"]


class RoomFilters(filters.FilterSet):  # type: ignore[misc]
    facility = filters.UUIDFilter(field_name="facility_id")

    class Meta:
        model = Room
        fields = ["facility", "active"]


class StaffFilters(filters.FilterSet):  # type: ignore[misc]
    """Both together mean: somebody who holds that role at that facility."""

    facility = filters.UUIDFilter(method="holding")
    role = filters.ChoiceFilter(choices=Role.choices, method="holding")

    class Meta:
        model = User
        fields = ["facility", "role"]

    def holding(self, staff: QuerySet[User], name: str, value: object) -> QuerySet[User]:
        given = {key: self.form.cleaned_data.get(key) for key in ("facility", "role")}
        wanted = {key: held for key, held in given.items() if held}
        return staff.filter(pk__in=Membership.objects.current().filter(**wanted).values("user"))
