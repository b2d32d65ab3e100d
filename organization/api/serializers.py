"""How facilities, programs, rooms and staff look in the API."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from common.api.output import ModelOutput
from common.api.serializers import EnumField, StrictSerializer
from common.clock import now
from organization.api.base import StaffField, VisibleField
from organization.models import Facility, Language, Membership, Program, Room, User
from organization.roles import CAPABILITIES, Role


class FacilityOutput(ModelOutput):
    class Meta:
        model = Facility
        fields = [
            "id", "legal_name", "discreet_name", "discreet_phone", "zone", "languages",
            "quiet_from", "quiet_until", "idle_sign_out_minutes", "sms_has_link",
            "declining_cancels", "crisis_line", "messages_per_minute",
        ]  # fmt: skip


class FacilityChanges(StrictSerializer):
    """What is to be different. Quiet hours are a beginning and an end, or both null."""

    discreet_name = serializers.CharField(
        max_length=40, required=False, help_text="All that a message tells of where the visit is."
    )
    discreet_phone = serializers.CharField(max_length=20, required=False)
    languages = serializers.ListField(
        child=EnumField(Language), min_length=1, max_length=len(Language), required=False
    )
    quiet_from = serializers.TimeField(required=False, allow_null=True)
    quiet_until = serializers.TimeField(required=False, allow_null=True)
    sms_has_link = serializers.BooleanField(required=False)
    declining_cancels = serializers.BooleanField(required=False)
    crisis_line = serializers.CharField(max_length=40, required=False, allow_blank=True)
    messages_per_minute = serializers.IntegerField(
        min_value=1, max_value=32767, required=False, allow_null=True
    )


class ProgramOutput(ModelOutput):
    class Meta:
        model = Program
        fields = [
            "id", "facility", "name", "phase", "residential", "level_of_care",
            "level_of_care_edition", "planned_days", "active",
        ]  # fmt: skip


class RoomOutput(ModelOutput):
    class Meta:
        model = Room
        fields = ["id", "facility", "name", "capacity", "active"]


class StaffMembershipOutput(ModelOutput):
    """A role that somebody holds, or held, at a facility."""

    class Meta:
        model = Membership
        fields = ["id", "facility", "role", "credential", "supervisor", "since", "until"]


FOR_MANAGERS = (
    "email", "is_active", "has_password", "deactivated_at", "deactivated_because", "memberships",
)  # fmt: skip


class StaffOutput(ModelOutput):
    """A member of staff; with e-mail, roles and state where you manage their account."""

    email = serializers.EmailField(required=False)
    is_active = serializers.BooleanField(required=False)
    has_password = serializers.BooleanField(
        source="has_usable_password", required=False,
        help_text="False until they have followed the link that they were sent.",
    )  # fmt: skip
    deactivated_at = serializers.DateTimeField(required=False, allow_null=True)
    deactivated_because = serializers.CharField(required=False)
    memberships = StaffMembershipOutput(
        source="managed_memberships", many=True, required=False,
        help_text="At the facilities where you manage accounts; past ones too.",
    )  # fmt: skip

    class Meta:
        model = User
        fields = ["id", "full_name", "languages", *FOR_MANAGERS]

    def to_representation(self, user: User) -> dict[str, Any]:
        shown = super().to_representation(user)
        held = shown.get("memberships")
        if held and any(role["until"] is None or role["until"] > now() for role in held):
            return shown
        # Of somebody who has left the manager's facilities no more than that they were there.
        kept = ("memberships",) if held else ()
        return {k: v for k, v in shown.items() if k not in FOR_MANAGERS or k in kept}


class PersonOutput(ModelOutput):
    """A member of staff, as other resources name them."""

    class Meta:
        model = User
        fields = ["id", "full_name"]


class MembershipOutput(ModelOutput):
    capabilities = serializers.SerializerMethodField()

    class Meta:
        model = Membership
        fields = ["facility", "role", "credential", "capabilities"]

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_capabilities(self, membership: Membership) -> list[str]:
        return sorted(CAPABILITIES[Role(membership.role)])


class MeOutput(ModelOutput):
    memberships = MembershipOutput(many=True)

    class Meta:
        model = User
        fields = ["id", "email", "full_name", "languages", "memberships"]


class SignInInput(StrictSerializer):
    """E-mail address and password."""

    email = serializers.EmailField(max_length=254)
    password = serializers.CharField(max_length=200, trim_whitespace=False)


class TokenOutput(serializers.Serializer[Any]):
    """A token, shown this once. Send it as `Authorization: Token …`."""

    token = serializers.CharField()
    expires_at = serializers.DateTimeField()


class RoleInput(StrictSerializer):
    """A role at a facility where you manage accounts."""

    facility = VisibleField(Facility)
    role = EnumField(Role)
    credential = serializers.CharField(max_length=40, required=False, allow_blank=True)
    supervisor = StaffField(required=False, allow_null=True)


class InvitationInput(RoleInput):
    """Who is invited, as what. Who has an account already keeps its name."""

    email = serializers.EmailField(max_length=254)
    full_name = serializers.CharField(max_length=120)


class DeactivationInput(StrictSerializer):
    """Why."""

    reason = serializers.CharField(max_length=200)
