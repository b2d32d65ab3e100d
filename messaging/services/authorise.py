"""The last look before a hand-over: may this still go, to this address, now? And what does it say?"""

import datetime as dt
import itertools
import logging
import uuid
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from clients.models import Client, ContactPoint
from common.crypto import Sealed
from common.discretion import disclosing_words, names_in
from common.rows import held
from messaging import statements
from messaging.models import Message
from messaging.purposes import Content, Purpose, Stop, purposes
from messaging.quiet import next_allowed, quiet_hours
from messaging.services.pace import facility_pace
from messaging.states import MessageState, Reason
from organization.models import Facility

log = logging.getLogger(__name__)

RETRY_A_FAULT_OF_OURS = dt.timedelta(minutes=5)


@dataclass(frozen=True)
class End:
    """It is not sent, and ends here."""

    state: MessageState
    reason: Reason


@dataclass(frozen=True)
class Later:
    """Not now: it waits until then."""

    at: dt.datetime


Verdict = Content | End | Later

MESSAGE = (
    "id", "purpose", "about", "channel", "client_id", "facility_id", "contact_point_id",
    "recipient", "address_index", "language", "subject", "body", "expires_at", "tries",
)  # fmt: skip
CLIENT = ("id", "zone", "deceased_on", "quiet_from", "quiet_until")
FACILITY = (
    "id", "legal_name", "zone", "quiet_from", "quiet_until", "discreet_name", "discreet_phone",
    "messages_per_minute",
)  # fmt: skip
POINT = ("id", "value", "valid_until", "undeliverable_since")
"""The columns of `statements.LEASED`, in its order; the ids of the last three stand in the message's."""


def leased(ids: Sequence[uuid.UUID], lease: uuid.UUID) -> list[Message]:
    """These messages as they are now, if this lease still holds them; one statement.

    Of whom they go to, they hold what `LEASED` reads; anything else a purpose asks for is fetched.
    """
    return [_message(row) for row in statements.leased(ids, lease=lease)]


def _message(row: tuple[Any, ...]) -> Message:
    values = iter(row)
    columns = _sealed(_next(values, MESSAGE), (7, 10, 11))
    client, facility, point = row[4:7]
    whom = (client, *_next(values, CLIENT[1:]))
    where = (facility, *_next(values, FACILITY[1:]))
    address = _sealed((point, *_next(values, POINT[1:])), (1,))
    message = held(
        Message,
        MESSAGE,
        columns,
        client=held(Client, CLIENT, whom) if client else None,
        facility=held(Facility, FACILITY, where) if facility else None,
        contact_point=held(ContactPoint, POINT, address) if point else None,
    )
    message.has_consent, message.plain_words, message.opted_out = values
    return message


def _next(values: Iterator[Any], columns: Sequence[str]) -> tuple[Any, ...]:
    return tuple(itertools.islice(values, len(columns)))


def _sealed(values: tuple[Any, ...], places: tuple[int, ...]) -> list[Any]:
    """With the values at these places closed, as the model reads them."""
    return [
        Sealed(value) if value is not None and place in places else value
        for place, value in enumerate(values)
    ]


def verdicts(messages: Sequence[Message], *, moment: dt.datetime) -> dict[uuid.UUID, Verdict]:
    """For each message: what it says, or why and until when it does not go."""
    found: dict[uuid.UUID, Verdict] = {}
    open_by_purpose: dict[str, list[Message]] = defaultdict(list)
    for message in messages:
        refusal = _first_look(message, moment)
        if refusal:
            found[message.pk] = refusal
        else:
            open_by_purpose[message.purpose].append(message)
    for name, group in open_by_purpose.items():
        contents = _ask(purposes[name], group)
        for message in group:
            found[message.pk] = _content(message, purposes[name], contents, moment)
    return found | _held_back(messages, found, moment)


