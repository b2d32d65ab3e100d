"""What the provider calls: signed, stored first, handled after, forward only."""

import datetime as dt
import logging
import uuid

import pytest
from django.conf import settings
from django.db import DatabaseError

from appointments.models import Attendance, Reminder
from appointments.states import ReminderState, RuleChannel
from audit.models import AuditEvent
from common import events
from common.clock import now
from common.events import MessagesProgressed, OptedOut, subscribe
from dev.sms_messages import callback_fields, inbound_fields, signature
from messaging.models import Attempt, InboundMessage, Message, OptOut, Receipt
from messaging.services.sweep import sweep
from messaging.states import AttemptState, MessageState
from worklist.models import Task

pytestmark = pytest.mark.django_db
TOKEN = "a token that the provider shares"
PUBLIC = "https://casework.example"
PHONE = "+12175550134"
INBOUND = "/webhooks/twilio/inbound/"
SID = "SM00000000000000000000000000000001"
ACCOUNT = "AC00000000000000000000000000000001"


@pytest.fixture(autouse=True)
def _ours(settings):
    settings.TWILIO_AUTH_TOKEN = TOKEN
    settings.PUBLIC_URL = PUBLIC


@pytest.fixture
def attempt(house):
    """A text message of Sam's that was handed over and accepted."""
    house.rules((24, RuleChannel.SMS))
    house.booked(house.client(phone=PHONE), now() + dt.timedelta(hours=30))
    message = Message.objects.get()
    message.change(state=MessageState.SENT, sent_at=now())
    return Attempt.objects.create(
        message=message, number=1, state=AttemptState.ACCEPTED, started_at=now(), provider_id=SID
    )


def status_url(attempt_id):
    return f"/webhooks/twilio/status/{attempt_id}/"


def post(browser, path, fields, *, sign=True, token=TOKEN, base=PUBLIC, **headers):
    """Post a form as the provider does, signed as it does."""
    if sign:
        headers["X-Twilio-Signature"] = signature(f"{base}{path}", fields, token)
    return browser.post(path, fields, headers=headers)


def says(status, *, code=None, sid=SID):
    """The form of a status callback, as the development gateway builds it."""
    message = {"sid": sid, "to": PHONE, "from": "+12175550100", "error_code": code}
    return callback_fields(message, ACCOUNT, status)


def writes(body, *, sid="", sender=PHONE):
    fields = inbound_fields(sender, "+12175550100", body, ACCOUNT)
    return fields | ({"MessageSid": sid} if sid else {})


def state():
    return Message.objects.values_list("state", flat=True).get()


# ── Receipts ──────────────────────────────────────────────────────────────────────────────────


def test_a_receipt_moves_its_message_and_reminder_forward(attempt, browser):
    answer = post(browser, status_url(attempt.pk), says("delivered"))
    assert (answer.status_code, answer.content) == (204, b"")
    assert state() == MessageState.DELIVERED
    assert Reminder.objects.get().state == ReminderState.DONE
    receipt = Receipt.objects.get()
    assert (receipt.attempt_id, receipt.status, receipt.code) == (attempt.pk, "delivered", "")
    assert (receipt.outcome, receipt.handled_at is None) == ("moved", False)


def test_a_failure_ends_it_with_the_provider_s_code(attempt, browser):
    post(browser, status_url(attempt.pk), says("undelivered", code=30005))
    message = Message.objects.get()
    assert (message.state, message.reason) == (MessageState.FAILED, "not_delivered")
    assert Receipt.objects.get().code == "30005"
    assert message.contact_point.undeliverable_code == "invalid_number"
    event = AuditEvent.objects.get(source="webhook")
    assert event.actor_id is None
    assert event.clients == [message.client_id]
    assert event.changes == [
        {"action": "task.opened", "id": str(Task.objects.get().pk)},
        {"action": "contact_point.undeliverable", "id": str(message.contact_point_id)},
    ]


def test_repeated_and_late_receipts_change_nothing(attempt, browser):
    for status in ("delivered", "sent", "delivered", "queued", "undelivered"):
        assert post(browser, status_url(attempt.pk), says(status)).status_code == 204
    assert state() == MessageState.DELIVERED
    assert list(Receipt.objects.order_by("created_at").values_list("status", "outcome")) == [
        ("delivered", "moved"),
        ("sent", "not_forward"),
        ("queued", "not_forward"),
        ("undelivered", "not_forward"),
    ]


