"""Text messages by the `twilio` SDK, to Twilio or to a gateway that speaks its interface."""

from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit, urlunsplit

import requests
from django.conf import settings
from requests.adapters import HTTPAdapter
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client as TwilioClient

from common.clock import now
from messaging.channels.base import DeliveryError, Fate, Outgoing
from messaging.channels.codes import meaning
from messaging.channels.http import CONNECT_SECONDS, READ_SECONDS, lost

LONGEST_VALIDITY_SECONDS = 4 * 60 * 60
SHORTEST_VALIDITY_SECONDS = 1


class GatewayHttpClient(TwilioHttpClient):  # type: ignore[misc]  # the SDK has no types
    """The SDK's HTTP client with time-outs (it has none) and the configured host."""

    def __init__(self, *, at_once: int = 1) -> None:
        super().__init__()
        adapter = HTTPAdapter(pool_maxsize=at_once, max_retries=0)
        for scheme in ("https://", "http://"):
            self.session.mount(scheme, adapter)
        # The SDK's constructor takes one number only; `requests` takes connect and read apart.
        self.timeout = (CONNECT_SECONDS, READ_SECONDS)
        self._target = urlsplit(settings.TWILIO_API_URL)

    def request(self, method: str, url: str, **kwargs: Any) -> Any:
        parts = urlsplit(url)._replace(scheme=self._target.scheme, netloc=self._target.netloc)
        return super().request(method, urlunsplit(parts), **kwargs)


class SmsSession:
    """The SDK's client with one pool of connections, as many as are used at once."""

    def __init__(self) -> None:
        self.at_once: int = settings.SMS_AT_ONCE
        self._http = GatewayHttpClient(at_once=self.at_once)
        self._client = TwilioClient(
            settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN, http_client=self._http
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.session.close()

    def send(self, message: Outgoing) -> str:
        """Create the message at the provider; its `sid`."""
        left = int((message.expires_at - now()).total_seconds())
        validity = max(SHORTEST_VALIDITY_SECONDS, min(LONGEST_VALIDITY_SECONDS, left))
        callback = f"{settings.PUBLIC_URL}/webhooks/twilio/status/{message.attempt_id}/"
        try:
            created = self._client.messages.create(
                to=message.to,
                from_=settings.TWILIO_FROM_NUMBER,
                body=message.text,
                status_callback=callback,
                validity_period=validity,
            )
        except TwilioRestException as error:
            raise refusal(error) from error
        except requests.RequestException as error:
            raise lost(error) from error
        except (TwilioException, ValueError) as error:
            # An answer came that is none: what it meant can't be known.
            raise DeliveryError(Fate.UNKNOWN, code="unreadable_answer") from error
        return str(created.sid)


def refusal(error: TwilioRestException) -> DeliveryError:
    """What the provider's refusal means. A 5xx may have been accepted before it was said."""
    code = str(error.code or error.status)
    if error.status >= 500:
        return DeliveryError(Fate.UNKNOWN, code=code)
    if known := meaning("twilio", code):
        return known.as_error()
    if error.status in (401, 403):
        return DeliveryError(Fate.CHANNEL, code=code)
    return DeliveryError(Fate.TRANSIENT if error.status == 429 else Fate.PERMANENT, code=code)
