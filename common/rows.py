"""The columns that every row has."""

from typing import Any

from django.db import models

from common.ids import uuid7


class Row(models.Model):
    """A row with a UUIDv7 and the times it was made and last changed (UTC)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True

    def change(self, **values: Any) -> None:
        """Set these columns, and write only them."""
        for name, value in values.items():
            setattr(self, name, value)
        self.save(update_fields=[*values, "updated_at"])
