"""A real SMTP server for development and tests: keeps what it receives and fails as it is told.

    python -m dev.smtp_server [--smtp-port 0] [--http-port 0] [--keep DIR]

Prints one line, {"smtp_port": …, "http_port": …}. The HTTP interface: `GET /mails.json[?after=N]`,
`DELETE /mails.json`, `GET` and `PUT /behaviour`. Loopback only; never for production.
"""

import argparse
import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from dev.console import run_main, say
from dev.http_interface import LOOPBACK, Handler, Interface
from dev.journal import Entry, Journal

SIZE_BOUND = 10_000_000
AS_USUAL: dict[str, Any] = {
    "pipelining": True, "rcpt": {}, "data": {}, "drop_after_data": [], "delay_seconds": 0.0,
}  # fmt: skip


class Mailbox:
    """The handler aiosmtpd asks: refuses, delays, drops, or keeps."""

    def __init__(self, keep: Path | None = None) -> None:
        self.journal = Journal(keep / "mails.jsonl" if keep else None)
        self.behaviour = dict(AS_USUAL)

    async def handle_EHLO(  # noqa: N802 (aiosmtpd's name)
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, lines: list[str]
    ) -> list[str]:
        """What the server can do. That it takes commands together (RFC 2920) it has to be told to say."""
        session.host_name = hostname
        pipelining = ["250-PIPELINING"] if self.behaviour["pipelining"] else []
        return [*lines[:1], *pipelining, *lines[1:]]

    async def handle_RCPT(  # noqa: N802 (aiosmtpd's name)
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take a recipient, or refuse it with the reply that was set for it."""
        refusal = self.behaviour["rcpt"].get(address.lower())
        if refusal:
            return str(refusal)
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """After the final dot: refuse, or keep it and answer; or keep it and hang up."""
        await asyncio.sleep(float(self.behaviour["delay_seconds"]))
        addresses = [address.lower() for address in envelope.rcpt_tos]
        for address in addresses:
            if address in self.behaviour["data"]:
                return str(self.behaviour["data"][address])
        self._keep(envelope)
        if any(address in self.behaviour["drop_after_data"] for address in addresses):
            hang_up(server)
        return "250 OK: kept"

    def mails(self, after: int = 0) -> list[Entry]:
        """What was received, taken apart for reading; newest last."""
        return [_readable(entry) for entry in self.journal.after(after)]

    def behave(self, wanted: dict[str, Any]) -> None:
        """Replace the behaviour: what is not named is as usual."""
        merged = AS_USUAL | {name: wanted[name] for name in AS_USUAL if name in wanted}
        for name in ("rcpt", "data"):
            merged[name] = {address.lower(): reply for address, reply in merged[name].items()}
        merged["drop_after_data"] = [address.lower() for address in merged["drop_after_data"]]
        self.behaviour = merged

    def _keep(self, envelope: Envelope) -> None:
        """Only the raw bytes now: taking a message apart is left to the one who reads it."""
        self.journal.add(
            {
                "received_at": datetime.now(UTC).isoformat(),
                "mail_from": envelope.mail_from,
                "rcpt_to": list(envelope.rcpt_tos),
                "raw": (envelope.original_content or b"").decode("utf-8", "surrogateescape"),
            }
        )


class Server:
    """The SMTP server on its own event loop in a thread, and its HTTP interface."""

    def __init__(self, *, smtp_port: int = 0, http_port: int = 0, keep: Path | None = None) -> None:
        self.mailbox = Mailbox(keep)
        self._loop = asyncio.new_event_loop()
        self._listener = self._loop.run_until_complete(
            self._loop.create_server(self._session, LOOPBACK, smtp_port, backlog=256)
        )
        self.smtp_port = int(self._listener.sockets[0].getsockname()[1])
        self._interface = Interface(http_port, MailHandler, self.mailbox)
        self.http_port = self._interface.port
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    @property
    def url(self) -> str:
        """The HTTP interface's address."""
        return f"http://{LOOPBACK}:{self.http_port}"

    def start(self) -> None:
        """Serve, from threads."""
        self._thread.start()
        self._interface.start()

    def stop(self) -> None:
        """Close the port and every connection."""
        self._interface.stop()
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _session(self) -> SMTP:
        return SMTP(
            self.mailbox,
            hostname="localhost",
            ident="casework development mailbox",
            data_size_limit=SIZE_BOUND,
            enable_SMTPUTF8=True,
            loop=self._loop,
        )

    async def _close(self) -> None:
        self._listener.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await asyncio.sleep(0)


class MailHandler(Handler):
    """The HTTP interface."""

    @property
    def mailbox(self) -> Mailbox:
        """What this interface shows."""
        mailbox: Mailbox = self.server.owner
        return mailbox

    def get(self) -> None:
        """Read mails, or how the server behaves now."""
        if self.route == "/mails.json":
            after = self.query.get("after", "0")
            self.answer(200, self.mailbox.mails(int(after) if after.isdecimal() else 0))
        elif self.route == "/behaviour":
            self.answer(200, self.mailbox.behaviour)
        else:
            self.not_found()

    def delete(self) -> None:
        """Forget the mails."""
        if self.route != "/mails.json":
            self.not_found()
            return
        self.mailbox.journal.clear()
        self.answer(200, [])

    def put(self) -> None:
        """Set how the server behaves."""
        if self.route != "/behaviour":
            self.not_found()
            return
        wanted = self.json()
        if wanted is not None:
            self.mailbox.behave(wanted)
            self.answer(200, self.mailbox.behaviour)


@contextmanager
def running(keep: Path | None = None) -> Iterator[Server]:
    """A server for a test: on free ports, in this process, stopped at the end."""
    server = Server(keep=keep)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def hang_up(server: SMTP) -> None:
    """Reset the connection, as a server that dies after it took the message."""
    if isinstance(server.transport, asyncio.Transport):
        server.transport.abort()


def _readable(entry: Entry) -> Entry:
    raw = entry["raw"].encode("utf-8", "surrogateescape")
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    part = message.get_body(preferencelist=("plain", "html"))
    return {
        **entry,
        "subject": str(message["subject"] or ""),
        "text": part.get_content().replace("\r\n", "\n") if part else "",
        "headers": {name: str(value) for name, value in message.items()},
        "raw": raw.decode("utf-8", "replace"),
    }


def main() -> int:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m dev.smtp_server")
    parser.add_argument("--smtp-port", type=int, default=0)
    parser.add_argument("--http-port", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="a folder that keeps the mails over a restart")
    asked = parser.parse_args()
    server = Server(smtp_port=asked.smtp_port, http_port=asked.http_port, keep=asked.keep)
    server.start()
    say(f'{{"smtp_port": {server.smtp_port}, "http_port": {server.http_port}}}')
    try:
        threading.Event().wait()
    finally:
        server.stop()
    return 0


if __name__ == "__main__":
    run_main(main)