def _held_back(
    messages: Sequence[Message], found: Mapping[uuid.UUID, Verdict], moment: dt.datetime
) -> dict[uuid.UUID, Verdict]:
    """Those that are over their facility's bound a minute wait, each a little longer than the one
    before. Whoever has just written to us is answered without waiting, and account mail goes.
    """
    by_facility: dict[uuid.UUID, list[Message]] = defaultdict(list)
    for message in messages:
        goes = isinstance(found[message.pk], Content) and purposes[message.purpose].to_client
        if goes and message.facility_id and message.contact_point:
            by_facility[message.facility_id].append(message)
    later: dict[uuid.UUID, Verdict] = {}
    for facility_id, group in by_facility.items():
        pace = facility_pace(facility_id, group[0].facility.messages_per_minute)  # type: ignore[union-attr]  # it has one
        group.sort(key=lambda m: m.expires_at)
        granted = pace.take(len(group))
        for place, message in enumerate(group[granted.now :]):
            last = message.expires_at - purposes[message.purpose].margin
            at = min(moment + dt.timedelta(seconds=granted.wait + place / pace.rate), last)
            if at > moment:
                later[message.pk] = Later(at)
    return later


def _first_look(message: Message, moment: dt.datetime) -> End | Later | None:
    """A row of which something can't be read (an address, a zone) waits, and stops no other."""
    try:
        refusal = _refusal(message, purposes[message.purpose], moment)
        return refusal or (None if message.address else Later(moment + RETRY_A_FAULT_OF_OURS))
    except Exception:
        log.exception("recheck.unreadable message=%s", message.pk)
        if message.expires_at <= moment:
            return End(MessageState.EXPIRED, Reason.TOO_LATE)
        return Later(moment + RETRY_A_FAULT_OF_OURS)


def _refusal(message: Message, purpose: Purpose, moment: dt.datetime) -> End | Later | None:
    if message.expires_at <= moment:
        return End(MessageState.EXPIRED, Reason.TOO_LATE)
    if not purpose.to_client:
        return None
    reason = _forbidden(message, purpose, moment)
    return End(MessageState.SKIPPED, reason) if reason else _quiet(message, purpose, moment)


def _forbidden(message: Message, purpose: Purpose, moment: dt.datetime) -> Reason | None:
    if message.opted_out and not purpose.after_opt_out:
        return Reason.OPTED_OUT
    point = message.contact_point
    if point is None:  # an answer to an address that wrote to us
        return None
    if message.client and message.client.deceased_on:
        return Reason.DECEASED
    if not message.has_consent and not purpose.after_opt_out:
        return Reason.NO_CONSENT
    if point.undeliverable_since:
        return Reason.CONTACT_POINT_DEAD
    if point.valid_until and point.valid_until < moment.date():
        return Reason.NO_CONTACT_POINT
    return None


def _quiet(message: Message, purpose: Purpose, moment: dt.datetime) -> End | Later | None:
    if message.contact_point is None:  # they have just written to us themselves
        return None
    at = next_allowed(moment, quiet_hours(message.facility, message.client))
    if at == moment:
        return None
    if at is not None and at <= message.expires_at - purpose.margin:
        return Later(at)
    return End(MessageState.SKIPPED, Reason.QUIET_HOURS)


def _ask(purpose: Purpose, group: Sequence[Message]) -> Mapping[uuid.UUID, Content | Stop]:
    """Ask for all at once; if that fails, one by one, so that a bad row stands alone."""
    try:
        with transaction.atomic():
            return purpose.recheck(group)
    except Exception:
        log.exception("recheck.failed rows=%d", len(group))
    found: dict[uuid.UUID, Content | Stop] = {}
    for message in group:
        try:
            with transaction.atomic():
                found.update(purpose.recheck([message]))
        except Exception:
            log.exception("recheck.failed message=%s", message.pk)
    return found


def _content(
    message: Message,
    purpose: Purpose,
    contents: Mapping[uuid.UUID, Content | Stop],
    moment: dt.datetime,
) -> Verdict:
    content = contents.get(message.pk)
    if content is None:
        return Later(moment + RETRY_A_FAULT_OF_OURS)
    if isinstance(content, Stop):
        return End(MessageState.SKIPPED, content.reason)
    if purpose.to_client and not is_discreet(message, content):
        return End(MessageState.FAILED, Reason.TEXT_REFUSED)
    return content


def is_discreet(message: Message, content: Content) -> bool:
    """Whether nothing in the text tells a stranger what it is about, or the client agreed that it may."""
    if message.plain_words:
        return True
    said = f"{content.subject}\n{content.text}"
    if disclosing_words(said.replace("{link}", "")):
        return False
    legal_name = (message.facility.legal_name,) if message.facility else ()
    return not names_in(said, (*legal_name, *content.not_named))
