"""What a role may do: one table of data. Views ask for a capability, never for a role.

A capability counts at the facilities where the person holds a role that has it.
"""

from django.db import models


class Role(models.TextChoices):
    COUNSELOR = "counselor", "Counselor"
    SUPERVISOR = "clinical_supervisor", "Clinical supervisor"
    NURSE = "nurse", "Nurse"
    INTAKE = "intake", "Intake"
    FRONT_DESK = "front_desk", "Front desk"
    MANAGER = "program_manager", "Program manager"
    PRIVACY = "privacy_officer", "Privacy officer"
    ADMINISTRATOR = "administrator", "Administrator"


class Capability(models.TextChoices):
    # Which clients exist for this person
    SEE_CARE_TEAM = "see_care_team", "Sees clients whose care team they are on"
    SEE_SUPERVISED = "see_supervised", "Sees the clients of those they supervise"
    SEE_UNIT = "see_unit", "Sees clients now in detox or inpatient"
    SEE_FACILITY = "see_facility", "Sees every client known at the facility"
    SEE_CALENDAR = "see_calendar", "Sees clients who have an appointment at the facility"
    # What of them
    VIEW_CLIENT = "view_client", "Names and demographics"
    VIEW_CONTACTS = "view_contacts", "Contact points"
    VIEW_CASE = "view_case", "That a client is in treatment: episodes, phases, transitions"
    READ_CASE_NOTES = "read_case_notes", "Reads why a client moved, left or comes"
    VIEW_CALENDAR = "view_calendar", "Appointments and reminders"
    VIEW_MESSAGES = "view_messages", "What was sent and what came back"
    VIEW_TASKS = "view_tasks", "Tasks about clients"
    # What may be done
    CREATE_CLIENT = "create_client", "Creates client records"
    EDIT_CLIENT = "edit_client", "Changes names and demographics"
    EDIT_CONTACTS = "edit_contacts", "Changes contact points and records consents"
    ALLOW_PLAIN_WORDS = "allow_plain_words", "Records that messages to a client may be plain"
    NAME_PRIMARY = "name_primary", "Names primary counselors and care teams"
    MERGE_CLIENTS = "merge_clients", "Merges two records of one person, and undoes it"
    ADMIT = "admit", "Admits to treatment"
    MOVE_PHASE = "move_phase", "Moves phases, undoes moves, discharges"
    BOOK = "book", "Books, moves and cancels appointments"
    CHECK_IN = "check_in", "Records arrival and no-show"
    RECORD_OUTCOME = "record_outcome", "Records that an appointment took place"
    COVER_TASKS = "cover_tasks", "Ends tasks about clients that are due from somebody else"
    VIEW_POLICIES = "view_policies", "Reads reminder policies"
    IMPORT_DATA = "import_data", "Imports clients and appointments from files"
    EDIT_POLICIES = "edit_policies", "Changes reminder policies, programs and rooms"
    VIEW_AUDIT = "view_audit", "Reads the audit trail"
    MANAGE_ACCOUNTS = "manage_accounts", "Manages staff, facilities and settings"


C = Capability
_CHART = {
    C.VIEW_CLIENT, C.VIEW_CONTACTS, C.VIEW_CASE, C.READ_CASE_NOTES, C.VIEW_CALENDAR, C.VIEW_MESSAGES,
    C.VIEW_TASKS, C.COVER_TASKS,
}  # fmt: skip
_COUNSELING = _CHART | {
    C.CREATE_CLIENT, C.EDIT_CLIENT, C.EDIT_CONTACTS, C.ADMIT, C.MOVE_PHASE, C.BOOK, C.CHECK_IN,
    C.RECORD_OUTCOME, C.VIEW_POLICIES,
}  # fmt: skip

CAPABILITIES: dict[Role, frozenset[Capability]] = {
    Role.COUNSELOR: frozenset(_COUNSELING | {C.SEE_CARE_TEAM}),
    Role.SUPERVISOR: frozenset(
        _COUNSELING
        | {
            C.SEE_CARE_TEAM, C.SEE_SUPERVISED, C.NAME_PRIMARY, C.MERGE_CLIENTS, C.IMPORT_DATA,
            C.ALLOW_PLAIN_WORDS,
        }
    ),
    Role.NURSE: frozenset(
        {
            C.SEE_UNIT, C.VIEW_CLIENT, C.VIEW_CASE, C.READ_CASE_NOTES, C.VIEW_CALENDAR, C.VIEW_TASKS,
        }
    ),
    Role.INTAKE: frozenset(
        {
            C.SEE_FACILITY, C.VIEW_CLIENT, C.VIEW_CONTACTS, C.VIEW_CASE, C.VIEW_CALENDAR,
            C.VIEW_TASKS, C.CREATE_CLIENT, C.EDIT_CLIENT, C.EDIT_CONTACTS, C.NAME_PRIMARY,
            C.ADMIT, C.BOOK, C.CHECK_IN, C.IMPORT_DATA,
        }
    ),
    Role.FRONT_DESK: frozenset(
        {
            C.SEE_CALENDAR, C.VIEW_CLIENT, C.VIEW_CONTACTS, C.VIEW_CALENDAR, C.EDIT_CONTACTS,
            C.BOOK, C.CHECK_IN,
        }
    ),
    Role.MANAGER: frozenset({C.VIEW_POLICIES, C.EDIT_POLICIES}),
    Role.PRIVACY: frozenset({C.VIEW_AUDIT}),
    Role.ADMINISTRATOR: frozenset({C.MANAGE_ACCOUNTS, C.VIEW_TASKS}),
}  # fmt: skip


def roles_with(*capabilities: Capability) -> frozenset[Role]:
    """The roles that have all of these."""
    return frozenset(role for role, has in CAPABILITIES.items() if has.issuperset(capabilities))
