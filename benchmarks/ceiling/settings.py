"""The least that REST framework with token sign-in needs, on Casework's tables: no middleware."""

from config.settings import (
    ALLOWED_HOSTS,
    AUTH_USER_MODEL,
    BLIND_INDEX_KEY,
    DEFAULT_AUTO_FIELD,
    FIELD_KEYS,
    REST_KNOX,
    SECRET_KEY,
    SERVING,
    TIME_ZONE,
    USE_TZ,
)

__all__ = [
    "ALLOWED_HOSTS",
    "AUTH_USER_MODEL",
    "BLIND_INDEX_KEY",
    "DEFAULT_AUTO_FIELD",
    "FIELD_KEYS",
    "REST_KNOX",
    "SECRET_KEY",
    "TIME_ZONE",
    "USE_TZ",
]
DEBUG = False
# As everybody has it: connections are kept, and nothing else is tuned.
PLAIN = {"CONN_HEALTH_CHECKS": False, "OPTIONS": {"connect_timeout": 5}}
DATABASES = {"default": SERVING | PLAIN}
INSTALLED_APPS = [
    "common",
    "audit",
    "organization",
    "clients",
    "worklist",
    "messaging",
    "casework",
    "appointments",
    "knox",
    "rest_framework",
    "pgtrigger",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.postgres",
]
MIDDLEWARE: list[str] = []
ROOT_URLCONF = "benchmarks.ceiling.urls"
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["knox.auth.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "UNAUTHENTICATED_USER": None,
}
