"""Real processes for tests: the doubles, workers, web servers, each with a log of its own."""

import json
import os
import time
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from dev.children import Children


class LoggedChildren(Children):
    """The demo's processes, with their logs in a folder of the test's."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder

    def _log(self, name: str) -> Path:
        return self.folder / f"{name.replace(' ', '-')}.log"


def until(what: Callable[[], Any], *, seconds: float = 20, why: str = "") -> Any:
    """Ask again until the answer is truthy; fail with the reason when the time is up."""
    deadline = time.monotonic() + seconds
    while True:
        answer = what()
        if answer:
            return answer
        if time.monotonic() > deadline:
            pytest.fail(f"not within {seconds} s: {why or what}")
        time.sleep(0.1)


def http_json(method: str, url: str, body: Any = None) -> Any:
    """A double's own interface."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(
        url, data=data, method=method, headers={"Content-Type": "application/json"}
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=15) as answer:
        said = answer.read()
    return json.loads(said) if said else None


class Doubles:
    """The development mail server and text gateway, running."""

    def __init__(self, children: Children, env: dict[str, str]) -> None:
        mail = children.start_double("mail server", ["-m", "dev.smtp_server"], env)
        texts = children.start_double("text gateway", ["-m", "dev.sms_gateway"], env)
        self.mailbox = f"http://127.0.0.1:{mail['http_port']}"
        self.gateway = f"http://127.0.0.1:{texts['http_port']}"
        self.env = {
            "EMAIL_PORT": str(mail["smtp_port"]),
            "DEV_MAILBOX_URL": self.mailbox,
            "TWILIO_API_URL": self.gateway,
            "DEV_SMS_URL": self.gateway,
        }

    def mails(self) -> list[dict[str, Any]]:
        return http_json("GET", f"{self.mailbox}/mails.json")

    def texts(self) -> list[dict[str, Any]]:
        return http_json("GET", f"{self.gateway}/dev/messages.json")


def test_database_url() -> str:
    """The database of this test run, as the application's role reaches it."""
    url = urllib.parse.urlsplit(os.environ["DATABASE_URL"])
    return url._replace(path=f"/{connection.settings_dict['NAME']}").geturl()


test_database_url.__test__ = False  # a helper, not a test
