"""What the mail service calls: delivered, sent back, complained of (Postmark's events).

Nobody signs in here; a name and password that only the service was given take that place (HTTP
basic authentication). As with texts: stored first, handled after.
"""

import base64
import hmac
import json
import uuid
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse  # noqa: TID251 (this is a view)
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from common.api.problems import plain_problem
from messaging.api.webhooks import handle_stored
from messaging.services.receipts import handle_receipt, store_receipt

STATUS_OF = {"Delivery": "delivered", "SpamComplaint": "complained"}
BOUNCES = (
    dict.fromkeys(("HardBounce", "BadEmailAddress", "ManuallyDeactivated"), "bounced")
    | dict.fromkeys(("SoftBounce", "VirusNotification", "Blocked", "DMARCPolicy", "Unconfirmed"), "failed")
    | dict.fromkeys(("SMTPApiError", "TemplateRenderingFailed", "Unknown"), "failed")
    | dict.fromkeys(("SpamNotification", "Unsubscribe", "ManualSuppression"), "complained")
)  # fmt: skip
"""What each of the service's bounces means. `bounced`: nothing can be delivered to that address.
`failed`: this mail was not, and the service has given it up. Those that are not here (`Transient`,
`DnsError`, `OpenRelayTest`, what answers by itself) are tried again, or say nothing of the mail.
Source: Postmark's bounce types, https://postmarkapp.com/developer/api/bounce-api#bounce-types."""


@csrf_exempt
@require_POST
def events(request: HttpRequest) -> HttpResponse:
    """What became of one mail. Kinds of events that say nothing of that are taken and not kept."""
    if not _is_the_service(request):
        return plain_problem(
            403, code="wrong_password", detail="This isn't sent by the mail service."
        )
    try:
        given = json.loads(request.body)
        status = _status(given)
        attempt_id = uuid.UUID(str(given.get("Metadata", {})["attempt_id"])) if status else None
        provider_id = str(given.get("MessageID", ""))[:128]
    except (ValueError, KeyError, AttributeError, TypeError):
        return plain_problem(400, code="invalid", detail="This is no event of a mail of ours.")
    if attempt_id is not None:
        receipt = store_receipt(
            attempt_id=attempt_id, provider_id=provider_id, status=status, code=""
        )
        if receipt is not None:
            handle_stored(request, handle_receipt, receipt.pk)
    return HttpResponse(status=204)


def _status(given: dict[str, Any]) -> str:
    kind = given.get("RecordType", "")
    if kind == "Bounce":
        return BOUNCES.get(str(given.get("Type")), "")
    return STATUS_OF.get(str(kind), "")


def _is_the_service(request: HttpRequest) -> bool:
    """Without a secret nobody is: an empty one would let everybody in."""
    if not settings.EMAIL_WEBHOOK_SECRET:
        return False
    expected = base64.b64encode(settings.EMAIL_WEBHOOK_SECRET.encode())
    given = request.headers.get("Authorization", "").encode()
    return hmac.compare_digest(given, b"Basic " + expected)
