"""E-mail through the hosted service: what each of its answers means for a message."""

import datetime as dt
import uuid

import pytest

from clients.models import Channel
from common.clock import now
from dev.mail_service import running
from messaging.channels import open_session
from messaging.channels.base import DeliveryError, Fate, Outgoing
from messaging.channels.postmark import PostmarkSession

pytestmark = pytest.mark.real

ADDRESS = "sam@example.org"


@pytest.fixture
def service(settings):
    with running(token="a-token") as running_service:
        settings.EMAIL_SERVICE = "postmark"
        settings.EMAIL_SERVICE_TOKEN = "a-token"
        settings.EMAIL_SERVICE_URL = running_service.url
        yield running_service


def outgoing(to=ADDRESS, stop_url=""):
    return Outgoing(
        uuid.uuid4(), uuid.uuid4(), to, "Hi Sam,\nHasta mañana\n", "Your appointment",
        now() + dt.timedelta(hours=9), stop_url=stop_url,
    )  # fmt: skip


def failure(message=None):
    with open_session(Channel.EMAIL) as session, pytest.raises(DeliveryError) as failed:
        session.send(message or outgoing())
    return failed.value


def test_the_setting_chooses_the_service(service):
    assert isinstance(open_session(Channel.EMAIL), PostmarkSession)


def test_a_mail_arrives_as_written_and_untracked_with_ids_from_its_rows(service, settings):
    message = outgoing(stop_url="https://office.example/a/token/stop/")
    with open_session(Channel.EMAIL) as session:
        assert session.send(message) == "00000000-0000-4000-8000-000000000001"
    [mail] = service.mails
    assert mail["To"] == ADDRESS
    assert mail["From"] == settings.DEFAULT_FROM_EMAIL
    assert mail["TextBody"] == message.text
    assert "HtmlBody" not in mail
    assert mail["TrackOpens"] is False
    assert mail["TrackLinks"] == "None"
    assert mail["Metadata"] == {"attempt": str(message.attempt_id)}
    headers = {header["Name"]: header["Value"] for header in mail["Headers"]}
    assert headers["Message-ID"].startswith(f"<{message.message_id}@")
    assert headers["X-PM-KeepID"] == "true"
    assert headers["List-Unsubscribe"] == f"<{message.stop_url}>"
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


@pytest.mark.parametrize(
    ("code", "status", "fate", "dead"),
    [
        (406, 422, Fate.PERMANENT, True),
        (300, 422, Fate.PERMANENT, False),
        (400, 422, Fate.CHANNEL, False),
        (413, 422, Fate.CHANNEL, False),
        (429, 429, Fate.TRANSIENT, False),
        (9999, 422, Fate.PERMANENT, False),
        (9999, 403, Fate.CHANNEL, False),
        (9999, 429, Fate.TRANSIENT, False),
    ],
)
def test_a_refusal_means_what_its_code_says(service, code, status, fate, dead):
    service.behaviour["reject"] = {ADDRESS: {"code": code, "status": status}}
    error = failure()
    assert (error.fate, error.code, error.dead_address) == (fate, str(code), dead)
    assert error.words == ""


@pytest.mark.parametrize("behaviour", ["hang", "drop", "status_5xx"])
def test_whatever_may_have_been_accepted_is_in_doubt(service, behaviour, monkeypatch):
    monkeypatch.setattr("messaging.channels.postmark.READ_SECONDS", 1)
    service.behaviour[behaviour] = [ADDRESS]
    assert failure().fate is Fate.UNKNOWN


def test_a_wrong_token_is_a_fault_of_the_channel(service, settings):
    settings.EMAIL_SERVICE_TOKEN = "another"
    assert failure().fate is Fate.CHANNEL


def test_no_service_is_a_fault_of_the_channel(service, settings):
    settings.EMAIL_SERVICE_URL = "http://127.0.0.1:9"
    assert failure().fate is Fate.CHANNEL


def test_an_address_that_cannot_be_written_is_refused_and_nothing_is_sent(service):
    assert failure(outgoing("not an address")).fate is Fate.PERMANENT
    assert service.mails == []
