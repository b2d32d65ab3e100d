"""kill -9 of a real worker while many texts are on their way: few in doubt, none twice, none lost."""

import datetime as dt
import os

import pytest

from appointments.states import RuleChannel
from clients.models import Channel
from common.clock import now
from messaging.models import Attempt, Message
from messaging.services.doubt import resolve_doubt
from messaging.services.drain import drain as drain_now
from messaging.states import MessageState
from messaging.tasks import drain
from tests.processes import Doubles, LoggedChildren, http_json, test_database_url, until
from tests.safety.test_crash_points import states, sweep_until_settled
from worklist.models import Task, TaskKind

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.real]

MESSAGES, AT_ONCE = 40, 8
NUMBERS = [f"+1217555{number:04}" for number in range(140, 140 + MESSAGES)]


@pytest.fixture
def children(tmp_path):
    with LoggedChildren(tmp_path) as started:
        yield started


@pytest.fixture
def due(house):
    house.rules((24, RuleChannel.SMS))
    start = now() + dt.timedelta(hours=30)
    for place, number in enumerate(NUMBERS):
        client = house.client(name=f"Sam{place}", phone=number)
        house.booked(client, start + dt.timedelta(hours=place))
    Message.objects.update(send_at=now() - dt.timedelta(seconds=1))


def killed_in_flight(children, doubles):
    http_json("PUT", f"{doubles.gateway}/dev/behaviour", {"delay_seconds": 0.5, "callbacks": False})
    own = {
        "DATABASE_URL": test_database_url(), "DJANGO_SETTINGS_MODULE": "config.settings",
        "SMS_AT_ONCE": str(AT_ONCE), "LEASE_SECONDS": "2",
    }  # fmt: skip
    worker = [
        "-m",
        "celery",
        "--app",
        "config",
        "worker",
        "--pool",
        "solo",
        "--queues",
        "drain-sms",
    ]
    drain.apply_async((Channel.SMS,), queue="drain-sms")
    children.start("worker", [*worker, "--without-mingle"], dict(os.environ) | doubles.env | own)
    until(lambda: len(doubles.texts()) > AT_ONCE, why="the second wave is on its way")
    process = children._processes["worker"]
    process.kill()
    process.wait(10)


def test_what_was_on_its_way_is_in_doubt_and_the_providers_list_settles_it(due, children, settings):
    doubles = Doubles(children, dict(os.environ))
    killed_in_flight(children, doubles)
    sweep_until_settled()
    in_doubt = Message.objects.filter(state=MessageState.UNKNOWN)
    assert 0 < in_doubt.count() <= AT_ONCE
    assert Task.objects.open().filter(kind=TaskKind.CALL_CLIENT).count() == in_doubt.count()

    http_json("PUT", f"{doubles.gateway}/dev/behaviour", {"callbacks": False})
    settings.TWILIO_API_URL = doubles.gateway
    drain_now(Channel.SMS)
    taken = [text["to"] for text in doubles.texts()]
    assert len(taken) == len(set(taken))
    assert set(taken) | {message.address for message in in_doubt} == set(NUMBERS)

    Attempt.objects.filter(state="unknown").update(look_up_at=now())
    for _ in range(AT_ONCE):
        resolve_doubt()
    assert {message.address for message in in_doubt.all()} == set(NUMBERS) - set(taken)
    settled = {MessageState.SENT, MessageState.DELIVERED, MessageState.UNKNOWN}
    assert set(states()) <= settled
