"""E-mail over SMTP: Django builds message and connection, the conversation is led here.

`smtplib.sendmail` hides at which step a connection broke. That step is the difference between
"not accepted" and "may have arrived", so the steps are taken one by one.
"""

import re
import smtplib
from collections.abc import Iterator
from email.utils import formatdate
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage, get_connection

from messaging.channels.base import DeliveryError, Fate, Outgoing
from messaging.channels.codes import meaning

LEADING_DOT = re.compile(rb"(?m)^\.")
SUBJECT_AS_IT_STANDS = re.compile(r"[!-~](?:[ !-~]{0,58}[!-~])?")
ADDRESS_AS_IT_STANDS = re.compile(
    r"[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"
)
TOKEN = "0" * 32
STOP_PAGE = re.compile(r"(.*/a/)([\w-]{32})(/stop/)", re.ASCII)
ID_AS_IT_STANDS = re.compile(r"<[0-9a-f-]{36}@[A-Za-z0-9.-]+>")
ENHANCED = re.compile(rb"[45]\.\d{1,3}\.\d{1,3}(?!\S)")
LONGEST_HEADER = 60
LONGEST_LINE = 900
Answer = tuple[int, bytes]
"""A server's code and words."""


class Mail:
    """Writes mails from one sender.

    What is the same in all is taken once from a mail that Django wrote. What would have to be
    encoded or folded, or looks as though it meant to be more than one header, Django writes itself.
    """

    def __init__(self, sender: str) -> None:
        self._sender = sender
        self._stop_page = f"{settings.PUBLIC_URL}/a/{TOKEN}/stop/"
        self._plain = self._frame("")
        self._stoppable = self._frame(self._stop_page)

    def _frame(self, stop_url: str) -> tuple[str, ...] | None:
        """What stands between subject, address and the like in every such mail."""
        marks = ["{subject}", "to@mark.example", "<00000000-0000-0000-0000-000000000000@mark>"]
        subject, to, message_id = (re.escape(mark) for mark in marks)
        head = self.by_django(marks[0], "", marks[1], marks[2], stop_url).decode("ascii")
        stop = rf"(\r\n.*List-Unsubscribe:[^\r]*(?:\r\n )?[^\r]*/a/){TOKEN}" if stop_url else ""
        pattern = (
            rf"(.*Content-Transfer-Encoding: )7bit(\r\n.*Subject: ){subject}(\r\n.*To: ){to}"
            rf"(\r\n.*Date: )[^\r]*(\r\n.*Message-ID: ){message_id}{stop}((?:\r\n|/stop/).*)"
        )
        found = re.fullmatch(pattern, head, re.DOTALL)
        return found.groups() if found else None

    def by_django(
        self, subject: str, text: str, to: str, message_id: str, stop_url: str = ""
    ) -> bytes:
        """The mail as Django writes it."""
        headers = {"Message-ID": message_id, "Auto-Submitted": "auto-generated"}
        if stop_url:  # RFC 8058
            headers["List-Unsubscribe"] = f"<{stop_url}>"
            headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        email = EmailMessage(subject, text, self._sender, [to], headers=headers)
        written: bytes = email.message().as_bytes(linesep="\r\n")  # type: ignore[call-arg]  # Django's own
        return written

    def written(
        self, subject: str, text: str, to: str, message_id: str, stop_url: str = ""
    ) -> bytes:
        """The mail, byte for byte as Django would write it in the same second."""
        plain = (
            SUBJECT_AS_IT_STANDS.fullmatch(subject)
            and len(to) <= LONGEST_HEADER
            and ADDRESS_AS_IT_STANDS.fullmatch(to)
            and ID_AS_IT_STANDS.fullmatch(message_id)
            and "\r" not in text
            and "\nFrom " not in text
            and max(map(len, text.split("\n"))) <= LONGEST_LINE // 4
        )
        page = STOP_PAGE.fullmatch(stop_url)
        token = page.group(2) if page else ""
        known = stop_url in ("", self._stop_page.replace(TOKEN, token))
        frame = self._stoppable if stop_url else self._plain
        if not plain or not known or frame is None or settings.DEFAULT_CHARSET != "utf-8":
            return self.by_django(subject, text, to, message_id, stop_url)
        encoding = "7bit" if text.isascii() else "8bit"
        date = formatdate(localtime=settings.EMAIL_USE_LOCALTIME)
        values = (encoding, subject, to, date, message_id, *([token] if token else []))
        head = "".join(part for pair in zip(frame, values, strict=False) for part in pair)
        return (head + frame[-1] + text.replace("\n", "\r\n")).encode()


