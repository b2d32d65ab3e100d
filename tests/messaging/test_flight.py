"""Texts through a slow provider: many under way, every outcome on record."""

import datetime as dt
import threading
import time

import pytest

from appointments.states import RuleChannel
from clients.models import Channel
from common.clock import now
from messaging.channels.base import DeliveryError, Fate
from messaging.models import Attempt, ChannelState, Message
from messaging.services import drain as draining

pytestmark = pytest.mark.django_db(transaction=True)


class BusyLine:
    """Answers after a while, to several at once; counts how many it had at the same time."""

    def __init__(self, *, at_once, takes=0.05, fails=None):
        self.at_once, self.takes, self.fails = at_once, takes, fails
        self.lock = threading.Lock()
        self.handed, self.under_way, self.most = [], 0, 0

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        return None

    def send(self, message):
        with self.lock:
            self.handed.append(message.message_id)
            self.under_way += 1
            self.most = max(self.most, self.under_way)
        time.sleep(self.takes)
        with self.lock:
            self.under_way -= 1
        if self.fails:
            raise self.fails
        return f"SM-{message.message_id}"


@pytest.fixture
def due(house):
    """Fifteen texts."""
    house.rules((24, RuleChannel.SMS))
    for number in range(15):
        client = house.client(name=f"Sam{number}", phone=f"217 555 01{number:02}")
        house.booked(client, now() + dt.timedelta(hours=30 + number))
    Message.objects.update(send_at=now())


def drain_over(line, monkeypatch, **options):
    monkeypatch.setattr(draining, "open_session", lambda channel: line)
    return draining.drain(Channel.SMS, **options)


def states():
    return sorted(Message.objects.values_list("state", flat=True))


def test_as_many_go_at_once_as_there_are_slots_and_each_is_recorded(due, monkeypatch):
    line = BusyLine(at_once=4)
    assert drain_over(line, monkeypatch) == 15
    assert line.most == 4
    assert states() == ["sent"] * 15
    assert {f"SM-{a.message_id}" == a.provider_id for a in Attempt.objects.all()} == {True}


def test_no_more_are_armed_than_there_are_slots(due, monkeypatch):
    armed = []
    prepare = draining.prepare

    def counted(ids, lease, **when):
        outgoing = prepare(ids, lease, **when)
        armed.append(Attempt.objects.filter(state="in_flight").count())
        return outgoing

    monkeypatch.setattr(draining, "prepare", counted)
    drain_over(BusyLine(at_once=4), monkeypatch)
    assert max(armed) == 4


def test_when_the_time_is_up_no_more_are_armed_and_what_is_under_way_is_recorded(due, monkeypatch):
    line = BusyLine(at_once=4, takes=0.4)
    assert drain_over(line, monkeypatch, seconds=0.2) == 4
    assert states() == ["scheduled"] * 11 + ["sent"] * 4


def test_a_fault_that_all_meet_together_is_one_fault(due, monkeypatch):
    line = BusyLine(at_once=4, fails=DeliveryError(Fate.CHANNEL, code="no_connection"))
    drain_over(line, monkeypatch)
    assert len(line.handed) == 4
    assert ChannelState.objects.get().faults_in_a_row == 1
    assert states() == ["scheduled"] * 15


def test_a_fault_of_ours_while_some_are_under_way_loses_no_outcome(due, monkeypatch):
    line, prepare, calls = BusyLine(at_once=4, takes=0.1), draining.prepare, []

    def failing_the_second_time(ids, lease, **when):
        calls.append(ids)
        if len(calls) == 2:
            raise RuntimeError("a fault of ours")
        return prepare(ids, lease, **when)

    monkeypatch.setattr(draining, "prepare", failing_the_second_time)
    with pytest.raises(RuntimeError):
        drain_over(line, monkeypatch)
    assert states() == ["scheduled"] * 11 + ["sent"] * 4
