"""Client records, how clients may be reached, and records that are two of one person."""

from clients.models.contacts import (
    CHANNEL_OF,
    ConsentMethod,
    ContactConsent,
    ContactKind,
    ContactPoint,
)
from clients.models.duplicates import Ground, Merge, PossibleDuplicate, Settlement
from clients.models.records import (
    CareRole,
    CareTeamMember,
    Channel,
    Client,
    KnownAt,
    KnownReason,
)

__all__ = [
    "CHANNEL_OF",
    "CareRole",
    "CareTeamMember",
    "Channel",
    "Client",
    "ConsentMethod",
    "ContactConsent",
    "ContactKind",
    "ContactPoint",
    "Ground",
    "KnownAt",
    "KnownReason",
    "Merge",
    "PossibleDuplicate",
    "Settlement",
]
