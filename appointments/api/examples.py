"""Examples of appointments and reminders, by serializer; of problems, by code. All is invented."""

from typing import Any

from clients.api.examples import CLIENT_ID, POINT_ID
from common.api.answers import example
from messaging.api.examples import ATTENDANCE_ID, MESSAGE_ID
from organization.api.examples import COUNSELOR, COUNSELOR_ID, FACILITY_ID, ROOM_ID

APPOINTMENT_ID = "019abf00-0000-7000-8000-00000000b001"
POLICY_ID = "019abf00-0000-7000-8000-00000000b401"
START, END = "2026-12-01T16:00:00Z", "2026-12-01T16:50:00Z"

ATTENDANCE = {
    "id": ATTENDANCE_ID,
    "client": {"id": CLIENT_ID, "name": "Rob Ash", "record_number": "C000412"},
    "status": "expected",
    "status_at": "2026-11-24T15:00:00Z",
    "response": "accepted",
    "responded_at": "2026-11-30T16:04:10Z",
    "phase": "outpatient",
    "reminders": [{"channel": "sms", "state": "done", "send_at": "2026-11-30T16:00:00Z"}],
}
RULE = {"when": "offset", "minutes_before": 1440, "channel": "preferred"}
RULE_SHOWN = {
    **RULE,
    "days_before": None,
    "at": None,
    "only_if": "",
    "template": "",
    "words": "24 hours before the start, by the client's preferred channel, else the other",
}
BUSY = "The client is busy then. Choose another time."
TAKEN = "This time is taken. Times near it are free."

TEMPLATE_WORDS = {
    "facility": FACILITY_ID,
    "key": "reminder",
    "channel": "sms",
    "language": "en",
    "subject": "",
    "body": "Hi {greeting_name}, see you {day} {time} at {discreet_place}. 1 confirms, 2 changes.",
}

EXAMPLES: dict[str, Any] = {
    "TemplateInput": TEMPLATE_WORDS,
    "TemplateOutput": {
        "id": "019abf00-0000-7000-8000-00000000b501",
        **TEMPLATE_WORDS,
        "plain": False,
        "number": 2,
        "made_by": COUNSELOR_ID,
        "created_at": "2026-11-24T15:00:00Z",
        "retired_at": None,
    },
    "BuiltInWords": {
        "results": [
            {
                "key": "booked",
                "channel": "email",
                "language": "en",
                "subject": "Your appointment {day}",
                "body": "Hi {greeting_name},\n\nyour appointment is {day} {time} at {discreet_place}.\n",
            }
        ]
    },
    "TemplatePreview": {
        "subject": "",
        "body": "Hi Maximiliana Josefina, see you Wed, Nov 30 12:30 PM at Elm St.",
        "measure": {
            "encoding": "GSM-7",
            "units": 64,
            "segments": 1,
            "per_segment": 160,
            "left": 96,
        },
        "faults": [],
    },
    "BookingInput": {
        "facility": FACILITY_ID,
        "kind": "individual",
        "starts_at": "2026-12-01T10:00:00-06:00",
        "duration_minutes": 50,
        "staff": [COUNSELOR_ID],
        "clients": [CLIENT_ID],
        "room": ROOM_ID,
        "remark": "Bring the calendar",
    },
    "RescheduleInput": {"starts_at": "2026-12-03T13:00:00-06:00", "duration_minutes": 50},
    "DetailsInput": {"room": ROOM_ID, "remark": "Bring the calendar"},
    "CancellationInput": {"cancelled_by": "client", "reason": "Called in: works that day"},
    "AttendanceInput": {"attendance": ATTENDANCE_ID},
    "CompletionInput": {"attendance": ATTENDANCE_ID, "left_early": False},
    "ResponseInput": {"response": "accepted"},
    "PolicyInput": {
        "rules": [RULE, {"when": "booked_late", "channel": "sms"}],
    },
    "AppointmentOutput": {
        "id": APPOINTMENT_ID,
        "facility": FACILITY_ID,
        "kind": "individual",
        "starts_at": START,
        "ends_at": END,
        "duration_minutes": 50,
        "room": {"id": ROOM_ID, "name": "Room 2"},
        "capacity": 1,
        "status": "booked",
        "cancelled_by": None,
        "cancel_reason": "",
        "moved_from": None,
        "moved_to": None,
        "remark": "Bring the calendar",
        "staff": [{**COUNSELOR, "leads": True}],
        "attendances": [ATTENDANCE],
    },
    "AttendanceOutput": ATTENDANCE,
    "ReminderOutput": {
        "id": "019abf00-0000-7000-8000-00000000b501",
        "attendance": ATTENDANCE_ID,
        "rule": RULE_SHOWN,
        "channel": "sms",
        "contact_point": POINT_ID,
        "address": "+13125550142",
        "state": "done",
        "why": {
            "code": "delivered",
            "sentence": "Sent Mon, Nov 30, 10:00 AM, by text message, delivered Mon, Nov 30, 10:00 AM.",
        },
        "reason": None,
        "send_at": "2026-11-30T16:00:00Z",
        "message": MESSAGE_ID,
        "sent_at": "2026-11-30T16:00:02Z",
        "delivered_at": "2026-11-30T16:00:05Z",
        "attempts": 1,
        "history": [
            {
                "at": "2026-11-24T15:00:00Z",
                "state": "planned",
                "reason": None,
                "message": MESSAGE_ID,
            },
            {
                "at": "2026-11-30T16:00:02Z",
                "state": "sent",
                "reason": None,
                "message": MESSAGE_ID,
            },
            {
                "at": "2026-11-30T16:00:05Z",
                "state": "done",
                "reason": None,
                "message": MESSAGE_ID,
            },
        ],
    },
    "PolicyOutput": {
        "id": POLICY_ID,
        "facility": FACILITY_ID,
        "rules": [RULE_SHOWN],
        "narrowed": [{"kind": "group", "phase": "", "rules": []}],
    },
    "PolicyPreview": {
        "added": 12,
        "taken_back": 40,
        "moved": 0,
        "unchanged": 41,
        "clients": 38,
        "clients_in_all": 38,
    },
    "BookingConflict": example(
        409,
        "slot_taken",
        TAKEN,
        field="starts_at",
        title="This time is taken",
        extra={
            "free_slots": [
                {"starts_at": "2026-12-01T11:00:00-06:00", "ends_at": "2026-12-01T11:50:00-06:00"}
            ]
        },
    )
    | example(409, "client_busy", BUSY, field="starts_at", title="The client is busy then"),
    "AttendanceConflict": example(
        409,
        "attendance_not_ready",
        "This attendance is expected: that does not lead to “Left early”.",
        extra={"allowed": ["arrived", "attended", "no_show"]},
    )
    | example(
        409,
        "attendance_ended",
        "This attendance is attended already.",
        extra={"allowed": []},
    ),
}
