"""The database and Redis: who may enter, as whom, and whether anybody listens on the way."""

import ipaddress
from collections.abc import Iterator
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from config.faults.fault import Fault, Values
from config.faults.given import words_of

POSTGRES = ("postgres", "postgresql")
ENCRYPTED = ("require", "verify-ca", "verify-full")
PRIVATE = "or name the host in PRIVATE_HOSTS if the network is yours alone"


def is_loopback(host: str) -> bool:
    """Whether a host is this machine: nothing then travels that could be heard."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.startswith("/")


def is_private(values: Values, host: str) -> bool:
    """Whether nobody else can listen on the way to a host: this machine, or said so."""
    return is_loopback(host) or host in words_of(values, "PRIVATE_HOSTS")


def _split(url: str, schemes: tuple[str, ...]) -> SplitResult | None:
    """The parts of a server's address, or None when it is none."""
    try:
        parts = urlsplit(url)
        _port = parts.port
    except ValueError:
        return None
    return parts if parts.scheme in schemes else None


def unusable(values: Values) -> Iterator[Fault]:
    """Addresses that are missing or are none, in whatever environment."""
    if "DATABASE_URL" not in values:
        yield Fault("DATABASE_URL", "is not set (nor DATABASE_URL_FILE)")
    for name in ("DATABASE_URL", "MIGRATION_DATABASE_URL", "ADMIN_DATABASE_URL"):
        if name in values:
            parts = _split(values[name], POSTGRES)
            if parts is None or not parts.username or not parts.path.strip("/"):
                yield Fault(name, "is not an address like postgres://role:password@host/database")
    if "REDIS_URL" in values and _split(values["REDIS_URL"], ("redis", "rediss")) is None:
        yield Fault("REDIS_URL", "is not an address like redis://:password@host:6379/0")


def database(values: Values) -> Iterator[Fault]:
    """Each role signs in with a password, over TLS, and the owner is another role."""
    roles: dict[str, str] = {}
    for name in ("DATABASE_URL", "MIGRATION_DATABASE_URL", "ADMIN_DATABASE_URL"):
        parts = _split(values.get(name, ""), POSTGRES)
        if parts is None or not parts.username:
            continue
        if (role := unquote(parts.username)) in roles:
            yield Fault(
                name, f"has the same role as {roles[role]}: nothing would protect the audit trail"
            )
        roles[role] = name
        yield from _way_to_database(name, parts, values)
    if values.get("CASEWORK_DATABASE_ROLE") == "owner" and "MIGRATION_DATABASE_URL" not in values:
        yield Fault(
            "MIGRATION_DATABASE_URL",
            "is not set: the tables belong to another role than the one that serves",
        )


def _way_to_database(name: str, parts: SplitResult, values: Values) -> Iterator[Fault]:
    query = parse_qs(parts.query)
    host = unquote(parts.hostname or "/")  # none, or a folder, means a socket of this machine
    if not parts.password and "sslcert" not in query and not host.startswith("/"):
        yield Fault(name, "has no password")
    if query.get("sslmode", [""])[0] not in ENCRYPTED and not is_private(values, host):
        yield Fault(
            name, f"has no ?sslmode=verify-full: records could be read on the way; {PRIVATE}"
        )


def redis(values: Values) -> Iterator[Fault]:
    """Whoever can write to the broker can make our workers run what it likes."""
    if "REDIS_URL" not in values:
        yield Fault("REDIS_URL", "is not set (nor REDIS_URL_FILE)")
        return
    parts = _split(values["REDIS_URL"], ("redis", "rediss"))
    if parts is None or is_loopback(parts.hostname or ""):
        return
    if not parts.password:
        yield Fault("REDIS_URL", "has no password")
    if parts.scheme == "redis" and not is_private(values, parts.hostname or ""):
        yield Fault("REDIS_URL", f"is not rediss://: the password could be heard; {PRIVATE}")
    if "ssl_cert_reqs" in parse_qs(parts.query):
        yield Fault("REDIS_URL", "has ssl_cert_reqs: certificates are always checked; take it out")
