"""The development inbox against the real development servers."""

import queue
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib import reload
from urllib.parse import parse_qs

import pytest
import requests
from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend

from dashboard import urls
from dev import sms_gateway, smtp_server

OURS, PHONE = "+12175550100", "+12175550134"
ACCOUNT = "AC" + "0123456789abcdef" * 2

pytestmark = pytest.mark.django_db


class Hook(BaseHTTPRequestHandler):
    """Takes the webhook that the gateway calls, in the application's place."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.received.put(parse_qs(body))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *args):
        pass


@pytest.fixture
def hook():
    server = HTTPServer(("127.0.0.1", 0), Hook)
    server.received = queue.Queue()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def gateway(hook, settings):
    url = f"http://127.0.0.1:{hook.server_port}/"
    with sms_gateway.running(account=ACCOUNT, token="t", number=OURS, inbound_url=url) as running:
        settings.DEV_SMS_URL = running.url
        yield running


@pytest.fixture
def mailbox(settings):
    with smtp_server.running() as running:
        settings.DEV_MAILBOX_URL = running.url
        yield running


def text(gateway, body):
    url = f"{gateway.url}/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
    fields = {"To": PHONE, "From": OURS, "Body": body}
    assert requests.post(url, fields, auth=(ACCOUNT, "t"), timeout=5).status_code == 201


def test_texts_and_mails_are_listed_newest_first_and_links_can_be_followed(
    gateway, mailbox, client
):
    text(gateway, "the first")
    text(gateway, "the <second>")
    with EmailBackend(host="127.0.0.1", port=mailbox.smtp_port) as connection:
        link = "http://127.0.0.1:8000/a/abc/"
        mail = EmailMessage("Your appointment", f"Look:\n{link}\n", "x@y.test", ["sam@z.test"])
        connection.send_messages([mail])
    said = client.get("/dev/inbox/").content.decode()
    assert said.index("the &lt;second&gt;") < said.index("the first")
    assert f'<a href="{link}" rel="noreferrer">{link}</a>' in said
    assert "sam@z.test" in said


def test_an_answer_reaches_us_as_the_provider_would_bring_it(gateway, mailbox, hook, client):
    body = {"from": PHONE, "to": OURS, "body": "1"}
    answer = client.post("/dev/inbox/answer/", body, follow=True)
    assert "Sent as the client&#x27;s answer." in answer.content.decode()
    received = hook.received.get(timeout=5)
    assert (received["From"], received["To"], received["Body"]) == ([PHONE], [OURS], ["1"])


def test_a_server_that_is_not_running_is_said_and_nothing_else_breaks(settings, client):
    settings.DEV_SMS_URL = settings.DEV_MAILBOX_URL = ""
    assert "not running" in client.get("/dev/inbox/").content.decode()
    answer = client.post("/dev/inbox/answer/", {"from": PHONE, "to": OURS, "body": "1"})
    assert (answer.status_code, answer["Location"]) == (302, "/dev/inbox/")


def test_outside_development_it_does_not_exist(settings):
    settings.DEVELOPMENT = False
    try:
        names = {pattern.name for pattern in reload(urls).urlpatterns}
        assert not any(name and name.startswith("dev_") for name in names)
    finally:
        settings.DEVELOPMENT = True
        reload(urls)
    assert "dev_inbox" in {pattern.name for pattern in urls.urlpatterns}
