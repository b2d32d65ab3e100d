"""A production environment without a fault, to put one fault into."""

import base64
import hashlib


def key(name: str) -> str:
    """A key that is the same in every run."""
    return base64.b64encode(hashlib.sha256(name.encode()).digest()).decode()


SOUND = {
    "CASEWORK_ENV": "production",
    "SECRET_KEY": "Sj4kQ-92mWx_lt8VbN1cR7zHf0yGuDpE3oIaT5wKqXMi6sOvYr",
    "FIELD_KEYS": f"k2:{key('second')},k1:{key('first')}",
    "BLIND_INDEX_KEY": key("blind"),
    "ALLOWED_HOSTS": "casework.example.org",
    "PUBLIC_URL": "https://casework.example.org",
    "TRUSTED_PROXIES": "1",
    "DATABASE_URL": "postgres://casework_app:serving-word@db.example.org/casework?sslmode=verify-full",
    "MIGRATION_DATABASE_URL": "postgres://casework_owner:owning-word@db.example.org/casework?sslmode=verify-full",
    "REDIS_URL": "rediss://:broker-word@redis.example.org:6380/0",
    "EMAIL_HOST": "smtp.example.org",
    "EMAIL_PORT": "587",
    "EMAIL_HOST_USER": "casework",
    "EMAIL_HOST_PASSWORD": "$mail-word",
    "EMAIL_USE_TLS": "true",
    "DEFAULT_FROM_EMAIL": "Appointments <appointments@casework.example.org>",
    "TWILIO_ACCOUNT_SID": "AC0123456789abcdef0123456789abcdef",
    "TWILIO_AUTH_TOKEN": "texts-word",
    "TWILIO_FROM_NUMBER": "+12175550100",
}
SECRET_WORDS = (
    SOUND["SECRET_KEY"], key("first"), key("second"), key("blind"), "serving-word", "owning-word",
    "broker-word", "mail-word", "texts-word",
)  # fmt: skip


def but(**changes: str | None) -> dict[str, str]:
    """The sound environment with some settings changed, or (None) left out."""
    return {name: value for name, value in (SOUND | changes).items() if value is not None}
