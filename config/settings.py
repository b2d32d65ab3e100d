"""Settings, read from the environment. `NAME_FILE` may hold a secret's path instead of `NAME`.

Development gets its values from `python -m dev.services`; production has no secret default, and
starts only when all of them are given.
"""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()


def secret(name: str) -> str:
    """A value that must be given, as `NAME` or in the file that `NAME_FILE` names."""
    path = os.environ.get(f"{name}_FILE")
    value = Path(path).read_text().strip() if path else os.environ.get(name, "")
    if not value:
        raise ImproperlyConfigured(f"{name} is not set (or {name}_FILE)")
    return value


ENVIRONMENT = env.str("CASEWORK_ENV", "production")
DEVELOPMENT = ENVIRONMENT in {"development", "test"}
DEBUG = env.bool("DEBUG", False)
SECRET_KEY = secret("SECRET_KEY")
FIELD_KEYS = dict(pair.split(":", 1) for pair in secret("FIELD_KEYS").split(","))
BLIND_INDEX_KEY = secret("BLIND_INDEX_KEY")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[])
PUBLIC_URL = env.str("PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/")

INSTALLED_APPS = [
    "common",
    "audit",
    "organization",
    "clients",
    "worklist",
    "messaging",
    "casework",
    "appointments",
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
    return parsed | {
        "ENGINE": "django.db.backends.postgresql",
        "CONN_MAX_AGE": env.int("CONN_MAX_AGE", 60),
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"connect_timeout": 5, "application_name": "casework"},
    }


SERVING = database(secret("DATABASE_URL"))
OWNER = database(env.str("MIGRATION_DATABASE_URL", "") or secret("DATABASE_URL"))
APPLICATION_ROLE: str = SERVING["USER"]
DATABASES = {
    "default": OWNER if env.str("CASEWORK_DATABASE_ROLE", "") == "owner" else SERVING,
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# ── Cache and broker: disposable ──────────────────────────────────────────────────────────────

REDIS_URL = env.str("REDIS_URL", "redis://127.0.0.1:6379/0")
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
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
PASSWORD_HASHERS = ["organization.hashers.Argon2id"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "organization.adapter.StaffOnlyAdapter"
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
if not DEVELOPMENT:
    SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", True)
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
BODY_BOUND_BYTES = 1_048_576
DATA_UPLOAD_MAX_MEMORY_SIZE = BODY_BOUND_BYTES
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500

# How many proxies of ours stand before the web server: their X-Forwarded-For is believed, no other.
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", 0)
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES

# ── API ───────────────────────────────────────────────────────────────────────────────────────

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "knox.auth.TokenAuthentication",
        "common.api.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["common.api.parsers.SoundJSONParser"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "common.api.pagination.TimeOrderedPagination",
    "DEFAULT_SCHEMA_CLASS": "common.api.schema.Schema",
    "DEFAULT_THROTTLE_RATES": {"token": "10/min", "account": "10/hour"},
    "NUM_PROXIES": TRUSTED_PROXIES,
    "EXCEPTION_HANDLER": "common.api.problems.problem_response",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
REST_KNOX = {
    "TOKEN_TTL": timedelta(hours=12),
    "TOKEN_LIMIT_PER_USER": 20,
    "AUTO_REFRESH": False,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Casework API",
    "DESCRIPTION": "Records, phases, appointments and discreet reminders for addiction treatment.",
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "ChannelEnum": "clients.models.Channel",
        "RuleChannelEnum": "appointments.states.RuleChannel",
        "LanguageEnum": "organization.models.Language",
        "AppointmentStatusEnum": "appointments.states.AppointmentStatus",
        "AttendanceStatusEnum": "appointments.states.AttendanceStatus",
        "MessageStateEnum": "messaging.states.MessageState",
        "ReminderStateEnum": "appointments.states.ReminderState",
        "AttemptStateEnum": "messaging.states.AttemptState",
        "ReasonEnum": "messaging.states.Reason",
        "PhaseKindEnum": "organization.models.PhaseKind",
        "AppointmentKindEnum": "appointments.states.AppointmentKind",
        "ContactKindEnum": "clients.models.ContactKind",
        "CareRoleEnum": "clients.models.CareRole",
        "RoleEnum": "organization.roles.Role",
        "TaskKindEnum": "worklist.models.TaskKind",
        "TaskStateEnum": "worklist.models.TaskState",
        "TransitionReasonEnum": "casework.moves.TransitionReason",
        "MoveReasonEnum": "casework.api.serializers.MOVE_REASONS",
        "DischargeReasonEnum": "casework.moves.DischargeReason",
    },
}

# ── Messages: e-mail by SMTP, texts by a Twilio-compatible provider ───────────────────────────

EMAIL_BACKEND = "messaging.backends.OutboxEmailBackend"
CHANNEL_EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_HOST = env.str("EMAIL_HOST", "127.0.0.1")
EMAIL_PORT = env.int("EMAIL_PORT", 25)
EMAIL_HOST_USER = env.str("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = env.str("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = env.bool("EMAIL_USE_TLS", False)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "appointments@localhost")
TWILIO_ACCOUNT_SID = env.str("TWILIO_ACCOUNT_SID", "")
TWILIO_AUTH_TOKEN = env.str("TWILIO_AUTH_TOKEN", "")
TWILIO_FROM_NUMBER = env.str("TWILIO_FROM_NUMBER", "")
TWILIO_API_URL = env.str("TWILIO_API_URL", "https://api.twilio.com")
TWILIO_ACKNOWLEDGES_KEYWORDS = env.bool("TWILIO_ACKNOWLEDGES_KEYWORDS", False)
LEASE_SECONDS = env.int("LEASE_SECONDS", 60)
DEV_MAILBOX_URL = env.str("DEV_MAILBOX_URL", "") if DEVELOPMENT else ""
DEV_SMS_URL = env.str("DEV_SMS_URL", "") if DEVELOPMENT else ""

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
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", "WARNING")},
}
