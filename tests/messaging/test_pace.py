"""How fast messages go: by the real Valkey, and without it."""

import datetime as dt
import logging
import uuid

import pytest

from appointments.states import RuleChannel
from clients.models import Channel
from common.clock import now
from messaging.models import Message
from messaging.services import drain as draining
from messaging.services import pace
from messaging.services.outbox import enqueue_to_address
from messaging.services.pace import Bucket, facility_pace
from tests.messaging.test_drain import Line

GONE = "redis://127.0.0.1:9/0"


@pytest.fixture(autouse=True)
def anew(monkeypatch):
    """Buckets and connections as a new process has them."""
    pace._redis.cache_clear()
    pace._bucket.cache_clear()
    monkeypatch.setattr(Bucket, "_alone_until", 0.0)
    yield
    pace._redis.cache_clear()
    pace._bucket.cache_clear()


@pytest.fixture(params=["with Valkey", "with Valkey stopped"])
def valkey(request, settings):
    if request.param == "with Valkey stopped":
        settings.REDIS_URL = GONE


@pytest.fixture
def line(monkeypatch):
    line = Line()
    monkeypatch.setattr(draining, "open_session", lambda channel: line)
    return line


@pytest.fixture
def due(house):
    """Eight texts."""
    house.rules((24, RuleChannel.SMS))
    for number in range(8):
        client = house.client(name=f"Sam{number}", phone=f"217 555 01{number:02}")
        house.booked(client, now() + dt.timedelta(hours=30 + number))
    Message.objects.update(send_at=now(), due_at=now())


def a_bucket(**bounds):
    return Bucket(f"test:{uuid.uuid4()}", **bounds)


def test_a_bucket_gives_what_it_has_and_says_how_long_until_more(valkey):
    bucket = a_bucket(rate=0.5, most=5)
    assert bucket.take(3).now == 3
    granted = bucket.take(3)
    assert granted.now == 2
    assert 1.8 <= granted.wait <= 2


def test_what_was_not_needed_is_given_back(valkey):
    bucket = a_bucket(rate=0.01, most=5)
    bucket.take(5)
    bucket.give_back(2)
    assert bucket.take(5).now == 2


def test_a_bucket_is_one_for_all_processes_while_valkey_answers():
    first = a_bucket(rate=0.01, most=5)
    second = Bucket(first._key.removeprefix("casework:pace:"), rate=0.01, most=5)
    assert (first.take(3).now, second.take(3).now) == (3, 2)


def test_that_valkey_is_away_is_said_once(settings, caplog):
    settings.REDIS_URL = GONE
    with caplog.at_level(logging.WARNING, logger="messaging.services.pace"):
        bucket = a_bucket(rate=1, most=5)
        bucket.take(1)
        Bucket._alone_until = 0.001  # its time alone is over, and Valkey is still away
        bucket.take(1)
    assert [record.getMessage().split(":")[0] for record in caplog.records] == ["pace.degraded"]


@pytest.mark.parametrize("bound", [1, 2, 6, 60, 100])
def test_no_minute_has_more_than_a_facilitys_bound(bound):
    bucket = facility_pace(uuid.uuid4(), bound)
    assert bucket._most + int(bucket.rate * 59.9) <= bound


@pytest.mark.django_db(transaction=True)
def test_a_sender_sends_no_faster_than_it_may(valkey, due, line, settings):
    settings.SMS_PER_SECOND = 2
    settings.TWILIO_FROM_NUMBER = f"+1{uuid.uuid4().int % 10**10:010}"
    draining.drain(Channel.SMS, seconds=1)
    assert 3 <= len(line.handed) <= 4
    assert Message.objects.filter(state="scheduled").count() == 8 - len(line.handed)


@pytest.mark.django_db(transaction=True)
def test_over_a_facilitys_bound_messages_wait_and_stay_due_when_they_were(valkey, house, due, line):
    house.elm.messages_per_minute = 18
    house.elm.save()
    draining.drain(Channel.SMS)
    assert len(line.handed) == 3
    waiting = Message.objects.filter(state="scheduled").order_by("send_at")
    assert waiting.count() == 5
    for place, message in enumerate(waiting):
        assert 4 * place + 2 < (message.send_at - now()).total_seconds() < 4 * place + 6
        assert message.due_at <= now()


@pytest.mark.django_db(transaction=True)
def test_no_bound_makes_a_message_wait_past_its_end(house, due, line):
    house.elm.messages_per_minute = 1
    house.elm.save()
    Message.objects.update(expires_at=now() + dt.timedelta(hours=1))  # the margin is 2 hours
    draining.drain(Channel.SMS)
    assert len(line.handed) == 8


@pytest.mark.django_db(transaction=True)
def test_whoever_has_just_written_is_answered_at_once(house, line):
    house.elm.messages_per_minute = 1
    house.elm.save()
    for _ in range(3):
        enqueue_to_address(
            purpose="help_answer", address="+12175550134", channel=Channel.SMS,
            facility=house.elm, language="en",
        )  # fmt: skip
    draining.drain(Channel.SMS)
    assert len(line.handed) == 3
