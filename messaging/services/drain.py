"""Sending what is due: claim, look again, arm, hand over, record.

1. `claim`: a batch is ours until a lease ends. Commit.
2. `prepare`: each is looked at again; those that may go get an attempt on record. Commit.
3. `hand_over`: to the provider, with no transaction open.
4. `settle`: what became of it. Commit (without waiting for the disk: lost, it is `unknown`).

A worker killed after 1 leaves rows that were provably not sent; after 2 those that were armed and not
recorded: at most `ARM_AT_ONCE` e-mails, or as many texts as are under way at once; after 4 nothing.
`messaging.services.sweep` looks after both.
"""

import datetime as dt
import logging
import secrets
import time
import uuid
from collections import deque
from collections.abc import Sequence

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction

from clients.models import Channel, ContactPoint
from clients.services import mark_undeliverable
from common.clock import now
from common.crypto import blind_index, encrypt, token_digest
from common.ids import uuid7
from messaging import statements
from messaging.channels import open_session
from messaging.channels.base import ChannelSession, DeliveryError, Fate, Outgoing
from messaging.models import Message, OptOutSource
from messaging.purposes import Content, purposes
from messaging.services import circuit
from messaging.services.authorise import End, Later, leased, verdicts
from messaging.services.circuit import Standing, Watch
from messaging.services.flight import Flight
from messaging.services.optout import opt_out
from messaging.services.outcomes import accepted, failed, put_off, too_late
from messaging.services.pace import sender_pace
from messaging.services.progress import tell
from messaging.statements import Outcome
from messaging.states import MessageState, Reason

log = logging.getLogger(__name__)

CLAIM_AT_ONCE = 100
ARM_AT_ONCE = 10
LONGEST_HAND_OVER_SECONDS = 15
PAUSES_TO_SETTLE = (0.1, 1.0, 4.0)
"""Seconds: a deadlock is over at once, a database that starts again within some."""


def drain(channel: Channel, *, seconds: float = 10) -> int:
    """Send what is due on a channel until nothing is, or the time is up; how many were tried."""
    standing = circuit.ask(channel)
    if standing is Standing.PAUSED:
        return 0
    watch = Watch(channel)
    tried = 0
    try:
        with open_session(channel) as session:
            sending = _Sending(channel, session, watch, ends=time.monotonic() + seconds)
            if standing is Standing.PROBING:
                tried = sending.send_due(most=1)
            if standing is Standing.OPEN or (tried and watch.works):
                tried += sending.send_due()
    except DeliveryError as error:
        log.warning("channel.fault channel=%s code=%s", channel, error.code)
        circuit.note_fault(channel)
    if standing is Standing.PROBING and not tried:
        circuit.end_probe(channel)
    return tried


class _Sending:
    """One drain at work: it claims, arms as slots are free, and records as answers come."""

    def __init__(
        self, channel: Channel, session: ChannelSession, watch: Watch, *, ends: float
    ) -> None:
        self._channel = channel
        self._session = session
        self._watch = watch
        self._ends = ends
        self._pace = sender_pace(channel)
        self._lease, self._until, self._claimed = uuid.UUID(int=0), now(), deque[uuid.UUID]()

    def send_due(self, *, most: int | None = None) -> int:
        """Send until nothing is due, the time is up, the channel fails, or `most` were tried."""
        tried = 0
        with Flight(self._hand_over, slots=self._session.at_once, batch=ARM_AT_ONCE) as flight:
            try:
                while self._may_go_on() and self._has_claimed(most, tried):
                    tried += self._arm(flight)
                    if flight and not flight.free:
                        self._record(flight.landed())
                while flight:
                    self._record(flight.landed())
            finally:
                # However this ends: what was handed over is recorded, what was not armed goes back.
                self._record(flight.all_landed())
                statements.release(lease=self._lease, now=now())
        return tried

    def _hand_over(self, outgoing: Sequence[Outgoing]) -> list[Outcome]:
        return hand_over(self._session, outgoing)

    def _may_go_on(self) -> bool:
        return self._watch.works and time.monotonic() < self._ends

    def _has_claimed(self, most: int | None, tried: int) -> bool:
        if not self._claimed and (most is None or tried < most):
            if tried:
                statements.release(lease=self._lease, now=now())
            self._until = now() + dt.timedelta(seconds=settings.LEASE_SECONDS)
            self._lease, ids = claim(self._channel, most or CLAIM_AT_ONCE)
            self._claimed = deque(ids)
        return bool(self._claimed)

    def _arm(self, flight: Flight) -> int:
        """Arm and start as many as there are slots for, and the sender may send now."""
        wanted = min(flight.free, len(self._claimed))
        granted = self._pace.take(wanted)
        if not granted.now:
            if flight:
                self._record(flight.landed())
            else:
                time.sleep(max(0.0, min(granted.wait, self._ends - time.monotonic())))
            return 0
        ids = [self._claimed.popleft() for _ in range(granted.now)]
        outgoing = prepare(ids, self._lease, until=self._until)
        self._pace.give_back(len(ids) - len(outgoing))
        flight.start(outgoing)
        return len(ids)

    def _record(self, outcomes: Sequence[Outcome]) -> None:
        settle_surely(self._channel, outcomes)
        self._watch.see(outcomes)


