"""What becomes of messages when two records become one. Opt-outs are an address's, not a client's."""

from clients.merging import Ledger, MergePart, nothing_forbids
from clients.models import Client
from messaging.models import InboundMessage, Message
from organization.models import User


def _move(ledger: Ledger, survivor: Client, other: Client, by: User) -> None:
    """What was said and answered goes with the client; what is still to be said is planned anew."""
    ledger.change(Message.objects.filter(client=other), client=survivor)
    ledger.change(InboundMessage.objects.filter(client=other), client=survivor)


MESSAGES = MergePart(
    moves=frozenset({"messaging.Message.client", "messaging.InboundMessage.client"}),
    stays={},
    obstacles=nothing_forbids,
    move=_move,
)
