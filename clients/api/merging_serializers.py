"""How possible duplicates and merges look in the API."""

from typing import Any

from rest_framework import serializers

from clients.models import Client, ContactKind, Ground, Merge, PossibleDuplicate, Settlement
from common.api.answers import Problem
from common.api.output import ModelOutput
from common.api.serializers import EnumField, StrictSerializer
from organization.api.base import VisibleField
from organization.api.serializers import PersonOutput

MOST_ADDRESSES = 20


# ── What comes in ─────────────────────────────────────────────────────────────────────────────


class AddressInput(StrictSerializer):
    """A telephone number or an e-mail address."""

    kind = EnumField(ContactKind)
    value = serializers.CharField(max_length=254)


class PersonInput(StrictSerializer):
    """Whoever is about to be recorded."""

    legal_first_name = serializers.CharField(max_length=80)
    legal_last_name = serializers.CharField(max_length=80)
    chosen_name = serializers.CharField(max_length=80, required=False, allow_blank=True)
    birth_date = serializers.DateField()
    contact_points = AddressInput(  # type: ignore[call-arg]  # of the list
        many=True, required=False, max_length=MOST_ADDRESSES
    )


class MergeInput(StrictSerializer):
    """Which record becomes part of this one, and how it is known that both are one person's."""

    other = VisibleField(Client)
    reason = serializers.CharField(max_length=200)


# ── What goes out ─────────────────────────────────────────────────────────────────────────────


class CandidateOutput(serializers.Serializer[Any]):
    """A record that may be of the same person, and why."""

    id = serializers.UUIDField()
    record_number = serializers.CharField()
    why = serializers.ListField(child=serializers.ChoiceField(choices=Ground.choices))


class CandidatesOutput(serializers.Serializer[Any]):
    """Records, of those you may see, that may be of this person."""

    candidates = CandidateOutput(many=True)


class PossibleDuplicatesProblem(Problem):
    """`possible_duplicates` comes with the records, of those you may see, that are meant."""

    candidates = CandidateOutput(many=True, required=False)


class RecordOutput(ModelOutput):
    class Meta:
        model = Client
        fields = ["id", "record_number"]
        read_only_fields = fields


class PossibleDuplicateOutput(ModelOutput):
    first = RecordOutput()
    second = RecordOutput()
    settlement = serializers.ChoiceField(
        Settlement.choices, allow_blank=True, help_text="Empty until somebody has said."
    )
    settled_by = PersonOutput(allow_null=True)

    class Meta:
        model = PossibleDuplicate
        fields = [
            "id", "first", "second", "why", "settlement", "settled_at", "settled_by",
            "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = fields


class MergeOutput(ModelOutput):
    survivor = RecordOutput()
    other = RecordOutput()
    by = PersonOutput()
    undone_by = PersonOutput(allow_null=True)

    class Meta:
        model = Merge
        fields = [
            "id", "survivor", "other", "by", "reason", "undone_at", "undone_by",
            "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = fields


class ObstacleOutput(serializers.Serializer[Any]):
    """One thing that stands in the way, and how to clear it."""

    code = serializers.CharField()
    detail = serializers.CharField()


class MergeConflict(Problem):
    """`cannot_merge` comes with everything that stands in the way."""

    obstacles = ObstacleOutput(many=True, required=False)


class UndoConflict(Problem):
    """`changed_since` comes with what is no longer as the merge left it."""

    changed = serializers.ListField(child=serializers.CharField(), required=False)


class MergedProblem(Problem):
    """`merged`: the record is part of another one, which is named."""

    merged_into = serializers.UUIDField(required=False)
    record_number = serializers.CharField(required=False)
