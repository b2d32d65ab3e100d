"""The interop app."""

from django.apps import AppConfig


class InteropConfig(AppConfig):
    name = "interop"

    def ready(self) -> None:
        from clients.merging import merge_parts
        from interop.merging import REFERENCES

        merge_parts.register("interop", REFERENCES)
