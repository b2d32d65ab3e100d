"""kill -9 of a real worker at each point of the drain: nothing lost, nothing sent twice."""

import datetime as dt
import os

import pytest

from appointments.states import RuleChannel
from clients.models import Channel
from common.clock import now
from messaging.models import Attempt, Message
from messaging.services.sweep import sweep
from messaging.states import AttemptState, MessageState
from messaging.tasks import drain
from tests.processes import Doubles, LoggedChildren, test_database_url, until
from worklist.models import Task, TaskKind

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.real]

MESSAGES = 12  # more than are armed at once


@pytest.fixture
def due(house):
    """Twelve clients with a reminder by e-mail that is due."""
    house.rules((24, RuleChannel.EMAIL))
    start = now() + dt.timedelta(hours=30)
    for number in range(MESSAGES):
        client = house.client(name=f"Sam{number}", email=f"client{number}@example.org")
        house.booked(client, start + dt.timedelta(hours=number))
    Message.objects.update(send_at=now() - dt.timedelta(seconds=1))


@pytest.fixture
def children(tmp_path):
    with LoggedChildren(tmp_path) as started:
        yield started


def states():
    counted = {}
    for state in Message.objects.values_list("state", flat=True):
        counted[state] = counted.get(state, 0) + 1
    return counted


def run_worker_until_it_dies(children, doubles, crash_at):
    env = dict(os.environ) | doubles.env
    env |= {
        "DATABASE_URL": test_database_url(),
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "CRASH_AT": crash_at,
        "LEASE_SECONDS": "2",
    }
    arguments = ["-m", "celery", "--app", "tests.safety.crashing", "worker", "--pool", "solo"]
    arguments += ["--queues", "drain-email", "--without-gossip", "--without-mingle"]
    drain.apply_async((Channel.EMAIL,), queue="drain-email")
    children.start("worker", arguments, env)
    process = children._processes["worker"]
    assert process.wait(30) == -9


def sweep_until_settled():
    until(
        lambda: (sweep(), MessageState.SENDING not in states())[1],
        why="no lease should outlive its time",
    )


def finish_with_a_healthy_drain(doubles, monkeypatch, settings):
    from messaging.services.drain import drain as drain_now

    settings.EMAIL_PORT = int(doubles.env["EMAIL_PORT"])
    drain_now(Channel.EMAIL)


@pytest.mark.parametrize(
    ("crash_at", "mails_at_death", "unknown", "mails_at_the_end"),
    [
        ("after_claim", 0, 0, 12),  # provably not sent: all twelve go later
        ("after_arming", 0, 10, 2),  # ten were armed: in doubt; two go later
        ("after_hand_over", 10, 10, 12),  # ten arrived and are in doubt; two go later
        ("after_record", 10, 0, 12),  # ten are on record as sent; two go later
    ],
)
def test_a_killed_worker_leaves_what_was_promised(
    due, children, monkeypatch, settings, crash_at, mails_at_death, unknown, mails_at_the_end
):
    doubles = Doubles(children, dict(os.environ))
    run_worker_until_it_dies(children, doubles, crash_at)
    assert len(doubles.mails()) == mails_at_death

    sweep_until_settled()
    assert states().get(MessageState.UNKNOWN, 0) == unknown
    assert Attempt.objects.filter(state=AttemptState.UNKNOWN).count() == unknown
    assert Task.objects.open().filter(kind=TaskKind.CALL_CLIENT).count() == unknown

    finish_with_a_healthy_drain(doubles, monkeypatch, settings)
    sweep()
    mails = doubles.mails()
    assert len(mails) == mails_at_the_end
    assert len({mail["headers"]["Message-ID"] for mail in mails}) == mails_at_the_end
    expected = {MessageState.SENT: MESSAGES - unknown}
    assert states() == expected | ({MessageState.UNKNOWN: unknown} if unknown else {})
