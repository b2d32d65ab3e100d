"""Every change to client records: creating, reaching, consenting, who is on the case, merging."""

from clients.services.care_team import (
    end_care_team,
    join_care_team,
    leave_care_team,
    name_primary_counselor,
)
from clients.services.contacts import (
    CONSENT_WORDING,
    add_contact_point,
    grant_consent,
    mark_undeliverable,
    update_contact_point,
    withdraw_consent,
)
from clients.services.duplicates import dismiss_duplicate
from clients.services.merging import merge_clients, undo_merge
from clients.services.permission import (
    HOLD,
    Merged,
    require_for_client,
    require_standing,
    standing,
)
from clients.services.records import (
    create_client,
    find_duplicates,
    make_known_at,
    register_client,
    update_client,
)

__all__ = [
    "CONSENT_WORDING",
    "HOLD",
    "Merged",
    "add_contact_point",
    "create_client",
    "dismiss_duplicate",
    "end_care_team",
    "find_duplicates",
    "grant_consent",
    "join_care_team",
    "leave_care_team",
    "make_known_at",
    "mark_undeliverable",
    "merge_clients",
    "name_primary_counselor",
    "register_client",
    "require_for_client",
    "require_standing",
    "standing",
    "undo_merge",
    "update_client",
    "update_contact_point",
    "withdraw_consent",
]
