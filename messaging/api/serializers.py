"""How messages, what came in, and opt-outs look in the API."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from clients.models import Channel, ContactPoint
from common.api.output import ModelOutput
from messaging.models import Attempt, InboundMessage, Meaning, Message
from messaging.states import Reason
from organization.roles import Capability


class ReasonOutput(serializers.Serializer[Any]):
    """Why something was not sent, or ended."""

    code = serializers.ChoiceField(Reason.choices)
    sentence = serializers.CharField()


def reason_shown(code: str) -> dict[str, str] | None:
    """A reason's code and sentence; None where there is none."""
    return {"code": code, "sentence": str(Reason(code).label)} if code else None


class AttemptOutput(ModelOutput):
    """One hand-over to the provider."""

    class Meta:
        model = Attempt
        fields = ["number", "state", "started_at", "ended_at", "code", "words"]
        read_only_fields = fields


class MessageOutput(ModelOutput):
    """One message, without its text. `about` is what it is about: an attendance, for a reminder."""

    reason = serializers.SerializerMethodField()

    class Meta:
        model = Message
        fields = [
            "id", "client", "facility", "purpose", "about", "channel", "contact_point", "language",
            "state", "reason", "send_at", "expires_at", "sent_at", "delivered_at", "ended_at",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(ReasonOutput(allow_null=True))
    def get_reason(self, message: Message) -> dict[str, str] | None:
        return reason_shown(message.reason)


class MessageDetailOutput(MessageOutput):
    """One message with its attempts, and its text as sent; its link stands there unfilled."""

    attempts = AttemptOutput(many=True, read_only=True)
    subject = serializers.CharField(read_only=True, allow_null=True)
    body = serializers.CharField(
        read_only=True, allow_null=True, help_text="Null until it is handed over."
    )

    class Meta(MessageOutput.Meta):
        fields = [*MessageOutput.Meta.fields, "text_version", "subject", "body", "attempts"]
        read_only_fields = fields


class InboundOutput(ModelOutput):
    """Something that came in, without its text. No client: it is not clear whose it is.

    `meaning` is null until it has been looked at.
    """

    meaning = serializers.SerializerMethodField()

    class Meta:
        model = InboundMessage
        fields = [
            "id", "channel", "received_at", "meaning", "client", "answers", "handled_at",
            "read_at", "read_by",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(serializers.ChoiceField(Meaning.choices, allow_null=True))
    def get_meaning(self, inbound: InboundMessage) -> str | None:
        return inbound.meaning or None


class InboundDetailOutput(InboundOutput):
    """What somebody wrote to us."""

    text = serializers.CharField(source="body", read_only=True)
    sender = serializers.CharField(
        required=False, help_text="The address; absent where you may not see contact points."
    )

    class Meta(InboundOutput.Meta):
        fields = [*InboundOutput.Meta.fields, "text", "sender"]
        read_only_fields = [name for name in fields if name != "sender"]

    def to_representation(self, instance: InboundMessage) -> dict[str, Any]:
        shown = super().to_representation(instance)
        if not self.context["request"].user.access.can(Capability.VIEW_CONTACTS):
            del shown["sender"]
        return shown


class OptOutOutput(ModelOutput):
    """A contact point whose address wants nothing on its channel."""

    contact_point = serializers.UUIDField(source="pk", read_only=True)
    channel = serializers.ChoiceField(Channel.choices, read_only=True)
    since = serializers.DateTimeField(source="opted_out_since", read_only=True)

    class Meta:
        model = ContactPoint
        fields = ["contact_point", "client", "channel", "since"]
        read_only_fields = fields
