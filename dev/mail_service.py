"""A double of the hosted mail service (Postmark's HTTP interface): keeps mails and fails as it is told.

Loopback only, for tests: `with running(token="…") as service`, then `service.behaviour`, `service.mails`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from dev.http_interface import LOOPBACK, Handler, Interface

AS_USUAL: dict[str, Any] = {"reject": {}, "status_5xx": [], "hang": [], "drop": []}
HANG_SECONDS = 120.0


class MailService:
    """One server of the service: its mails and its behaviour, both by recipient."""

    def __init__(self, *, token: str) -> None:
        self.token = token
        self.mails: list[dict[str, Any]] = []
        self.behaviour = dict(AS_USUAL)
        self.interface = Interface(0, MailServiceHandler, self)

    @property
    def url(self) -> str:
        """The address that stands for the service's."""
        return f"http://{LOOPBACK}:{self.interface.port}"


class MailServiceHandler(Handler):
    """The service's one path."""

    def do_POST(self) -> None:  # noqa: N802 (the library's name)
        """Refuse, fail, or keep a mail; one that is kept may still get no answer."""
        service: MailService = self.server.owner
        mail = self.json()
        if mail is None:
            return
        to, behaviour = str(mail.get("To", "")), service.behaviour
        if self.headers.get("X-Postmark-Server-Token") != service.token:
            self._refuse(401, 10)
        elif to in behaviour["reject"]:
            refusal = behaviour["reject"][to]
            self._refuse(refusal["status"], refusal["code"])
        elif to in behaviour["status_5xx"]:
            self._refuse(503, 100)
        else:
            service.mails.append(mail)
            self._accept(service, to)

    def _accept(self, service: MailService, to: str) -> None:
        if to in service.behaviour["hang"]:
            self.server.stopping.wait(HANG_SECONDS)
        if to in service.behaviour["hang"] + service.behaviour["drop"]:
            self.close_connection = True
            return
        mail_id = f"00000000-0000-4000-8000-{len(service.mails):012}"
        self.answer(200, {"To": to, "MessageID": mail_id, "ErrorCode": 0, "Message": "OK"})

    def _refuse(self, status: int, code: int) -> None:
        self.answer(status, {"ErrorCode": code, "Message": "As it was told."})


@contextmanager
def running(*, token: str) -> Iterator[MailService]:
    """The service, on a free port, stopped at the end."""
    service = MailService(token=token)
    service.interface.start()
    try:
        yield service
    finally:
        service.interface.stop()
