"""The web: who may ask under which name, and whether anybody can listen."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from config.faults.fault import Fault, Values
from config.faults.given import is_on, number, words_of


def open_doors(values: Values) -> Iterator[Fault]:
    """What is for development only, and hosts that anybody may claim to be."""
    if is_on(values, "DEBUG"):
        yield Fault("DEBUG", "is on: error pages would show records and settings")
    if values.get("LOG_LEVEL") == "DEBUG":
        yield Fault("LOG_LEVEL", "is DEBUG: packages then log what must not be in a log; use INFO")
    for name in ("DEV_MAILBOX_URL", "DEV_SMS_URL"):
        if name in values:
            yield Fault(name, "is set: the inbox that shows every message is for development")
    if fault := _hosts_fault(words_of(values, "ALLOWED_HOSTS")):
        yield Fault("ALLOWED_HOSTS", fault)


def _hosts_fault(hosts: list[str]) -> str:
    """What is wrong with the allowed hosts, or nothing."""
    if not hosts:
        return "is not set: name the hosts that people type, with commas"
    if any("*" in host for host in hosts):
        return "has a *: anybody could put their own host into our links"
    if any("/" in host or (":" in host and not host.endswith("]")) for host in hosts):
        return "has an address: name the host alone, no https:// and no port"
    return ""


def public_address(values: Values) -> Iterator[Fault]:
    """The address in links and in the provider's callbacks."""
    if "PUBLIC_URL" not in values:
        yield Fault("PUBLIC_URL", "is not set: the address that people type, https://…")
        return
    try:
        url = urlsplit(values["PUBLIC_URL"].rstrip("/"))
        host, _port = url.hostname or "", url.port
    except ValueError:
        yield Fault("PUBLIC_URL", "is not an address like https://casework.example.org")
        return
    if url.scheme != "https":
        yield Fault("PUBLIC_URL", "does not begin with https://")
        return
    if not host or url.username is not None or url.path or url.query or url.fragment:
        yield Fault(
            "PUBLIC_URL", "is not https:// and a host alone, like https://casework.example.org"
        )
        return
    hosts = words_of(values, "ALLOWED_HOSTS")
    if not _hosts_fault(hosts) and not _allowed(host, hosts):
        yield Fault("PUBLIC_URL", "has a host that is not in ALLOWED_HOSTS")


def _allowed(host: str, patterns: list[str]) -> bool:
    """As Django decides: a name, or a domain with all below it when it begins with a dot."""
    host = f"[{host}]" if ":" in host else host
    return any(
        host == pattern or (pattern[0] == "." and f".{host}".endswith(pattern))
        for pattern in map(str.lower, patterns)
    )


def proxies(values: Values) -> Iterator[Fault]:
    """Plain HTTP is turned away by us, or by the proxy that we were told of."""
    redirects = is_on(values, "SECURE_SSL_REDIRECT", default=True)
    if not redirects and number(values, "TRUSTED_PROXIES", 0) == 0:
        yield Fault(
            "SECURE_SSL_REDIRECT",
            "is off and TRUSTED_PROXIES is 0: nobody would turn plain HTTP away",
        )
