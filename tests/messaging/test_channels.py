"""The channels against real servers: what each kind of failure means for a message."""

import datetime as dt
import os
import socketserver
import threading
import uuid
from contextlib import contextmanager

import pytest

from common.clock import now
from messaging.channels.base import DeliveryError, Fate, Outgoing
from messaging.channels.email import EmailSession
from messaging.channels.sms import SmsSession
from tests.processes import Doubles, LoggedChildren, http_json, until

pytestmark = pytest.mark.real

NUMBER, ADDRESS = "+12175550134", "sam@example.org"


@pytest.fixture(scope="module")
def doubles(tmp_path_factory):
    with LoggedChildren(tmp_path_factory.mktemp("doubles")) as children:
        yield Doubles(children, dict(os.environ))


@pytest.fixture(autouse=True)
def configured(doubles, settings):
    settings.EMAIL_PORT = int(doubles.env["EMAIL_PORT"])
    settings.TWILIO_API_URL = doubles.gateway
    settings.PUBLIC_URL = "http://127.0.0.1:9"  # nobody takes callbacks in these tests
    http_json("PUT", f"{doubles.mailbox}/behaviour", {})
    http_json("PUT", f"{doubles.gateway}/dev/behaviour", {"callbacks": False})
    http_json("DELETE", f"{doubles.mailbox}/mails.json")
    http_json("DELETE", f"{doubles.gateway}/dev/messages.json")


def outgoing(to, text="Hi Sam, you have an appointment Tue, Nov 24 2:30 PM at Elm St."):
    return Outgoing(
        uuid.uuid4(), uuid.uuid4(), to, text, "Your appointment", now() + dt.timedelta(hours=9)
    )


def fate_of(session, to):
    with pytest.raises(DeliveryError) as failed:
        session.send(outgoing(to))
    return failed.value


def test_a_mail_arrives_as_written_with_a_message_id_from_its_row(doubles):
    message = outgoing(ADDRESS, "First line\n.\n.dots stay\nHasta mañana\n")
    with EmailSession() as session:
        assert session.send(message) == f"<{message.message_id}@127.0.0.1>"
    [mail] = until(doubles.mails)
    assert mail["text"].replace("\r\n", "\n") == "First line\n.\n.dots stay\nHasta mañana\n"
    assert mail["subject"] == "Your appointment"
    assert mail["headers"]["Message-ID"] == f"<{message.message_id}@127.0.0.1>"
    assert mail["headers"]["Auto-Submitted"] == "auto-generated"


@pytest.mark.parametrize("pipelining", [True, False])
def test_several_mails_go_through_one_connection_even_after_a_refusal(doubles, pipelining):
    http_json(
        "PUT", f"{doubles.mailbox}/behaviour",
        {"rcpt": {"gone@example.org": "550 5.1.1 no such user"}, "pipelining": pipelining},
    )  # fmt: skip
    with EmailSession() as session:
        session.send(outgoing(ADDRESS))
        error = fate_of(session, "gone@example.org")
        session.send(outgoing(ADDRESS))
    assert (error.fate, error.code, error.dead_address) == (Fate.PERMANENT, "5.1.1", True)
    assert error.permanent
    assert len(doubles.mails()) == 2


@pytest.mark.parametrize(
    ("said", "fate", "code", "dead"),
    [
        ("451 4.3.0 try later", Fate.TRANSIENT, "4.3.0", False),
        ("554 5.6.0 refused", Fate.PERMANENT, "5.6.0", False),
        ("421 4.7.0 shutting down", Fate.CHANNEL, "421", False),
        ("550 refused for its content", Fate.PERMANENT, "550", False),
        ("550 5.1.1 no such user", Fate.PERMANENT, "5.1.1", True),
        ("550 5.7.1 not from you", Fate.PERMANENT, "5.7.1", False),
        ("550 5.7.26 not signed", Fate.CHANNEL, "5.7.26", False),
        ("451 5.1.1 of two minds", Fate.TRANSIENT, "451", False),
        ("599 5.9.99 never heard of", Fate.PERMANENT, "599", False),
    ],
)
def test_an_answer_after_the_text_is_taken_at_its_word(doubles, said, fate, code, dead):
    http_json("PUT", f"{doubles.mailbox}/behaviour", {"data": {ADDRESS: said}})
    with EmailSession() as session:
        error = fate_of(session, ADDRESS)
    assert (error.fate, error.code, error.dead_address) == (fate, code, dead)


def test_a_connection_lost_after_the_final_dot_is_in_doubt(doubles):
    http_json("PUT", f"{doubles.mailbox}/behaviour", {"drop_after_data": [ADDRESS]})
    with EmailSession() as session:
        assert fate_of(session, ADDRESS).fate is Fate.UNKNOWN
        session.send(outgoing("kim@example.org"))  # on a new connection


def test_an_address_that_smtp_cannot_write_is_refused_and_the_next_one_goes(doubles):
    with EmailSession() as session:
        error = fate_of(session, "y\u0131ld\u0131z@example.org")
        session.send(outgoing(ADDRESS))
    assert (error.fate, error.dead_address) == (Fate.PERMANENT, True)
    assert len(doubles.mails()) == 1


