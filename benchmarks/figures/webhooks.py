"""R7: the provider's calls about what became of messages, sixteen at once."""

import base64
import hashlib
import hmac
import statistics
import uuid
from urllib.parse import urlencode

from benchmarks.load import LOOPBACK, Rate, Request, measure
from benchmarks.results import Measured
from benchmarks.stack import Stack
from messaging.models import Attempt, Receipt
from messaging.states import AttemptState

CONNECTIONS = 16


def receipts(stack: Stack, *, runs: int, calls: int) -> Measured:
    """New receipts each run, signed, for attempts that were accepted."""
    accepted = Attempt.objects.filter(state=AttemptState.ACCEPTED, message__channel="sms")
    attempts = list(accepted.order_by("pk").values_list("pk", flat=True)[:calls])
    rates: list[Rate] = []
    for run in range(runs + 1):
        before = Receipt.objects.count()
        wanted = [_call(stack, pk, f"SM{run:032x}") for pk in attempts]
        rates.append(measure(stack.ports["web"], wanted, connections=CONNECTIONS))
        stored = Receipt.objects.count() - before
        assert stored == len(attempts), f"{stored} of {len(attempts)} calls were kept"
    counted = rates[1:]  # the first one warms up
    note = (
        f"{statistics.median(rate.a_second for rate in counted):.0f} a second,"
        f" {len(attempts)} calls a run; p50"
        f" {statistics.median(rate.p50_ms for rate in counted):.0f} ms."
    )
    return Measured("R7", [rate.p95_ms for rate in counted], "—", [note])


def _call(stack: Stack, attempt: uuid.UUID, sid: str) -> Request:
    path = f"/webhooks/twilio/status/{attempt}/"
    form = {"MessageSid": sid, "MessageStatus": "delivered"}
    signed = stack.env["PUBLIC_URL"] + path + "".join(key + form[key] for key in sorted(form))
    digest = hmac.new(stack.env["TWILIO_AUTH_TOKEN"].encode(), signed.encode(), hashlib.sha1)
    body = urlencode(form).encode()
    lines = [
        f"POST {path} HTTP/1.1",
        f"Host: {LOOPBACK}",
        "Content-Type: application/x-www-form-urlencoded",
        f"Content-Length: {len(body)}",
        f"X-Twilio-Signature: {base64.b64encode(digest.digest()).decode()}",
        "Connection: close",
    ]
    return Request("\r\n".join([*lines, "", ""]).encode() + body, 204)
