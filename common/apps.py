"""The common app: it has no models, only the migration that lays the ground."""

from django.apps import AppConfig


class CommonConfig(AppConfig):
    name = "common"
