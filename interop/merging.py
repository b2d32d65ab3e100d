"""What becomes of other systems' numbers when two records become one."""

from clients.merging import Ledger, MergePart, nothing_forbids
from clients.models import Client
from interop.models import ExternalReference
from organization.models import User


def _move(ledger: Ledger, survivor: Client, other: Client, by: User) -> None:
    """The next file that names the client by such a number is about the survivor."""
    ledger.change(ExternalReference.objects.filter(client=other), client=survivor)


REFERENCES = MergePart(
    moves=frozenset({"interop.ExternalReference.client"}),
    stays={},
    obstacles=nothing_forbids,
    move=_move,
)
