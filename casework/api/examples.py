"""Examples of courses of treatment, by serializer; of problems, by code. All of it is invented."""

from typing import Any

from clients.api.examples import CLIENT_ID, PHASE_ID
from common.api.answers import example
from organization.api.examples import COUNSELOR, FACILITY_ID, PROGRAM_ID

EPISODE_ID = "019abf00-0000-7000-8000-00000000d001"
EARLIER_PHASE_ID = "019abf00-0000-7000-8000-00000000d102"
INPATIENT_PROGRAM_ID = "019abf00-0000-7000-8000-00000000e202"
AFTERCARE_PROGRAM_ID = "019abf00-0000-7000-8000-00000000e203"

EARLIER_PHASE = {
    "id": EARLIER_PHASE_ID,
    "episode": EPISODE_ID,
    "kind": "inpatient",
    "program": INPATIENT_PROGRAM_ID,
    "level_of_care": "3.7",
    "level_of_care_edition": "4",
    "started_at": "2026-10-05T14:30:00Z",
    "planned_end": "2026-11-04",
    "ended_at": "2026-11-02T15:30:00Z",
    "void": False,
}
PHASE = {
    "id": PHASE_ID,
    "episode": EPISODE_ID,
    "kind": "outpatient",
    "program": PROGRAM_ID,
    "level_of_care": "2.1",
    "level_of_care_edition": "4",
    "started_at": "2026-11-02T15:30:00Z",
    "planned_end": "2027-01-31",
    "ended_at": None,
    "void": False,
}

EXAMPLES: dict[str, Any] = {
    "AdmissionInput": {
        "client": CLIENT_ID,
        "program": INPATIENT_PROGRAM_ID,
        "referral_source": 3,
        "at": "2026-10-05T09:30:00-05:00",
        "note": "Referred by the county hospital",
    },
    "TransitionInput": {
        "program": PROGRAM_ID,
        "reason": "goals_met",
        "note": "Goals of the inpatient phase met",
    },
    "DischargeInput": {
        "reason": "completed",
        "last_contact_on": "2027-01-29",
        "naloxone_offered": "yes",
        "follow_up_consent": True,
        "detail": "Continues with a peer group",
    },
    "EpisodeOutput": {
        "id": EPISODE_ID,
        "client": CLIENT_ID,
        "facility": FACILITY_ID,
        "admitted_at": "2026-10-05T14:30:00Z",
        "admitted_by": COUNSELOR,
        "referral_source": 3,
        "prior_episodes": 0,
        "discharged_at": None,
        "discharge_reason": "",
        "discharge_detail": "",
        "last_contact_on": None,
        "naloxone_offered": "",
        "follow_up_consent": None,
        "current_phase": PHASE,
        "phases": [EARLIER_PHASE, PHASE],
    },
    "PhaseOutput": PHASE,
    "TransitionOutput": {
        "id": "019abf00-0000-7000-8000-00000000d201",
        "episode": EPISODE_ID,
        "from_phase": EARLIER_PHASE_ID,
        "to_phase": PHASE_ID,
        "at": "2026-11-02T15:30:00Z",
        "by": COUNSELOR,
        "reason": "goals_met",
        "note": "Goals of the inpatient phase met",
        "gates": {},
        "undone_at": None,
        "undone_by": None,
    },
    "GatesOutput": {
        "moves": [
            {
                "phase": "aftercare",
                "reasons": ["planned", "goals_met", "client_request", "other"],
                "programs": [{"id": AFTERCARE_PROGRAM_ID, "name": "Aftercare", "gates": []}],
            }
        ]
    },
    "MoveConflict": example(
        409,
        "phase_not_allowed",
        "From outpatient a client moves to: aftercare, detox, inpatient; not to outpatient.",
        field="program",
        extra={"allowed": ["aftercare", "detox", "inpatient"]},
    )
    | example(
        409,
        "gate_not_met",
        "Something is needed before this move.",
        extra={"gates": {"discharge_plan": "The plan for afterwards is not written yet."}},
    ),
}
