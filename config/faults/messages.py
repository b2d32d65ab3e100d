"""Mail and texts: what is said to clients is not to be heard by others on the way."""

import re
from collections.abc import Iterator
from email.utils import parseaddr
from urllib.parse import urlsplit

from common.discretion import disclosing_words
from config.faults.fault import Fault, Values
from config.faults.given import is_on
from config.faults.servers import PRIVATE, is_loopback, is_private

SENDER = re.compile(r"[^@\s]+@[^@\s]+\.[A-Za-z][^@\s.]+")
SERVICES = ("postmark",)
SEEN_BY_CLIENTS = ("DEFAULT_FROM_EMAIL", "PUBLIC_URL")
TWILIO = ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_FROM_NUMBER")


def mail(values: Values) -> Iterator[Fault]:
    """Mail leaves over TLS, by a server or a service that is wholly set up, from an address of ours."""
    if "EMAIL_SERVICE" in values or "EMAIL_SERVICE_TOKEN" in values:
        yield from _service(values)
    else:
        yield from _server(values)
    yield from _sender(values)


def _service(values: Values) -> Iterator[Fault]:
    if "EMAIL_SERVICE" not in values:
        yield Fault(
            "EMAIL_SERVICE", "is not set, and EMAIL_SERVICE_TOKEN is: which service is it of?"
        )
    elif values["EMAIL_SERVICE"] not in SERVICES:
        yield Fault("EMAIL_SERVICE", f"is none of {', '.join(SERVICES)}")
    if "EMAIL_SERVICE_TOKEN" not in values and is_on(values, "SENDS_MESSAGES", default=True):
        yield Fault("EMAIL_SERVICE_TOKEN", "is not set (nor EMAIL_SERVICE_TOKEN_FILE)")
    if urlsplit(values.get("EMAIL_SERVICE_URL", "https:")).scheme != "https":
        yield Fault("EMAIL_SERVICE_URL", "does not begin with https://")


def _server(values: Values) -> Iterator[Fault]:
    """With both halves of a sign-in or none."""
    tls = [name for name in ("EMAIL_USE_TLS", "EMAIL_USE_SSL") if is_on(values, name)]
    host = values.get("EMAIL_HOST", "")
    signs_in = "EMAIL_HOST_USER" in values or "EMAIL_HOST_PASSWORD" in values
    if not host:
        yield Fault("EMAIL_HOST", "is not set: the mail server that takes our mail")
    elif not tls and signs_in and not is_loopback(host):
        yield Fault("EMAIL_USE_TLS", "is off, and the mail server's password could be heard")
    elif not tls and not is_private(values, host):
        yield Fault("EMAIL_USE_TLS", f"is off, and mail could be read on its way; {PRIVATE}")
    if len(tls) > 1:
        yield Fault("EMAIL_USE_SSL", "is on with EMAIL_USE_TLS: use one (TLS on 587, SSL on 465)")
    if signs_in:
        for name in ("EMAIL_HOST_USER", "EMAIL_HOST_PASSWORD"):
            if name not in values:
                yield Fault(name, "is not set, and the other half of the mail server's sign-in is")


def _sender(values: Values) -> Iterator[Fault]:
    if "DEFAULT_FROM_EMAIL" not in values:
        yield Fault("DEFAULT_FROM_EMAIL", "is not set: the address that mail comes from")
    elif not SENDER.fullmatch(parseaddr(values["DEFAULT_FROM_EMAIL"])[1]):
        yield Fault("DEFAULT_FROM_EMAIL", "is not a mail address at a domain")
    for name in SEEN_BY_CLIENTS:
        if words := disclosing_words(re.sub(r"[_.@:/-]", " ", values.get(name, ""))):
            yield Fault(name, f"tells what a client is helped with: “{words[0]}”")


def texts(values: Values) -> Iterator[Fault]:
    """Texts are wholly set up, or not at all; the provider is spoken to over TLS."""
    given = [name for name in TWILIO if name in values]
    if given:
        for name in TWILIO:
            if name not in values:
                yield Fault(name, f"is not set, and {given[0]} is: texts need all three, or none")
    if urlsplit(values.get("TWILIO_API_URL", "https:")).scheme != "https":
        yield Fault("TWILIO_API_URL", "does not begin with https://")
