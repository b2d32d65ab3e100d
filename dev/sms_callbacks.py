"""The gateway's calls back to the application: signed, in order per message, tried again."""

import http.client
import logging
import queue
import threading
import time
from collections.abc import Callable
from urllib.parse import urlencode, urlsplit

from dev.http_interface import OWN_HOSTS
from dev.sms_messages import signature

WORKERS = 8
TIMEOUT = 10.0
PAUSES = (0.2, 0.5, 1.0, 2.0, 4.0)
NOT_REACHED = 0
log = logging.getLogger(__name__)


class Caller:
    """A few threads that run delivery jobs; each job makes its calls one after the other."""

    def __init__(self, token: str) -> None:
        self._token = token
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(WORKERS)]

    def start(self) -> None:
        """Begin to work."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Drop what is waiting, end what runs."""
        self._stopping.set()
        for _thread in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join(TIMEOUT)

    def later(self, job: Callable[[], None]) -> None:
        """Run a job soon, in a thread."""
        self._jobs.put(job)

    def pause(self, seconds: float) -> bool:
        """Wait; False when the gateway is stopping."""
        return not self._stopping.wait(seconds)

    def call(self, url: str, fields: dict[str, str]) -> int:
        """Post a signed form, again while the application is not reachable or fails; its status."""
        status = self.call_once(url, fields)
        for seconds in PAUSES:
            if NOT_REACHED < status < 500 or not self.pause(seconds):
                break
            status = self.call_once(url, fields)
        return status

    def call_once(self, url: str, fields: dict[str, str]) -> int:
        """Post a signed form once; the status, or 0 when nobody answered.

        To this machine only: a development gateway has nothing to tell anybody else.
        """
        parts = urlsplit(url)
        if parts.scheme != "http" or parts.hostname not in OWN_HOSTS:
            log.warning(
                "not called, it is not on this machine: %s://%s", parts.scheme, parts.netloc
            )
            return NOT_REACHED
        headers = {
            "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
            "X-Twilio-Signature": signature(url, fields, self._token),
            "User-Agent": "casework-sms-gateway/1",
        }
        path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        connection = http.client.HTTPConnection(parts.hostname, parts.port or 80, timeout=TIMEOUT)
        try:
            connection.request("POST", path, urlencode(fields), headers)
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            return NOT_REACHED
        else:
            return answer.status
        finally:
            connection.close()

    def _work(self) -> None:
        while not self._stopping.is_set():
            job = self._jobs.get()
            if job is None:
                return
            begun = time.monotonic()
            try:
                job()
            except Exception:
                log.exception("a delivery job failed after %.1f s", time.monotonic() - begun)
