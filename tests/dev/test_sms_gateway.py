"""The development gateway against the provider's own SDK and signature check."""

import json
import queue
import threading
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit, urlunsplit

import pytest
import requests
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from dev.sms_gateway import Gateway, running

ACCOUNT, TOKEN = "AC" + "0123456789abcdef" * 2, "a development token"
OURS, PHONE, OTHER_PHONE = "+12175550100", "+12175550111", "+12175550112"


class ToGateway(TwilioHttpClient):
    """The SDK's client, sent to the development gateway."""

    def __init__(self, base: str, timeout: float = 5.0) -> None:
        super().__init__(timeout=timeout)
        self.base = urlsplit(base)

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        swapped = urlsplit(url)._replace(scheme=self.base.scheme, netloc=self.base.netloc)
        return super().request(method, urlunsplit(swapped), *args, **kwargs)


class Application:
    """Stands for our application: keeps the webhooks that it is sent, answers as told."""

    def __init__(self) -> None:
        self.calls: queue.SimpleQueue[tuple[str, dict[str, str], str]] = queue.SimpleQueue()
        self.answers: list[int] = []
        application = self

        class Webhooks(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                signature = self.headers["X-Twilio-Signature"]
                fields = dict(parse_qsl(body, keep_blank_values=True))
                self.send_response(application.answers.pop(0) if application.answers else 204)
                self.end_headers()
                application.calls.put((self.path, fields, signature))

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Webhooks)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self.thread.start()

    def next_call(self) -> tuple[str, dict[str, str], str]:
        return self.calls.get(timeout=10)

    def stop(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def application() -> Iterator[Application]:
    application = Application()
    yield application
    application.stop()


@pytest.fixture
def gateway(application: Application) -> Iterator[Gateway]:
    inbound = f"{application.url}/webhooks/twilio/inbound/"
    with running(account=ACCOUNT, token=TOKEN, number=OURS, inbound_url=inbound) as gateway:
        yield gateway


@pytest.fixture
def provider(gateway: Gateway) -> Iterator[Client]:
    http = ToGateway(gateway.url)
    yield Client(ACCOUNT, TOKEN, http_client=http)
    http.session.close()


def ask(method: str, url: str, body: object = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, method=method)
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.loads(answer.read())


def test_the_providers_sdk_sends_through_the_gateway(gateway: Gateway, provider: Client) -> None:
    message = provider.messages.create(to=PHONE, from_=OURS, body="Appointment: tomorrow 10:00")

    assert (message.status, message.error_code, message.num_segments) == ("queued", None, "1")
    assert message.sid.startswith("SM")
    assert len(message.sid) == 34
    assert abs(datetime.now(UTC) - message.date_created) < timedelta(seconds=5)
    kept = ask("GET", f"{gateway.url}/dev/messages.json")
    assert [(one["sid"], one["to"], one["body"]) for one in kept] == [
        (message.sid, PHONE, "Appointment: tomorrow 10:00")
    ]


def test_sent_then_delivered_are_told_with_the_providers_signature(
    application: Application, provider: Client
) -> None:
    url = f"{application.url}/webhooks/twilio/status/?attempt=7"
    message = provider.messages.create(to=PHONE, from_=OURS, body="x", status_callback=url)

    calls = [application.next_call(), application.next_call()]

    assert [fields["MessageStatus"] for _, fields, _ in calls] == ["sent", "delivered"]
    for path, fields, signature in calls:
        assert path == "/webhooks/twilio/status/?attempt=7"
        assert fields["MessageSid"] == fields["SmsSid"] == message.sid
        assert (fields["To"], fields["From"], fields["AccountSid"]) == (PHONE, OURS, ACCOUNT)
        assert RequestValidator(TOKEN).validate(url, fields, signature)
        assert not RequestValidator("another token").validate(url, fields, signature)
    assert provider.messages(message.sid).fetch().status == "delivered"


def test_a_callback_is_tried_again_while_the_application_fails(
    application: Application, provider: Client
) -> None:
    application.answers = [503, 204]
    provider.messages.create(to=PHONE, from_=OURS, body="x", status_callback=application.url)

    told = [application.next_call()[1]["MessageStatus"] for _ in range(3)]

    # The one that met the failure comes twice; which of the two that was, the network decides.
    assert sorted(told) in (["delivered", "sent", "sent"], ["delivered", "delivered", "sent"])


def test_a_delivery_set_to_fail_ends_undelivered_with_its_code(
    application: Application, gateway: Gateway, provider: Client
) -> None:
    ask("PUT", f"{gateway.url}/dev/behaviour", {"fail_delivery": {PHONE: 30003}})
    provider.messages.create(to=PHONE, from_=OURS, body="x", status_callback=application.url)

    calls = [application.next_call()[1] for _ in range(2)]  # in either order, as from a provider

    told = {call["MessageStatus"]: call.get("ErrorCode") for call in calls}
    assert told == {"sent": None, "undelivered": "30003"}


def test_callbacks_can_be_repeated_and_left_out(
    application: Application, gateway: Gateway, provider: Client
) -> None:
    gateway.behave({"callbacks": False})
    provider.messages.create(to=PHONE, from_=OURS, body="x", status_callback=application.url)
    while gateway.journal.after()[0]["status"] != "delivered":
        threading.Event().wait(0.01)
    gateway.behave({"repeat_callbacks": 1})
    second = provider.messages.create(
        to=OTHER_PHONE, from_=OURS, body="x", status_callback=application.url
    )

    calls = [application.next_call()[1] for _ in range(4)]

    assert {call["MessageSid"] for call in calls} == {second.sid}
    assert [call["MessageStatus"] for call in calls] == ["sent", "sent", "delivered", "delivered"]


def test_a_number_set_to_reject_is_refused_with_the_providers_code(
    gateway: Gateway, provider: Client
) -> None:
    gateway.behave({"reject": {PHONE: {"code": 21610, "status": 400}}})

    with pytest.raises(TwilioRestException) as refusal:
        provider.messages.create(to=PHONE, from_=OURS, body="x")

    assert (refusal.value.status, refusal.value.code) == (400, 21610)
    assert gateway.journal.after() == []


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"to": "12345", "from_": OURS, "body": "x"}, 21211),
        ({"to": PHONE, "from_": OTHER_PHONE, "body": "x"}, 21606),
        ({"to": PHONE, "from_": OURS, "body": ""}, 21602),
        ({"to": PHONE, "from_": OURS, "body": "x" * 1601}, 21617),
    ],
)
def test_a_flawed_request_gets_the_code_that_the_provider_gives(
    provider: Client, fields: dict[str, str], code: int
) -> None:
    with pytest.raises(TwilioRestException) as refusal:
        provider.messages.create(**fields)

    assert (refusal.value.status, refusal.value.code) == (400, code)


