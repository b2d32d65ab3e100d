"""Telling what became of messages: upper apps hear of it, and a person where one is needed."""

import datetime as dt
import uuid
from collections.abc import Sequence

from common.clock import now
from common.events import MessageProgress, MessagesProgressed, announce
from messaging.models import Message
from messaging.states import MessageState, Reason
from worklist.models import Priority, TaskKind
from worklist.services import ONE_WORKING_DAY, open_task, withdraw_tasks

Ended = tuple[uuid.UUID, str, str]
"""A message's id, its state now, and its reason code."""

TASK_FOR_STATE = {
    MessageState.UNKNOWN: TaskKind.CALL_CLIENT,
    MessageState.FAILED: TaskKind.REMINDER_UNDELIVERABLE,
    MessageState.BOUNCED: TaskKind.REMINDER_UNDELIVERABLE,
}
TASK_FOR_REASON = {
    Reason.TEXT_REFUSED: TaskKind.TEXT_REFUSED,
    Reason.QUIET_HOURS: TaskKind.CALL_CLIENT,
}
SETTLED_WELL = (MessageState.SENT, MessageState.DELIVERED)


def tell(ended: Sequence[Ended]) -> None:
    """Announce these, and open a task for each that a person must look after.

    Where one was in doubt and arrived after all, nobody has to call about it any more.
    """
    if not ended:
        return
    arrived = [f"message:{pk}" for pk, state, _ in ended if state in SETTLED_WELL]
    withdraw_tasks(sources=arrived, kinds=(TaskKind.CALL_CLIENT,))
    announce(MessagesProgressed(tuple(MessageProgress(*row) for row in ended)))
    kinds = {pk: kind for pk, state, reason in ended if (kind := _task_kind(state, reason))}
    if not kinds:
        return
    messages = Message.objects.filter(pk__in=kinds, client__isnull=False)
    for message in messages.select_related("client", "facility"):
        open_task(
            kind=kinds[message.pk],
            source=f"message:{message.pk}",
            client=message.client,
            facility=message.facility,
            due_at=_while_there_is_time(message),
            priority=Priority.HIGH,
        )


def _task_kind(state: str, reason: str) -> TaskKind | None:
    by_reason = TASK_FOR_REASON.get(Reason(reason)) if reason else None
    return by_reason or TASK_FOR_STATE.get(MessageState(state))


def _while_there_is_time(message: Message) -> dt.datetime:
    return min(now() + ONE_WORKING_DAY, message.expires_at)
