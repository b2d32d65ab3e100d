"""Settings, read from the environment; a secret NAME may be given as the file that NAME_FILE names.

Development gets its values from `python -m dev.services`. Production has no secret default, and a
process that was given insecure settings ends here with a line for each fault. What there is to
set: docs/operations.md.
"""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import environ
from csp.constants import NONE, SELF

from config import api_description
from config.faults import refuse_to_start, startup_faults
from config.faults.given import is_on, number, read, words_of

BASE_DIR = Path(__file__).resolve().parent.parent

refuse_to_start(startup_faults())
GIVEN = read(os.environ).values

ENVIRONMENT = GIVEN.get("CASEWORK_ENV", "production")
DEVELOPMENT = ENVIRONMENT in {"development", "test"}
DEBUG = is_on(GIVEN, "DEBUG")
SECRET_KEY = GIVEN["SECRET_KEY"]
FIELD_KEYS = dict(pair.split(":", 1) for pair in GIVEN["FIELD_KEYS"].split(","))
BLIND_INDEX_KEY = GIVEN["BLIND_INDEX_KEY"]
ALLOWED_HOSTS = words_of(GIVEN, "ALLOWED_HOSTS")
PUBLIC_URL = GIVEN.get("PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/")

INSTALLED_APPS = [
    "common",
    "audit",
    "organization",
    "clients",
    "worklist",
    "messaging",
    "casework",
    "appointments",
    "interop",
    "dashboard",
    "allauth",
    "allauth.account",
    "knox",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "csp",
    "pgtrigger",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.middleware.BodyBoundMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "organization.middleware.IdleSignOutMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "common.middleware.UnitOfWorkMiddleware",
    "audit.middleware.AuditMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "dashboard.context.site",
            ]
        },
    }
]

# ── Database: the application serves; the owner migrates ──────────────────────────────────────


def database(url: str) -> dict[str, Any]:
    """A database's settings from its URL: kept connections, and time-outs that end a hang."""
    parsed: dict[str, Any] = environ.Env.db_url_config(url)
    # A server that went without a word is noticed within a minute, while the connection is idle.
    alive = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}
    ours: dict[str, Any] = {"connect_timeout": 5, "application_name": "casework", **alive}
    if is_on(GIVEN, "PREPARE_STATEMENTS", default=True):
        # Parsing and planning took PostgreSQL longer than running (docs/decisions/0019).
        ours |= {"server_side_binding": True, "prepare_threshold": 2}
    if patience := number(GIVEN, "LOCK_PATIENCE_SECONDS", 0):
        # Whoever waits longer for somebody else's change is told to try again, and frees the thread.
        ours["options"] = f"-c lock_timeout={patience}s -c statement_timeout=25s"
    return parsed | {
        "ENGINE": "common.postgres",
        "CONN_MAX_AGE": number(GIVEN, "CONN_MAX_AGE", 60),
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": ours | parsed.get("OPTIONS", {}),
    }


SERVING = database(GIVEN["DATABASE_URL"])
OWNER = database(GIVEN.get("MIGRATION_DATABASE_URL", GIVEN["DATABASE_URL"]))
APPLICATION_ROLE: str = SERVING["USER"]
DATABASES = {
    "default": OWNER if GIVEN.get("CASEWORK_DATABASE_ROLE") == "owner" else SERVING,
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# ── Cache and broker: disposable ──────────────────────────────────────────────────────────────

REDIS_URL = GIVEN.get("REDIS_URL", "redis://127.0.0.1:6379/0")
CACHES = {
    "default": {
        "BACKEND": "common.cache.DegradingCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "casework",
        "OPTIONS": {"socket_connect_timeout": 0.5, "socket_timeout": 0.5},
    }
}

# ── Sign-in ───────────────────────────────────────────────────────────────────────────────────

AUTH_USER_MODEL = "organization.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "full_name")},
    },
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
PASSWORD_HASHERS = ["organization.hashers.Argon2id"]
PASSWORD_RESET_TIMEOUT = 60 * 60
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "organization.adapter.StaffOnlyAdapter"
ACCOUNT_FORMS = {"reset_password": "organization.forms.EvenResetForm"}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_LOGOUT_REDIRECT_URL = "/accounts/login/"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_PRESERVE_USERNAME_CASING = False
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
SESSION_EXPIRE_AT_BROWSER_CLOSE = True

# ── Web security ──────────────────────────────────────────────────────────────────────────────

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
# How many proxies of ours stand before the web server: their headers are believed, no others.
TRUSTED_PROXIES = number(GIVEN, "TRUSTED_PROXIES", 0)
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES
if not DEVELOPMENT:
    SECURE_SSL_REDIRECT = is_on(GIVEN, "SECURE_SSL_REDIRECT", default=True)
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
BODY_BOUND_BYTES = 1_048_576
FILE_BOUND_BYTES = 20 * 1_048_576
DATA_UPLOAD_MAX_MEMORY_SIZE = FILE_BOUND_BYTES  # the body's bound is held before this one
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500

