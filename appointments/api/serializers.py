"""How appointments, attendances, reminders and their policies look in the API."""

import datetime as dt
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from appointments.models import (
    Appointment,
    AppointmentStaff,
    Attendance,
    Reminder,
    ReminderChange,
    ReminderPolicy,
    ReminderRule,
)
from appointments.queries import narrowed_in_force, policy_in_force, why
from appointments.states import AppointmentKind, CancelledBy, RuleOnlyIf
from clients.models import Client
from common.api.answers import Problem
from common.api.output import ModelOutput, PlainOutput
from messaging.api.serializers import ReasonOutput, reason_shown
from messaging.states import TELLS_OF_THE_CASE
from organization.models import Facility, PhaseKind, Room

MINUTE = dt.timedelta(minutes=1)


class RoomRef(ModelOutput):
    class Meta:
        model = Room
        fields = ["id", "name"]
        read_only_fields = fields


class ClientRef(ModelOutput):
    class Meta:
        model = Client
        fields = ["id", "name", "record_number"]
        read_only_fields = fields


class StaffingOutput(ModelOutput):
    id = serializers.UUIDField(read_only=True)
    full_name = serializers.CharField(read_only=True)

    class Meta:
        model = AppointmentStaff
        fields = ["id", "full_name", "leads"]
        read_only_fields = fields


class ReminderSummary(ModelOutput):
    class Meta:
        model = Reminder
        fields = ["channel", "state", "send_at"]
        read_only_fields = fields


class AttendanceOutput(ModelOutput):
    """A client in an appointment."""

    client = ClientRef(read_only=True)
    phase = serializers.ChoiceField(
        PhaseKind.choices,
        source="phase_kind",
        required=False,
        allow_null=True,
        help_text="The client's phase now, null out of treatment; absent if not yours to see.",
    )
    reminders = ReminderSummary(source="reminders_told", many=True, read_only=True)

    class Meta:
        model = Attendance
        fields = [
            "id", "client", "status", "status_at", "response", "responded_at", "phase", "reminders",
        ]  # fmt: skip
        read_only_fields = [name for name in fields if name != "phase"]

    def to_representation(self, instance: Attendance) -> dict[str, Any]:
        shown = super().to_representation(instance)
        if not instance.case_seen:  # type: ignore[attr-defined]  # annotated
            del shown["phase"]
        return shown


class AppointmentOutput(ModelOutput):
    """An appointment, with those attendances that you may see."""

    duration_minutes = serializers.SerializerMethodField()
    room = RoomRef(source="shown_room", read_only=True, allow_null=True)
    cancelled_by = serializers.SerializerMethodField()
    moved_from = serializers.UUIDField(source="moved_from_id", read_only=True, allow_null=True)
    moved_to = serializers.UUIDField(source="successor_id", read_only=True, allow_null=True)
    remark = serializers.CharField(
        required=False, help_text="Absent where you may not read case notes, as is `cancel_reason`."
    )
    cancel_reason = serializers.CharField(required=False)
    staff = StaffingOutput(source="shown_staffing", many=True, read_only=True)
    attendances = AttendanceOutput(source="visible_attendances", many=True, read_only=True)

    class Meta:
        model = Appointment
        fields = [
            "id", "facility", "kind", "starts_at", "ends_at", "duration_minutes", "room",
            "capacity", "status", "cancelled_by", "cancel_reason", "moved_from", "moved_to",
            "remark", "staff", "attendances",
        ]  # fmt: skip
        read_only_fields = fields

    def to_representation(self, instance: Appointment) -> dict[str, Any]:
        """Free text may say why somebody comes: for its staff, and who reads of all why they do."""
        shown = super().to_representation(instance)
        user = self.context["request"].user
        staffing = instance.shown_staffing  # type: ignore[attr-defined]  # fetched
        own = any(staff["id"] == str(user.pk) for staff in staffing)
        if not own and not instance.notes_read:  # type: ignore[attr-defined]  # fetched
            shown.pop("remark", None)
            shown.pop("cancel_reason", None)
        return shown

    @extend_schema_field(serializers.ChoiceField(CancelledBy.choices, allow_null=True))
    def get_cancelled_by(self, appointment: Appointment) -> str | None:
        return appointment.cancelled_by or None

    def get_duration_minutes(self, appointment: Appointment) -> int:
        return (appointment.ends_at - appointment.starts_at) // MINUTE


class RuleOutput(ModelOutput):
    """A rule of the policy, and in words."""

    only_if = serializers.ChoiceField(["", *RuleOnlyIf.values], help_text="Empty: for all.")
    template = serializers.CharField(help_text="Empty: the text that all such messages have.")
    words = serializers.SerializerMethodField()

    class Meta:
        model = ReminderRule
        fields = [
            "when", "minutes_before", "days_before", "at", "channel", "only_if", "template", "words",
        ]  # fmt: skip
        read_only_fields = fields

    def get_words(self, rule: ReminderRule) -> str:
        when, channel = rule.get_when_display(), rule.get_channel_display()
        if rule.minutes_before is not None:
            when = f"{_length(rule.minutes_before)} before the start"
        if rule.days_before is not None and rule.at is not None:
            when = f"{_days(rule.days_before)} at {rule.at:%H:%M}"
        words = f"{when}, by {channel[0].lower()}{channel[1:]}"
        only_if = rule.get_only_if_display()
        return f"{words}; {only_if[0].lower()}{only_if[1:]}" if rule.only_if else words


def _days(number: int) -> str:
    return "On the day" if not number else f"{number} day{'s' if number > 1 else ''} before"


