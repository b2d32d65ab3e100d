"""Examples of clients, and of how they are reached and cared for, by serializer. All is invented."""

from typing import Any

from common.api.answers import example
from organization.api.examples import (
    COLLEAGUE,
    COLLEAGUE_ID,
    COUNSELOR,
    COUNSELOR_ID,
    FACILITY_ID,
    PROGRAM_ID,
    SUPERVISOR_ID,
)

CLIENT_ID = "019abf00-0000-7000-8000-00000000c001"
OTHER_CLIENT_ID = "019abf00-0000-7000-8000-00000000c002"
POINT_ID = "019abf00-0000-7000-8000-00000000c101"
CONSENT_ID = "019abf00-0000-7000-8000-00000000c201"
MEMBER_ID = "019abf00-0000-7000-8000-00000000c301"
PAIR_ID = "019abf00-0000-7000-8000-00000000c401"
MERGE_ID = "019abf00-0000-7000-8000-00000000c501"
PHASE_ID = "019abf00-0000-7000-8000-00000000d101"

RECORD = {"id": CLIENT_ID, "record_number": "C000412"}
OTHER_RECORD = {"id": OTHER_CLIENT_ID, "record_number": "C000877"}
CANDIDATE = {**OTHER_RECORD, "why": ["similar_name", "same_birth_date"]}
DETAILS = {
    "legal_first_name": "Robin",
    "legal_last_name": "Ash",
    "chosen_name": "Rob",
    "birth_date": "1988-02-29",
    "language": "en",
    "languages": ["en"],
    "zone": "America/Chicago",
    "preferred_channel": "sms",
    "messages_on_unit": False,
    "quiet_from": "21:30:00",
    "quiet_until": "09:00:00",
}
CLIENT = {
    **RECORD,
    **DETAILS,
    "former_record_numbers": [],
    "greeting_name": "Rob",
    "deceased_on": None,
    "primary_counselor": COUNSELOR,
    "current_phase": {
        "id": PHASE_ID,
        "kind": "outpatient",
        "program": PROGRAM_ID,
        "started_at": "2026-11-02T15:30:00Z",
        "planned_end": "2027-01-31",
    },
    "created_at": "2026-10-05T14:02:11Z",
    "updated_at": "2026-11-02T15:30:00Z",
}
CONSENT = {
    "id": CONSENT_ID,
    "contact_point": POINT_ID,
    "channel": "sms",
    "method": "written",
    "wording_version": "2026-11",
    "plain_words": False,
    "granted_at": "2026-10-05T14:05:40Z",
    "granted_by": COUNSELOR,
    "withdrawn_at": None,
    "withdrawn_by": None,
}
CONTACT_POINT_INPUT = {
    "kind": "phone",
    "value": "+1 312 555 0142",
    "position": 0,
    "safe_to_leave_voicemail": False,
    "consent": {"method": "written"},
}
MERGE = {
    "id": MERGE_ID,
    "survivor": RECORD,
    "other": OTHER_RECORD,
    "by": {"id": SUPERVISOR_ID, "full_name": "Sol Reyes"},
    "reason": "Same birth date and telephone, confirmed by the client",
    "undone_at": None,
    "undone_by": None,
    "created_at": "2026-11-03T09:15:00Z",
    "updated_at": "2026-11-03T09:15:00Z",
}

EXAMPLES: dict[str, Any] = {
    "ClientInput": {
        **DETAILS,
        "facility": FACILITY_ID,
        "contact_points": [CONTACT_POINT_INPUT],
    },
    "ClientChanges": {"chosen_name": "Rob", "preferred_channel": "email"},
    "ClientOutput": CLIENT,
    "SearchInput": {"text": "rob ash"},
    "SearchOutput": {"results": [CLIENT], "more": False},
    "ContactPointInput": CONTACT_POINT_INPUT,
    "ContactPointDetails": {"position": 1, "valid_until": "2027-03-31"},
    "ContactPointOutput": {
        "id": POINT_ID,
        "client": CLIENT_ID,
        "kind": "phone",
        "value": "+13125550142",
        "channel": "sms",
        "position": 0,
        "safe_to_leave_voicemail": False,
        "valid_until": None,
        "consent": CONSENT,
        "undeliverable_since": None,
        "undeliverable_code": "",
        "created_at": "2026-10-05T14:05:40Z",
        "updated_at": "2026-10-05T14:05:40Z",
    },
    "ConsentInput": {"method": "written"},
    "ConsentOutput": CONSENT,
    "CareTeamInput": {
        "user": COLLEAGUE_ID,
        "role": "counselor",
        "reason": "Leads the Tuesday group",
    },
    "CareTeamOutput": {
        "id": MEMBER_ID,
        "client": CLIENT_ID,
        "user": COLLEAGUE,
        "role": "counselor",
        "primary": False,
        "since": "2026-11-02T15:30:00Z",
        "until": None,
        "reason": "Leads the Tuesday group",
        "ended_because": "",
    },
    "DepartureInput": {"reason": "The group has ended"},
    "PrimaryCounselorInput": {
        "counselor": COUNSELOR_ID,
        "facility": FACILITY_ID,
        "reason": "Moves to evening outpatient",
    },
    "PersonInput": {
        "legal_first_name": "Robin",
        "legal_last_name": "Ash",
        "birth_date": "1988-02-29",
        "contact_points": [{"kind": "phone", "value": "+1 312 555 0142"}],
    },
    "CandidatesOutput": {"candidates": [CANDIDATE]},
    "PossibleDuplicateOutput": {
        "id": PAIR_ID,
        "first": RECORD,
        "second": OTHER_RECORD,
        "why": ["similar_name", "same_birth_date"],
        "settlement": "",
        "settled_at": None,
        "settled_by": None,
        "created_at": "2026-11-02T16:00:00Z",
        "updated_at": "2026-11-02T16:00:00Z",
    },
    "MergeInput": {
        "other": OTHER_CLIENT_ID,
        "reason": "Same birth date and telephone, confirmed by the client",
    },
    "MergeOutput": MERGE,
    "PossibleDuplicatesProblem": example(
        409,
        "possible_duplicates",
        "There is a record that may be of this person. Open it; or, if it is somebody else, "
        "create this one with its id in `not_duplicate_of`.",
        extra={"candidates": [CANDIDATE]},
    ),
    "MergeConflict": example(
        409,
        "cannot_merge",
        "Both are in treatment. Discharge one of them first.",
        extra={
            "obstacles": [
                {
                    "code": "both_in_treatment",
                    "detail": "Both are in treatment. Discharge one of them first.",
                }
            ]
        },
    ),
    "UndoConflict": example(
        409,
        "changed_since",
        "Something is no longer as the merge left it.",
        extra={"changed": ["contact_point"]},
    ),
    "MergedProblem": example(
        409,
        "merged",
        "This record is part of another one.",
        extra={"merged_into": OTHER_CLIENT_ID, "record_number": "C000877"},
    ),
}