def claim(channel: Channel, limit: int = CLAIM_AT_ONCE) -> tuple[uuid.UUID, list[uuid.UUID]]:
    """Claim a batch of what is due: the lease, and the ids it holds."""
    lease, moment = uuid7(), now()
    until = moment + dt.timedelta(seconds=settings.LEASE_SECONDS)
    ids = statements.claim(channel=channel, limit=limit, lease=lease, until=until, now=moment)
    return lease, sorted(ids)  # one order for all who lock several rows


@transaction.atomic
def prepare(
    ids: Sequence[uuid.UUID], lease: uuid.UUID, *, until: dt.datetime | None = None
) -> list[Outgoing]:
    """Look again at each; arm those that may go, end or put off the others. `until`: the lease's end."""
    moment = now()
    messages = {message.pk: message for message in leased(ids, lease)}
    found = verdicts(list(messages.values()), moment=moment)
    _end_and_put_off(found, lease, moment)
    going = {pk: verdict for pk, verdict in found.items() if isinstance(verdict, Content)}
    attempts = {pk: uuid7() for pk in going}
    tokens = {pk: _page_token(messages[pk], content) for pk, content in going.items()}
    armed = statements.arm(
        lease=lease,
        now=moment,
        ids=list(going),
        attempts=list(attempts.values()),
        subjects=[encrypt(c.subject, _place("subject", pk)) for pk, c in going.items()],
        bodies=[encrypt(c.text, _place("body", pk)) for pk, c in going.items()],
        versions=[c.version for c in going.values()],
        digests=[blind_index(f"{c.subject}\n{c.text}", "text") for c in going.values()],
        tokens=[token and token_digest(token) for token in tokens.values()],
        pages_until=[c.page_until for c in going.values()],
    )
    return [
        _outgoing(messages[pk], attempts[pk], content, tokens[pk], until)
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


def _outgoing(
    message: Message,
    attempt_id: uuid.UUID,
    content: Content,
    token: str | None,
    leased_until: dt.datetime | None,
) -> Outgoing:
    page = f"{settings.PUBLIC_URL}/a/{token}/" if token else ""
    return Outgoing(
        message_id=message.pk,
        attempt_id=attempt_id,
        to=message.address,
        text=content.text.replace("{link}", page),
        subject=content.subject,
        expires_at=message.expires_at,
        leased_until=leased_until,
        tries=message.tries,
        stop_url=f"{page}stop/" if _can_be_stopped(message) else "",
    )


def _can_be_stopped(message: Message) -> bool:
    """Whether a mail names the page where one click ends all mail: to clients, not account mail."""
    return message.channel == Channel.EMAIL and purposes[message.purpose].to_client


def _page_token(message: Message, content: Content) -> str | None:
    """What makes the address of its page, if it names one; only a digest of it is kept."""
    names_one = "{link}" in content.text or _can_be_stopped(message)
    return secrets.token_urlsafe(24) if names_one else None


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
            outcomes.append(too_late(message))
            continue
        if message.leased_until is not None and message.leased_until <= now():
            # We stood still: by now it may be somebody else's, and somebody may be calling about it.
            outcomes.append(failed(message, DeliveryError(Fate.UNKNOWN, code="lease_lost")))
            continue
        if broken:
            outcomes.append(put_off(message, broken, tried=False))
            continue
        try:
            outcomes.append(accepted(message, session.send(message)))
        except DeliveryError as error:
            broken = error if error.fate is Fate.CHANNEL else None
            outcomes.append(failed(message, error))
        except Exception as error:
            # A fault of ours at one row stops no other; how far it got can't be known.
            log.exception("hand_over.failed message=%s", message.message_id)
            doubt = DeliveryError(Fate.UNKNOWN, code=type(error).__name__)
            outcomes.append(failed(message, doubt))
    return outcomes


def settle_surely(channel: Channel, outcomes: Sequence[Outcome]) -> None:
    """`settle`, tried again where the database broke it off or went away for a moment: what was
    accepted would else be in doubt. Doing it twice is doing it once."""
    for pause in PAUSES_TO_SETTLE:
        try:
            settle(channel, outcomes)
        except (OperationalError, InterfaceError):
            log.warning("settle.again channel=%s outcomes=%s", channel, len(outcomes))
            connection.close_if_unusable_or_obsolete()
            time.sleep(pause)
        else:
            return
    settle(channel, outcomes)


@transaction.atomic
def settle(channel: Channel, outcomes: Sequence[Outcome]) -> None:
    """Record what became of hand-overs, tell of it, draw the consequences."""
    if not outcomes:
        return
    settled = statements.record(outcomes, now=now())
    tell([row for row in settled if row[1] != MessageState.SCHEDULED])
    dead = [pk for pk, _, reason in settled if reason == Reason.INVALID_NUMBER]
    for point in ContactPoint.objects.filter(messages__in=dead).distinct() if dead else ():
        mark_undeliverable(point=point, code=Reason.INVALID_NUMBER)
    opted = [pk for pk, _, reason in settled if reason == Reason.OPTED_OUT]
    for message in Message.objects.filter(pk__in=opted) if opted else ():
        opt_out(address_index=message.address_index, channel=channel, source=OptOutSource.PROVIDER)
