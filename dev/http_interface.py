"""The small HTTP server under both doubles: loopback only, kept connections, JSON in and out."""

import json
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

LOOPBACK = "127.0.0.1"
OWN_HOSTS = {"127.0.0.1", "localhost"}
BODY_BOUND = 1_000_000


class Interface(ThreadingHTTPServer):
    """A threaded server that starts and stops, and whose handlers find what they serve in `owner`."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, port: int, handler: type["Handler"], owner: Any) -> None:
        super().__init__((LOOPBACK, port), handler)
        self.owner = owner
        self.stopping = threading.Event()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)

    @property
    def port(self) -> int:
        """The port that was asked for, or the one that was free."""
        return int(self.server_address[1])

    def start(self) -> None:
        """Serve from a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """Take no more connections; hanging answers are let go."""
        self.stopping.set()
        self.shutdown()
        self._thread.join()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is not news."""


class Handler(BaseHTTPRequestHandler):
    """Reads a request's body, answers JSON in one write."""

    server: Interface
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    timeout = 60
    nothing_here: Mapping[str, Any] = {"message": "not found"}

    def parse_request(self) -> bool:
        """Refuse a page of another site that has its name point here (DNS rebinding)."""
        if not super().parse_request():
            return False
        if (self.headers.get("Host") or LOOPBACK).partition(":")[0] not in OWN_HOSTS:
            self.answer(403, {"message": "unknown host"})
            self.close_connection = True
            return False
        return True

    def answer(self, status: int, body: Any, headers: Mapping[str, str] | None = None) -> None:
        """Send JSON."""
        data = json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
        self.wfile.flush()

    def body(self) -> bytes:
        """The request's body, as far as it is of a sane size."""
        length = int(self.headers.get("Content-Length") or 0)
        return self.rfile.read(min(length, BODY_BOUND))

    def json(self) -> Any:
        """The body as JSON; None, after a 400, when it isn't."""
        try:
            return json.loads(self.body() or b"{}")
        except ValueError:
            self.answer(400, {"message": "the body is not JSON"})
            return None

    def form(self) -> dict[str, str]:
        """The body as form fields."""
        return dict(parse_qsl(self.body().decode(), keep_blank_values=True))

    @property
    def route(self) -> str:
        """The path without its query."""
        return urlsplit(self.path).path

    @property
    def query(self) -> dict[str, str]:
        """The query's parameters."""
        return dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))

    def not_found(self) -> None:
        """There is nothing at this path; a body, if one came, is not read, so the connection ends."""
        self.close_connection = True
        self.answer(404, self.nothing_here)

    def get(self) -> None:
        """Answer GET; as the next ones, for a subclass to say."""
        self.not_found()

    post = put = delete = get

    def do_GET(self) -> None:
        """The names that http.server calls."""
        self.get()

    def do_POST(self) -> None:
        """As above."""
        self.post()

    def do_PUT(self) -> None:
        """As above."""
        self.put()

    def do_DELETE(self) -> None:
        """As above."""
        self.delete()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (http.server's name)
        """Requests are not logged: they carry message texts' parts."""
