"""What was sent, what came back, and who opted out."""

import uuid
from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from clients.models import ContactPoint
from messaging.api.filters import InboundFilters, MessageFilters
from messaging.api.serializers import (
    InboundDetailOutput,
    InboundOutput,
    MessageDetailOutput,
    MessageOutput,
    OptOutOutput,
)
from messaging.models import InboundMessage, Message
from messaging.queries import clients_with_address, ever_opted_out_points, opted_out_points
from messaging.services.inbox import mark_read
from organization.api.base import Listed, Resource


class MessageViews(Listed):
    """Messages to clients whose messages you see, the latest due first."""

    model = Message
    output = MessageOutput
    kind = "message"
    client_path = "client_id"
    filterset_class = MessageFilters
    ordering = ("-send_at", "-id")


class MessageView(Resource):
    """One message with its attempts, and its text as sent."""

    model = Message
    output = MessageDetailOutput
    kind = "message"
    client_path = "client_id"

    @extend_schema(responses=MessageDetailOutput)
    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        return self.answer(self.find(self.get_queryset().prefetch_related("attempts")))


class Inbound(Resource):
    """What came in. The trail names everyone whom it may be from, where that isn't clear."""

    model = InboundMessage
    output = InboundOutput
    kind = "inbound_message"
    client_path = "client_id"

    def _clients(self, rows: Iterable[InboundMessage]) -> list[uuid.UUID]:
        unclear = [row.address_index for row in rows if row.client_id is None]
        perhaps = clients_with_address(unclear, self.user) if unclear else set()
        return [*super()._clients(rows), *perhaps]


class InboundViews(Listed, Inbound):
    """What clients wrote to us, newest first."""

    filterset_class = InboundFilters
    ordering = ("-received_at", "-id")


class InboundView(Inbound):
    """One message that came in, with its text."""

    output = InboundDetailOutput

    @extend_schema(responses=InboundDetailOutput)
    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        return self.answer(self.find())


class ReadingView(Inbound):
    """Says that somebody read it."""

    @extend_schema(request=None, responses={200: InboundOutput})
    def read(self, request: Request, **kwargs: Any) -> Response:
        """Mark it as read, and end the task to read it. Again, it changes nothing."""
        return self.answer(mark_read(inbound=self.find(), by=self.user))


class OptOutViews(Listed):
    """Contact points that have opted out. An opt-out holds for everyone who shares the address."""

    model = ContactPoint
    output = OptOutOutput
    kind = "contact_point"
    client_path = "client_id"
    ordering = ("-opted_out_since", "-id")
    changed_field = "opt_out_changed_at"
    voided_field = "opt_out_lifted_at"

    def get_queryset(self) -> QuerySet[ContactPoint]:
        if getattr(self, "swagger_fake_view", False):
            return ContactPoint.objects.none()
        return opted_out_points(self.user)

    def with_void(self, rows: QuerySet[ContactPoint]) -> QuerySet[ContactPoint]:
        """With those whose opt-out was lifted."""
        return ever_opted_out_points(self.user)
