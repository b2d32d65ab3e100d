"""Examples of facilities, programs, rooms and staff, by serializer. All of it is invented."""

from typing import Any

from organization.roles import CAPABILITIES, Role

FACILITY_ID = "019abf00-0000-7000-8000-00000000e101"
PROGRAM_ID = "019abf00-0000-7000-8000-00000000e201"
ROOM_ID = "019abf00-0000-7000-8000-00000000e301"
COUNSELOR_ID = "019abf00-0000-7000-8000-00000000a001"
SUPERVISOR_ID = "019abf00-0000-7000-8000-00000000a002"
COLLEAGUE_ID = "019abf00-0000-7000-8000-00000000a003"
MEMBERSHIP_ID = "019abf00-0000-7000-8000-00000000a101"

COUNSELOR = {"id": COUNSELOR_ID, "full_name": "Ana Lopez"}
COLLEAGUE = {"id": COLLEAGUE_ID, "full_name": "Ben Okafor"}
ROLE = {
    "facility": FACILITY_ID,
    "role": "counselor",
    "credential": "CADC",
    "supervisor": SUPERVISOR_ID,
}
MEMBERSHIP = {"id": MEMBERSHIP_ID, **ROLE, "since": "2026-02-02T15:00:00Z", "until": None}

EXAMPLES: dict[str, Any] = {
    "FacilityChanges": {"crisis_line": "988", "quiet_from": "21:00:00", "quiet_until": "08:00:00"},
    "FacilityOutput": {
        "id": FACILITY_ID,
        "legal_name": "Elm Street Treatment Center",
        "discreet_name": "Elm St",
        "discreet_phone": "+1 312 555 0100",
        "zone": "America/Chicago",
        "languages": ["en", "es"],
        "quiet_from": "20:00:00",
        "quiet_until": "08:00:00",
        "idle_sign_out_minutes": 15,
        "sms_has_link": True,
        "declining_cancels": False,
        "crisis_line": "988",
        "messages_per_minute": None,
    },
    "ProgramOutput": {
        "id": PROGRAM_ID,
        "facility": FACILITY_ID,
        "name": "Evening outpatient",
        "phase": "outpatient",
        "residential": False,
        "level_of_care": "2.1",
        "level_of_care_edition": "4",
        "planned_days": 90,
        "active": True,
    },
    "RoomOutput": {
        "id": ROOM_ID,
        "facility": FACILITY_ID,
        "name": "Room 2",
        "capacity": 4,
        "active": True,
    },
    "PersonOutput": COUNSELOR,
    "StaffOutput": {
        **COUNSELOR,
        "languages": ["en", "es"],
        "email": "ana.lopez@example.org",
        "is_active": True,
        "has_password": True,
        "deactivated_at": None,
        "deactivated_because": "",
        "memberships": [MEMBERSHIP],
    },
    "StaffMembershipOutput": MEMBERSHIP,
    "MeOutput": {
        **COUNSELOR,
        "email": "ana.lopez@example.org",
        "languages": ["en", "es"],
        "memberships": [
            {
                "facility": FACILITY_ID,
                "role": "counselor",
                "credential": "CADC",
                "capabilities": sorted(CAPABILITIES[Role.COUNSELOR]),
            }
        ],
    },
    "SignInInput": {"email": "ana.lopez@example.org", "password": "a long word of passage"},
    "TokenOutput": {
        "token": "3f9a0d6b7c2e4f518a6d9b0c1e2f3a4b5c6d7e8f90a1b2c3d4e5f60718293a4b",
        "expires_at": "2026-12-01T22:00:00Z",
    },
    "RoleInput": ROLE,
    "InvitationInput": {
        **ROLE,
        "email": "ben.okafor@example.org",
        "full_name": "Ben Okafor",
    },
    "DeactivationInput": {"reason": "Left the service"},
}