@contextmanager
def server_that_asks_for_the_text_of_a_refused_mail(said):
    """A server that takes commands together, refuses every recipient, and says 354 all the same."""
    answers = {
        b"EHLO": b"250-here\r\n250 PIPELINING", b"MAIL": b"250 OK", b"RCPT": said, b"DATA": b"354 go on",
        b".\r\n": b"554 nobody to give it to", b"RSET": b"250 OK", b"QUIT": b"221 bye",
    }  # fmt: skip
    heard = []

    class Conversation(socketserver.StreamRequestHandler):
        def handle(self):
            self.wfile.write(b"220 here\r\n")
            for line in self.rfile:
                heard.append(line)
                command = line.upper() if line == b".\r\n" else line[:4].upper()
                self.wfile.write(answers[command] + b"\r\n")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Conversation) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1], heard
        server.shutdown()


@pytest.mark.parametrize(
    ("said", "fate"), [(b"550 5.1.1 no such user", Fate.PERMANENT), (b"451 later", Fate.TRANSIENT)]
)
def test_a_refused_mail_gives_no_text_away_even_if_the_server_asks_for_it(settings, said, fate):
    with server_that_asks_for_the_text_of_a_refused_mail(said) as (port, heard):
        settings.EMAIL_PORT = port
        with EmailSession() as session:
            assert fate_of(session, ADDRESS).fate is fate
            assert fate_of(session, ADDRESS).fate is fate
    one = [b"MAIL", b"RCPT", b"DATA", b".\r\n", b"RSET"]
    ours = [line[:4].upper() for line in heard if line[:4].upper() not in (b"EHLO", b"QUIT")]
    assert ours == one * 2


def test_no_mail_server_is_a_fault_of_the_channel(settings):
    settings.EMAIL_PORT = 9
    with pytest.raises(DeliveryError) as failed, EmailSession():
        pass
    assert failed.value.fate is Fate.CHANNEL


def test_a_servers_words_are_kept_without_addresses(doubles):
    http_json(
        "PUT", f"{doubles.mailbox}/behaviour",
        {"rcpt": {ADDRESS: f"550 <{ADDRESS}> does not exist"}},
    )  # fmt: skip
    with EmailSession() as session:
        error = fate_of(session, ADDRESS)
    assert ADDRESS not in error.words
    assert "<address>" in error.words


def test_a_text_is_created_at_the_gateway_with_callback_and_validity(doubles):
    message = outgoing(NUMBER)
    with SmsSession() as session:
        sid = session.send(message)
    [text] = doubles.texts()
    assert text["sid"] == sid
    assert text["to"] == NUMBER
    assert text["body"] == message.text
    assert text["status_callback"].endswith(f"/webhooks/twilio/status/{message.attempt_id}/")
    assert int(text["validity_period"]) == 4 * 60 * 60


def test_a_message_is_valid_no_longer_than_until_its_visit(doubles):
    message = Outgoing(
        uuid.uuid4(), uuid.uuid4(), NUMBER, "Hi", "", now() + dt.timedelta(minutes=10)
    )
    with SmsSession() as session:
        session.send(message)
    assert 590 <= int(doubles.texts()[0]["validity_period"]) <= 600


@pytest.mark.parametrize(
    ("code", "status", "fate", "dead"),
    [
        (21211, 400, Fate.PERMANENT, True),
        (21614, 400, Fate.PERMANENT, True),
        (21610, 400, Fate.PERMANENT, False),
        (21611, 400, Fate.TRANSIENT, False),
        (20429, 429, Fate.TRANSIENT, False),
        (20003, 401, Fate.CHANNEL, False),
        (21660, 400, Fate.CHANNEL, False),
        (30008, 400, Fate.UNKNOWN, False),
        (99999, 400, Fate.PERMANENT, False),
        (99999, 403, Fate.CHANNEL, False),
        (99999, 429, Fate.TRANSIENT, False),
    ],
)
def test_a_refusal_means_what_its_code_says(doubles, code, status, fate, dead):
    http_json(
        "PUT", f"{doubles.gateway}/dev/behaviour",
        {"reject": {NUMBER: {"code": code, "status": status}}, "callbacks": False},
    )  # fmt: skip
    with SmsSession() as session:
        error = fate_of(session, NUMBER)
    assert (error.fate, error.code, error.dead_address) == (fate, str(code), dead)


@pytest.mark.parametrize("behaviour", ["hang", "drop", "status_5xx"])
def test_whatever_may_have_been_accepted_is_in_doubt(doubles, behaviour, monkeypatch):
    monkeypatch.setattr("messaging.channels.sms.READ_SECONDS", 1)
    http_json("PUT", f"{doubles.gateway}/dev/behaviour", {behaviour: [NUMBER], "callbacks": False})
    with SmsSession() as session:
        assert fate_of(session, NUMBER).fate is Fate.UNKNOWN
    if behaviour != "status_5xx":
        assert len(doubles.texts()) == 1


def test_no_gateway_is_a_fault_of_the_channel(settings):
    settings.TWILIO_API_URL = "http://127.0.0.1:9"
    with SmsSession() as session:
        assert fate_of(session, NUMBER).fate is Fate.CHANNEL
