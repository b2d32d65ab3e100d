"""Why something was or wasn't sent about a visit, and what will be: a code and a plain sentence."""

import datetime as dt
from collections.abc import Callable
from typing import NamedTuple

from appointments.models import Reminder
from appointments.states import ReminderState
from appointments.texts import day_in_words, time_in_words
from clients.models import Channel
from common.clock import now
from messaging.states import TELLS_OF_THE_CASE, MessageState, Reason
from organization.models import Language

BY = {Channel.SMS: "by text message", Channel.EMAIL: "by e-mail"}
AFTER_ALL = {
    Reason.NOT_DELIVERED: "the provider could not deliver it",
    Reason.BOUNCED: "the mailbox sent it back",
    Reason.COMPLAINED: "the recipient reported it as unwanted",
}
"""Ends of what was handed over."""


class Why(NamedTuple):
    """For a program, and for a person."""

    code: str
    sentence: str


def why(reminder: Reminder, *, case_seen: bool) -> Why:
    """What was or will be done, in the facility's time. Of a reminder from `reminders_of`.

    Where a client stands in treatment is told only to who may see that.
    """
    reason = Reason(reminder.reason) if reminder.reason else None
    if reason in TELLS_OF_THE_CASE and not case_seen:
        return Why("not_shown", "Not sent, for a reason that is not shown to you.")
    if reason:
        return Why(reason, _ended(reminder, reason))
    code, words = WORDS.get(ReminderState(reminder.state), (reminder.state, lambda _: "Not sent."))
    return Why(code, words(reminder))


def _ended(reminder: Reminder, reason: Reason) -> str:
    if reason == Reason.MAY_HAVE_ARRIVED:
        return f"Handed over {_sent(reminder)}, but the outcome was lost."
    if reason in AFTER_ALL:
        return f"Sent {_sent(reminder)}, but {AFTER_ALL[reason]}."
    if reason == Reason.OPTED_OUT:
        return f"Not sent: the address opted out{_since(reminder)}."
    return f"Not sent: {reason.label[0].lower()}{reason.label[1:]}"


def _planned(reminder: Reminder) -> str:
    message = reminder.message
    if message is None or message.state == MessageState.SENDING:
        return f"Is being sent {BY[Channel(reminder.channel)]}."
    at = _at(message.send_at, reminder)
    if message.send_at <= now():
        return f"Due since {at}, {BY[Channel(reminder.channel)]}: it goes as soon as it can."
    if message.tries:
        return f"The provider put it off; tried again {at}, {BY[Channel(reminder.channel)]}."
    return f"Will be sent {at}, {BY[Channel(reminder.channel)]}."


def _bundled(reminder: Reminder) -> str:
    with_visit: dt.datetime | None = reminder.carried_with  # type: ignore[attr-defined]  # annotated
    if with_visit is None:
        return "In one message with another visit of that day."
    clock = time_in_words(with_visit, _zone(reminder), Language.ENGLISH)
    return f"In one message with the visit at {clock}."


def _sent(reminder: Reminder) -> str:
    by = BY[Channel(reminder.channel)]
    if reminder.message is None or reminder.message.sent_at is None:
        return by
    return f"{_at(reminder.message.sent_at, reminder)}, {by}"


def _delivered(reminder: Reminder) -> str:
    if reminder.message is None or reminder.message.delivered_at is None:
        return ""
    return f" {_at(reminder.message.delivered_at, reminder)}"


def _since(reminder: Reminder) -> str:
    since: dt.datetime | None = reminder.opted_out_since  # type: ignore[attr-defined]  # annotated
    return f" on {day_in_words(since, _zone(reminder), Language.ENGLISH)}" if since else ""


def _at(moment: dt.datetime, reminder: Reminder) -> str:
    """“Mon, Nov 24, 9:00 AM”."""
    zone = _zone(reminder)
    day = day_in_words(moment, zone, Language.ENGLISH)
    return f"{day}, {time_in_words(moment, zone, Language.ENGLISH)}"


def _zone(reminder: Reminder) -> str:
    return reminder.attendance.appointment.facility.zone


WORDS: dict[ReminderState, tuple[str, Callable[[Reminder], str]]] = {
    ReminderState.PLANNED: ("planned", _planned),
    ReminderState.BUNDLED: ("bundled", _bundled),
    ReminderState.SENT: ("sent", lambda reminder: f"Sent {_sent(reminder)}."),
    ReminderState.DONE: (
        "delivered",
        lambda reminder: f"Sent {_sent(reminder)}, delivered{_delivered(reminder)}.",
    ),
}
