"""How episodes, phases, transitions and gates look in the API."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from casework.gates import GateFinding
from casework.models import Episode, Phase, Transition
from casework.moves import (
    FORWARD_REASONS,
    STEP_UP_REASONS,
    DischargeReason,
    NaloxoneOffer,
    ReferralSource,
    TransitionReason,
)
from casework.queries import PossibleMove
from clients.models import Client
from common.api.answers import Problem
from common.api.output import ModelOutput
from common.api.serializers import EnumField, MomentField, StrictSerializer
from organization.api.base import VisibleField
from organization.api.serializers import PersonOutput
from organization.models import PhaseKind, Program

MOVE_REASONS = [
    (r.value, r.label) for r in TransitionReason if r in FORWARD_REASONS | STEP_UP_REASONS
]
LONGEST_TEXT = 500
HOW_IT_ENDED = (
    "discharge_reason", "discharge_detail", "last_contact_on", "naloxone_offered",
    "follow_up_consent",
)  # fmt: skip
WHY = ("reason", "note", "gates")


# ── What comes in ─────────────────────────────────────────────────────────────────────────────


class AdmissionInput(StrictSerializer):
    """Who is admitted to which program, and who referred them; now, unless `at` says when."""

    client = VisibleField(Client)
    program = VisibleField(Program)
    referral_source = EnumField(ReferralSource, help_text="TEDS `PSOURCE`.")
    at = MomentField(required=False)
    note = serializers.CharField(max_length=LONGEST_TEXT, required=False, allow_blank=True)


class TransitionInput(StrictSerializer):
    """The program whose phase comes next, and why; now, unless `at` says when."""

    program = VisibleField(Program)
    reason = EnumField(
        TransitionReason, choices=MOVE_REASONS,
        help_text="Which of these a move may have, `gates/` says.",
    )  # fmt: skip
    at = MomentField(required=False)
    note = serializers.CharField(max_length=LONGEST_TEXT, required=False, allow_blank=True)


class DischargeInput(StrictSerializer):
    """How the course of treatment ended."""

    reason = EnumField(DischargeReason)
    last_contact_on = serializers.DateField(
        help_text="Between admission and discharge, on the facility's calendar."
    )
    naloxone_offered = EnumField(NaloxoneOffer)
    follow_up_consent = serializers.BooleanField()
    detail = serializers.CharField(max_length=LONGEST_TEXT, required=False, allow_blank=True)
    at = MomentField(required=False)


# ── What goes out ─────────────────────────────────────────────────────────────────────────────


class PhaseOutput(ModelOutput):
    class Meta:
        model = Phase
        fields = [
            "id", "episode", "kind", "program", "level_of_care", "level_of_care_edition",
            "started_at", "planned_end", "ended_at", "void",
        ]  # fmt: skip
        read_only_fields = fields
        extra_kwargs = {
            "void": {"help_text": "The move into it was undone: it counts for nothing."}
        }


class EpisodeOutput(ModelOutput):
    admitted_by = PersonOutput()
    phases = PhaseOutput(
        many=True, source="valid_phases", help_text="In order, undone ones left out."
    )
    current_phase = serializers.SerializerMethodField(help_text="Null after discharge.")
    discharge_reason = serializers.ChoiceField(
        DischargeReason.choices,
        required=False,
        allow_blank=True,
        help_text="Absent, like all that tells how it ended, where you may not read case notes: "
        "`discharge_detail`, `last_contact_on`, `naloxone_offered`, `follow_up_consent`.",
    )
    discharge_detail = serializers.CharField(required=False, allow_blank=True)
    last_contact_on = serializers.DateField(required=False, allow_null=True)
    naloxone_offered = serializers.ChoiceField(
        NaloxoneOffer.choices, required=False, allow_blank=True
    )
    follow_up_consent = serializers.BooleanField(required=False, allow_null=True)

    class Meta:
        model = Episode
        fields = [
            "id", "client", "facility", "admitted_at", "admitted_by", "referral_source",
            "prior_episodes", "discharged_at", "discharge_reason", "discharge_detail",
            "last_contact_on", "naloxone_offered", "follow_up_consent", "current_phase", "phases",
        ]  # fmt: skip
        read_only_fields = fields

    def to_representation(self, instance: Any) -> dict[str, Any]:
        return _without(HOW_IT_ENDED, super().to_representation(instance), instance)

    @extend_schema_field(PhaseOutput(allow_null=True))
    def get_current_phase(self, episode: Any) -> Any:
        current = [phase for phase in episode.valid_phases if phase.ended_at is None]
        return PhaseOutput(current[0]).data if current else None


class TransitionOutput(ModelOutput):
    by = PersonOutput()
    reason = serializers.ChoiceField(
        TransitionReason.choices,
        required=False,
        help_text="Absent where you may not read case notes, as are `note` and `gates`.",
    )
    note = serializers.CharField(required=False, allow_blank=True)
    gates = serializers.DictField(
        child=serializers.CharField(),
        required=False,
        help_text="Each gate that was asked, and what it said.",
    )
    undone_by = PersonOutput(allow_null=True)

    class Meta:
        model = Transition
        fields = [
            "id", "episode", "from_phase", "to_phase", "at", "by", "reason", "note", "gates",
            "undone_at", "undone_by",
        ]  # fmt: skip
        read_only_fields = fields

    def to_representation(self, instance: Any) -> dict[str, Any]:
        return _without(WHY, super().to_representation(instance), instance)


def _without(names: tuple[str, ...], shown: dict[str, Any], row: Any) -> dict[str, Any]:
    """Who admits and books sees where a client is, and not the words about it."""
    if row.notes_read:
        return shown
    return {name: value for name, value in shown.items() if name not in names}


class GateOutput(serializers.Serializer[Any]):
    """What a gate found."""

    name = serializers.CharField()
    met = serializers.BooleanField()
    explanation = serializers.CharField(
        required=False, help_text="Absent where you may not read case notes."
    )


class ProgramGatesOutput(serializers.Serializer[Any]):
    """A program that could be moved to, and the gates that have a say."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    gates = GateOutput(many=True)


class MoveOutput(serializers.Serializer[PossibleMove]):
    """A phase that may follow, the reasons such a move may have, and the programs that serve it."""

    phase = serializers.ChoiceField(choices=PhaseKind.choices)
    reasons = serializers.ListField(child=serializers.ChoiceField(choices=MOVE_REASONS))
    programs = serializers.SerializerMethodField()

    @extend_schema_field(ProgramGatesOutput(many=True))
    def get_programs(self, move: PossibleMove) -> list[dict[str, Any]]:
        return [
            {"id": str(program.pk), "name": program.name, "gates": self._gates(found)}
            for program, found in move.programs
        ]

    def _gates(self, found: dict[str, GateFinding]) -> list[dict[str, Any]]:
        gates = [{"name": name, "met": finding.met} for name, finding in found.items()]
        if self.context["notes_read"]:
            for gate, finding in zip(gates, found.values(), strict=True):
                gate["explanation"] = finding.explanation
        return gates


class GatesOutput(serializers.Serializer[Any]):
    """Where the episode can go from its current phase; nowhere after discharge."""

    moves = MoveOutput(many=True)


class MoveConflict(Problem):
    """Why a move can't be made: `phase_not_allowed` with the phases that are, or `gate_not_met`."""

    allowed = serializers.ListField(
        child=serializers.ChoiceField(choices=PhaseKind.choices), required=False
    )
    gates = serializers.DictField(
        child=serializers.CharField(), required=False, help_text="What each unmet gate lacks."
    )
