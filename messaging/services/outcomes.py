"""What an answer of the provider, or its failure, makes of an attempt and its message."""

import datetime as dt
import random

from common.clock import now
from messaging.channels.base import DeliveryError, Fate, Outgoing
from messaging.statements import Outcome
from messaging.states import AttemptState, MessageState, Reason

FIRST_PAUSE = dt.timedelta(seconds=30)
LONGEST_PAUSE = dt.timedelta(minutes=30)
MOST_TRIES = 8


def accepted(message: Outgoing, provider_id: str) -> Outcome:
    """The provider has it."""
    return Outcome(
        message.attempt_id, AttemptState.ACCEPTED, MessageState.SENT, provider_id=provider_id
    )


def too_late(message: Outgoing) -> Outcome:
    """Armed, and then its time was over before it was handed to anybody."""
    return Outcome(
        message.attempt_id, AttemptState.DEFERRED, MessageState.EXPIRED,
        reason=Reason.TOO_LATE, tries=1,
    )  # fmt: skip


def failed(message: Outgoing, error: DeliveryError) -> Outcome:
    """What the failure means."""
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
    return put_off(message, error, tried=error.fate is not Fate.CHANNEL)


def _reason(error: DeliveryError) -> Reason:
    if error.opted_out:
        return Reason.OPTED_OUT
    return Reason.INVALID_NUMBER if error.dead_address else Reason.PROVIDER_REJECTED


def put_off(message: Outgoing, error: DeliveryError, *, tried: bool) -> Outcome:
    """Not accepted: again after a pause that doubles, within the message's life; else given up.

    A fault of the channel is no try of this message: it neither counts nor lengthens the pause.
    """
    before, tries = (message.tries, 1) if tried else (0, 0)
    pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2**before) * random.uniform(0.5, 1.5)  # noqa: S311
    again_at = now() + pause
    if again_at >= message.expires_at or before + tries >= MOST_TRIES:
        return Outcome(
            message.attempt_id, AttemptState.DEFERRED, MessageState.FAILED,
            reason=Reason.GAVE_UP, code=error.code, words=error.words, tries=tries,
        )  # fmt: skip
    return Outcome(
        message.attempt_id, AttemptState.DEFERRED, MessageState.SCHEDULED,
        code=error.code, words=error.words, again_at=again_at, tries=tries,
    )  # fmt: skip
