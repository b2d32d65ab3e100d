"""The provider's words: a message as its API shows it, its errors, its signature."""

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

API_VERSION = "2010-04-01"
E164 = re.compile(r"\+[1-9]\d{6,14}")
SEGMENT, SEGMENT_UNICODE = 153, 67
FAILED = {30001, 30002}  # the rest of the 30000s end as "undelivered"
MEANINGS = {
    20003: "Authenticate",
    20404: "The requested resource was not found",
    20429: "Too Many Requests",
    21211: "The 'To' number is not a valid phone number.",
    21408: "Permission to send an SMS has not been enabled for the region.",
    21602: "Message body is required.",
    21603: "A 'From' phone number is required.",
    21604: "A 'To' phone number is required.",
    21606: "The 'From' phone number is not a valid, message-capable number for this account.",
    21610: "Attempt to send to unsubscribed recipient",
    21614: "'To' number is not a valid mobile number",
    21617: "The concatenated message body exceeds the 1600 character limit.",
    30003: "Unreachable destination handset",
    30005: "Unknown destination handset",
    30006: "Landline or unreachable carrier",
    30007: "Message filtered",
}


def new_sid() -> str:
    """An id in the provider's form."""
    return f"SM{secrets.token_hex(16)}"


def signature(url: str, fields: Mapping[str, str], token: str) -> str:
    """The provider's signature of a form: HMAC-SHA1 over the URL and the sorted fields."""
    text = url + "".join(name + fields[name] for name in sorted(fields))
    digest = hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def error(code: int, status: int) -> dict[str, Any]:
    """A refusal in the provider's shape."""
    return {
        "code": code,
        "message": MEANINGS.get(code, f"Error {code}"),
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }


def flaw(fields: Mapping[str, str], own_number: str) -> int | None:
    """The code for what is wrong with a request to send, or None."""
    body = fields.get("Body", "")
    checks = (
        (21604, not fields.get("To")),
        (21603, not fields.get("From")),
        (21602, not body),
        (21211, not E164.fullmatch(fields.get("To", ""))),
        (21606, bool(own_number) and fields.get("From") != own_number),
        (21617, len(body) > 1600),
    )
    return next((code for code, wrong in checks if wrong), None)


def new_message(fields: Mapping[str, str]) -> dict[str, Any]:
    """What the journal keeps of an accepted message."""
    now = datetime.now(UTC).isoformat()
    return {
        "sid": new_sid(),
        "to": fields["To"],
        "from": fields["From"],
        "body": fields["Body"],
        "status_callback": fields.get("StatusCallback", ""),
        "validity_period": fields.get("ValidityPeriod", ""),
        "status": "queued",
        "error_code": None,
        "received_at": now,
        "updated_at": now,
        "direction": "outbound-api",
    }


def shown(message: Mapping[str, Any], account: str) -> dict[str, Any]:
    """A message as the provider's API shows it."""
    uri = f"/{API_VERSION}/Accounts/{account}/Messages/{message['sid']}"
    code = message["error_code"]
    return {
        "account_sid": account,
        "api_version": API_VERSION,
        "body": message["body"],
        "date_created": rfc2822(message["received_at"]),
        "date_sent": None if message["status"] == "queued" else rfc2822(message["updated_at"]),
        "date_updated": rfc2822(message["updated_at"]),
        "direction": message["direction"],
        "error_code": code,
        "error_message": MEANINGS.get(code) if code else None,
        "from": message["from"],
        "messaging_service_sid": None,
        "num_media": "0",
        "num_segments": str(segments(message["body"])),
        "price": None,
        "price_unit": "USD",
        "sid": message["sid"],
        "status": message["status"],
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "to": message["to"],
        "uri": f"{uri}.json",
    }


def callback_fields(message: Mapping[str, Any], account: str, status: str) -> dict[str, str]:
    """The form of a status callback."""
    fields = {
        "MessageSid": message["sid"],
        "SmsSid": message["sid"],
        "MessageStatus": status,
        "SmsStatus": status,
        "To": message["to"],
        "From": message["from"],
        "AccountSid": account,
        "ApiVersion": API_VERSION,
    }
    if message["error_code"] and status in {"failed", "undelivered"}:
        fields["ErrorCode"] = str(message["error_code"])
    return fields


def inbound_fields(sender: str, to: str, body: str, account: str) -> dict[str, str]:
    """The form of an inbound message's webhook."""
    sid = new_sid()
    return {
        "MessageSid": sid,
        "SmsSid": sid,
        "SmsMessageSid": sid,
        "SmsStatus": "received",
        "AccountSid": account,
        "From": sender,
        "To": to,
        "Body": body,
        "NumMedia": "0",
        "NumSegments": str(segments(body)),
        "ApiVersion": API_VERSION,
    }


def segments(body: str) -> int:
    """How many texts a body takes, near enough."""
    each = SEGMENT if body.isascii() else SEGMENT_UNICODE
    return max(1, -(-len(body) // each))


def final_status(code: int | None) -> str:
    """How a delivery ends."""
    if code is None:
        return "delivered"
    return "failed" if code in FAILED else "undelivered"


def rfc2822(moment: str) -> str:
    """A kept time as the provider writes it."""
    return format_datetime(datetime.fromisoformat(moment))


def day_filter(query: Mapping[str, str]) -> tuple[str, str]:
    """From and until, in ISO form, of a list's `DateSent` parameters: days or moments."""
    day = query.get("DateSent", "")
    since = _iso(day or query.get("DateSent>", ""), "T00:00:00+00:00")
    until = _iso(day or query.get("DateSent<", ""), "T23:59:59.999999+00:00")
    return since, until or "9999"


def _iso(text: str, rest: str) -> str:
    if not text:
        return ""
    return text + rest if len(text) == 10 else text.replace("Z", "+00:00")
