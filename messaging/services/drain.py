"""Sending what is due: claim, look again, arm, hand over, record.

1. `claim`: a batch is ours until a lease ends. Commit.
2. `prepare`: each is looked at again; those that may go get an attempt on record. Commit.
3. `hand_over`: to the provider, with no transaction open.
4. `settle`: what became of it. Commit (without waiting for the disk: lost, it is `unknown`).

A worker killed after 1 leaves rows that were provably not sent; after 2 at most `ARM_AT_ONCE` that
may have been; after 4 nothing. `messaging.services.sweep` looks after both.
"""

import datetime as dt
import logging
import random
import secrets
import time
import uuid
from collections.abc import Sequence

from django.conf import settings
from django.db import transaction

from clients.models import Channel, ContactPoint
from clients.services import mark_undeliverable
from common.clock import now
from common.crypto import encrypt, token_digest
from common.ids import uuid7
from messaging import statements
from messaging.channels import open_session
from messaging.channels.base import ChannelSession, DeliveryError, Fate, Outgoing
from messaging.models import Message
from messaging.purposes import Content
from messaging.services import circuit
from messaging.services.authorise import End, Later, leased, verdicts
from messaging.services.optout import opt_out
from messaging.services.progress import tell
from messaging.statements import Outcome
from messaging.states import AttemptState, MessageState, Reason

log = logging.getLogger(__name__)

CLAIM_AT_ONCE = 100
ARM_AT_ONCE = 10
LONGEST_HAND_OVER_SECONDS = 15
FIRST_PAUSE = dt.timedelta(seconds=30)
LONGEST_PAUSE = dt.timedelta(minutes=30)
MOST_TRIES = 8


def drain(channel: Channel, *, seconds: float = 10) -> int:
    """Send what is due on a channel until nothing is, or the time is up; how many were tried."""
    if circuit.is_paused(channel):
        return 0
    ends = time.monotonic() + seconds
    tried = 0
    try:
        with open_session(channel) as session:
            works = True
            while works and time.monotonic() < ends:
                batch, works = _drain_batch(channel, session, ends)
                tried += batch
    except DeliveryError as error:
        log.warning("channel.fault channel=%s code=%s", channel, error.code)
        circuit.note_fault(channel)
    return tried


def _drain_batch(channel: Channel, session: ChannelSession, ends: float) -> tuple[int, bool]:
    """Claim a batch and send it; how many were tried, and whether it is worth going on."""
    lease, ids = claim(channel)
    tried, works = 0, bool(ids)
    try:
        while works and tried < len(ids) and time.monotonic() < ends:
            chunk = ids[tried : tried + ARM_AT_ONCE]
            works = settle(channel, hand_over(session, prepare(chunk, lease)))
            tried += len(chunk)
    finally:
        statements.release(lease=lease, now=now())
    return tried, works


def claim(channel: Channel) -> tuple[uuid.UUID, list[uuid.UUID]]:
    """Claim a batch of what is due: the lease, and the ids it holds."""
    lease, moment = uuid7(), now()
    until = moment + dt.timedelta(seconds=settings.LEASE_SECONDS)
    ids = statements.claim(
        channel=channel, limit=CLAIM_AT_ONCE, lease=lease, until=until, now=moment
    )
    return lease, sorted(ids)  # one order for all who lock several rows


@transaction.atomic
def prepare(ids: Sequence[uuid.UUID], lease: uuid.UUID) -> list[Outgoing]:
    """Look again at each; arm those that may go, end or put off the others."""
    moment = now()
    messages = {message.pk: message for message in leased(ids, lease)}
    found = verdicts(list(messages.values()), moment=moment)
    _end_and_put_off(found, lease, moment)
    going = {pk: verdict for pk, verdict in found.items() if isinstance(verdict, Content)}
    attempts = {pk: uuid7() for pk in going}
    armed = statements.arm(
        lease=lease,
        now=moment,
        ids=list(going),
        attempts=list(attempts.values()),
        subjects=[encrypt(c.subject, _place("subject", pk)) for pk, c in going.items()],
        bodies=[encrypt(c.text, _place("body", pk)) for pk, c in going.items()],
        versions=[c.version for c in going.values()],
    )
    links = _new_links([messages[pk] for pk in armed if "{link}" in going[pk].text])
    return [
        _outgoing(messages[pk], attempts[pk], content, links.get(pk, ""))
        for pk, content in going.items()
        if pk in armed
    ]


def _place(column: str, pk: uuid.UUID) -> str:
    return f"messaging_message.{column}:{pk}"


def _end_and_put_off(
    found: dict[uuid.UUID, Content | End | Later], lease: uuid.UUID, moment: dt.datetime
) -> None:
    ended = []
    for pk, verdict in found.items():
        if isinstance(verdict, Content):
            continue
        ours = Message.objects.filter(pk=pk, lease=lease, state=MessageState.SENDING, armed=False)
        if isinstance(verdict, Later):
            ours.update(
                state=MessageState.SCHEDULED, send_at=verdict.at, lease=None, lease_until=None,
                updated_at=moment,
            )  # fmt: skip
        elif ours.update(
            state=verdict.state, reason=verdict.reason, lease=None, lease_until=None,
            ended_at=moment, updated_at=moment,
        ):  # fmt: skip
            ended.append((pk, str(verdict.state), str(verdict.reason)))
    tell(ended)


