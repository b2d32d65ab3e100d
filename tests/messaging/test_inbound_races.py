"""Texts that come at the same moment: one automatic answer. And without the turn, more."""

import datetime as dt
import time

import pytest

from appointments.states import RuleChannel
from common.clock import now
from messaging.models import InboundMessage, Message
from messaging.services import inbound
from messaging.services.inbound import handle_inbound, store_inbound
from tests.races import at_once

pytestmark = pytest.mark.django_db(transaction=True)

PHONE = "+12175550134"
AT_ONCE = 8


@pytest.fixture
def handling(house):
    house.rules((24, RuleChannel.SMS))
    house.booked(house.client(phone=PHONE), now() + dt.timedelta(hours=30))
    stored = [
        store_inbound(provider_id=f"SM{number}", sender=PHONE, body=f"on my way {number}").pk
        for number in range(AT_ONCE)
    ]

    def handled(pk):
        return lambda: handle_inbound(pk) or "handled"

    return [handled(pk) for pk in stored]


def automatic_answers():
    return Message.objects.filter(purpose="auto_answer").count()


def test_eight_texts_at_once_are_answered_once_and_all_are_read_by_a_person(handling):
    assert at_once(handling) == {"handled": AT_ONCE}
    assert automatic_answers() == 1
    assert InboundMessage.objects.exclude(handled_at=None).count() == AT_ONCE


def test_without_taking_turns_they_are_answered_more_than_once(handling, monkeypatch):
    """The negative control: each looks before the others have answered."""
    answer = inbound._answer
    monkeypatch.setattr(inbound, "lock_subjects", lambda ids: None)
    monkeypatch.setattr(inbound, "_answer", lambda *said: time.sleep(0.5) or answer(*said))
    at_once(handling)
    assert automatic_answers() > 1
