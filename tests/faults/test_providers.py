"""The providers' doubles fail as they say, and their ledger tells the truth."""

import smtplib
from contextlib import suppress

import pytest
import requests

from tests.faults import mails, texts
from tests.faults.choice import Choice
from tests.faults.ledger import Ledger

ACCOUNT, TOKEN, NUMBER = "AC1", "secret", "+12175550100"
MESSAGE = "0190aaaa-0000-7000-8000-000000000001"
ATTEMPT = "0190aaaa-0000-7000-8000-000000000002"


@pytest.fixture
def ledger(tmp_path):
    opened = Ledger(tmp_path / "ledger.jsonl")
    yield opened
    opened.close()


def always(mode):
    return Choice(1, {mode: 1.0}, usual="ok")


def text_to(provider):
    return requests.post(
        f"{provider.url}/2010-04-01/Accounts/{ACCOUNT}/Messages.json",
        auth=(ACCOUNT, TOKEN),
        timeout=0.3,
        data={
            "To": "+12175550142",
            "From": NUMBER,
            "Body": "x",
            "StatusCallback": f"http://127.0.0.1:9/webhooks/twilio/status/{ATTEMPT}/",
        },
    )


@pytest.mark.parametrize(
    ("mode", "status", "accepted"),
    [
        (texts.OK, 201, True),
        (texts.TOO_MANY, 429, False),
        (texts.FAULT_BEFORE, 500, False),
        (texts.FAULT_AFTER, 500, True),
        (texts.OPTED_OUT, 400, False),
        (texts.ACCEPTED_THEN_SILENT, None, True),
        (texts.SILENT, None, False),
    ],
)
def test_a_text_is_answered_by_its_mode(ledger, mode, status, accepted):
    provider = texts.Texts(
        ledger=ledger, choice=always(mode), patience=1, account=ACCOUNT, token=TOKEN, number=NUMBER
    )
    provider.behaviour["callbacks"] = False
    provider.start()
    try:
        said = None
        with suppress(requests.ReadTimeout):
            said = text_to(provider).status_code
        assert said == status
    finally:
        provider.stop()
    [asked] = ledger.all()
    assert (asked.key, asked.accepted) == (ATTEMPT, accepted)


def mail_to(port):
    """How far a mail got: the reply's code, or None when the connection broke."""
    text = f"Message-ID: <{MESSAGE}@casework.example>\r\n\r\nx\r\n"
    try:
        with smtplib.SMTP("127.0.0.1", port, timeout=2) as line:
            line.ehlo_or_helo_if_needed()
            line.sendmail("us@casework.example", ["sam@example.org"], text)
    except smtplib.SMTPServerDisconnected:
        return None
    except smtplib.SMTPRecipientsRefused as error:
        return error.recipients["sam@example.org"][0]
    except smtplib.SMTPResponseException as error:
        return error.smtp_code
    return 250


def served(ledger, mode):
    return mails.Mails(ledger=ledger, mails=always(mode), connections=always(mode))


@pytest.mark.parametrize("mode", sorted(mails.REFUSALS))
def test_a_mail_is_refused_at_the_step_of_its_mode(ledger, mode):
    server = served(ledger, mode)
    server.start()
    try:
        assert mail_to(server.smtp_port) == int(mode[:3])
    finally:
        server.stop()
    assert [asked.accepted for asked in ledger.all()] == ([False] if "dot" in mode else [])


@pytest.mark.parametrize(
    ("mode", "code", "accepted"),
    [
        (mails.OK, 250, True),
        (mails.ACCEPTED_THEN_DROPPED, None, True),
        (mails.LOST_THEN_DROPPED, None, False),
    ],
)
def test_after_the_dot_a_mail_is_kept_or_lost_with_or_without_an_answer(
    ledger, mode, code, accepted
):
    server = served(ledger, mode)
    server.start()
    try:
        assert mail_to(server.smtp_port) == code
    finally:
        server.stop()
    [asked] = ledger.all()
    assert (asked.key, asked.accepted) == (MESSAGE, accepted)


def test_one_seed_gives_one_sequence_of_faults():
    def drawn(seed):
        choice = Choice(seed, texts.STORM, usual="ok")
        return [choice.draw(f"+1217555{number:04}") for number in range(200)]

    assert drawn(7) == drawn(7)
    assert drawn(7) != drawn(8)
