"""What the text-message provider calls: receipts, and what clients write.

Nobody signs in here; the provider's signature takes that place. What is called with is stored
first and handled after: if handling fails, the stored row stays and the sweep takes it up.
"""

import logging
import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse  # noqa: TID251 (these are views)
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from rest_framework import serializers
from twilio.request_validator import RequestValidator

from audit.middleware import trail_of
from audit.services import collected
from common.api.problems import plain_problem
from messaging.models import Receipt
from messaging.services.inbound import handle_inbound, store_inbound
from messaging.services.receipts import handle_receipt, store_receipt

log = logging.getLogger(__name__)

EMPTY_TWIML = '<?xml version="1.0" encoding="UTF-8"?><Response/>'


class StatusForm(serializers.Serializer[Any]):
    """A receipt: what became of one message. There is more in the form; it is not kept."""

    MessageSid = serializers.CharField(max_length=128)
    MessageStatus = serializers.CharField(max_length=20)
    ErrorCode = serializers.CharField(max_length=20, required=False, allow_blank=True, default="")


class InboundForm(serializers.Serializer[Any]):
    """A text message from outside. It may be empty (a picture without words)."""

    MessageSid = serializers.CharField(max_length=128)
    From = serializers.CharField(max_length=128)
    Body = serializers.CharField(allow_blank=True, trim_whitespace=False)


def signed(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Only for the provider: a POST that carries its signature."""

    @csrf_exempt
    @require_POST
    @wraps(view)
    def guarded(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        if not _is_signed(request):
            return plain_problem(
                403, code="wrong_signature", detail="This isn't signed by the provider."
            )
        return view(request, **kwargs)

    return guarded


def _is_signed(request: HttpRequest) -> bool:
    """Signed with our token for our own address: the Host header is the caller's word.

    Without a token nothing is: an empty one would let everybody sign.
    """
    signature = request.headers.get("X-Twilio-Signature", "")
    if not (settings.TWILIO_AUTH_TOKEN and signature):
        return False
    url = f"{settings.PUBLIC_URL}{request.get_full_path()}"
    validator = RequestValidator(settings.TWILIO_AUTH_TOKEN)
    return bool(validator.validate(url, request.POST, signature))


@signed
def status(request: HttpRequest, attempt_id: uuid.UUID) -> HttpResponse:
    """A receipt for one attempt. One for an attempt that we don't know is kept, and changes nothing."""
    form = StatusForm(data=request.POST)
    if not form.is_valid():
        return _malformed(form)
    given = form.validated_data
    receipt: Receipt | None = store_receipt(
        attempt_id=attempt_id,
        provider_id=given["MessageSid"],
        status=given["MessageStatus"].lower(),
        code=given["ErrorCode"],
    )
    if receipt is not None:
        handle_stored(request, handle_receipt, receipt.pk)
    return HttpResponse(status=204)


@signed
def inbound(request: HttpRequest) -> HttpResponse:
    """A client's text message. The provider is told to answer nothing: the outbox does that."""
    form = InboundForm(data=request.POST)
    if not form.is_valid():
        return _malformed(form)
    given = form.validated_data
    stored = store_inbound(
        provider_id=given["MessageSid"], sender=given["From"], body=given["Body"]
    )
    handle_stored(request, handle_inbound, stored.pk)
    return HttpResponse(EMPTY_TWIML, content_type="text/xml")


def handle_stored(request: HttpRequest, handle: Callable[[uuid.UUID], None], pk: uuid.UUID) -> None:
    """Handle what is stored and committed, with its audit row in one transaction. A fault is logged
    without its words, which may quote data; the row stays unhandled for the sweep."""
    try:
        with transaction.atomic(), collected(trail_of(request)):
            handle(pk)
    except Exception as fault:
        log.error(  # noqa: TRY400 (a traceback quotes data)
            "webhook.unhandled kind=%s id=%s fault=%s", handle.__name__, pk, type(fault).__name__
        )


def _malformed(form: serializers.Serializer[Any]) -> HttpResponse:
    names = ", ".join(sorted(form.errors))
    return plain_problem(400, code="invalid", detail=f"Missing or malformed: {names}.")