def test_a_receipt_for_an_unknown_attempt_is_kept_and_changes_nothing(attempt, browser):
    unknown = uuid.uuid4()
    assert post(browser, status_url(unknown), says("delivered")).status_code == 204
    assert Receipt.objects.get(attempt_id=unknown).outcome == "no_such_attempt"
    assert state() == MessageState.SENT


def test_a_receipt_of_another_message_s_id_changes_nothing(attempt, browser):
    post(browser, status_url(attempt.pk), says("delivered", sid="SM2"))
    assert Receipt.objects.get().outcome == "other_message"
    assert state() == MessageState.SENT


def test_a_status_that_we_do_not_know_is_kept(attempt, browser):
    post(browser, status_url(attempt.pk), says("Teleported"))
    receipt = Receipt.objects.get()
    assert (receipt.status, receipt.outcome) == ("teleported", "unknown_status")


# ── What clients write ────────────────────────────────────────────────────────────────────────


def test_an_answer_is_taken_and_answered_with_an_empty_document(attempt, browser):
    answer = post(browser, INBOUND, writes("1", sid="SM7"))
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/xml"
    assert answer.content == b'<?xml version="1.0" encoding="UTF-8"?><Response/>'
    inbound = InboundMessage.objects.get()
    assert (inbound.provider_id, inbound.body, inbound.sender) == ("SM7", "1", PHONE)
    assert inbound.answers_id == attempt.message_id
    attendance = Attendance.objects.get()
    assert attendance.response == "accepted"
    event = AuditEvent.objects.get(source="webhook")
    assert event.changes == [
        {"action": "inbound.confirm", "id": str(inbound.pk)},
        {"action": "attendance.accepted", "id": str(attendance.pk)},
    ]
    assert event.clients == [attendance.client_id]
    assert event.route == "POST /webhooks/twilio/inbound/"


def test_a_stop_is_obeyed_at_once_and_once(attempt, browser):
    for _ in range(2):
        assert post(browser, INBOUND, writes("STOP", sid="SM8")).status_code == 200
    assert OptOut.objects.filter(until=None).count() == 1
    assert InboundMessage.objects.count() == 1


def test_a_picture_without_words_is_kept(attempt, browser):
    assert post(browser, INBOUND, writes("")).status_code == 200
    assert InboundMessage.objects.get().meaning == "text"


# ── Signature, size, form ─────────────────────────────────────────────────────────────────────

