"""What a conversation with a provider over HTTP costs and what its breaking means."""

import ssl

import requests
import urllib3.exceptions

from messaging.channels.base import DeliveryError, Fate

CONNECT_SECONDS, READ_SECONDS = 5, 10


def lost(error: requests.RequestException) -> DeliveryError:
    """What a broken conversation means: before a connection stood, nothing was accepted."""
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    never_connected = isinstance(
        reason,
        urllib3.exceptions.NewConnectionError
        | urllib3.exceptions.NameResolutionError
        | urllib3.exceptions.ConnectTimeoutError,
    )
    not_trusted = isinstance(getattr(reason, "args", (None,))[0], ssl.SSLCertVerificationError)
    if isinstance(error, requests.ConnectTimeout) or never_connected or not_trusted:
        return DeliveryError(Fate.CHANNEL, code="no_connection")
    return DeliveryError(Fate.UNKNOWN, code=type(error).__name__)
