"""What was given: values, secrets from files, and which of them can't be read as what they are."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from config.faults.fault import Fault, Values

SECRETS = (
    "SECRET_KEY",
    "FIELD_KEYS",
    "BLIND_INDEX_KEY",
    "DATABASE_URL",
    "MIGRATION_DATABASE_URL",
    "ADMIN_DATABASE_URL",
    "REDIS_URL",
    "EMAIL_HOST_USER",
    "EMAIL_HOST_PASSWORD",
    "EMAIL_SERVICE_TOKEN",
    "EMAIL_WEBHOOK_SECRET",
    "TWILIO_ACCOUNT_SID",
    "TWILIO_AUTH_TOKEN",
)
"""Each may be given as NAME, or as NAME_FILE, the path of a file that holds it."""

ENVIRONMENTS = ("production", "development", "test")
NUMBERS = {
    "TRUSTED_PROXIES": (0, 10),
    "EMAIL_PORT": (1, 65535),
    "CONN_MAX_AGE": (0, 86400),
    "BODIES_KEPT_DAYS": (1, 3650),
    "LEASE_SECONDS": (1, 3600),
    "REMINDERS_PER_CLIENT_DAY": (1, 100),
    "REMINDERS_PER_CLIENT_WEEK": (1, 500),
    "SMS_AT_ONCE": (1, 100),
    "SMS_PER_SECOND": (0, 10000),
    "EMAIL_PER_SECOND": (0, 10000),
    "MESSAGES_PER_FACILITY_MINUTE": (0, 1000000),
    "ENGINE_SILENT_SECONDS": (20, 3600),
    "ENGINE_LATE_SECONDS": (20, 3600),
    "LOCK_PATIENCE_SECONDS": (0, 60),
}
FLAGS = (
    "DEBUG",
    "SECURE_SSL_REDIRECT",
    "PREPARE_STATEMENTS",
    "EMAIL_USE_TLS",
    "EMAIL_USE_SSL",
    "SENDS_MESSAGES",
    "TWILIO_ACKNOWLEDGES_KEYWORDS",
)
YES, NO = ("true", "on", "ok", "y", "yes", "1"), ("false", "off", "n", "no", "0")
RESENDS = ("never", "after_two_empty_lookups")
LOG_LEVELS = ("CRITICAL", "ERROR", "WARNING", "INFO", "DEBUG")


@dataclass(frozen=True)
class Given:
    """The values, and what is wrong with how they were given."""

    values: Values
    faults: tuple[Fault, ...]


def read(environ: Mapping[str, str]) -> Given:
    """Take every secret from where it was given; never raises. An empty value is none."""
    values = {name: value for name, value in environ.items() if value}
    faults = []
    for name in SECRETS:
        path = values.pop(f"{name}_FILE", "")
        if not path:
            continue
        if name in values:
            faults.append(Fault(name, f"is given twice: as {name} and as {name}_FILE"))
            continue
        try:
            values[name] = _secret_in(path)
        except ValueError as error:
            faults.append(Fault(name, f"can't be read: {name}_FILE names {error}"))
    return Given(values, tuple(faults))


def _secret_in(path: str) -> str:
    """The secret. Raises ValueError without the path: somebody may have put the secret there."""
    try:
        secret = Path(path).read_text().strip()
    except FileNotFoundError:
        raise ValueError("a file that is not there") from None
    except OSError as error:
        raise ValueError(f"what can't be opened ({error.strerror})") from None
    except ValueError:
        raise ValueError("a file that is not text") from None
    if not secret:
        raise ValueError("an empty file")
    return secret


def is_on(values: Values, name: str, *, default: bool = False) -> bool:
    """A switch's position."""
    return values[name].strip().lower() in YES if name in values else default


def number(values: Values, name: str, default: int) -> int:
    """A number; the default when what was given is none, which is a fault of its own."""
    try:
        return int(values.get(name, default))
    except ValueError:
        return default


def words_of(values: Values, name: str) -> list[str]:
    """A list written with commas."""
    return [word for word in map(str.strip, values.get(name, "").split(",")) if word]


def misread(values: Values) -> Iterator[Fault]:
    """Values that would be taken for something else, or stop the process with a traceback."""
    if values.get("CASEWORK_ENV", "production") not in ENVIRONMENTS:
        yield Fault("CASEWORK_ENV", f"is none of {', '.join(ENVIRONMENTS)}")
    for name, (least, most) in NUMBERS.items():
        text = values.get(name, str(least)).strip()
        if not text.removeprefix("-").isdecimal() or not least <= int(text) <= most:
            yield Fault(name, f"is not a whole number from {least} to {most}")
    for name in FLAGS:
        if values.get(name, "off").strip().lower() not in YES + NO:
            yield Fault(name, "is neither true nor false")
    if values.get("LOG_LEVEL", "INFO") not in LOG_LEVELS:
        yield Fault("LOG_LEVEL", f"is none of {', '.join(LOG_LEVELS)}")
    if values.get("UNKNOWN_RESEND", "never") not in RESENDS:
        yield Fault("UNKNOWN_RESEND", f"is none of {', '.join(RESENDS)}")