REFUSED = {
    "no signature": {"sign": False},
    "another token": {"token": "somebody else's"},
    "another host": {"base": "https://evil.example"},
    "another scheme": {"base": "http://casework.example"},
    "a signature that is none": {"sign": False, "X-Twilio-Signature": "é"},
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_not_signed_for_our_own_address_is_refused_and_not_kept(attempt, browser, what):
    for path, fields in (
        (status_url(attempt.pk), says("delivered")),
        (INBOUND, writes("STOP")),
    ):
        answer = post(browser, path, fields, **REFUSED[what])
        assert answer.status_code == 403
        assert answer["Content-Type"] == "application/problem+json"
        assert answer.json()["code"] == "wrong_signature"
    assert (Receipt.objects.count(), InboundMessage.objects.count()) == (0, 0)
    assert OptOut.objects.count() == 0
    assert not AuditEvent.objects.filter(source="webhook").exists()


def test_the_host_header_is_not_believed(attempt, browser, settings):
    settings.ALLOWED_HOSTS = ["*"]
    answer = post(
        browser, INBOUND, writes("STOP"), base="https://evil.example", Host="evil.example"
    )
    assert answer.status_code == 403
    assert post(browser, INBOUND, writes("STOP"), Host="evil.example").status_code == 200


def test_a_changed_field_or_query_breaks_the_signature(attempt, browser):
    fields = writes("1")
    signed = signature(f"{PUBLIC}{INBOUND}", fields, TOKEN)
    for path, changed in (
        (INBOUND, fields | {"Body": "STOP"}),
        (INBOUND, fields | {"Extra": "x"}),
        (f"{INBOUND}?x=1", fields),
    ):
        answer = browser.post(path, changed, headers={"X-Twilio-Signature": signed})
        assert answer.status_code == 403
    assert post(browser, f"{INBOUND}?x=1", fields).status_code == 200


def test_without_a_token_of_our_own_nobody_signs(attempt, browser, settings):
    settings.TWILIO_AUTH_TOKEN = ""
    assert post(browser, INBOUND, writes("STOP"), token="").status_code == 403
    assert OptOut.objects.count() == 0


@pytest.mark.parametrize("missing", ["MessageSid", "MessageStatus"])
def test_a_receipt_with_a_field_missing_is_refused_by_name(attempt, browser, missing):
    fields = says("delivered")
    del fields[missing]
    answer = post(browser, status_url(attempt.pk), fields)
    assert answer.status_code == 400
    assert answer.json()["detail"] == f"Missing or malformed: {missing}."
    assert Receipt.objects.count() == 0


@pytest.mark.parametrize("missing", ["MessageSid", "From", "Body"])
def test_an_inbound_message_with_a_field_missing_is_refused_by_name(attempt, browser, missing):
    fields = writes("1")
    del fields[missing]
    answer = post(browser, INBOUND, fields)
    assert answer.status_code == 400
    assert answer.json()["detail"] == f"Missing or malformed: {missing}."
    assert InboundMessage.objects.count() == 0


def test_too_long_a_field_is_refused(attempt, browser):
    assert post(browser, status_url(attempt.pk), says("x" * 21)).status_code == 400
    assert post(browser, INBOUND, writes("1", sid="S" * 129)).status_code == 400


def test_too_large_a_body_is_refused(attempt, browser):
    answer = post(browser, INBOUND, writes("x" * settings.BODY_BOUND_BYTES))
    assert answer.status_code == 413
    assert InboundMessage.objects.count() == 0


def test_only_a_form_that_is_posted_is_taken(attempt, browser):
    assert browser.get(INBOUND).status_code == 405
    assert browser.get(status_url(attempt.pk)).status_code == 405
    answer = browser.post(INBOUND, {"Body": "STOP"}, content_type="application/json")
    assert answer.status_code == 403


def test_no_cookie_and_no_csrf_token_are_asked_for(attempt):
    from django.test import Client

    strict = Client(enforce_csrf_checks=True)
    assert post(strict, INBOUND, writes("hello")).status_code == 200


# ── Stored first ──────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def broken():
    """Have handling fail after it has written: an upper app's handler of an event breaks.

    Called with the event; gives back what mends it.
    """
    breaking = []

    def fail(event):
        raise DatabaseError("Key (value)=(+12175550134) is somebody's")

    def breaks(event_type):
        subscribe(event_type, fail)
        breaking.append(event_type)
        return mend

    def mend():
        while breaking:
            events._handlers[breaking.pop()].remove(fail)

    yield breaks
    mend()


def test_a_receipt_survives_that_its_handling_fails(attempt, browser, broken, caplog):
    mend = broken(MessagesProgressed)
    with caplog.at_level(logging.ERROR):
        answer = post(browser, status_url(attempt.pk), says("delivered"))
    assert answer.status_code == 204
    receipt = Receipt.objects.get()
    assert (receipt.handled_at, receipt.outcome) == (None, "")
    assert state() == MessageState.SENT
    assert "5550134" not in caplog.text
    assert caplog.messages == [
        f"webhook.unhandled kind=handle_receipt id={receipt.pk} fault=DatabaseError"
    ]
    mend()
    assert sweep()["receipts"] == 1
    assert state() == MessageState.DELIVERED


def test_an_inbound_message_survives_that_its_handling_fails(attempt, browser, broken):
    mend = broken(OptedOut)
    assert post(browser, INBOUND, writes("STOP", sid="SM9")).status_code == 200
    assert InboundMessage.objects.get().handled_at is None
    assert OptOut.objects.count() == 0
    assert not AuditEvent.objects.filter(source="webhook").exists()
    mend()
    assert sweep()["inbound"] == 1
    assert OptOut.objects.filter(until=None).count() == 1


def test_called_again_after_a_failure_it_is_handled_then(attempt, browser, broken):
    mend = broken(MessagesProgressed)
    post(browser, status_url(attempt.pk), says("delivered"))
    mend()
    post(browser, status_url(attempt.pk), says("delivered"))
    assert Receipt.objects.get().outcome == "moved"
