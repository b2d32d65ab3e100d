"""How tasks look in the API."""

from rest_framework import serializers

from common.api.output import ModelOutput
from common.api.serializers import StrictSerializer
from organization.api.serializers import PersonOutput
from organization.roles import Role
from worklist.models import Task


class TaskCompletionInput(StrictSerializer):
    """What came of it."""

    outcome = serializers.CharField(max_length=200)


class TaskOutput(ModelOutput):
    assignee = PersonOutput(allow_null=True)
    ended_by = PersonOutput(allow_null=True)
    role = serializers.ChoiceField(Role.choices, allow_blank=True)

    class Meta:
        model = Task
        fields = [
            "id", "kind", "source", "client", "facility", "assignee", "role", "priority", "due_at",
            "state", "outcome", "ended_at", "ended_by", "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = fields