class EmailSession:
    """One kept SMTP connection."""

    at_once = 1

    def __init__(self) -> None:
        self._backend = get_connection(settings.CHANNEL_EMAIL_BACKEND)
        self._mail = Mail(settings.DEFAULT_FROM_EMAIL)
        self._from = smtplib.quoteaddr(settings.DEFAULT_FROM_EMAIL)
        self._domain = urlsplit(settings.PUBLIC_URL).hostname or "localhost"

    def __enter__(self) -> Self:
        self._connect()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._backend.close()

    def _connect(self) -> smtplib.SMTP:
        """The open connection, made anew if the last one was lost."""
        try:
            self._backend.open()
        except smtplib.SMTPAuthenticationError as error:
            raise DeliveryError(Fate.CHANNEL, code="auth", words=str(error.smtp_code)) from error
        except (OSError, smtplib.SMTPException) as error:
            raise DeliveryError(Fate.CHANNEL, code=type(error).__name__) from error
        return self._backend.connection  # type: ignore[attr-defined, no-any-return]  # SMTP backend

    def _drop(self) -> None:
        """Forget a connection that can't be trusted any more."""
        connection, self._backend.connection = self._backend.connection, None  # type: ignore[attr-defined]
        if connection is not None:
            connection.close()

    def send(self, message: Outgoing) -> str:
        """Take the steps of one SMTP transaction."""
        message_id = f"<{message.message_id}@{self._domain}>"
        payload = self._payload(message, message_id)
        smtp = self._connect()
        try:
            smtp.ehlo_or_helo_if_needed()
            together = smtp.has_extn("pipelining") and ADDRESS_AS_IT_STANDS.fullmatch(message.to)
            answers = (_together if together else _one_by_one)(smtp, self._from, message.to)
            self._step(next(answers))
            self._step(next(answers), recipient=True)
            self._step(next(answers), wanted=354)
        except (OSError, smtplib.SMTPException) as error:
            # Before the text was sent, a broken connection means: not accepted.
            self._drop()
            raise DeliveryError(Fate.CHANNEL, code=type(error).__name__) from error
        except ValueError as error:
            # An address that can't be written in SMTP: nothing was accepted, nor ever will be.
            self._reset(smtp)
            code = type(error).__name__
            raise DeliveryError(Fate.PERMANENT, code=code, dead_address=True) from error
        except DeliveryError:
            self._reset(smtp)
            raise
        try:
            smtp.send(payload)
            answer = smtp.getreply()
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            raise DeliveryError(Fate.UNKNOWN, code="lost_after_data") from error
        self._step(answer)
        return message_id

    def _payload(self, message: Outgoing, message_id: str) -> bytes:
        text = self._mail.written(
            message.subject, message.text, message.to, message_id, message.stop_url
        )
        end = b".\r\n" if text.endswith(b"\r\n") else b"\r\n.\r\n"
        return LEADING_DOT.sub(b"..", text) + end

    def _reset(self, smtp: smtplib.SMTP) -> None:
        try:
            smtp.rset()
        except (OSError, smtplib.SMTPException):
            self._drop()

    @staticmethod
    def _step(answer: Answer, *, wanted: int = 250, recipient: bool = False) -> None:
        code, words = answer
        if code != wanted and not (recipient and code == 251):
            raise refusal(code, words, recipient=recipient)


def _one_by_one(smtp: smtplib.SMTP, sender: str, to: str) -> Iterator[Answer]:
    """The answers to the three commands before the text."""
    yield smtp.docmd("MAIL", f"FROM:{sender}")
    yield smtp.rcpt(to)
    yield smtp.docmd("DATA")


def _together(smtp: smtplib.SMTP, sender: str, to: str) -> Iterator[Answer]:
    """As `_one_by_one`, in one way and back instead of three (RFC 2920).

    A server may ask for the text although it refused the recipient. It gets an empty one, which it
    has nobody to give to.
    """
    smtp.send(f"MAIL FROM:{sender}\r\nRCPT TO:<{to}>\r\nDATA\r\n")
    answers: list[Answer] = []
    while len(answers) < 3 and not (answers and answers[-1][0] == 421):
        answers.append(smtp.getreply())
    *envelope, (data, _) = answers
    if data == 354 and any(code >= 400 for code, _ in envelope):
        smtp.send(b".\r\n")
        smtp.getreply()
    return iter(answers)


def refusal(code: int, words: bytes, *, recipient: bool = False) -> DeliveryError:
    """What a server's refusal means. An enhanced code (`550 5.1.1 …`) says more than the bare one,
    of which only the answer to the recipient tells something about the address. After 421 the
    connection is gone, whatever else was said.
    """
    said = _without_address(words)
    found = ENHANCED.match(words)
    enhanced = found.group().decode() if found and code != 421 else ""
    if enhanced[:1] == str(code)[:1] and (known := meaning("smtp", enhanced)):
        return known.as_error(words=said)
    if known := meaning("smtp", str(code)):
        dead = known.dead_address and recipient
        return DeliveryError(known.fate, code=known.code, words=said, dead_address=dead)
    fate = Fate.TRANSIENT if 400 <= code < 500 else Fate.PERMANENT
    return DeliveryError(fate, code=str(code), words=said)


def _without_address(words: bytes) -> str:
    """A server's words, without the addresses that servers like to repeat."""
    return re.sub(r"\S+@\S+", "<address>", words.decode("ascii", "replace"))[:200]
