"""A mail filled into the prepared frame is, to the last byte, the mail that Django would write."""

import itertools
import re
from email import message_from_bytes

import pytest

from messaging.channels.email import Mail

TOKEN = "aB3-_" * 6 + "Zz"
ID = "<5d3c1f0e-7f4a-4f7e-9d0c-1b2a3c4d5e6f@127.0.0.1>"
SUBJECTS = (
    "Your appointment Tue, Nov 24", "Su cita mañana", "a" * 80, "x y " * 40, "", " lead", "tail ",
    "=?utf-8?q?x?=", "a: b", "{0}", "a\nBcc: e@x.example",
)  # fmt: skip
TEXTS = (
    "", "Hi\n", "Hi", "Hola mañana\n", ".\n..\n", "From x\n\nFrom y\n", "x" * 999, "é" * 400, "a\r\nb",
    "a\rb", "\n", "tab\t\n x ", "emoji \U0001f600", "line\u2028sep\x0b\x0c\x85 end", "\ud800",
)  # fmt: skip
ADDRESSES = (
    "a@b.example", "a.b+c@ex-a.example", "\u0131x@b.example", "Sam <a@b.example>",
    "a@b.example\nBcc: x@y.example", "a@localhost", "x" * 70 + "@b.example", "a@-b.example", "1@2.3",
)  # fmt: skip


@pytest.fixture(scope="module")
def mail():
    return Mail("O <office@b.example>")


def outcome(write, *given):
    """The mail without its date, or the kind of refusal."""
    try:
        return re.sub(rb"Date: [^\r]*", b"Date", write(*given))
    except Exception as error:
        return type(error).__name__


def test_the_frame_is_used_and_not_only_passed_by(mail, monkeypatch):
    monkeypatch.setattr(mail, "by_django", None)
    written = mail.written("Your appointment", "Hi Sam\n", "a@b.example", ID)
    assert b"Subject: Your appointment\r\n" in written
    assert written.endswith(b"\r\n\r\nHi Sam\r\n")


def test_the_frame_is_used_for_mail_that_can_be_stopped_too(mail, monkeypatch, settings):
    monkeypatch.setattr(mail, "by_django", None)
    page = f"{settings.PUBLIC_URL}/a/{TOKEN}/stop/"
    written = mail.written("Your appointment", "Hi Sam\n", "a@b.example", ID, page)
    headers = message_from_bytes(written)
    assert "".join(headers["List-Unsubscribe"].split()) == f"<{page}>"
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


@pytest.mark.parametrize("page", ["", "/a/{}/stop/", "/elsewhere/{}/"])
@pytest.mark.parametrize("subject", SUBJECTS)
def test_every_mail_is_as_django_writes_it(mail, subject, page, settings):
    stop_url = page and settings.PUBLIC_URL + page.format(TOKEN)
    for text, address in itertools.product(TEXTS, ADDRESSES):
        given = (subject, text, address, ID, stop_url)
        assert outcome(mail.written, *given) == outcome(mail.by_django, *given), given
