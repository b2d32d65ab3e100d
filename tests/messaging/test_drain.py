"""The drain, by hand: from a due message to an accepted one."""

import datetime as dt

import pytest
from django.db import OperationalError

from appointments.models import Appointment, Reminder
from appointments.states import ReminderState, RuleChannel
from clients.models import Channel
from common.clock import now
from messaging.models import Attempt, Link, Message
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


@pytest.mark.django_db(transaction=True)
class TestASingleDue:
    """Sam's text, due now."""

    @pytest.fixture(autouse=True)
    def _due(self, house, monkeypatch):
        house.rules((24, RuleChannel.SMS))
        house.booked(house.client(phone="217 555 0134"), now() + dt.timedelta(hours=30))
        Message.objects.update(send_at=now())
        self.line = Line()
        monkeypatch.setattr(draining, "open_session", lambda channel: self.line)
        monkeypatch.setattr(draining, "PAUSES_TO_SETTLE", (0.0, 0.0))

    def test_an_outcome_that_the_database_did_not_take_is_recorded_the_next_time(self, monkeypatch):
        settle, refused = draining.settle, []

        def refusing(channel, outcomes):
            if len(refused) < 2 and outcomes:
                refused.append(outcomes)
                raise OperationalError("deadlock detected")
            settle(channel, outcomes)

        monkeypatch.setattr(draining, "settle", refusing)
        assert draining.drain(Channel.SMS) == 1
        assert (len(refused), Message.objects.get().state) == (2, MessageState.SENT)

    def test_a_database_that_stays_away_is_told_and_the_message_is_in_doubt(self, monkeypatch):
        def refusing(channel, outcomes):
            if outcomes:
                raise OperationalError("gone")

        monkeypatch.setattr(draining, "settle", refusing)
        with pytest.raises(OperationalError):
            draining.drain(Channel.SMS)
        assert Attempt.objects.get().state == AttemptState.IN_FLIGHT

    def test_whose_lease_is_over_hands_nothing_over(self, settings):
        settings.LEASE_SECONDS = 60
        lease, ids = draining.claim(Channel.SMS)
        armed = draining.prepare(ids, lease, until=now() - dt.timedelta(seconds=1))
        outcomes = draining.hand_over(self.line, armed)
        draining.settle(Channel.SMS, outcomes)
        assert self.line.handed == []
        assert [(a.state, a.code) for a in Attempt.objects.all()] == [("unknown", "lease_lost")]
        assert Message.objects.get().state == MessageState.UNKNOWN

    def test_the_page_behind_the_link_is_there_until_the_visit_ends(self, house):
        house.elm.change(sms_has_link=True)
        draining.drain(Channel.SMS)
        [visit] = Appointment.objects.all()
        assert Link.objects.get().good_until == visit.ends_at
