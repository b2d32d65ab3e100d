"""E-mail through Postmark, by `django-anymail`: one HTTP call a mail, several at once."""

from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import requests
from anymail.backends.postmark import EmailBackend
from anymail.exceptions import AnymailError
from anymail.message import AnymailMessage
from django.conf import settings

from messaging.channels.base import DeliveryError, Fate, Outgoing
from messaging.channels.codes import meaning
from messaging.channels.http import CONNECT_SECONDS, READ_SECONDS, lost

AT_ONCE = 8


class PostmarkSession:
    """One pool of connections to the service."""

    at_once = AT_ONCE

    def __init__(self) -> None:
        self._backend = EmailBackend(
            server_token=settings.EMAIL_SERVICE_TOKEN,
            api_url=settings.EMAIL_SERVICE_URL,
            requests_timeout=(CONNECT_SECONDS, READ_SECONDS),
        )
        self._domain = urlsplit(settings.PUBLIC_URL).hostname or "localhost"

    def __enter__(self) -> Self:
        self._backend.open()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._backend.close()

    def send(self, message: Outgoing) -> str:
        """Hand it to the service; its id for it."""
        email = self._email(message)
        try:
            self._backend.send_messages([email])
        except AnymailError as error:
            if isinstance(error.__cause__, requests.RequestException):
                raise lost(error.__cause__) from error
            answer = error.response if error.response is not None else _answer(email)
            raise refusal(answer) from error
        if not email.anymail_status.message_id:
            # Anymail finds refused addresses in the service's words; other words, and it says nothing.
            raise refusal(_answer(email))
        return str(email.anymail_status.message_id)

    def _email(self, message: Outgoing) -> Any:
        headers = {
            "Message-ID": f"<{message.message_id}@{self._domain}>",
            "X-PM-KeepID": "true",
            "Auto-Submitted": "auto-generated",
        }
        if message.stop_url:  # RFC 8058
            headers["List-Unsubscribe"] = f"<{message.stop_url}>"
            headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        email = AnymailMessage(
            message.subject, message.text, settings.DEFAULT_FROM_EMAIL, [message.to],
            headers=headers,
        )  # fmt: skip
        email.metadata = {"attempt": str(message.attempt_id)}
        # A pixel or a rewritten link tells others that somebody reads this.
        email.track_opens = False
        email.track_clicks = False
        return email


def _answer(email: Any) -> requests.Response | None:
    """Where Anymail refuses by the answer's words, the answer stays with the mail."""
    answer: requests.Response | None = email.anymail_status.esp_response
    return answer


def refusal(answer: requests.Response | None) -> DeliveryError:
    """What the service's refusal means. Its words are left out: they repeat the address."""
    if answer is None:
        # Refused by Anymail before anything was sent: such a mail can't be written.
        return DeliveryError(Fate.PERMANENT, code="not_sendable", dead_address=False)
    if answer.status_code >= 500 or answer.ok:
        # It may have been accepted before it failed; or was, and the answer is none.
        return DeliveryError(Fate.UNKNOWN, code=str(answer.status_code))
    code = _code(answer)
    if known := meaning("postmark", code):
        return known.as_error()
    if answer.status_code in (401, 403):
        return DeliveryError(Fate.CHANNEL, code=code)
    return DeliveryError(Fate.TRANSIENT if answer.status_code == 429 else Fate.PERMANENT, code=code)


def _code(answer: requests.Response) -> str:
    """The service's own code, or the status where it gave none."""
    try:
        return str(answer.json()["ErrorCode"])
    except (ValueError, KeyError, TypeError):
        return str(answer.status_code)
