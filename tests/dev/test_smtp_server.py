"""The development mail server: what it keeps, and how it fails when told to."""

import json
import smtplib
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from dev.places import ROOT
from dev.smtp_server import Server, running

SENDER, ADA, BEN = "clinic@casework.example", "ada@client.example", "ben@client.example"


@pytest.fixture
def mail_server() -> Iterator[Server]:
    with running() as server:
        yield server


def letter(*to: str, subject: str = "Your appointment") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = SENDER, ", ".join(to), subject
    message["Message-ID"] = "<one@casework.example>"
    message.set_content("Tomorrow at 10:00 — reply 1 to confirm.\n")
    return message


def post(server: Server, message: EmailMessage) -> None:
    with smtplib.SMTP("127.0.0.1", server.smtp_port, timeout=10) as connection:
        connection.send_message(message)


def ask(method: str, url: str, body: object = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, method=method)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.loads(answer.read())


def test_a_mail_is_received_and_shown_in_parts(mail_server: Server) -> None:
    post(mail_server, letter(ADA, subject="Ärztin"))

    (mail,) = ask("GET", f"{mail_server.url}/mails.json")

    assert (mail["id"], mail["mail_from"], mail["rcpt_to"]) == (1, SENDER, [ADA])
    assert mail["subject"] == "Ärztin"
    assert mail["text"] == "Tomorrow at 10:00 — reply 1 to confirm.\n"
    assert mail["headers"]["Message-ID"] == "<one@casework.example>"
    assert "Subject:" in mail["raw"]


def test_only_newer_mails_are_shown_after_an_id_and_clearing_forgets_them(
    mail_server: Server,
) -> None:
    for subject in ("first", "second", "third"):
        post(mail_server, letter(ADA, subject=subject))

    newer = ask("GET", f"{mail_server.url}/mails.json?after=1")
    ask("DELETE", f"{mail_server.url}/mails.json")

    assert [mail["subject"] for mail in newer] == ["second", "third"]
    assert ask("GET", f"{mail_server.url}/mails.json") == []


def test_a_recipient_set_to_be_refused_gets_that_reply_and_others_get_the_mail(
    mail_server: Server,
) -> None:
    reply = "550 5.1.1 no such user"
    ask("PUT", f"{mail_server.url}/behaviour", {"rcpt": {ADA.upper(): reply}})

    with pytest.raises(smtplib.SMTPRecipientsRefused) as refusal:
        post(mail_server, letter(ADA))
    post(mail_server, letter(ADA, BEN))

    assert refusal.value.recipients == {ADA: (550, b"5.1.1 no such user")}
    assert [mail["rcpt_to"] for mail in mail_server.mailbox.mails()] == [[BEN]]


def test_a_mail_set_to_be_refused_after_its_data_is_not_kept(mail_server: Server) -> None:
    mail_server.mailbox.behave({"data": {ADA: "451 4.3.0 try later"}})

    with pytest.raises(smtplib.SMTPDataError) as refusal:
        post(mail_server, letter(ADA))

    assert (refusal.value.smtp_code, refusal.value.smtp_error) == (451, b"4.3.0 try later")
    assert mail_server.mailbox.mails() == []


def test_a_connection_dropped_after_the_final_dot_leaves_a_mail_that_was_kept(
    mail_server: Server,
) -> None:
    mail_server.mailbox.behave({"drop_after_data": [ADA]})

    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionResetError)):
        post(mail_server, letter(ADA))
    post(mail_server, letter(BEN))

    assert [mail["rcpt_to"] for mail in mail_server.mailbox.mails()] == [[ADA], [BEN]]


def test_the_answer_to_the_data_is_delayed_as_told(mail_server: Server) -> None:
    mail_server.mailbox.behave({"delay_seconds": 0.3})
    begun = time.monotonic()

    post(mail_server, letter(ADA))

    assert time.monotonic() - begun >= 0.3


def test_only_the_newest_mails_are_kept_in_memory_and_in_the_file(tmp_path: Path) -> None:
    with running(keep=tmp_path) as server:
        server.mailbox.journal._kept = 3
        server.mailbox.journal._entries = type(server.mailbox.journal._entries)(maxlen=3)
        for number in range(20):
            post(server, letter(ADA, subject=f"mail {number}"))
        shown = [mail["subject"] for mail in server.mailbox.mails()]

    assert shown == ["mail 17", "mail 18", "mail 19"]
    assert len((tmp_path / "mails.jsonl").read_text().splitlines()) <= 10


def test_as_a_process_it_says_its_ports_and_keeps_mails_over_a_restart(tmp_path: Path) -> None:
    subjects = []
    for _start in range(2):
        command = [sys.executable, "-m", "dev.smtp_server", "--keep", str(tmp_path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
            assert process.stdout is not None
            ports = json.loads(process.stdout.readline())
            with smtplib.SMTP("127.0.0.1", ports["smtp_port"], timeout=10) as connection:
                connection.send_message(letter(ADA, subject="kept"))
            mails = ask("GET", f"http://127.0.0.1:{ports['http_port']}/mails.json")
            subjects.append([mail["subject"] for mail in mails])
            process.terminate()
        assert process.returncode == 143

    assert subjects == [["kept"], ["kept", "kept"]]
