"""What the API takes in about appointments and policies."""

import datetime as dt
import uuid
from typing import Any

from rest_framework import serializers

from appointments.models import Attendance
from appointments.policies import LONGEST_OFFSET
from appointments.services.policies import MOST_NARROWED, MOST_RULES, RuleWish, Scope
from appointments.services.wishes import LONGEST, SHORTEST
from appointments.states import (
    AppointmentKind,
    CancelledBy,
    Response,
    RuleChannel,
    RuleOnlyIf,
    RuleWhen,
)
from clients.models import Client
from common.api.serializers import MomentField, StrictSerializer
from organization.api.base import StaffField, VisibleField
from organization.models import Facility, PhaseKind, Room
from organization.roles import Capability
from organization.seen import Seen

MINUTE = dt.timedelta(minutes=1)
MOST_STAFF = 20
MOST_CLIENTS = 200


CALENDARS_SEEN = Seen(lambda user: Client.objects.visible_to(user, Capability.VIEW_CALENDAR))


class ClientField(VisibleField):
    """A reference to a client whose calendar the person sees."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(Client, **kwargs)

    def seen(self) -> Seen:
        return CALENDARS_SEEN


class AttendanceField(VisibleField):
    """A reference to one of the attendances of the appointment that the address names."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(Attendance, **kwargs)

    def find(self, ids: set[uuid.UUID]) -> dict[uuid.UUID, Any]:
        seen = Attendance.objects.visible_to(self.context["request"].user)
        return seen.filter(appointment=self.context["view"].kwargs["pk"]).in_bulk(ids)


class TimeInput(StrictSerializer):
    """When: a start, and either a length or an end. Comes out with `ends_at`, whichever was given."""

    starts_at = MomentField()
    duration_minutes = serializers.IntegerField(
        required=False,
        min_value=SHORTEST // MINUTE,
        max_value=LONGEST // MINUTE,
        help_text="The length; or give `ends_at`, not both.",
    )
    ends_at = MomentField(
        required=False, help_text="The end; or give `duration_minutes`, not both."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        minutes = attrs.pop("duration_minutes", None)
        if (minutes is None) == ("ends_at" not in attrs):
            raise serializers.ValidationError(
                {"duration_minutes": "Give either duration_minutes or ends_at."},
                code="one_of_two",
            )
        if minutes is not None:
            attrs["ends_at"] = attrs["starts_at"] + minutes * MINUTE
        return attrs


def _not_more_than(most: int) -> Any:
    def check(values: list[Any]) -> None:
        if len(values) > most:
            raise serializers.ValidationError(f"At most {most}.", code="too_many")

    return check


class BookingInput(TimeInput):
    """An appointment to be booked. The first of the staff leads."""

    facility = VisibleField(Facility)
    kind = serializers.ChoiceField(AppointmentKind.choices)
    staff = StaffField(many=True, allow_empty=False, validators=[_not_more_than(MOST_STAFF)])
    clients = ClientField(many=True, allow_empty=False, validators=[_not_more_than(MOST_CLIENTS)])
    room = VisibleField(Room, required=False, allow_null=True)
    capacity = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=MOST_CLIENTS,
        help_text="Seats; one a client if left out.",
    )
    remark = serializers.CharField(required=False, allow_blank=True, max_length=500)


class RescheduleInput(TimeInput):
    """The new time. Staff and room stay unless given."""

    staff = StaffField(
        many=True, required=False, allow_empty=False, validators=[_not_more_than(MOST_STAFF)]
    )
    room = VisibleField(Room, required=False)


class DetailsInput(StrictSerializer):
    """What can be changed without moving the appointment."""

    room = VisibleField(Room, required=False)
    remark = serializers.CharField(required=False, allow_blank=True, max_length=500)


class CancellationInput(StrictSerializer):
    """Who cancels, and why."""

    cancelled_by = serializers.ChoiceField(
        [(c.value, c.label) for c in (CancelledBy.CLIENT, CancelledBy.SERVICE)]
    )
    reason = serializers.CharField(max_length=200)


class AttendanceInput(StrictSerializer):
    """Whose attendance; needed when several attend."""

    attendance = AttendanceField(required=False)


class CompletionInput(AttendanceInput):
    """That the client attended."""

    left_early = serializers.BooleanField(default=False)


class ResponseInput(StrictSerializer):
    """What the client told staff."""

    response = serializers.ChoiceField(
        [(r.value, r.label) for r in Response if r != Response.NEEDS_ACTION]
    )


class RuleInput(StrictSerializer):
    """One message that the policy wants. `minutes_before` belongs to `offset` alone, `days_before`
    and `at` (the facility's time of day) to `wall_clock`."""

    when = serializers.ChoiceField(RuleWhen.choices)
    minutes_before = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, max_value=LONGEST_OFFSET // MINUTE
    )
    days_before = serializers.IntegerField(
        required=False, allow_null=True, min_value=0, max_value=LONGEST_OFFSET.days
    )
    at = serializers.TimeField(required=False, allow_null=True)
    channel = serializers.ChoiceField(RuleChannel.choices)
    only_if = serializers.ChoiceField(RuleOnlyIf.choices, required=False, allow_blank=True)
    template = serializers.SlugField(required=False, allow_blank=True, max_length=32)

    def to_internal_value(self, data: Any) -> RuleWish:
        given = super().to_internal_value(data)
        return RuleWish(
            **given | {"when": RuleWhen(given["when"]), "channel": RuleChannel(given["channel"])}
        )


class NarrowedInput(StrictSerializer):
    """The rules for visits of a kind, or while the client is in a phase, or both."""

    kind = serializers.ChoiceField(AppointmentKind.choices, required=False, allow_blank=True)
    phase = serializers.ChoiceField(PhaseKind.choices, required=False, allow_blank=True)
    rules = serializers.ListField(child=RuleInput(), max_length=MOST_RULES)


class PolicyInput(StrictSerializer):
    """All rules that shall hold: others are retired. `narrowed` left out stays as it is."""

    rules = serializers.ListField(child=RuleInput(), max_length=MOST_RULES)
    narrowed = serializers.ListField(
        child=NarrowedInput(), max_length=MOST_NARROWED, required=False
    )

    def validate_narrowed(self, given: list[dict[str, Any]]) -> dict[Scope, list[RuleWish]]:
        scopes = {(n.get("kind", ""), n.get("phase", "")): n["rules"] for n in given}
        if len(scopes) < len(given):
            raise serializers.ValidationError("The same visits stand there twice.", "duplicate")
        return scopes
