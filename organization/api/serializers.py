"""How facilities, programs, rooms and staff look in the API."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from common.api.serializers import StrictSerializer
from organization.models import Facility, Membership, Program, Room, User
from organization.roles import CAPABILITIES, Role


class FacilityOutput(serializers.ModelSerializer[Facility]):
    class Meta:
        model = Facility
        fields = [
            "id", "legal_name", "discreet_name", "discreet_phone", "zone", "languages",
            "quiet_from", "quiet_until", "idle_sign_out_minutes", "sms_has_link",
            "declining_cancels",
        ]  # fmt: skip


class ProgramOutput(serializers.ModelSerializer[Program]):
    class Meta:
        model = Program
        fields = [
            "id", "facility", "name", "phase", "residential", "level_of_care",
            "level_of_care_edition", "planned_days", "active",
        ]  # fmt: skip


class RoomOutput(serializers.ModelSerializer[Room]):
    class Meta:
        model = Room
        fields = ["id", "facility", "name", "capacity", "active"]


class StaffOutput(serializers.ModelSerializer[User]):
    class Meta:
        model = User
        fields = ["id", "full_name", "languages"]


class PersonOutput(serializers.ModelSerializer[User]):
    """A member of staff, as other resources name them."""

    class Meta:
        model = User
        fields = ["id", "full_name"]


class MembershipOutput(serializers.ModelSerializer[Membership]):
    capabilities = serializers.SerializerMethodField()

    class Meta:
        model = Membership
        fields = ["facility", "role", "credential", "capabilities"]

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_capabilities(self, membership: Membership) -> list[str]:
        return sorted(CAPABILITIES[Role(membership.role)])


class MeOutput(serializers.ModelSerializer[User]):
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
