"""The fault proxy does what its modes say: else every figure behind it says nothing."""

import contextlib
import socket
import threading
import time

import pytest

from tests.faults.proxy import Mode, Proxy


@pytest.fixture
def echo():
    """A server that says back what it hears; its port."""
    listener = socket.create_server(("127.0.0.1", 0))

    def answer(link):
        with link, contextlib.suppress(OSError):
            while heard := link.recv(1000):
                link.sendall(heard)

    def serve():
        while True:
            try:
                link, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=(link,), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    yield listener.getsockname()[1]
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()


@pytest.fixture
def proxy(echo):
    with Proxy(echo) as started:
        yield started


def connected(proxy):
    return socket.create_connection(("127.0.0.1", proxy.port), 2)


def said_back(link):
    link.sendall(b"hello")
    return link.recv(1000)


def test_it_passes_everything_on(proxy):
    with connected(proxy) as link:
        assert said_back(link) == b"hello"


def test_it_delays(proxy):
    with connected(proxy) as link:
        proxy.set(Mode.DELAY, delay_seconds=0.1)
        begun = time.monotonic()
        assert said_back(link) == b"hello"
        assert time.monotonic() - begun >= 0.2  # there and back


def test_it_drops_what_is_open_and_what_comes(proxy):
    with connected(proxy) as link:
        assert said_back(link) == b"hello"
        proxy.set(Mode.DROP)
        assert link.recv(10) == b""
    with connected(proxy) as link:
        assert link.recv(10) == b""
    proxy.set(Mode.OK)
    with connected(proxy) as link:
        assert said_back(link) == b"hello"


def test_it_resets(proxy):
    with connected(proxy) as link:
        assert said_back(link) == b"hello"
        proxy.set(Mode.RESET)
        with pytest.raises(ConnectionResetError):
            link.recv(10)


def test_a_black_hole_takes_connections_and_says_nothing(proxy):
    with connected(proxy) as before:
        assert said_back(before) == b"hello"
        proxy.set(Mode.BLACK_HOLE)
        with connected(proxy) as after:
            for link in (before, after):
                link.settimeout(0.2)
                link.sendall(b"anybody?")
                with pytest.raises(TimeoutError):
                    link.recv(10)
    proxy.set(Mode.OK)
    with connected(proxy) as link:
        assert said_back(link) == b"hello"


def test_it_goes_to_another_target_when_told(proxy):
    listener = socket.create_server(("127.0.0.1", 0))
    proxy.target = listener.getsockname()[1]
    with connected(proxy):
        other, _ = listener.accept()
        other.close()
    listener.close()
