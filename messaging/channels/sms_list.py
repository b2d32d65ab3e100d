"""What the text-message provider's own list says that we sent to a number."""

import datetime as dt
from dataclasses import dataclass

import requests
from django.conf import settings
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.rest import Client as TwilioClient

from messaging.channels.base import DeliveryError, Fate
from messaging.channels.sms import GatewayHttpClient

MOST_LISTED = 200


@dataclass(frozen=True)
class ListedText:
    """One text as the provider lists it: its id, when it was taken, what it says, what became of it."""

    sid: str
    taken_at: dt.datetime
    body: str
    status: str
    code: str


def texts_to(number: str) -> list[ListedText]:
    """The newest texts from our number to this one, whatever became of them.

    Raises `DeliveryError` where the list can't be had. No date is asked for: the provider files a
    text under the day it was sent, which one that still waits there does not have.
    """
    http = GatewayHttpClient()
    client = TwilioClient(settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN, http_client=http)
    try:
        listed = client.messages.list(
            to=number, from_=settings.TWILIO_FROM_NUMBER, limit=MOST_LISTED
        )
    except TwilioRestException as error:
        raise DeliveryError(Fate.TRANSIENT, code=str(error.code or error.status)) from error
    except (requests.RequestException, TwilioException, ValueError) as error:
        raise DeliveryError(Fate.TRANSIENT, code=type(error).__name__) from error
    finally:
        if http.session is not None:
            http.session.close()
    return [
        ListedText(
            sid=str(text.sid),
            taken_at=text.date_created,
            body=str(text.body),
            status=str(text.status),
            code=str(text.error_code or ""),
        )
        for text in listed
    ]
