"""Whom a file's rows are about and by whom, as the person who sent it sees them."""

from collections.abc import Iterable, Sequence
from typing import Any

from clients.models import Client
from common.errors import Invalid
from interop.models import ExternalReference, Import
from organization.models import Membership, User
from organization.roles import Capability


class Staff:
    """Colleagues at the import's facility, by e-mail address."""

    def __init__(self, job: Import) -> None:
        here = Membership.objects.current().filter(facility=job.facility)
        colleagues = User.objects.filter(is_active=True, pk__in=here.values("user"))
        self._found = {user.email.lower(): user for user in colleagues}

    def named(self, addresses: Sequence[str], column: str) -> list[User]:
        """Those with these addresses, in that order; `Invalid` if one isn't there."""
        if any(address not in self._found for address in addresses):
            raise Invalid(
                "Nobody who works at the facility signs in with this e-mail address.",
                code="unknown_staff",
                field=column,
            )
        return [self._found[address] for address in addresses]


class Clients:
    """Clients by record number or by another system's, of those whom the sender sees there."""

    def __init__(self, job: Import, capability: Capability) -> None:
        self._job = job
        here = frozenset({job.facility_id})
        self._seen = Client.objects.visible_to(job.by, capability, at=here)
        self._by_number: dict[str, Client] = {}
        self._by_ref: dict[str, Client] = {}

    def look_up(self, rows: Iterable[dict[str, Any]]) -> None:
        """Find all those whom these rows name, in two queries."""
        numbers: set[str] = set()
        refs: set[str] = set()
        for row in rows:
            numbers |= set(_several(row.get("record_number")))
            refs |= set(_several(row.get("external_ref")))
        found = self._seen.filter(record_number__in=numbers)
        self._by_number = {client.record_number: client for client in found}
        references = ExternalReference.objects.filter(
            facility=self._job.facility, system=self._job.system, ref__in=refs,
            client__in=self._seen,
        ).select_related("client")  # fmt: skip
        self._by_ref = {reference.ref: reference.client for reference in references}

    def of(self, row: dict[str, Any]) -> list[Client]:
        """The clients whom the row names, by just one of its two columns."""
        column = "record_number" if "record_number" in row else "external_ref"
        if ("record_number" in row) == ("external_ref" in row):
            raise Invalid(
                "Name the client by record_number or by external_ref, one of the two.",
                code="one_of_two",
                field=column,
            )
        found = self._by_number if column == "record_number" else self._by_ref
        names = _several(row[column])
        if any(name not in found for name in names):
            raise Invalid(
                "There is no such client here whom you see. Import clients first.",
                code="unknown_client",
                field=column,
            )
        return [found[name] for name in names]


def _several(cell: str | tuple[str, ...] | None) -> tuple[str, ...]:
    if cell is None:
        return ()
    return (cell,) if isinstance(cell, str) else cell