# ── API ───────────────────────────────────────────────────────────────────────────────────────

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "organization.api.authentication.TokenAuthentication",
        "common.api.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["common.api.renderers.QuickJSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["common.api.parsers.SoundJSONParser"],
    "DEFAULT_FILTER_BACKENDS": ["common.api.filters.FilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "common.api.pagination.TimeOrderedPagination",
    "DEFAULT_SCHEMA_CLASS": "common.api.schema.Schema",
    # OPTIONS would describe fields to whoever may not use them.
    "DEFAULT_METADATA_CLASS": None,
    "DEFAULT_THROTTLE_RATES": {"token": "10/min", "account": "10/hour"},
    "NUM_PROXIES": TRUSTED_PROXIES,
    "EXCEPTION_HANDLER": "common.api.problems.problem_response",
    "URL_FORMAT_OVERRIDE": None,
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
REST_KNOX = {
    "TOKEN_TTL": timedelta(hours=12),
    "TOKEN_LIMIT_PER_USER": 20,
    "AUTO_REFRESH": False,
}
SPECTACULAR_SETTINGS = api_description.SETTINGS

# ── Messages: e-mail by SMTP, texts by a Twilio-compatible provider ───────────────────────────

EMAIL_BACKEND = "messaging.backends.OutboxEmailBackend"
CHANNEL_EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_HOST = GIVEN.get("EMAIL_HOST", "127.0.0.1")
EMAIL_PORT = number(GIVEN, "EMAIL_PORT", 25)
EMAIL_HOST_USER = GIVEN.get("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = GIVEN.get("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = is_on(GIVEN, "EMAIL_USE_TLS")
EMAIL_USE_SSL = is_on(GIVEN, "EMAIL_USE_SSL")
EMAIL_TIMEOUT = 10
# "" is the mail server above; "postmark" hands mail to that service instead.
EMAIL_SERVICE = GIVEN.get("EMAIL_SERVICE", "")
EMAIL_SERVICE_TOKEN = GIVEN.get("EMAIL_SERVICE_TOKEN", "")
EMAIL_SERVICE_URL = GIVEN.get("EMAIL_SERVICE_URL", "https://api.postmarkapp.com")
DEFAULT_FROM_EMAIL = GIVEN.get("DEFAULT_FROM_EMAIL", "appointments@localhost")
TWILIO_ACCOUNT_SID = GIVEN.get("TWILIO_ACCOUNT_SID", "")
TWILIO_AUTH_TOKEN = GIVEN.get("TWILIO_AUTH_TOKEN", "")
TWILIO_FROM_NUMBER = GIVEN.get("TWILIO_FROM_NUMBER", "")
TWILIO_API_URL = GIVEN.get("TWILIO_API_URL", "https://api.twilio.com")
TWILIO_ACKNOWLEDGES_KEYWORDS = is_on(GIVEN, "TWILIO_ACKNOWLEDGES_KEYWORDS")
EMAIL_WEBHOOK_SECRET = GIVEN.get("EMAIL_WEBHOOK_SECRET", "")
BODIES_KEPT_DAYS = number(GIVEN, "BODIES_KEPT_DAYS", 30)
UNKNOWN_RESEND = GIVEN.get("UNKNOWN_RESEND", "never")
LEASE_SECONDS = number(GIVEN, "LEASE_SECONDS", 60)
REMINDERS_PER_CLIENT_DAY = number(GIVEN, "REMINDERS_PER_CLIENT_DAY", 2)
REMINDERS_PER_CLIENT_WEEK = number(GIVEN, "REMINDERS_PER_CLIENT_WEEK", 12)
# Texts that one worker process has under way at once: what a killed one may leave in doubt.
SMS_AT_ONCE = number(GIVEN, "SMS_AT_ONCE", 24)
# Bounds on how fast messages go; 0 is none.
SMS_PER_SECOND = number(GIVEN, "SMS_PER_SECOND", 0)
EMAIL_PER_SECOND = number(GIVEN, "EMAIL_PER_SECOND", 0)
MESSAGES_PER_FACILITY_MINUTE = number(GIVEN, "MESSAGES_PER_FACILITY_MINUTE", 0)
# After how long without a beat the engine counts as silent, and with something due as late.
ENGINE_SILENT_SECONDS = number(GIVEN, "ENGINE_SILENT_SECONDS", 60)
ENGINE_LATE_SECONDS = number(GIVEN, "ENGINE_LATE_SECONDS", 120)
DEV_MAILBOX_URL = GIVEN.get("DEV_MAILBOX_URL", "") if DEVELOPMENT else ""
DEV_SMS_URL = GIVEN.get("DEV_SMS_URL", "") if DEVELOPMENT else ""

# ── Language, time, files, logs ───────────────────────────────────────────────────────────────

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / ".local" / "static"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "common.logs.DiscreetFormatter",
            "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    # The SDK logs whole requests, addresses and texts included.
    "loggers": {"twilio": {"level": "WARNING"}, "urllib3": {"level": "WARNING"}},
    "root": {"handlers": ["stderr"], "level": GIVEN.get("LOG_LEVEL", "WARNING")},
}