def _outgoing(message: Message, attempt_id: uuid.UUID, content: Content, link: str) -> Outgoing:
    return Outgoing(
        message_id=message.pk,
        attempt_id=attempt_id,
        to=message.address,
        text=content.text.replace("{link}", link),
        subject=content.subject,
        expires_at=message.expires_at,
    )


def _new_links(messages: Sequence[Message]) -> dict[uuid.UUID, str]:
    """A page's address for each of these. Only a digest of its token is kept."""
    tokens = {message.pk: secrets.token_urlsafe(24) for message in messages}
    digests = {pk: token_digest(token) for pk, token in tokens.items()}
    if digests:
        statements.link(digests, [m.expires_at for m in messages], now=now())
    return {pk: f"{settings.PUBLIC_URL}/a/{token}/" for pk, token in tokens.items()}


def hand_over(session: ChannelSession, outgoing: Sequence[Outgoing]) -> list[Outcome]:
    """Give each to the provider. After a fault of the channel itself, or when the provider takes so
    long that a time limit would cut us short, the rest is put off untried."""
    outcomes: list[Outcome] = []
    ends = time.monotonic() + LONGEST_HAND_OVER_SECONDS
    broken: DeliveryError | None = None
    for message in outgoing:
        if time.monotonic() > ends:
            broken = broken or DeliveryError(Fate.CHANNEL, code="provider_slow")
        if message.expires_at <= now():
            outcomes.append(
                Outcome(
                    message.attempt_id, AttemptState.DEFERRED, MessageState.EXPIRED,
                    reason=Reason.TOO_LATE, tries=1,
                )
            )  # fmt: skip
            continue
        if broken:
            outcomes.append(_put_off(message, broken, tries=0))
            continue
        try:
            outcomes.append(_accepted(message, session.send(message)))
        except DeliveryError as error:
            broken = error if error.fate is Fate.CHANNEL else None
            outcomes.append(_failed(message, error))
        except Exception as error:
            # A fault of ours at one row stops no other; how far it got can't be known.
            log.exception("hand_over.failed message=%s", message.message_id)
            doubt = DeliveryError(Fate.UNKNOWN, code=type(error).__name__)
            outcomes.append(_failed(message, doubt))
    return outcomes


def _accepted(message: Outgoing, provider_id: str) -> Outcome:
    return Outcome(
        message.attempt_id, AttemptState.ACCEPTED, MessageState.SENT, provider_id=provider_id
    )


def _failed(message: Outgoing, error: DeliveryError) -> Outcome:
    if error.fate is Fate.UNKNOWN:
        return Outcome(
            message.attempt_id, AttemptState.UNKNOWN, MessageState.UNKNOWN,
            reason=Reason.MAY_HAVE_ARRIVED, code=error.code, words=error.words,
        )  # fmt: skip
    if error.fate is Fate.PERMANENT:
        return Outcome(
            message.attempt_id, AttemptState.REFUSED, MessageState.FAILED,
            reason=_reason(error), code=error.code, words=error.words,
        )  # fmt: skip
    return _put_off(message, error, tries=0 if error.fate is Fate.CHANNEL else 1)


def _reason(error: DeliveryError) -> Reason:
    if error.opted_out:
        return Reason.OPTED_OUT
    return Reason.INVALID_NUMBER if error.dead_address else Reason.PROVIDER_REJECTED


def _put_off(message: Outgoing, error: DeliveryError, *, tries: int) -> Outcome:
    """Not accepted: again after a pause that doubles, within the message's life; else given up."""
    number = Message.objects.only("tries").get(pk=message.message_id).tries if tries else 0
    pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2**number) * random.uniform(0.5, 1.5)  # noqa: S311
    again_at = now() + pause
    if again_at >= message.expires_at or number + tries >= MOST_TRIES:
        return Outcome(
            message.attempt_id, AttemptState.DEFERRED, MessageState.FAILED,
            reason=Reason.GAVE_UP, code=error.code, words=error.words, tries=tries,
        )  # fmt: skip
    return Outcome(
        message.attempt_id, AttemptState.DEFERRED, MessageState.SCHEDULED,
        code=error.code, words=error.words, again_at=again_at, tries=tries,
    )  # fmt: skip


@transaction.atomic
def settle(channel: Channel, outcomes: Sequence[Outcome]) -> bool:
    """Record what became of hand-overs, tell of it, draw the consequences; whether the channel works."""
    if not outcomes:
        return True
    settled = statements.record(outcomes, now=now())
    tell([row for row in settled if row[1] != MessageState.SCHEDULED])
    dead = [pk for pk, _, reason in settled if reason == Reason.INVALID_NUMBER]
    for point in ContactPoint.objects.filter(messages__in=dead).distinct() if dead else ():
        mark_undeliverable(point=point, code=Reason.INVALID_NUMBER)
    opted = [pk for pk, _, reason in settled if reason == Reason.OPTED_OUT]
    for message in Message.objects.filter(pk__in=opted) if opted else ():
        opt_out(address_index=message.address_index, channel=Channel(message.channel))
    return _watch(channel, outcomes)


def _watch(channel: Channel, outcomes: Sequence[Outcome]) -> bool:
    """One fault of the channel puts the rest of a chunk off with it: that is one fault, not ten."""
    if any(o.attempt_state == AttemptState.ACCEPTED for o in outcomes):
        circuit.note_success(channel)
    broken = any(o.attempt_state == AttemptState.DEFERRED and not o.tries for o in outcomes)
    if broken:
        circuit.note_fault(channel)
    return not broken
