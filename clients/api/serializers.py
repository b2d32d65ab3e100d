"""How clients, contact points, consents and care teams look in the API."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from clients.models import (
    CareRole,
    CareTeamMember,
    Channel,
    Client,
    ConsentMethod,
    ContactConsent,
    ContactKind,
    ContactPoint,
)
from common.api.output import ModelOutput, PlainOutput
from common.api.serializers import EnumField, StrictSerializer
from organization.api.base import StaffField, VisibleField
from organization.api.serializers import PersonOutput
from organization.models import Facility, Language, PhaseKind

HIGHEST_POSITION = 1000
MOST_CONTACT_POINTS = 20


# ── What comes in ─────────────────────────────────────────────────────────────────────────────


class ClientDetails(StrictSerializer):
    """What a client's record holds beside its number."""

    legal_first_name = serializers.CharField(max_length=80)
    legal_last_name = serializers.CharField(max_length=80)
    chosen_name = serializers.CharField(max_length=80, required=False, allow_blank=True)
    greeting_name = serializers.CharField(
        max_length=40, required=False,
        help_text="The name used in messages; the chosen or legal first name unless given.",
    )  # fmt: skip
    birth_date = serializers.DateField()
    language = EnumField(Language, required=False, help_text="The language of messages.")
    languages = serializers.ListField(
        child=EnumField(Language), required=False, allow_empty=False, max_length=len(Language)
    )
    zone = serializers.CharField(
        max_length=64, required=False, allow_blank=True,
        help_text="IANA name; where the client lives, if not in the facility's time zone.",
    )  # fmt: skip
    preferred_channel = EnumField(Channel, required=False)
    messages_on_unit = serializers.BooleanField(
        required=False, help_text="Asked for messages also while living on the unit."
    )
    quiet_from = serializers.TimeField(
        required=False, allow_null=True,
        help_text="No messages from then until `quiet_until`, where the client lives; besides the facility's quiet hours.",
    )  # fmt: skip
    quiet_until = serializers.TimeField(required=False, allow_null=True)


class ClientChanges(ClientDetails):
    """What is to be different."""

    deceased_on = serializers.DateField(required=False, allow_null=True)


class SearchInput(StrictSerializer):
    """A record number or its last digits, parts of names, or a whole telephone number or e-mail
    address."""

    text = serializers.CharField(
        min_length=2, max_length=254,
        error_messages={"min_length": "Give at least two letters of a name, or more."},
    )  # fmt: skip


class ConsentInput(StrictSerializer):
    """How the client agreed, and to which version of the wording (the present one if left out)."""

    method = EnumField(ConsentMethod)
    wording_version = serializers.CharField(max_length=20, required=False)
    plain_words = serializers.BooleanField(
        required=False,
        help_text=(
            "What is sent there may tell what it is about: the client agreed to that, too. A clinical"
            " supervisor records it; left out, it stays as it is."
        ),
    )


class ContactPointDetails(StrictSerializer):
    """What may be changed of a contact point; another address is another contact point."""

    position = serializers.IntegerField(
        min_value=0, max_value=HIGHEST_POSITION, required=False,
        help_text="Lower is tried first among those of one kind.",
    )  # fmt: skip
    safe_to_leave_voicemail = serializers.BooleanField(required=False)
    valid_until = serializers.DateField(required=False, allow_null=True)


class ContactPointInput(ContactPointDetails):
    """A telephone number or an e-mail address, perhaps with the consent given in the same breath."""

    kind = EnumField(ContactKind)
    value = serializers.CharField(max_length=254)
    consent = ConsentInput(required=False)


class ClientInput(ClientDetails):
    """A new client. A counselor becomes primary; others name one."""

    facility = VisibleField(Facility)
    primary_counselor = StaffField(required=False)
    contact_points = ContactPointInput(  # type: ignore[call-arg]  # of the list
        many=True, required=False, max_length=MOST_CONTACT_POINTS
    )
    not_duplicate_of = serializers.ListField(
        child=serializers.UUIDField(), required=False, max_length=100,
        help_text="Of the candidates told of by `possible_duplicates`: they are somebody else.",
    )  # fmt: skip


