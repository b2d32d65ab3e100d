"""Examples of tasks, by serializer. All of it is invented."""

from typing import Any

from clients.api.examples import CLIENT_ID
from organization.api.examples import COUNSELOR, FACILITY_ID

EXAMPLES: dict[str, Any] = {
    "TaskCompletionInput": {"outcome": "Reached by telephone; comes on Thursday"},
    "TaskOutput": {
        "id": "019abf00-0000-7000-8000-00000000f001",
        "kind": "no_show_outreach",
        "source": "appointment:019abf00-0000-7000-8000-00000000b001",
        "client": CLIENT_ID,
        "facility": FACILITY_ID,
        "assignee": COUNSELOR,
        "role": "",
        "priority": 1,
        "due_at": "2026-12-02T16:00:00Z",
        "state": "open",
        "outcome": "",
        "ended_at": None,
        "ended_by": None,
        "created_at": "2026-12-01T16:20:00Z",
        "updated_at": "2026-12-01T16:20:00Z",
    },
}
