"""The ledger follows the outbox: what became of a message is what became of its reminders."""

from appointments import statements
from appointments.services.reconciling import NOT_HANDED_OVER
from appointments.states import ReminderState
from common.events import MessagesProgressed
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
    came_to = {
        progress.message_id: (STATE_OF[state], progress.reason)
        for progress in event.progress
        if (state := MessageState(progress.state)) in STATE_OF
    }
    # What was left out of a message before it went is not what it carried.
    carried = statements.carried_by(came_to, but_in=NOT_HANDED_OVER)
    changed = [
        (reminder_id, message_id, *came_to[message_id])
        for reminder_id, message_id, *now in carried
        if tuple(now) != came_to[message_id]
    ]
    statements.follow(changed)
