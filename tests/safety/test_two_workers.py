"""Two workers, one message: one hand-over. And without the guard, more."""

import datetime as dt
import threading
import uuid

import pytest

from appointments.states import RuleChannel
from clients.models import Channel
from common.clock import now
from messaging import statements
from messaging.models import Attempt, Message
from messaging.services import drain as draining
from tests.races import at_once, without

pytestmark = pytest.mark.django_db(transaction=True)


class SlowLine:
    """A session that counts what it is handed and takes its time, as a provider does."""

    at_once = 1

    handed: list[uuid.UUID] = []
    lock = threading.Lock()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        return None

    def send(self, message):
        with self.lock:
            self.handed.append(message.message_id)
            return f"SM{len(self.handed)}"


@pytest.fixture
def line(monkeypatch):
    SlowLine.handed = []
    monkeypatch.setattr(draining, "open_session", lambda channel: SlowLine())
    return SlowLine


@pytest.fixture
def due(house):
    house.rules((24, RuleChannel.SMS))
    for number in range(20):
        client = house.client(name=f"Sam{number}", phone=f"217 555 01{number:02}")
        house.booked(client, now() + dt.timedelta(hours=30 + number))
    Message.objects.update(send_at=now())


def only_one_is_due():
    others = Message.objects.exclude(pk=Message.objects.first().pk)
    others.update(send_at=now() + dt.timedelta(hours=1))


def drain():
    draining.drain(Channel.SMS)
    return "done"


def test_eight_drains_at_once_hand_every_message_over_once(due, line):
    assert at_once([drain] * 8) == {"done": 8}
    assert len(line.handed) == 20
    assert len(set(line.handed)) == 20


def test_one_message_armed_by_two_at_once_has_one_attempt(due):
    """Both hold it claimed under one lease, as after a fault: the arming statement decides."""
    only_one_is_due()
    lease, ids = draining.claim(Channel.SMS)

    def arm():
        return f"armed {len(draining.prepare(ids, lease))}"

    assert at_once([arm] * 8) == {"armed 1": 1, "armed 0": 7}
    assert Attempt.objects.count() == 1


def test_without_skipping_locked_and_claimed_rows_a_message_is_handed_over_more_than_once(
    due, line, monkeypatch
):
    """The negative control: a claim and an arming that do not look let several workers send it."""
    only_one_is_due()
    monkeypatch.setattr(
        statements,
        "CLAIM",
        """UPDATE messaging_message SET state = 'sending', lease = %(lease)s,
           lease_until = %(until)s WHERE channel = %(channel)s AND state IN ('scheduled', 'sending')
           AND send_at <= %(now)s AND %(limit)s > 0 RETURNING id""",
    )
    monkeypatch.setattr(
        statements,
        "ARM",
        statements.ARM.replace("AND NOT m.armed", "")
        .replace("AND m.lease = %(lease)s", "")
        .replace(
            "ON CONFLICT (message_id) WHERE state IN ('in_flight', 'accepted', 'unknown') DO NOTHING",
            "",
        ),
    )
    monkeypatch.setattr("messaging.services.authorise.leased", leased_by_anybody)
    monkeypatch.setattr(draining, "leased", leased_by_anybody)
    with without(
        "DROP INDEX one_live_attempt",
        "CREATE UNIQUE INDEX one_live_attempt ON messaging_attempt (message_id) "
        "WHERE state IN ('in_flight', 'accepted', 'unknown')",
        before_restore="TRUNCATE messaging_attempt",
    ):
        at_once([drain_one_batch] * 8)
    assert len(line.handed) > 1


def leased_by_anybody(ids, lease):
    from django.db.models import Value

    rows = Message.objects.filter(pk__in=ids).select_related("client", "facility", "contact_point")
    return list(rows.annotate(has_consent=Value(True), opted_out=Value(False)))


def drain_one_batch():
    lease, ids = draining.claim(Channel.SMS)
    draining.hand_over(SlowLine(), draining.prepare(ids, lease))
    return "done"
