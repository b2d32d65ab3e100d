"""Examples of messages, what came in, and opt-outs, by serializer. All of it is invented."""

from typing import Any

from clients.api.examples import CLIENT_ID, POINT_ID
from organization.api.examples import FACILITY_ID

ATTENDANCE_ID = "019abf00-0000-7000-8000-00000000b101"
MESSAGE_ID = "019abf00-0000-7000-8000-00000000b201"
INBOUND_ID = "019abf00-0000-7000-8000-00000000b301"

MESSAGE = {
    "id": MESSAGE_ID,
    "client": CLIENT_ID,
    "facility": FACILITY_ID,
    "purpose": "reminder",
    "about": ATTENDANCE_ID,
    "channel": "sms",
    "contact_point": POINT_ID,
    "language": "en",
    "state": "delivered",
    "reason": None,
    "send_at": "2026-11-30T16:00:00Z",
    "expires_at": "2026-12-01T15:30:00Z",
    "sent_at": "2026-11-30T16:00:02Z",
    "delivered_at": "2026-11-30T16:00:05Z",
    "ended_at": "2026-11-30T16:00:05Z",
}
INBOUND = {
    "id": INBOUND_ID,
    "channel": "sms",
    "received_at": "2026-11-30T16:04:10Z",
    "meaning": "confirm",
    "client": CLIENT_ID,
    "answers": MESSAGE_ID,
    "handled_at": "2026-11-30T16:04:10Z",
    "read_at": None,
    "read_by": None,
}

EXAMPLES: dict[str, Any] = {
    "MessageOutput": MESSAGE,
    "MessageDetailOutput": {
        **MESSAGE,
        "text_version": "reminder-2026-01",
        "subject": None,
        "body": "Hi Rob, Elm St: Tue Dec 1, 10:00 AM. Reply 1 to confirm, 2 to change. "
        "STOP to opt out.",
        "attempts": [
            {
                "number": 1,
                "state": "accepted",
                "started_at": "2026-11-30T16:00:01Z",
                "ended_at": "2026-11-30T16:00:02Z",
                "code": "",
                "words": "",
            }
        ],
    },
    "InboundOutput": INBOUND,
    "InboundDetailOutput": {**INBOUND, "text": "1", "sender": "+13125550142"},
    "OptOutOutput": {
        "contact_point": POINT_ID,
        "client": CLIENT_ID,
        "channel": "sms",
        "since": "2026-11-30T16:10:00Z",
    },
}
