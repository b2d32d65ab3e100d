"""Texts that may have arrived: the provider's own list is asked, twice.

What is found there for certain is adopted. Where the list has nothing, `UNKNOWN_RESEND` says whether
it is sent again. Where it can't be told, it stays with the person who was asked to call.
"""

import datetime as dt
import logging
import re
import time
import uuid
from collections.abc import Iterable, Sequence

from django.conf import settings
from django.db import transaction
from django.db.models import F

from clients.models import Channel
from common.clock import now
from messaging.channels.base import DeliveryError
from messaging.channels.sms_list import ListedText, texts_to
from messaging.models import Attempt, Message
from messaging.services.receipts import handle_receipt, store_receipt
from messaging.states import NOT_FOUND, AttemptState, MessageState
from worklist.models import TaskKind
from worklist.services import withdraw_tasks

log = logging.getLogger(__name__)

FIRST_LOOK_AFTER = dt.timedelta(minutes=1)
NEXT_LOOK_AFTER = dt.timedelta(minutes=4)
LOOKS = 2
CLOCKS_DIFFER = dt.timedelta(minutes=1)
LONGEST_HAND_OVER = dt.timedelta(minutes=2)
AFTER_TWO_EMPTY_LOOKUPS = "after_two_empty_lookups"


def resolve_doubt(*, seconds: float = 20) -> int:
    """Ask after what is in doubt and whose turn it is; how many. Any number of these may run."""
    _set_first_turns()
    ends = time.monotonic() + seconds
    asked = 0
    while time.monotonic() < ends and (attempt := claim()):
        _ask(attempt)
        asked += 1
    return asked


def _set_first_turns() -> None:
    fresh = Attempt.objects.filter(
        state=AttemptState.UNKNOWN, look_up_at=None, lookups=0,
        message__channel=Channel.SMS, message__expires_at__gt=now(),
    )  # fmt: skip
    fresh.update(look_up_at=F("ended_at") + FIRST_LOOK_AFTER, updated_at=now())


@transaction.atomic
def claim() -> Attempt | None:
    """The next one whose turn it is. Its next turn is set at once, so that nobody else takes it;
    it also comes if the one who asks now is lost."""
    waiting = Attempt.objects.select_for_update(skip_locked=True, of=("self",)).filter(
        state=AttemptState.UNKNOWN, look_up_at__lte=now(), message__expires_at__gt=now()
    )
    attempt = waiting.select_related("message__contact_point").order_by("look_up_at").first()
    if attempt is not None:
        attempt.change(look_up_at=now() + NEXT_LOOK_AFTER)
    return attempt


def _ask(attempt: Attempt) -> None:
    """A list that can't be had says nothing: it isn't counted, and asked again later."""
    try:
        listed = texts_to(attempt.message.address)
    except DeliveryError as error:
        log.warning("doubt.no_list attempt=%s code=%s", attempt.pk, error.code)
        return
    conclude(attempt.pk, listed)


@transaction.atomic
def conclude(attempt_id: uuid.UUID, listed: Sequence[ListedText]) -> None:
    """Draw the conclusion from the provider's list, unless the doubt was settled meanwhile.

    Everything in doubt at the address is locked: of two, only one can be the listed text.
    """
    address = Message.objects.filter(attempts=attempt_id).values("address_index")
    in_doubt = {
        attempt.pk: attempt
        for attempt in Attempt.objects.select_for_update(of=("self",))
        .filter(
            state=AttemptState.UNKNOWN,
            message__address_index__in=address,
            message__sent_at__isnull=False,
        )
        .select_related("message")
        .order_by("pk")
    }
    attempt = in_doubt.get(attempt_id)
    if attempt is None:
        return
    ours = _nobody_elses(attempt, listed)
    if not ours:
        _nothing_found(attempt)
    elif len(ours) == 1 and _is_only(attempt, ours[0], in_doubt.values()):
        _adopt(attempt, ours[0])


def _nobody_elses(attempt: Attempt, listed: Sequence[ListedText]) -> list[ListedText]:
    """Of the texts taken about then, those that are no other attempt's."""
    since = attempt.started_at - CLOCKS_DIFFER
    until = (attempt.ended_at or attempt.started_at) + LONGEST_HAND_OVER
    then = [text for text in listed if since <= text.taken_at <= until]
    known = Attempt.objects.filter(
        message__address_index=attempt.message.address_index,
        message__sent_at__isnull=False,
        provider_id__in=[text.sid for text in then],
    )
    theirs = set(known.values_list("provider_id", flat=True))
    return [text for text in then if text.sid not in theirs]


def _is_only(attempt: Attempt, text: ListedText, in_doubt: Iterable[Attempt]) -> bool:
    """Whether the text says what this attempt's message says, and no other's of them."""
    saying_it = [one.pk for one in in_doubt if _says(one.message, text.body)]
    return saying_it == [attempt.pk]


def _says(message: Message, body: str) -> bool:
    """Whether this is the message's text; its link, of which no copy is kept, may be any."""
    parts = [re.escape(part) for part in str(message.body or "").split("{link}")]
    return re.fullmatch(r"\S+".join(parts), body) is not None


def _adopt(attempt: Attempt, text: ListedText) -> None:
    """As though the provider had called back."""
    receipt = store_receipt(
        attempt_id=attempt.pk, provider_id=text.sid, status=text.status, code=text.code
    )
    if receipt is not None:
        handle_receipt(receipt.pk)


def _nothing_found(attempt: Attempt) -> None:
    looks = attempt.lookups + 1
    if looks < LOOKS:
        attempt.change(lookups=looks)
        return
    attempt.change(lookups=looks, look_up_at=None)
    if settings.UNKNOWN_RESEND == AFTER_TWO_EMPTY_LOOKUPS:
        _send_again(attempt)


def _send_again(attempt: Attempt) -> None:
    """Due again, while there is time; nobody has to call about it any more."""
    moment = now()
    in_time = Message.objects.filter(
        pk=attempt.message_id, state=MessageState.UNKNOWN, expires_at__gt=moment
    )
    if in_time.update(
        state=MessageState.SCHEDULED, reason="", send_at=moment, sent_at=None, ended_at=None,
        updated_at=moment,
    ):  # fmt: skip
        attempt.change(state=AttemptState.DEFERRED, code=NOT_FOUND)
        source = f"message:{attempt.message_id}"
        withdraw_tasks(sources=[source], kinds=(TaskKind.CALL_CLIENT,))
