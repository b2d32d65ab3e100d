"""A load client of few parts: threads with plain sockets, a new connection for
each request: nothing that was kept open flatters a figure."""

import itertools
import socket
import statistics
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

CONNECTIONS = 8
LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class Request:
    """What is sent, and the status that is right."""

    message: bytes
    status: int = 200


@dataclass(frozen=True)
class Rate:
    """Answers a second, and the time of one in milliseconds."""

    a_second: float
    p50_ms: float
    p95_ms: float
    answers: int


class WrongAnswer(Exception):
    """Something else came back than was to be measured."""


def request(method: str, path: str, token: str, body: bytes = b"", *, status: int = 200) -> Request:
    """A request with token sign-in."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {LOOPBACK}", "Accept: application/json"]
    if token:
        lines.append(f"Authorization: Token {token}")
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    head = "\r\n".join([*lines, "Connection: close", "", ""])
    return Request(head.encode() + body, status)


def ask(port: int, wanted: Request) -> bytes:
    """One request; the answer's body."""
    with socket.create_connection((LOOPBACK, port), timeout=60) as link:
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        link.sendall(wanted.message)
        parts = []
        while part := link.recv(65536):
            parts.append(part)
    head, _, body = b"".join(parts).partition(b"\r\n\r\n")
    if head[9:12] != str(wanted.status).encode():
        raise WrongAnswer(f"{head[9:40]!r}: {body[:400]!r}")
    return body


class _Run:
    """One measurement: threads take the next request until the time or the requests are up."""

    def __init__(self, port: int, requests: Sequence[Request], seconds: float) -> None:
        self.port, self.requests = port, requests
        self.once = seconds == 0
        self.seconds = seconds
        self.next = itertools.count()
        self.times: list[float] = []
        self.errors: list[Exception] = []

    def work(self) -> None:
        ends = time.perf_counter() + self.seconds
        while not self.errors:
            number = next(self.next)
            if self.once and number >= len(self.requests):
                return
            begun = time.perf_counter()
            if not self.once and begun >= ends:
                return
            try:
                ask(self.port, self.requests[number % len(self.requests)])
            except (OSError, WrongAnswer) as error:
                self.errors.append(error)
                return
            self.times.append(time.perf_counter() - begun)


def measure(
    port: int, requests: Sequence[Request], *, seconds: float = 0, connections: int = CONNECTIONS
) -> Rate:
    """Ask at so many connections: each request once, or round and round for so many seconds."""
    run = _Run(port, requests, seconds)
    threads = [threading.Thread(target=run.work) for _ in range(connections)]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - begun
    if run.errors:
        raise run.errors[0]
    times = sorted(run.times)
    return Rate(
        a_second=len(times) / took,
        p50_ms=1000 * statistics.median(times),
        p95_ms=1000 * times[int(len(times) * 0.95)],
        answers=len(times),
    )