def _length(minutes: int) -> str:
    """Minutes in the largest unit that counts them whole, up to three days in hours."""
    for unit, size in (("day", 1440), ("hour", 60)):
        if minutes % size == 0 and (unit == "hour" or minutes > 3 * size):
            return f"{minutes // size} {unit}{'s' if minutes > size else ''}"
    return f"{minutes} minute{'s' if minutes > 1 else ''}"


class ReminderChangeOutput(ModelOutput):
    """One state that a reminder was in."""

    at = serializers.DateTimeField(source="created_at", read_only=True)
    reason = serializers.SerializerMethodField()

    class Meta:
        model = ReminderChange
        fields = ["at", "state", "reason", "message"]
        read_only_fields = fields

    @extend_schema_field(ReasonOutput(allow_null=True))
    def get_reason(self, change: ReminderChange) -> dict[str, str] | None:
        return reason_shown(change.reason)


class WhyOutput(serializers.Serializer[Any]):
    """What was or will be done, in a code and in words; times are the facility's."""

    code = serializers.CharField(
        help_text="`planned`, `bundled`, `sent`, `delivered`, a reason's code, or `not_shown`."
    )
    sentence = serializers.CharField()


class ReminderOutput(ModelOutput):
    """One row of the ledger: what was wanted, what became of it, and why."""

    rule = RuleOutput(read_only=True)
    why = serializers.SerializerMethodField()
    reason = serializers.SerializerMethodField()
    address = serializers.CharField(
        source="contact_point.value",
        required=False,
        allow_null=True,
        help_text="Absent where you may not see contact points.",
    )
    sent_at = serializers.DateTimeField(source="message.sent_at", read_only=True, allow_null=True)
    delivered_at = serializers.DateTimeField(
        source="message.delivered_at", read_only=True, allow_null=True
    )
    attempts = serializers.SerializerMethodField()
    history = ReminderChangeOutput(source="changes", many=True, read_only=True)

    class Meta:
        model = Reminder
        fields = [
            "id", "attendance", "rule", "channel", "contact_point", "address", "state", "why",
            "reason", "send_at", "message", "sent_at", "delivered_at", "attempts", "history",
        ]  # fmt: skip
        read_only_fields = [name for name in fields if name != "address"]

    def to_representation(self, instance: Reminder) -> dict[str, Any]:
        shown = super().to_representation(instance)
        if not instance.address_seen:  # type: ignore[attr-defined]  # annotated
            shown.pop("address", None)
        if not instance.case_seen:  # type: ignore[attr-defined]  # annotated
            for entry in (shown, *shown["history"]):
                if entry["reason"] and entry["reason"]["code"] in TELLS_OF_THE_CASE:
                    entry["reason"] = None
        return shown

    @extend_schema_field(ReasonOutput(allow_null=True))
    def get_reason(self, reminder: Reminder) -> dict[str, str] | None:
        return reason_shown(reminder.reason)

    @extend_schema_field(WhyOutput)
    def get_why(self, reminder: Reminder) -> dict[str, str]:
        case_seen: bool = reminder.case_seen  # type: ignore[attr-defined]  # annotated
        return why(reminder, case_seen=case_seen)._asdict()

    def get_attempts(self, reminder: Reminder) -> int:
        return len(reminder.message.attempts.all()) if reminder.message else 0


class NarrowedOutput(ModelOutput):
    """The rules in force for visits of a kind, while the client is in a phase, or both."""

    kind = serializers.ChoiceField(["", *AppointmentKind.values], help_text="Empty: all kinds.")
    phase = serializers.ChoiceField(["", *PhaseKind.values], help_text="Empty: all phases.")
    rules = RuleOutput(source="rules_in_force", many=True, read_only=True)

    class Meta:
        model = ReminderPolicy
        fields = ["kind", "phase", "rules"]
        read_only_fields = fields


class PolicyOutput(serializers.Serializer[Facility]):
    """A facility's reminder policy, with the rules in force.

    Of `narrowed` and `rules` the narrowest that fits a visit counts, alone: kind and phase, then the
    phase, then the kind.
    """

    id = serializers.UUIDField()
    facility = serializers.UUIDField()
    rules = RuleOutput(many=True)
    narrowed = NarrowedOutput(many=True)

    def to_representation(self, instance: Facility) -> dict[str, Any]:
        policy, rules = policy_in_force(instance)
        shown = {
            "id": policy.pk, "facility": instance.pk, "rules": rules,
            "narrowed": narrowed_in_force(instance),
        }  # fmt: skip
        return dict(super().to_representation(shown))  # type: ignore[arg-type]  # not a row


class PolicyPreview(PlainOutput):
    """What saving these rules would do to the messages that are pending. Nothing was saved.

    `clients` of `clients_in_all` were looked at, those with the nearest visits first.
    """

    added = serializers.IntegerField()
    taken_back = serializers.IntegerField()
    moved = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    clients = serializers.IntegerField()
    clients_in_all = serializers.IntegerField()


class FreeSlot(serializers.Serializer[Any]):
    """A time at which staff, room and clients are all free."""

    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()


class BookingConflict(Problem):
    """Why a time can't be had. `slot_taken` comes with up to five free times near it, nearest first.

    `client_busy` says no more than that.
    """

    free_slots = FreeSlot(many=True, required=False)


class AttendanceConflict(Problem):
    """Why an attendance can't become that, and what it can become."""

    allowed = serializers.ListField(child=serializers.CharField(), required=False)
