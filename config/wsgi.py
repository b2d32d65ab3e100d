"""The web process's entry point."""

import os

from django.core.wsgi import get_wsgi_application

from config.charsets import SoundCharsets

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = SoundCharsets(get_wsgi_application())
