"""The pages behind a message's link: from the token in the address to the message it belongs to."""

import datetime as dt

from django.db import transaction

from audit.services import note_change
from clients.models import Channel
from common.clock import now
from common.crypto import token_digest
from messaging.models import Link, Meaning, Message, OptOutSource
from messaging.purposes import purposes
from messaging.services.optout import opt_out

STOPPABLE_FOR = dt.timedelta(days=60)
"""So long a link still stops messages: longer than it shows the visit, for it shows nothing then."""


def message_behind(token: str) -> Message | None:
    """The message whose link this is, while the link is good."""
    links = Link.objects.filter(token_digest=token_digest(token), good_until__gt=now())
    link = links.select_related("message__client", "message__facility").first()
    return link.message if link else None


def answer_by_link(message: Message, meaning: Meaning) -> bool:
    """Take a client's answer; False if it can't be taken any more."""
    return purposes[message.purpose].answer(message, meaning)


def stoppable_behind(token: str) -> Message | None:
    """The message whose link this is, while its address may be opted out by it."""
    links = Link.objects.filter(
        token_digest=token_digest(token), created_at__gt=now() - STOPPABLE_FOR
    )
    link = links.select_related("message").first()
    return link.message if link else None


@transaction.atomic
def stop_by_link(message: Message) -> None:
    """The address wants nothing more on this channel: in force for every purpose from now on."""
    opt_out(
        address_index=message.address_index,
        channel=Channel(message.channel),
        source=OptOutSource.LINK,
    )
    clients = [message.client_id] if message.client_id else []
    note_change("link.stop", message.pk, by=None, clients=clients)
