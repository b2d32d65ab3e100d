"""The page behind a message's link: from the token in the address to the message it belongs to."""

from common.clock import now
from common.crypto import token_digest
from messaging.models import Link, Meaning, Message
from messaging.purposes import purposes


def message_behind(token: str) -> Message | None:
    """The message whose link this is, while the link is good."""
    links = Link.objects.filter(token_digest=token_digest(token), good_until__gt=now())
    link = links.select_related("message__client", "message__facility").first()
    return link.message if link else None


def answer_by_link(message: Message, meaning: Meaning) -> bool:
    """Take a client's answer; False if it can't be taken any more."""
    return purposes[message.purpose].answer(message, meaning)