class CareTeamInput(StrictSerializer):
    """Who joins, as what, and why."""

    user = StaffField()
    role = EnumField(CareRole)
    reason = serializers.CharField(max_length=200)


class DepartureInput(StrictSerializer):
    """Why they leave."""

    reason = serializers.CharField(max_length=200)


class PrimaryCounselorInput(StrictSerializer):
    """Who takes the case, and at which facility they hold a counseling role."""

    counselor = StaffField()
    facility = VisibleField(Facility)
    reason = serializers.CharField(max_length=200, required=False, allow_blank=True)


# ── What goes out ─────────────────────────────────────────────────────────────────────────────


class CurrentPhaseOutput(PlainOutput):
    """The phase a client is in now."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=PhaseKind.choices)
    program = serializers.UUIDField(source="program_id")
    started_at = serializers.DateTimeField()
    planned_end = serializers.DateField()


class ClientOutput(ModelOutput):
    former_record_numbers = serializers.SerializerMethodField(
        help_text="Of records that were merged into this one. They find it, too."
    )
    primary_counselor = serializers.SerializerMethodField()
    current_phase = CurrentPhaseOutput(
        source="phase_now", required=False, allow_null=True,
        help_text="Null when not in treatment; absent where you may not see the case.",
    )  # fmt: skip

    class Meta:
        model = Client
        fields = [
            "id", "record_number", "former_record_numbers", "legal_first_name",
            "legal_last_name", "chosen_name", "greeting_name", "birth_date", "language", "languages", "zone", "preferred_channel",
            "messages_on_unit", "quiet_from", "quiet_until", "deceased_on", "primary_counselor", "current_phase",
            "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = fields

    def to_representation(self, instance: Client) -> dict[str, Any]:
        shown = super().to_representation(instance)
        if not hasattr(instance, "phase_now"):
            shown.pop("current_phase", None)
        return shown

    def get_former_record_numbers(self, client: Any) -> list[str]:
        return client.beside.former_record_numbers  # type: ignore[no-any-return]

    @extend_schema_field(PersonOutput(allow_null=True))
    def get_primary_counselor(self, client: Any) -> Any:
        shown = client.beside
        if shown.counselor_id is None:
            return None
        return {"id": shown.counselor_id, "full_name": shown.counselor_name}


class SearchOutput(serializers.Serializer[Any]):
    """Up to 25 clients, those that fit best at the front."""

    results = ClientOutput(many=True)
    more = serializers.BooleanField(help_text="There are more: search for more of the name.")


class ConsentOutput(ModelOutput):
    granted_by = PersonOutput()
    withdrawn_by = PersonOutput(allow_null=True)

    class Meta:
        model = ContactConsent
        fields = [
            "id", "contact_point", "channel", "method", "wording_version", "plain_words",
            "granted_at", "granted_by", "withdrawn_at", "withdrawn_by",
        ]  # fmt: skip
        read_only_fields = fields


class ContactPointOutput(ModelOutput):
    value = serializers.CharField(help_text="E.164 telephone number, or e-mail address.")
    channel = serializers.ChoiceField(choices=Channel.choices)
    consent = serializers.SerializerMethodField(help_text="The one in force, if any.")

    class Meta:
        model = ContactPoint
        fields = [
            "id", "client", "kind", "value", "channel", "position", "safe_to_leave_voicemail",
            "valid_until", "consent", "undeliverable_since", "undeliverable_code",
            "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(ConsentOutput(allow_null=True))
    def get_consent(self, point: Any) -> Any:
        return ConsentOutput(point.in_force[0]).data if point.in_force else None


class CareTeamOutput(ModelOutput):
    user = PersonOutput()
    reason = serializers.CharField(
        required=False, help_text="Absent where you may not see the case, as is `ended_because`."
    )
    ended_because = serializers.CharField(required=False)

    class Meta:
        model = CareTeamMember
        fields = [
            "id", "client", "user", "role", "primary", "since", "until", "reason", "ended_because",
        ]  # fmt: skip
        read_only_fields = fields

    def to_representation(self, instance: Any) -> dict[str, Any]:
        shown = super().to_representation(instance)
        if not instance.case_seen:
            del shown["reason"], shown["ended_because"]
        return shown
