"""What providers call back with: stored first, handled after, forward only.

They come repeated, out of order, before our own record of the hand-over, and for messages that we
don't know. None of that changes anything it should not.
"""

import uuid

from django.db import transaction

from clients.models import Channel
from clients.services import mark_undeliverable
from common.clock import now
from messaging import statements
from messaging.models import Attempt, Message, OptOutSource, Receipt
from messaging.services.optout import opt_out
from messaging.services.progress import tell
from messaging.states import MOVES, NOT_FOUND, AttemptState, MessageState, Reason

TAKEN = {"accepted", "scheduled", "queued", "sending", "sent"}
STATE_OF = dict.fromkeys(TAKEN, MessageState.SENT) | {
    "delivered": MessageState.DELIVERED,
    "read": MessageState.DELIVERED,
    "undelivered": MessageState.FAILED,
    "failed": MessageState.FAILED,
    "bounced": MessageState.BOUNCED,
    "complained": MessageState.DELIVERED,  # who complains has got it
}
DEAD_ADDRESS = {"30005", "30006"}
OPTED_OUT_AT_PROVIDER = "21610"


def store_receipt(
    *, attempt_id: uuid.UUID, provider_id: str, status: str, code: str
) -> Receipt | None:
    """Keep what was called back; None if the very same came before and was handled."""
    receipt = Receipt(attempt_id=attempt_id, provider_id=provider_id, status=status, code=code)
    kept = statements.store_receipt(receipt, now=now())
    if kept is None:
        return None
    receipt.pk = kept
    receipt._state.adding = False  # noqa: SLF001 (as `save` leaves it)
    return receipt


@transaction.atomic
def handle_receipt(receipt_id: uuid.UUID) -> None:
    """Let a stored receipt move its message forward, if it does."""
    waiting = Receipt.objects.select_for_update(skip_locked=True)
    receipt = waiting.filter(pk=receipt_id, handled_at=None).first()
    if receipt is None:
        return
    receipt.change(outcome=_apply(receipt), handled_at=now())


def _apply(receipt: Receipt) -> str:
    state = STATE_OF.get(receipt.status)
    attempt = Attempt.objects.select_for_update().filter(pk=receipt.attempt_id).first()
    if attempt is None:
        return "no_such_attempt"
    if state is None:
        return "unknown_status"
    if _names_another(attempt, receipt):
        return "other_message"
    if not _may_have_arrived(attempt):
        return "not_accepted"
    if attempt.state != AttemptState.ACCEPTED:
        attempt.change(state=AttemptState.ACCEPTED, provider_id=receipt.provider_id, ended_at=now())
    if receipt.status == "complained" or receipt.code == OPTED_OUT_AT_PROVIDER:
        _opt_out(attempt.message)
    moved = _move(attempt.message_id, state, receipt)
    _mark_dead(attempt.message, state, receipt.code)
    return "moved" if moved else "not_forward"


def _may_have_arrived(attempt: Attempt) -> bool:
    """Not one that the provider had refused; but one that it could not be found for twice, and whose
    message still waits to go once more: then that does not go."""
    if attempt.state == AttemptState.DEFERRED and attempt.code == NOT_FOUND:
        waiting = Message.objects.select_for_update(of=("self",))
        taken = waiting.filter(pk=attempt.message_id, state=MessageState.SCHEDULED).first()
        if taken is not None:
            taken.change(state=MessageState.UNKNOWN)  # as it was before it was to go once more
        return taken is not None
    return attempt.state not in (AttemptState.REFUSED, AttemptState.DEFERRED)


def _names_another(attempt: Attempt, receipt: Receipt) -> bool:
    """Whether this is about another message. What went by SMTP has no id of the service's yet."""
    known = attempt.provider_id if not attempt.provider_id.startswith("<") else ""
    return bool(known) and known != receipt.provider_id


def _opt_out(message: Message) -> None:
    """The provider says that the address wants nothing more, however its message ended."""
    opt_out(
        address_index=message.address_index,
        channel=Channel(message.channel),
        source=OptOutSource.PROVIDER,
    )


def _mark_dead(message: Message, state: MessageState, code: str) -> None:
    """The provider says that nothing arrives there, also of a message that it called delivered first."""
    point = message.contact_point
    if point is None:
        return
    if code in DEAD_ADDRESS:
        mark_undeliverable(point=point, code=Reason.INVALID_NUMBER)
    elif state == MessageState.BOUNCED:
        mark_undeliverable(point=point, code=Reason.BOUNCED)


def _reason(state: MessageState, code: str) -> Reason | str:
    if code == OPTED_OUT_AT_PROVIDER and state == MessageState.FAILED:
        return Reason.OPTED_OUT
    return {
        MessageState.FAILED: Reason.NOT_DELIVERED,
        MessageState.BOUNCED: Reason.BOUNCED,
    }.get(state, "")


def _move(message_id: uuid.UUID, state: MessageState, receipt: Receipt) -> bool:
    moment = now()
    sources = [origin for origin, targets in MOVES.items() if state in targets]
    ended = None if state == MessageState.SENT else moment
    reason = _reason(state, receipt.code)
    movable = Message.objects.select_for_update(of=("self",))
    message = movable.filter(pk=message_id, state__in=sources).first()
    if message is None:
        return False
    message.change(
        state=state,
        reason=reason,
        lease=None,
        lease_until=None,
        armed=False,
        provider_id=receipt.provider_id,
        sent_at=message.sent_at or moment,
        delivered_at=moment if state == MessageState.DELIVERED else None,
        ended_at=ended,
    )
    tell([(message_id, str(state), str(reason))])
    return True
