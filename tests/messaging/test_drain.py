"""The drain, by hand: from a due message to an accepted one."""

import datetime as dt

import pytest

from appointments.models import Reminder
from appointments.states import ReminderState, RuleChannel
from clients.models import Channel
from common.clock import now
from messaging.models import Attempt, Message
from messaging.services import drain as draining
from messaging.states import AttemptState, MessageState
from tests.messaging.lines import Line


@pytest.mark.django_db(transaction=True)
def test_what_is_due_is_handed_over_once_and_recorded(house, monkeypatch):
    house.rules((24, RuleChannel.SMS))
    client = house.client(phone="217 555 0134")
    house.booked(client, now() + dt.timedelta(hours=24, seconds=1))
    Message.objects.update(send_at=now())
    line = Line()
    monkeypatch.setattr(draining, "open_session", lambda channel: line)
    assert draining.drain(Channel.SMS) == 1
    assert draining.drain(Channel.SMS) == 0
    [message] = Message.objects.all()
    assert message.state == MessageState.SENT
    assert [a.state for a in Attempt.objects.all()] == [AttemptState.ACCEPTED]
    assert Reminder.objects.get().state == ReminderState.SENT
    assert "Hi Sam, you have an appointment" in line.handed[0].text
    assert line.handed[0].to == "+12175550134"
    assert message.body == line.handed[0].text
