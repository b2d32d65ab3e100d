"""A facility's own words: `/message-templates/`."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from appointments.services.templates import (
    LONGEST_BODY,
    LONGEST_SUBJECT,
    Words,
    preview_template,
    retire_template,
    save_template,
)
from appointments.texts import KEYS, built_in
from clients.models import Channel
from common.api.answers import FaultOutput
from common.api.output import ModelOutput
from common.api.serializers import StrictSerializer
from messaging.models import Template
from organization.api.base import Listed, Resource, Retrieved, VisibleField
from organization.models import Facility, Language
from organization.roles import Capability

KEY_HELP = (
    "`reminder`, `booked`, `moved`, `cancelled` or `no_show`: said instead of what all facilities say."
    " Any other: a name for rules to refer to (`template`)."
)


class TemplateOutput(ModelOutput):
    """One version of a facility's own words. `retired_at` is set when others took its place."""

    class Meta:
        model = Template
        fields = [
            "id", "facility", "key", "channel", "language", "plain", "number", "subject", "body",
            "made_by", "created_at", "retired_at",
        ]  # fmt: skip
        read_only_fields = fields


class BuiltInOutput(serializers.Serializer[Any]):
    """What is said where a facility has no words of its own."""

    key = serializers.ChoiceField(KEYS)
    channel = serializers.ChoiceField(Channel.choices)
    language = serializers.ChoiceField(Language.choices)
    subject = serializers.CharField()
    body = serializers.CharField()


class BuiltInWords(serializers.Serializer[Any]):
    """All of them: each kind by each channel in each language."""

    results = BuiltInOutput(many=True)


class TemplateInput(StrictSerializer):
    """Words to be said. The fields in them are `{greeting_name}`, `{day}`, `{time}`,
    `{discreet_place}`, `{link}`, and no others."""

    facility = VisibleField(Facility)
    key = serializers.SlugField(max_length=32, help_text=KEY_HELP)
    channel = serializers.ChoiceField(Channel.choices)
    language = serializers.ChoiceField(Language.choices)
    subject = serializers.CharField(
        required=False, allow_blank=True, max_length=LONGEST_SUBJECT, help_text="Of an e-mail."
    )
    body = serializers.CharField(max_length=LONGEST_BODY, trim_whitespace=False)
    plain = serializers.BooleanField(
        required=False,
        help_text="May tell what it is about; said only to clients who agreed to plain words.",
    )

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        facility = given.pop("facility")
        words = Words(
            key=given["key"],
            channel=Channel(given["channel"]),
            language=Language(given["language"]),
            body=given["body"].replace("\r\n", "\n"),
            subject=given.get("subject", ""),
            plain=given.get("plain", False),
        )
        return {"facility": facility, "words": words}


class MeasureOutput(serializers.Serializer[Any]):
    """What a text message takes: septets (GSM-7) or UTF-16 units, in parts of `per_segment`."""

    encoding = serializers.ChoiceField(["GSM-7", "UCS-2"])
    units = serializers.IntegerField()
    segments = serializers.IntegerField()
    per_segment = serializers.IntegerField()
    left = serializers.IntegerField(help_text="Units that still fit the last part.")


class TemplatePreview(serializers.Serializer[Any]):
    """The words as a client with a long name would get them; `measure` of a text message."""

    subject = serializers.CharField()
    body = serializers.CharField()
    measure = MeasureOutput(allow_null=True)
    faults = FaultOutput(many=True)


class Templates(Resource):
    """The templates of the facilities whose reminder policies a person sees."""

    model = Template
    output = TemplateOutput

    def get_queryset(self) -> QuerySet[Template]:
        if not getattr(self, "swagger_fake_view", False):
            self.user.access.require(Capability.VIEW_POLICIES)
        return super().get_queryset()


class TemplateViews(Listed, Retrieved, Templates):
    """The words in force of the facilities whose reminder policies you see; any version by its id."""

    ordering = ("key", "channel", "language", "plain", "facility_id", "id")
    voided_field = "retired_at"

    @extend_schema(responses=TemplateOutput)
    def list(self, request: Request, **kwargs: Any) -> Response:
        return self.answer_list(self.get_queryset().filter(retired_at=None))

    def with_void(self, rows: QuerySet[Template]) -> QuerySet[Template]:
        return self.get_queryset()

    @extend_schema(request=TemplateInput, responses={201: TemplateOutput})
    def create(self, request: Request, **kwargs: Any) -> Response:
        """Have these words said from now on, in what is pending, too; the ones before are retired."""
        self.user.access.require(Capability.EDIT_POLICIES)
        return self.answer(save_template(**self.parse(TemplateInput), by=self.user), code=201)

    @extend_schema(request=TemplateInput, responses={200: TemplatePreview})
    def preview(self, request: Request, **kwargs: Any) -> Response:
        """How these words look, how long a text message is, and what is wrong. Nothing is saved."""
        self.user.access.require(Capability.EDIT_POLICIES)
        shown = preview_template(**self.parse(TemplateInput), by=self.user)
        return Response(TemplatePreview(shown).data)

    @extend_schema(request=None, responses={200: TemplateOutput})
    def retire(self, request: Request, **kwargs: Any) -> Response:
        """Say these no more, but what all facilities say that have no words of their own."""
        return self.answer(retire_template(template=self.find(), by=self.user))


class TemplateVersionViews(Listed, Templates):
    """All versions of the same words, the last one first."""

    ordering = ("-number", "-id")

    def get_queryset(self) -> QuerySet[Template]:
        rows = super().get_queryset()
        if getattr(self, "swagger_fake_view", False):
            return rows
        one = self.find(rows)
        return rows.filter(
            facility=one.facility_id, key=one.key, channel=one.channel, language=one.language,
            plain=one.plain,
        )  # fmt: skip


class BuiltInViews(Templates):
    """What is said where a facility has no words of its own: to read, or to begin with."""

    @extend_schema(responses=BuiltInWords)
    def built_in(self, request: Request, **kwargs: Any) -> Response:
        self.user.access.require(Capability.VIEW_POLICIES)
        said = [
            {
                "key": key, "channel": channel, "language": language,
                "subject": words.subject, "body": words.body,
            }
            for key in KEYS
            for channel in Channel
            for language in Language
            for words in [built_in(key, channel, language, sms_has_link=False)]
        ]  # fmt: skip
        return Response(BuiltInWords({"results": said}).data)
