"""The ledger follows the outbox: what became of a message is what became of its reminders."""

from appointments.models import Reminder
from appointments.services.reconciling import NOT_HANDED_OVER, keep
from appointments.states import ReminderState
from common.events import MessageProgress, MessagesProgressed
from messaging.states import MessageState

STATE_OF = {
    MessageState.SENT: ReminderState.SENT,
    MessageState.DELIVERED: ReminderState.DONE,
    MessageState.UNKNOWN: ReminderState.SENT,
    MessageState.FAILED: ReminderState.FAILED,
    MessageState.BOUNCED: ReminderState.FAILED,
    MessageState.SKIPPED: ReminderState.SKIPPED,
    MessageState.EXPIRED: ReminderState.EXPIRED,
}


def follow_messages(event: MessagesProgressed) -> None:
    """Put each reminder into the state that its message came to."""
    came_to: dict[object, MessageProgress] = {p.message_id: p for p in event.progress}
    # What was left out of a message before it went is not what it carried.
    carried = Reminder.objects.filter(message__in=list(came_to)).exclude(state__in=NOT_HANDED_OVER)
    changed = []
    for reminder in carried.order_by("pk").select_for_update():
        progress = came_to[reminder.message_id]
        state = STATE_OF.get(MessageState(progress.state))
        if state and (reminder.state, reminder.reason) != (state, progress.reason):
            reminder.state, reminder.reason = state, progress.reason
            changed.append(reminder)
    keep(changed)
