"""What the mail service calls: let in by its password, stored first, handled after."""

import base64
import datetime as dt
import json

import pytest

from appointments.states import RuleChannel
from common.clock import now
from messaging.models import Attempt, Message, OptOut, Receipt
from messaging.states import AttemptState, MessageState
from worklist.models import Task

pytestmark = pytest.mark.django_db

SECRET = "service:a long password"


@pytest.fixture(autouse=True)
def _ours(settings):
    settings.EMAIL_WEBHOOK_SECRET = SECRET


@pytest.fixture
def attempt(house):
    """A mail to Sam that was handed over and accepted."""
    house.rules((24, RuleChannel.EMAIL))
    house.booked(house.client(email="sam@example.org"), now() + dt.timedelta(hours=30))
    message = Message.objects.get()
    message.change(state=MessageState.SENT, sent_at=now())
    return Attempt.objects.create(
        message=message, number=1, state=AttemptState.ACCEPTED, started_at=now(),
        provider_id=f"<{message.pk}@casework.example>",
    )  # fmt: skip


def post(client, attempt, kind, *, secret=SECRET, **more):
    event = {"RecordType": kind, "MessageID": "M1", "Metadata": {"attempt_id": str(attempt.pk)}}
    pair = base64.b64encode(secret.encode()).decode()
    return client.post(
        "/webhooks/email/", json.dumps(event | more), content_type="application/json",
        headers={"Authorization": f"Basic {pair}"},
    )  # fmt: skip


def message():
    return Message.objects.get()


def test_a_mail_that_was_delivered_is_delivered(attempt, browser):
    assert post(browser, attempt, "Delivery").status_code == 204
    assert message().state == MessageState.DELIVERED


def test_a_hard_bounce_ends_it_marks_the_address_and_tells_a_person(attempt, browser):
    assert post(browser, attempt, "Bounce", Type="HardBounce").status_code == 204
    assert (message().state, message().reason) == ("bounced", "bounced")
    assert message().contact_point.undeliverable_code == "bounced"
    assert [task.kind for task in Task.objects.open()] == ["reminder_undeliverable"]


def test_a_bounce_after_delivery_marks_the_address_and_the_message_stays_delivered(
    attempt, browser
):
    post(browser, attempt, "Delivery")
    assert post(browser, attempt, "Bounce", Type="HardBounce").status_code == 204
    assert message().state == MessageState.DELIVERED
    assert message().contact_point.undeliverable_code == "bounced"


def test_a_soft_bounce_changes_nothing(attempt, browser):
    assert post(browser, attempt, "Bounce", Type="Transient").status_code == 204
    assert (message().state, Receipt.objects.count()) == ("sent", 0)


def test_who_complains_gets_no_more_mail(attempt, browser):
    assert post(browser, attempt, "SpamComplaint").status_code == 204
    opted = OptOut.objects.get()
    assert (opted.channel, opted.source, opted.until) == ("email", "provider", None)
    assert opted.address_index == message().address_index


def test_who_has_not_the_password_is_refused_and_nothing_is_kept(attempt, browser, settings):
    assert post(browser, attempt, "Bounce", Type="HardBounce", secret="x:y").status_code == 403
    settings.EMAIL_WEBHOOK_SECRET = ""
    assert post(browser, attempt, "SpamComplaint", secret="").status_code == 403
    assert (Receipt.objects.count(), message().state) == (0, "sent")


@pytest.mark.parametrize("body", ["", "[]", "{}}", '{"RecordType": "Delivery", "Metadata": 1}'])
def test_what_is_no_event_is_refused(browser, body):
    pair = base64.b64encode(SECRET.encode()).decode()
    answer = browser.post(
        "/webhooks/email/", body, content_type="application/json",
        headers={"Authorization": f"Basic {pair}"},
    )  # fmt: skip
    assert answer.status_code == 400
    assert not Receipt.objects.exists()


@pytest.mark.parametrize("kind", ["SoftBounce", "VirusNotification", "Blocked", "DMARCPolicy"])
def test_a_mail_that_the_service_gave_up_fails_and_the_address_stays_good(attempt, browser, kind):
    assert post(browser, attempt, "Bounce", Type=kind).status_code == 204
    assert (message().state, message().reason) == ("failed", "not_delivered")
    assert message().contact_point.undeliverable_since is None
    assert [task.kind for task in Task.objects.open()] == ["reminder_undeliverable"]


@pytest.mark.parametrize("kind", ["SpamNotification", "ManualSuppression"])
def test_who_complains_by_their_own_mail_service_gets_no_more_mail_either(attempt, browser, kind):
    assert post(browser, attempt, "Bounce", Type=kind).status_code == 204
    assert OptOut.objects.get().until is None
