"""What clients send us: stored first, then understood, and if in doubt put before a person.

An answer binds to one message that was sent and is still valid, and only if exactly one client
with that address has any. Anything else goes to a person.
"""

import datetime as dt
import uuid

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from audit.services import note_change
from clients.addresses import address_index, normal_phone
from clients.models import Channel, Client
from common.clock import now
from common.database import lock_subjects
from common.errors import Invalid
from messaging.keywords import meaning_of
from messaging.models import InboundMessage, Meaning, Message, OptOut
from messaging.purposes import purposes
from messaging.services.optout import ACKNOWLEDGEMENT, lift_opt_out, opt_out
from messaging.services.outbox import enqueue_to_address
from messaging.states import ANSWERABLE, PENDING
from organization.models import Facility, Language
from organization.roles import Role
from worklist.models import Priority, TaskKind
from worklist.services import open_task

AUTO_ANSWER = "auto_answer"
ADDRESSES = uuid.UUID("019abf00-0000-7000-8000-0000000add12")
ONE_AUTO_ANSWER_IN = dt.timedelta(hours=24)
SENT_TOGETHER = dt.timedelta(minutes=10)
"""Of two messages that came so shortly after each other it can't be told which is answered."""


def store_inbound(*, provider_id: str, sender: str, body: str) -> InboundMessage:
    """Keep what came in; the same provider's id again is the same message."""
    try:
        address = normal_phone(sender)
    except Invalid:  # a short code, or a sender with a name: kept as it is
        address = sender[:40]
    row = InboundMessage(
        provider_id=provider_id,
        sender=address,
        address_index=address_index(address),
        body=body[:1600],
        received_at=now(),
    )
    InboundMessage.objects.bulk_create([row], ignore_conflicts=True)
    return InboundMessage.objects.get(provider_id=provider_id)


@transaction.atomic
def handle_inbound(inbound_id: uuid.UUID) -> None:
    """Do what a stored message asks for, once."""
    waiting = InboundMessage.objects.select_for_update(skip_locked=True)
    inbound = waiting.filter(pk=inbound_id, handled_at=None).first()
    if inbound is None:
        return
    meaning = meaning_of(inbound.body)
    sharing = _sharing(inbound)
    inbound.meaning = meaning
    inbound.client = sharing[0] if len(sharing) == 1 else None
    note_change(
        f"inbound.{meaning}", inbound.pk, by=None, clients=[client.pk for client in sharing]
    )
    HANDLERS[meaning](inbound, sharing)
    inbound.handled_at = now()
    inbound.save()


def _sharing(inbound: InboundMessage) -> list[Client]:
    """Who has this address: those who consented to be messaged there, else all who have it."""
    having = Client.objects.filter(
        contact_points__address_index=inbound.address_index, merged_into=None
    )
    consented = having.filter(
        contact_points__address_index=inbound.address_index,
        contact_points__consents__withdrawn_at=None,
        contact_points__consents__isnull=False,
    )
    return list(consented.distinct()[:10]) or list(having.distinct()[:10])


def _stop(inbound: InboundMessage, sharing: list[Client]) -> None:
    is_new = opt_out(address_index=inbound.address_index, channel=Channel.SMS)
    if is_new and not settings.TWILIO_ACKNOWLEDGES_KEYWORDS:
        _answer(inbound, ACKNOWLEDGEMENT, sharing)


def _start(inbound: InboundMessage, sharing: list[Client]) -> None:
    lift_opt_out(address_index=inbound.address_index, channel=Channel.SMS)


def _help(inbound: InboundMessage, sharing: list[Client]) -> None:
    if not settings.TWILIO_ACKNOWLEDGES_KEYWORDS:
        _answer(inbound, "help_answer", sharing)


def _answer(inbound: InboundMessage, purpose: str, sharing: list[Client]) -> None:
    latest = Message.objects.filter(
        address_index=inbound.address_index, sent_at__isnull=False, facility__isnull=False
    ).order_by("-sent_at")
    last = latest.select_related("facility").first()
    facility = last.facility if last else _facility_of(sharing)
    languages = {client.language for client in sharing}
    enqueue_to_address(
        purpose=purpose,
        address=inbound.sender,
        channel=Channel.SMS,
        facility=facility,
        language=languages.pop() if len(languages) == 1 else Language.ENGLISH,
    )


def _text(inbound: InboundMessage, sharing: list[Client]) -> None:
    """A person reads it; who wrote hears, once a day, that this may take a while.

    Not at an address that nobody has: a stranger, or a machine, is not written to.
    """
    _to_a_person(inbound, sharing)
    if not sharing or _opted_out(inbound):
        return
    # Of two texts that come at once, the second waits here and then sees the answer to the first.
    lock_subjects([uuid.uuid5(ADDRESSES, inbound.address_index)])
    waits_or_went = Q(state__in=PENDING) | Q(sent_at__isnull=False)
    lately = Message.objects.filter(
        waits_or_went,
        address_index=inbound.address_index,
        purpose=AUTO_ANSWER,
        created_at__gt=now() - ONE_AUTO_ANSWER_IN,
    )
    if not lately.exists():
        _answer(inbound, AUTO_ANSWER, sharing)


def _opted_out(inbound: InboundMessage) -> bool:
    in_force = OptOut.objects.filter(
        address_index=inbound.address_index, channel=inbound.channel, until=None
    )
    return in_force.exists()


def _reply(inbound: InboundMessage, sharing: list[Client]) -> None:
    message = _answered_message(inbound)
    if message is not None:
        inbound.client, inbound.answers = message.client, message
        if purposes[message.purpose].answer(message, Meaning(inbound.meaning)):
            return
    _to_a_person(inbound, sharing)


def _answered_message(inbound: InboundMessage) -> Message | None:
    """The one message that this can be the answer to; None if there is none, or more than one.

    One client's messages about several things: the one sent last is meant, unless another came
    shortly before it.
    """
    answerable = [name for name in purposes.names() if purposes[name].answerable]
    held = Message.objects.filter(
        address_index=inbound.address_index,
        channel=inbound.channel,
        purpose__in=answerable,
        state__in=ANSWERABLE,
        expires_at__gt=now(),
    ).order_by("-sent_at")
    messages = list(held.select_related("client")[:20])
    if len({message.client_id for message in messages}) != 1:
        return None
    last = messages[0]
    together = [m for m in messages if last.sent_at - m.sent_at < SENT_TOGETHER]  # type: ignore[operator]  # both were sent
    return last if len({message.about for message in together}) == 1 else None


def _to_a_person(inbound: InboundMessage, sharing: list[Client]) -> None:
    """A task for the client's counselor; where several share the address, for each one's.

    From an address that nobody has: intake's, about no client.
    """
    for client in [inbound.client] if inbound.client else sharing:
        open_task(
            kind=TaskKind.READ_REPLY,
            source=f"inbound:{inbound.pk}:{client.pk}",
            client=client,
            facility=_facility_of([client]),
            priority=Priority.HIGH,
        )
    if not sharing:
        open_task(
            kind=TaskKind.READ_REPLY,
            source=f"inbound:{inbound.pk}",
            client=None,
            facility=None,
            role=Role.INTAKE,
        )


def _facility_of(sharing: list[Client]) -> Facility | None:
    """Where the first of them is known."""
    known = sharing[0].known_at.current().select_related("facility").first() if sharing else None
    return known.facility if known else None


HANDLERS = {
    Meaning.CONFIRM: _reply,
    Meaning.RESCHEDULE: _reply,
    Meaning.STOP: _stop,
    Meaning.START: _start,
    Meaning.HELP: _help,
    Meaning.TEXT: _text,
}
