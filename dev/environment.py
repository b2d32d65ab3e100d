"""The settings a development process gets: names, random secrets of this clone, outside wins."""

import base64
import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path

from dev.console import Trouble
from dev.postgres import APPLICATION, OWNER, SUPERUSER

# Nothing listens on the discard port: a value for settings that are read but not used.
NOWHERE = "127.0.0.1:9"


def _key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def _word() -> str:
    return secrets.token_hex(24)


SECRETS: dict[str, Callable[[], str]] = {
    "SECRET_KEY": lambda: secrets.token_urlsafe(48),
    "FIELD_KEYS": lambda: f"k1:{_key()}",
    "BLIND_INDEX_KEY": _key,
    "TWILIO_ACCOUNT_SID": lambda: f"AC{secrets.token_hex(16)}",
    "TWILIO_AUTH_TOKEN": lambda: secrets.token_hex(16),
    "DEV_POSTGRES_PASSWORD": _word,
    "DEV_OWNER_PASSWORD": _word,
    "DEV_APPLICATION_PASSWORD": _word,
    "DEV_VALKEY_PASSWORD": _word,
}


def dev_secrets(local: Path) -> dict[str, str]:
    """This clone's random secrets, made at first use and kept where only their owner reads them."""
    path = local / "dev-secrets.env"
    known = _read(path)
    missing = {name: make() for name, make in SECRETS.items() if not known.get(name)}
    if missing:
        _write(path, known | missing)
    return {name: (known | missing)[name] for name in SECRETS}


def database_passwords(own: Mapping[str, str]) -> dict[str, str]:
    """Passwords by role."""
    return {
        SUPERUSER: own["DEV_POSTGRES_PASSWORD"],
        OWNER: own["DEV_OWNER_PASSWORD"],
        APPLICATION: own["DEV_APPLICATION_PASSWORD"],
    }


def environment(
    outside: Mapping[str, str],
    own: Mapping[str, str],
    *,
    kind: str = "development",
    more: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """The whole environment of a child: our values, and over them what was set from outside."""
    port = outside.get("PORT") or "8000"
    ours = {
        "CASEWORK_ENV": kind,
        "ALLOWED_HOSTS": "127.0.0.1,localhost",
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "EMAIL_HOST": "127.0.0.1",
        "EMAIL_PORT": "9",
        "DEFAULT_FROM_EMAIL": "appointments@casework.example",
        "TWILIO_FROM_NUMBER": "+12175550100",
        "TWILIO_API_URL": f"http://{NOWHERE}",
        "DEV_MAILBOX_URL": f"http://{NOWHERE}",
        "DEV_SMS_URL": f"http://{NOWHERE}",
        **{name: word for name, word in own.items() if not name.startswith("DEV_")},
        **(more or {}),
    }
    given = {name: value for name, value in outside.items() if value or name not in ours}
    for name in ours:
        if f"{name}_FILE" in given and not outside.get(name):
            ours = {known: value for known, value in ours.items() if known != name}
    return ours | given


def port_of(outside: Mapping[str, str]) -> int:
    """The web server's port."""
    text = outside.get("PORT") or "8000"
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise Trouble(f"PORT is {text!r}: it has to be a number from 1 to 65535.")
    return int(text)


def _read(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    lines = (line.strip() for line in path.read_text().splitlines())
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))


def _write(path: Path, values: Mapping[str, str]) -> None:
    """Write beside and rename: two runs at once, or a full disk, never leave half a file."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write("# Made by dev/environment.py for this clone only. Never in the repository.\n")
        file.writelines(f"{name}={value}\n" for name, value in values.items())
    draft.rename(path)
