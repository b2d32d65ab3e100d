"""What one person may do, and where: their memberships, read once."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from common.errors import Forbidden
from organization.roles import CAPABILITIES, Capability, Role, roles_with


@dataclass(frozen=True)
class Access:
    """A person's roles by facility."""

    user_id: uuid.UUID
    roles: Mapping[uuid.UUID, frozenset[Role]]

    def __hash__(self) -> int:
        return hash((self.user_id, frozenset(self.roles.items())))

    @classmethod
    def of(cls, user_id: uuid.UUID, held: Iterable[tuple[uuid.UUID, str]]) -> "Access":
        """From the roles that somebody holds, each with its facility."""
        roles: dict[uuid.UUID, set[Role]] = {}
        for facility_id, role in held:
            roles.setdefault(facility_id, set()).add(Role(role))
        return cls(user_id, {f: frozenset(r) for f, r in roles.items()})

    @property
    def facilities(self) -> frozenset[uuid.UUID]:
        """Where they work."""
        return frozenset(self.roles)

    def at(self, facilities: frozenset[uuid.UUID]) -> "Access":
        """What they may do at these facilities alone."""
        return Access(self.user_id, {f: r for f, r in self.roles.items() if f in facilities})

    def where(self, *capabilities: Capability) -> frozenset[uuid.UUID]:
        """The facilities at which a single role of theirs has all of these capabilities.

        A single role: who is a counselor at one site and front desk at another must not see a
        phase through the one role of a client whom only the other lets them find.
        """
        fitting = roles_with(*capabilities)
        return frozenset(f for f, held in self.roles.items() if held & fitting)

    def reaches_alike(self, one: Capability, other: Capability) -> bool:
        """Whether, at every facility, the roles that have the one also have the other.

        Then whoever is found by the one is found by the other, and nobody need ask again.
        """
        return all(
            {one, other} <= CAPABILITIES[role] or one not in CAPABILITIES[role]
            for held in self.roles.values()
            for role in held
        )

    def can(self, capability: Capability, facility_id: uuid.UUID | None = None) -> bool:
        """Whether they have it there, or anywhere if no facility is named."""
        there = self.where(capability)
        return bool(there) if facility_id is None else facility_id in there

    def require(self, capability: Capability, facility_id: uuid.UUID | None = None) -> None:
        """Raise `Forbidden` unless they have it."""
        if not self.can(capability, facility_id):
            raise Forbidden(
                f"Your role doesn't include this: {capability.label[0].lower()}"
                f"{capability.label[1:]}.",
                code="capability_missing",
            )
