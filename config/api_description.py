"""How the API describes itself: what drf-spectacular is told beside the views and serializers."""

DESCRIPTION = """\
Records, phases, appointments and discreet reminders for addiction treatment.

What holds for every operation (signing in, lists, keeping in step, versions, repeats, errors) is
said once, in `docs/api.md`. You see what your roles let you see: what is hidden is never told apart
from what is not there, and a field that you may not read is absent."""

TAGS = {
    "auth": "Signing in for a token, and out.",
    "me": "Who is signed in, and what they may do where.",
    "facilities": "Places of treatment, with the discreet name that messages use.",
    "programs": "What a facility offers: the phase of treatment that each serves, and its length.",
    "rooms": "Where appointments take place.",
    "staff": "Colleagues; for administrators also their accounts, and who holds which role where.",
    "clients": "Clients' records, of those whom you may see.",
    "possible-duplicates": "Pairs of records that may be of one person.",
    "merges": "Two records made one, and the undoing of it.",
    "contact-points": "Telephones and mailboxes, and the consents to send something there.",
    "care-team": "Who is on a client's case, and was.",
    "episodes": "Courses of treatment: admission, phases, moves, discharge.",
    "appointments": "Bookings, what became of them, and their reminders.",
    "reminder-policies": "When each facility reminds its clients.",
    "message-templates": "A facility's own words for reminders and notices, in versions.",
    "messages": "What was sent, and how far it came.",
    "inbound-messages": "What clients wrote back.",
    "opt-outs": "Addresses that want no messages.",
    "tasks": "What is due from somebody.",
    "imports": "Files from other systems, as jobs with a dry run and a report.",
}

ENUMS = {
    "AppointmentKindEnum": "appointments.states.AppointmentKind",
    "AppointmentStatusEnum": "appointments.states.AppointmentStatus",
    "AttendanceStatusEnum": "appointments.states.AttendanceStatus",
    "CancelledByEnum": "appointments.states.CancelledBy",
    "ReminderStateEnum": "appointments.states.ReminderState",
    "AttendanceResponseEnum": "appointments.states.Response",
    "RuleChannelEnum": "appointments.states.RuleChannel",
    "RuleWhenEnum": "appointments.states.RuleWhen",
    "MoveReasonEnum": "casework.api.serializers.MOVE_REASONS",
    "DischargeReasonEnum": "casework.moves.DischargeReason",
    "NaloxoneOfferEnum": "casework.moves.NaloxoneOffer",
    "ReferralSourceEnum": "casework.moves.ReferralSource",
    "TransitionReasonEnum": "casework.moves.TransitionReason",
    "CareRoleEnum": "clients.models.CareRole",
    "ChannelEnum": "clients.models.Channel",
    "ConsentMethodEnum": "clients.models.ConsentMethod",
    "ContactKindEnum": "clients.models.ContactKind",
    "ImportKindEnum": "interop.states.ImportKind",
    "ImportStateEnum": "interop.states.ImportState",
    "InboundMeaningEnum": "messaging.models.Meaning",
    "AttemptStateEnum": "messaging.states.AttemptState",
    "MessageStateEnum": "messaging.states.MessageState",
    "ReasonEnum": "messaging.states.Reason",
    "LanguageEnum": "organization.models.Language",
    "PhaseKindEnum": "organization.models.PhaseKind",
    "RoleEnum": "organization.roles.Role",
    "TaskPriorityEnum": "worklist.models.Priority",
    "TaskKindEnum": "worklist.models.TaskKind",
    "TaskStateEnum": "worklist.models.TaskState",
}

SETTINGS = {
    "TITLE": "Casework API",
    "DESCRIPTION": DESCRIPTION,
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "TAGS": [{"name": name, "description": words} for name, words in TAGS.items()],
    "ENUM_NAME_OVERRIDES": ENUMS,
    "GET_LIB_DOC_EXCLUDES": "common.api.schema.undescriptive",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "common.api.schema.shared_answers",
    ],
}