def test_a_wrong_token_is_refused(gateway: Gateway) -> None:
    http = ToGateway(gateway.url)
    stranger = Client(ACCOUNT, "not the token", http_client=http)

    with pytest.raises(TwilioRestException) as refusal:
        stranger.messages.create(to=PHONE, from_=OURS, body="x")

    http.session.close()
    assert (refusal.value.status, refusal.value.code) == (401, 20003)


def test_a_failing_provider_answers_503_and_keeps_nothing(
    gateway: Gateway, provider: Client
) -> None:
    gateway.behave({"status_5xx": [PHONE]})

    with pytest.raises(TwilioRestException) as refusal:
        provider.messages.create(to=PHONE, from_=OURS, body="x")

    assert refusal.value.status == 503
    assert gateway.journal.after() == []


def test_a_dropped_connection_leaves_a_message_that_was_accepted(
    gateway: Gateway, provider: Client
) -> None:
    gateway.behave({"drop": [PHONE]})

    with pytest.raises(requests.ConnectionError):
        provider.messages.create(to=PHONE, from_=OURS, body="x")

    assert [one["to"] for one in gateway.journal.after()] == [PHONE]


def test_a_hanging_answer_times_out_after_the_message_was_accepted(gateway: Gateway) -> None:
    gateway.behave({"hang": [PHONE]})
    http = ToGateway(gateway.url, timeout=0.3)

    with pytest.raises(requests.ReadTimeout):
        Client(ACCOUNT, TOKEN, http_client=http).messages.create(to=PHONE, from_=OURS, body="x")

    http.session.close()
    assert [one["to"] for one in gateway.journal.after()] == [PHONE]


def test_the_list_is_found_by_number_and_time_over_several_pages(provider: Client) -> None:
    begun = datetime.now(UTC) - timedelta(minutes=1)
    for number in range(5):
        provider.messages.create(to=PHONE, from_=OURS, body=f"text {number}")
    provider.messages.create(to=OTHER_PHONE, from_=OURS, body="another")

    found = list(provider.messages.stream(to=PHONE, date_sent_after=begun, page_size=2))

    assert [one.body for one in found] == [f"text {number}" for number in (4, 3, 2, 1, 0)]
    tomorrow = begun + timedelta(days=1)
    assert list(provider.messages.stream(to=PHONE, date_sent_after=tomorrow)) == []


def test_a_clients_text_reaches_the_webhook_signed_and_its_answer_comes_back(
    application: Application, gateway: Gateway
) -> None:
    application.answers = [202]

    said = ask("POST", f"{gateway.url}/dev/inbound", {"from": PHONE, "to": OURS, "body": "1 ✓"})

    path, fields, signature = application.next_call()
    assert said == {"status": 202}
    assert path == "/webhooks/twilio/inbound/"
    assert (fields["From"], fields["To"], fields["Body"], fields["NumMedia"]) == (
        PHONE,
        OURS,
        "1 ✓",
        "0",
    )
    assert RequestValidator(TOKEN).validate(gateway.inbound_url, fields, signature)


def test_nothing_is_called_that_is_not_on_this_machine(gateway: Gateway) -> None:
    assert gateway.caller.call_once("http://example.com/status", {}) == 0


def test_texts_are_kept_over_a_restart(tmp_path: Path) -> None:
    with running(account=ACCOUNT, token=TOKEN, keep=tmp_path) as gateway:
        gateway.accept({"To": PHONE, "From": OURS, "Body": "before"})
        while gateway.journal.after()[0]["status"] != "delivered":
            threading.Event().wait(0.01)
    with (tmp_path / "texts.jsonl").open("a") as file:
        file.write('{"id": 2, "cut')

    with running(account=ACCOUNT, token=TOKEN, keep=tmp_path) as gateway:
        gateway.accept({"To": PHONE, "From": OURS, "Body": "after"})
        kept = gateway.journal.after()

    assert [(one["id"], one["body"]) for one in kept] == [(1, "before"), (2, "after")]
    assert kept[0]["status"] == "delivered"
