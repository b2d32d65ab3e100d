"""What may have arrived is looked up in the provider's list: adopted, sent again, or left to a person."""

import datetime as dt
import time

import pytest
from django.db.models import QuerySet

from appointments.models import Reminder
from appointments.states import RuleChannel
from clients.models import Channel
from common.clock import now
from dev.sms_gateway import running
from messaging.models import Attempt, Message
from messaging.services.doubt import claim, resolve_doubt
from messaging.services.drain import drain
from messaging.services.receipts import handle_receipt, store_receipt
from messaging.services.sweep import sweep
from tests.races import at_once
from worklist.models import Task

pytestmark = pytest.mark.django_db(transaction=True)

PHONE = "+12175550134"


@pytest.fixture
def gateway(settings):
    settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN = "AC1", "a token"
    settings.TWILIO_FROM_NUMBER = "+12175550100"
    with running(account="AC1", token="a token") as gateway:
        settings.TWILIO_API_URL = gateway.url
        gateway.behave({"callbacks": False, "drop": [PHONE]})
        yield gateway


@pytest.fixture
def lost(house, gateway):
    """Sends a reminder to Sam whose answer is lost: accepted or not, as the gateway is told."""

    def send(**behaviour):
        gateway.behave({"callbacks": False} | behaviour)
        house.rules((24, RuleChannel.SMS))
        house.booked(house.client(phone=PHONE), now() + dt.timedelta(hours=30))
        Message.objects.update(send_at=now())
        drain(Channel.SMS)
        assert (message().state, open_tasks()) == ("unknown", ["call_client"])

    return send


def message():
    return Message.objects.get(purpose="reminder")


def open_tasks():
    return sorted(Task.objects.open().values_list("kind", flat=True))


def minutes_later(minutes):
    """Time goes by for what is in doubt."""
    for attempt in Attempt.objects.filter(state="unknown"):
        if attempt.look_up_at:
            attempt.change(look_up_at=attempt.look_up_at - dt.timedelta(minutes=minutes))
    return resolve_doubt()


def test_found_in_the_list_it_is_adopted_and_nobody_has_to_call(lost, gateway):
    lost(drop=[PHONE])
    assert resolve_doubt() == 0  # a minute is left for the provider's own callback
    assert minutes_later(1) == 1
    [text] = gateway.journal.after()
    attempt = Attempt.objects.get()
    assert (attempt.state, attempt.provider_id) == ("accepted", text["sid"])
    assert message().provider_id == text["sid"]
    assert message().state in ("sent", "delivered")
    assert Reminder.objects.get().state in ("sent", "done")
    assert open_tasks() == []


def test_twice_not_in_the_list_it_stays_with_a_person_unless_a_setting_says_otherwise(lost):
    lost(swallow=[PHONE])
    resolve_doubt()
    minutes_later(1)
    attempt = Attempt.objects.get()
    assert (attempt.lookups, attempt.state) == (1, "unknown")
    minutes_later(4)
    attempt.refresh_from_db()
    assert (attempt.lookups, attempt.state, attempt.look_up_at) == (2, "unknown", None)
    sweep()
    assert resolve_doubt() == 0
    assert (message().state, open_tasks()) == ("unknown", ["call_client"])


def test_twice_not_in_the_list_it_may_be_sent_again_and_arrives_once(lost, gateway, settings):
    settings.UNKNOWN_RESEND = "after_two_empty_lookups"
    lost(swallow=[PHONE])
    resolve_doubt()
    minutes_later(1)
    assert message().state == "unknown"
    minutes_later(4)
    assert (message().state, open_tasks()) == ("scheduled", [])
    gateway.behave({"callbacks": False})
    drain(Channel.SMS)
    assert len(gateway.journal.after()) == 1
    states = Attempt.objects.order_by("number").values_list("state", "code")
    assert list(states) == [("deferred", "not_found"), ("accepted", "")]
    assert (message().state, Reminder.objects.get().state) == ("sent", "sent")


