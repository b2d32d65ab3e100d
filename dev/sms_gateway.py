"""A development SMS gateway that speaks Twilio's REST for messages, and fails as it is told.

    python -m dev.sms_gateway [--port 0] [--keep DIR] [--inbound-url URL]

Prints one line, {"http_port": …}. TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN (and, if set,
TWILIO_FROM_NUMBER) say whom it serves. Its own interface: `GET` and `DELETE /dev/messages.json`,
`POST /dev/inbound` {"from", "to", "body"}, `GET` and `PUT /dev/behaviour`. Loopback only.
"""

import argparse
import base64
import hmac
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from dev.console import Trouble, run_main, say
from dev.http_interface import LOOPBACK, Handler, Interface
from dev.journal import Entry, Journal
from dev.sms_callbacks import Caller
from dev.sms_messages import (
    API_VERSION,
    callback_fields,
    day_filter,
    error,
    final_status,
    flaw,
    inbound_fields,
    new_message,
    shown,
)

AS_USUAL: dict[str, Any] = {
    "reject": {},
    "status_5xx": [],
    "hang": [],
    "drop": [],
    "swallow": [],
    "fail_delivery": {},
    "delay_seconds": 0.0,
    "callbacks": True,
    "repeat_callbacks": 0,
}
HANG_SECONDS = 120.0


class Gateway:
    """One account of the provider: its messages, its calls back, its behaviour."""

    def __init__(
        self,
        *,
        account: str,
        token: str,
        number: str = "",
        inbound_url: str = "",
        port: int = 0,
        keep: Path | None = None,
    ) -> None:
        self.account, self.token, self.number = account, token, number
        self.inbound_url = inbound_url
        self.journal = Journal(keep / "texts.jsonl" if keep else None)
        self.behaviour = dict(AS_USUAL)
        self.caller = Caller(token)
        self._interface = Interface(port, GatewayHandler, self)
        self.port = self._interface.port

    @property
    def url(self) -> str:
        """The address that stands for the provider's."""
        return f"http://{LOOPBACK}:{self.port}"

    def start(self) -> None:
        """Serve, from threads."""
        self.caller.start()
        self._interface.start()

    def stop(self) -> None:
        """Stop serving and calling."""
        self._interface.stop()
        self.caller.stop()

    def behave(self, wanted: dict[str, Any]) -> None:
        """Replace the behaviour: what is not named is as usual."""
        self.behaviour = AS_USUAL | {name: wanted[name] for name in AS_USUAL if name in wanted}

    def accept(self, fields: dict[str, str]) -> Entry:
        """Keep a message and have its fate told to its StatusCallback."""
        message = self.journal.add(new_message(fields))
        self.caller.later(lambda: self._deliver(message))
        return message

    def receive(self, sender: str, to: str, body: str) -> int:
        """A text from a client's phone: post its webhook, give back the application's status."""
        fields = inbound_fields(sender, to, body, self.account)
        return self.caller.call_once(self.inbound_url, fields)

    def _deliver(self, message: Entry) -> None:
        code = self.behaviour["fail_delivery"].get(message["to"])
        for status in ("sent", final_status(code)):
            self.journal.change(
                message,
                status=status,
                error_code=None if status == "sent" else code,
                updated_at=datetime.now(UTC).isoformat(),
            )
            self._tell(message, status)

    def _tell(self, message: Entry, status: str) -> None:
        if not message["status_callback"] or not self.behaviour["callbacks"]:
            return
        fields = callback_fields(message, self.account, status)
        for _time in range(1 + int(self.behaviour["repeat_callbacks"])):
            self.caller.call(message["status_callback"], fields)


