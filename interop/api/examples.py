"""Examples of imports, by serializer. All of it is invented."""

from typing import Any

from organization.api.examples import FACILITY_ID

EXAMPLES: dict[str, Any] = {
    "ImportOutput": {
        "id": "019abf00-0000-7000-8000-00000000f101",
        "kind": "clients",
        "facility": FACILITY_ID,
        "system": "previous",
        "dry_run": True,
        "state": "refused",
        "failure": "",
        "failure_detail": "",
        "rows_total": 412,
        "rows_done": 412,
        "rows_good": 409,
        "rows_known": 0,
        "rows_refused": 3,
        "created_at": "2026-12-01T15:00:00Z",
        "started_at": "2026-12-01T15:00:02Z",
        "ended_at": "2026-12-01T15:00:19Z",
        "report_kept_until": "2026-12-08T15:00:19Z",
        "updated_at": "2026-12-01T15:00:19Z",
    },
    "RefusedRowOutput": {
        "line": 17,
        "field": "birth_date",
        "code": "invalid",
        "detail": "Give the date as YYYY-MM-DD, such as 1988-02-29.",
    },
}