def test_called_back_before_it_goes_once_more_it_does_not_go(lost, gateway, settings):
    settings.UNKNOWN_RESEND = "after_two_empty_lookups"
    lost(swallow=[PHONE])
    for minutes in (1, 4):
        resolve_doubt()
        minutes_later(minutes)
    assert message().state == "scheduled"
    attempt = Attempt.objects.get()
    late = store_receipt(attempt_id=attempt.pk, provider_id="SM9", status="delivered", code="")
    handle_receipt(late.pk)
    assert (message().state, Reminder.objects.get().state) == ("delivered", "done")
    gateway.behave({"callbacks": False})
    assert drain(Channel.SMS) == 0
    assert gateway.journal.after() == []


def test_no_time_left_it_is_not_sent_again(lost, settings):
    settings.UNKNOWN_RESEND = "after_two_empty_lookups"
    lost(swallow=[PHONE])
    resolve_doubt()
    minutes_later(1)
    Message.objects.update(expires_at=now())
    assert minutes_later(4) == 0
    assert message().state == "unknown"


def test_a_list_that_cannot_be_had_says_nothing(lost, settings):
    lost(swallow=[PHONE])
    settings.UNKNOWN_RESEND = "after_two_empty_lookups"
    settings.TWILIO_API_URL = "http://127.0.0.1:9"
    resolve_doubt()
    for _ in range(3):
        assert minutes_later(4) == 1
    assert (Attempt.objects.get().lookups, message().state) == (0, "unknown")


def test_another_text_to_the_number_is_not_taken_for_it_nor_sent_again(lost, gateway, settings):
    settings.UNKNOWN_RESEND = "after_two_empty_lookups"
    lost(swallow=[PHONE])
    gateway.accept({"To": PHONE, "From": "+12175550100", "Body": "Something else"})
    resolve_doubt()
    for _ in range(3):
        minutes_later(4)
    attempt = Attempt.objects.get()
    assert (attempt.state, attempt.lookups, message().state) == ("unknown", 0, "unknown")
    assert open_tasks() == ["call_client"]


def test_of_two_in_doubt_that_say_the_same_none_is_guessed(lost, gateway):
    lost(drop=[PHONE])
    first = message()
    twin = Message.objects.get(pk=first.pk)
    twin.pk, twin.body, twin._state.adding = None, None, True
    twin.id = Message._meta.pk.get_default()
    twin.save(force_insert=True)
    twin.change(body=first.body)
    original = Attempt.objects.get()
    Attempt.objects.create(
        message=twin, number=1, state="unknown", started_at=original.started_at,
        ended_at=original.ended_at,
    )  # fmt: skip
    resolve_doubt()
    minutes_later(1)
    assert set(Attempt.objects.values_list("state", flat=True)) == {"unknown"}


def test_two_at_once_ask_once(lost):
    lost(swallow=[PHONE])
    resolve_doubt()
    Attempt.objects.update(look_up_at=now())
    taken = at_once([lambda: "taken" if claim() else "nothing left"] * 2)
    assert taken == {"taken": 1, "nothing left": 1}


def test_without_the_lock_both_would_ask(lost, monkeypatch):
    """The negative control: each reads whose turn it is before the other has set the next."""
    lost(swallow=[PHONE])
    resolve_doubt()
    Attempt.objects.update(look_up_at=now())
    change = Attempt.change
    monkeypatch.setattr(QuerySet, "select_for_update", lambda rows, **how: rows.all())
    monkeypatch.setattr(Attempt, "change", lambda row, **to: time.sleep(0.5) or change(row, **to))
    assert at_once([lambda: "taken" if claim() else "nothing left"] * 2) == {"taken": 2}


def test_half_an_hour_later_the_task_is_still_open(lost, time_machine):
    lost(swallow=[PHONE])
    time_machine.move_to(now() + dt.timedelta(minutes=31))
    for _ in range(3):
        resolve_doubt()
        sweep()
    assert (message().state, open_tasks()) == ("unknown", ["call_client"])
