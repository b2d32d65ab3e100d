"""What lists of appointments can be narrowed by."""

import datetime as dt
import uuid
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django_filters import rest_framework as filters  # type: ignore[import-untyped]
from django_filters.fields import IsoDateTimeField  # type: ignore[import-untyped]

from appointments.models import Appointment, Attendance
from appointments.states import AppointmentKind, AppointmentStatus
from common.api.filters import FilterSet
from common.api.serializers import EARLIEST_YEAR, LATEST_YEAR


class MomentFormField(IsoDateTimeField):  # type: ignore[misc]  # no types
    """A time with its offset, in a query string."""

    def to_python(self, value: Any) -> dt.datetime | None:
        if value in self.empty_values:
            return None
        try:
            moment = dt.datetime.fromisoformat(str(value))
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is None:
            raise ValidationError(
                "Give the time with its offset, such as 2026-12-01T10:00:00-06:00 (in a query"
                " string, + is written %%2B).",
                code="no_offset",
            )
        if not EARLIEST_YEAR <= moment.year <= LATEST_YEAR:
            raise ValidationError("This time is out of range.", code="overflow")
        return moment


class MomentFilter(filters.IsoDateTimeFilter):  # type: ignore[misc]  # no types
    """Compares with a time that has an offset."""

    field_class = MomentFormField


class AppointmentFilters(FilterSet):
    """`from` and `until` look at the start: from then on, and before then."""

    until = MomentFilter("starts_at", "lt", help_text="Starts before this time.")
    facility = filters.UUIDFilter(help_text="At this facility.")
    staff = filters.UUIDFilter("staffing__user", help_text="With this member of staff.")
    client = filters.UUIDFilter(method="of_client", help_text="With this client.")
    status = filters.ChoiceFilter(choices=AppointmentStatus.choices)
    kind = filters.ChoiceFilter(choices=AppointmentKind.choices)

    class Meta:
        model = Appointment
        fields: list[str] = []

    @classmethod
    def get_filters(cls) -> dict[str, Any]:
        """`from` is a word of Python's own and can't be declared as the others are."""
        start = MomentFilter("starts_at", "gte", help_text="Starts at this time or later.")
        return {"from": start} | dict(super().get_filters())

    def of_client(
        self, rows: QuerySet[Appointment], name: str, client_id: uuid.UUID
    ) -> QuerySet[Appointment]:
        """By the attendances that the person may see: a filter must not tell of hidden ones."""
        seen = Attendance.objects.visible_to(self.request.user).filter(client=client_id)
        return rows.filter(pk__in=seen.values("appointment"))
