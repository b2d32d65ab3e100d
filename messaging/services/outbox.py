"""Putting messages into the outbox, and taking back those that were not handed over."""

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Q

from clients.addresses import address_index
from clients.models import Channel
from common.clock import now
from messaging import statements
from messaging.models import Message
from messaging.statements import Times
from messaging.states import PENDING, MessageState, Reason
from organization.models import Facility, Language

ACCOUNT_MAIL_LIVES = dt.timedelta(hours=1)

UNARMED = Q(state=MessageState.SCHEDULED) | Q(state=MessageState.SENDING, armed=False)
"""Provably not handed over: nobody but the arming statement can change that."""


@dataclass(frozen=True)
class Draft:
    """Something to be said to a client when it is due; `address_index` is the contact point's."""

    purpose: str
    about: uuid.UUID | None
    channel: Channel
    client_id: uuid.UUID
    facility_id: uuid.UUID
    contact_point_id: uuid.UUID
    address_index: str
    language: str
    send_at: dt.datetime
    expires_at: dt.datetime


def enqueue(
    drafts: Sequence[Draft], *, shifted: Mapping[uuid.UUID, Times] | None = None
) -> list[uuid.UUID]:
    """Have these said; the messages' ids in the same order. Within the caller's transaction.

    `shifted`: messages that get other times, where they still wait; what is being sent or has ended
    stays as it is.
    """
    if not drafts and not shifted:
        return []
    return statements.enqueue([vars(draft) for draft in drafts], shifted or {}, now=now())


def enqueue_to_address(
    *, purpose: str, address: str, channel: Channel, facility: Facility | None, language: str
) -> Message:
    """Answer an address that wrote to us, whoever has it; at once, or not at all."""
    moment = now()
    return Message.objects.create(
        purpose=purpose,
        channel=channel,
        facility=facility,
        recipient=address,
        address_index=address_index(address),
        language=language,
        send_at=moment,
        due_at=moment,
        expires_at=moment + ACCOUNT_MAIL_LIVES,
    )


def enqueue_account_mail(*, to: str, subject: str, body: str) -> Message:
    """Mail to a member of staff about their account: its text is given, nothing is checked."""
    moment = now()
    return Message.objects.create(
        purpose="account",
        channel=Channel.EMAIL,
        recipient=to,
        address_index=address_index(to.lower()),
        language=Language.ENGLISH,
        subject=subject,
        body=body,
        send_at=moment,
        due_at=moment,
        expires_at=moment + ACCOUNT_MAIL_LIVES,
    )


def end_unarmed(
    messages: Q, *, state: MessageState, reason: Reason
) -> list[tuple[uuid.UUID, str, str]]:
    """End every message of these that is provably not handed over; those ended, with their end.

    One conditional statement: a message that a drain arms in the same moment is not ended.
    """
    moment = now()
    ids = list(
        Message.objects.filter(messages, UNARMED, state__in=PENDING)
        .order_by("pk")
        .select_for_update()
        .values_list("pk", flat=True)
    )
    Message.objects.filter(pk__in=ids).filter(UNARMED).update(
        state=state, reason=reason, lease=None, lease_until=None, ended_at=moment,
        updated_at=moment,
    )  # fmt: skip
    return [(pk, state, reason) for pk in ids]


def cancel(message_ids: Iterable[uuid.UUID], *, reason: Reason) -> set[uuid.UUID]:
    """Take back what is no longer wanted; the ids of those that will never be sent."""
    ended = end_unarmed(Q(pk__in=list(message_ids)), state=MessageState.CANCELLED, reason=reason)
    return {pk for pk, _, _ in ended}