class GatewayHandler(Handler):
    """The provider's paths, and our own under /dev/."""

    nothing_here = error(20404, 404)

    @property
    def gateway(self) -> Gateway:
        """The account being served."""
        gateway: Gateway = self.server.owner
        return gateway

    @property
    def messages_path(self) -> str:
        """Where the account's messages are."""
        return f"/{API_VERSION}/Accounts/{self.gateway.account}/Messages"

    def post(self) -> None:
        """Send a message; or, on our own path, receive one."""
        if self.route == "/dev/inbound":
            self._inbound()
        elif self.route == f"{self.messages_path}.json":
            fields = self.form()
            if self._authenticated():
                self._send(fields)
        else:
            self.not_found()

    def get(self) -> None:
        """Show messages, the provider's way or our own."""
        if self.route == "/dev/messages.json":
            self.answer(200, self.gateway.journal.after(_number(self.query.get("after"))))
        elif self.route == "/dev/behaviour":
            self.answer(200, self.gateway.behaviour)
        elif self.route.startswith(self.messages_path) and self._authenticated():
            self._show()
        elif not self.route.startswith(self.messages_path):
            self.not_found()

    def put(self) -> None:
        """Set the behaviour."""
        if self.route != "/dev/behaviour":
            self.not_found()
            return
        wanted = self.json()
        if wanted is not None:
            self.gateway.behave(wanted)
            self.answer(200, self.gateway.behaviour)

    def delete(self) -> None:
        """Forget the messages."""
        if self.route != "/dev/messages.json":
            self.not_found()
            return
        self.gateway.journal.clear()
        self.answer(200, [])

    def _authenticated(self) -> bool:
        pair = f"{self.gateway.account}:{self.gateway.token}".encode()
        expected = "Basic " + base64.b64encode(pair).decode()
        given = self.headers.get("Authorization") or ""
        if hmac.compare_digest(given.encode(), expected.encode()):
            return True
        self.answer(401, error(20003, 401), {"WWW-Authenticate": 'Basic realm="Twilio API"'})
        return False

    def _send(self, fields: dict[str, str]) -> None:
        """Refuse, fail, or accept; an accepted message may get no answer, and so may one that is not."""
        behaviour, to = self.gateway.behaviour, fields.get("To", "")
        self.server.stopping.wait(float(behaviour["delay_seconds"]))
        refusal = behaviour["reject"].get(to)
        wrong = flaw(fields, self.gateway.number)
        if refusal:
            self.answer(refusal["status"], error(refusal["code"], refusal["status"]))
        elif to in behaviour["status_5xx"]:
            self.answer(503, error(20503, 503))
        elif wrong:
            self.answer(400, error(wrong, 400))
        elif to in behaviour["swallow"]:
            self.close_connection = True
        else:
            self._answer_accepted(self.gateway.accept(fields), to)

    def _answer_accepted(self, message: Entry, to: str) -> None:
        behaviour = self.gateway.behaviour
        if to in behaviour["hang"]:
            self.server.stopping.wait(HANG_SECONDS)
        if to in behaviour["hang"] or to in behaviour["drop"]:
            self.close_connection = True
            return
        answered = message | {"status": "queued", "error_code": None}
        self.answer(201, shown(answered, self.gateway.account))

    def _show(self) -> None:
        rest = self.route.removeprefix(self.messages_path)
        if rest == ".json":
            self.answer(200, self._listed())
            return
        message = self.gateway.journal.find("sid", rest.strip("/").removesuffix(".json"))
        if message is None:
            self.not_found()
        else:
            self.answer(200, shown(message, self.gateway.account))

    def _listed(self) -> dict[str, Any]:
        """A page of the list, newest first, with the links that the SDK follows."""
        query = self.query
        since, until = day_filter(query)
        found = [
            one
            for one in reversed(self.gateway.journal.after())
            if query.get("To") in {None, one["to"]}
            and query.get("From") in {None, one["from"]}
            and since <= one["received_at"] <= until
        ]
        page, size = _number(query.get("Page")), min(_number(query.get("PageSize")) or 50, 1000)
        part = found[page * size : (page + 1) * size]
        more = len(found) > (page + 1) * size
        return {
            "messages": [shown(one, self.gateway.account) for one in part],
            "page": page,
            "page_size": size,
            "start": page * size,
            "end": page * size + max(0, len(part) - 1),
            "uri": self.path,
            "first_page_uri": self._page_uri(query, 0),
            "next_page_uri": self._page_uri(query, page + 1) if more else None,
            "previous_page_uri": self._page_uri(query, page - 1) if page else None,
        }

    def _page_uri(self, query: dict[str, str], page: int) -> str:
        return f"{self.route}?{urlencode(query | {'Page': str(page)})}"

    def _inbound(self) -> None:
        wanted = self.json()
        if wanted is None:
            return
        if not isinstance(wanted, dict) or not {"from", "to", "body"} <= wanted.keys():
            self.answer(400, {"message": "from, to and body are needed"})
            return
        status = self.gateway.receive(wanted["from"], wanted["to"], wanted["body"])
        self.answer(200 if status else 502, {"status": status})


@contextmanager
def running(
    *, account: str, token: str, number: str = "", inbound_url: str = "", keep: Path | None = None
) -> Iterator[Gateway]:
    """A gateway for a test: on a free port, in this process, stopped at the end."""
    gateway = Gateway(
        account=account, token=token, number=number, inbound_url=inbound_url, keep=keep
    )
    gateway.start()
    try:
        yield gateway
    finally:
        gateway.stop()


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() else 0


def _arguments() -> argparse.Namespace:
    public = os.environ.get("PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/")
    parser = argparse.ArgumentParser(prog="python -m dev.sms_gateway")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="a folder that keeps the texts over a restart")
    parser.add_argument(
        "--inbound-url",
        default=os.environ.get("SMS_INBOUND_URL") or f"{public}/webhooks/twilio/inbound/",
    )
    return parser.parse_args()


def main() -> int:
    """Serve until told to stop."""
    asked = _arguments()
    account, token = os.environ.get("TWILIO_ACCOUNT_SID"), os.environ.get("TWILIO_AUTH_TOKEN")
    if not account or not token:
        raise Trouble("Set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN, or use: dev.services env -- …")
    gateway = Gateway(
        account=account,
        token=token,
        number=os.environ.get("TWILIO_FROM_NUMBER", ""),
        inbound_url=asked.inbound_url,
        port=asked.port,
        keep=asked.keep,
    )
    gateway.start()
    say(f'{{"http_port": {gateway.port}}}')
    try:
        threading.Event().wait()
    finally:
        gateway.stop()
    return 0


if __name__ == "__main__":
    run_main(main)
