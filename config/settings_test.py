"""Settings of the test suite: the same ones, with a password hasher that doesn't take its time."""

from config.settings import *  # noqa: F403
from config.settings import OWNER

# The owner makes the test database; `tests/conftest.py` then hands the connection to the
# application's role, so that every test meets the rights that production has.
DATABASES = {"default": OWNER | {"CONN_MAX_AGE": 0}}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_AUTOREFRESH = True  # the files are not collected
