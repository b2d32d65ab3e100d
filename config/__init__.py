"""Settings, URLs, the Celery app and its beat table: may import anyone, nobody imports it."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
