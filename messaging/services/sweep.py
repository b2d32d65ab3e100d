"""What a lost worker leaves behind, what is too late, and what was stored but not handled."""

import logging
import uuid
from collections.abc import Callable
from functools import partial

from django.db import transaction

from common.clock import now
from messaging.models import Attempt, InboundMessage, Message, Receipt
from messaging.services.inbound import handle_inbound
from messaging.services.progress import tell
from messaging.services.receipts import handle_receipt
from messaging.states import AttemptState, MessageState, Reason

log = logging.getLogger(__name__)

AT_ONCE = 500


def sweep() -> dict[str, int]:
    """Set right what is left over; how many of each. Safe at any time, any number at once."""
    steps: dict[str, Callable[[], int]] = {
        "returned": return_unarmed,
        "unknown": call_unknown,
        "expired": expire,
        "receipts": partial(_handle_left_over, Receipt, handle_receipt),
        "inbound": partial(_handle_left_over, InboundMessage, handle_inbound),
    }
    return {name: _by_itself(name, step) for name, step in steps.items()}


def _by_itself(name: str, step: Callable[[], int]) -> int:
    """An error in one step keeps none of the others from being taken."""
    try:
        return step()
    except Exception:
        log.exception("sweep.failed step=%s", name)
        return 0


@transaction.atomic
def return_unarmed() -> int:
    """A lapsed lease without an attempt: provably not sent, so it is due again."""
    lapsed = Message.objects.filter(state=MessageState.SENDING, armed=False, lease_until__lt=now())
    return lapsed.update(
        state=MessageState.SCHEDULED, lease=None, lease_until=None, updated_at=now()
    )


@transaction.atomic
def call_unknown() -> int:
    """A lapsed lease with an attempt in flight: it may have arrived, so it is never sent blindly.

    Attempts are locked before messages, as the drain and the receipts do.
    """
    moment = now()
    lapsed = list(
        Attempt.objects.select_for_update(skip_locked=True, of=("self",))
        .filter(
            state=AttemptState.IN_FLIGHT,
            message__state=MessageState.SENDING,
            message__lease_until__lt=moment,
        )[:AT_ONCE]
        .values_list("pk", "message_id")
    )
    Attempt.objects.filter(pk__in=[pk for pk, _ in lapsed]).update(
        state=AttemptState.UNKNOWN, code="worker_lost", ended_at=moment, updated_at=moment
    )
    ended = []
    for _, message_id in lapsed:
        unsettled = Message.objects.filter(
            pk=message_id, state=MessageState.SENDING, lease_until__lt=moment
        )
        if unsettled.update(
            state=MessageState.UNKNOWN, reason=Reason.MAY_HAVE_ARRIVED, lease=None,
            lease_until=None, armed=False, sent_at=moment, ended_at=moment, updated_at=moment,
        ):  # fmt: skip
            ended.append((message_id, str(MessageState.UNKNOWN), str(Reason.MAY_HAVE_ARRIVED)))
    tell(ended)
    return len(ended)


@transaction.atomic
def expire() -> int:
    """What waits and is too late ends; it is never sent."""
    moment = now()
    waiting = Message.objects.select_for_update(skip_locked=True)
    late = list(
        waiting.filter(state=MessageState.SCHEDULED, expires_at__lte=moment)
        .order_by("expires_at")[:AT_ONCE]
        .values_list("pk", flat=True)
    )
    Message.objects.filter(pk__in=late).update(
        state=MessageState.EXPIRED, reason=Reason.TOO_LATE, ended_at=moment, updated_at=moment
    )
    tell([(pk, str(MessageState.EXPIRED), str(Reason.TOO_LATE)) for pk in late])
    return len(late)


def _handle_left_over(
    model: type[Receipt] | type[InboundMessage], handle: Callable[[uuid.UUID], None]
) -> int:
    """Handle what was stored and not handled, each by itself: a bad one stops no other."""
    left = model.objects.filter(handled_at=None).order_by("created_at")
    ids = list(left.values_list("pk", flat=True)[:AT_ONCE])
    for pk in ids:
        try:
            handle(pk)
        except Exception:
            log.exception("incoming.unhandled kind=%s id=%s", model.__name__, pk)
    return len(ids)
