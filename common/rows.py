"""The columns that every row has."""

from collections.abc import Sequence
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.base import ModelState

from common.errors import FieldFault, Invalid
from common.ids import uuid7


class Row(models.Model):
    """A row with a UUIDv7 and the times it was made and last changed (UTC)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True

    def change(self, **values: Any) -> None:
        """Set these columns, and write only them; without any, say that what it shows has changed."""
        for name, value in values.items():
            setattr(self, name, value)
        self.save(update_fields=[*values, "updated_at"])


def check_row(row: models.Model, *, leave_out: tuple[str, ...] = ()) -> None:
    """Run a row's validators, and raise what they find as `Invalid`, a fault a field."""
    try:
        row.clean_fields(exclude=leave_out)
    except ValidationError as error:
        faults = tuple(
            FieldFault(name, fault.code or "invalid", " ".join(fault.messages))
            for name, found in error.error_dict.items()
            for fault in found
        )
        raise Invalid("Some fields need another value.", faults=faults) from None


Held = TypeVar("Held", bound=models.Model)


def held(
    model: type[Held], names: Sequence[str], values: Sequence[Any], **related: models.Model | None
) -> Held:
    """A row that holds only these of its columns, as read, and these rows that it points to; another
    one is fetched when asked for.

    As `from_db` leaves one, without the signals and the walk over all columns: a drain makes several
    of these for each message.
    """
    state = ModelState()
    state.adding, state.db, state.fields_cache = False, "default", related
    row = model.__new__(model)
    row.__dict__.update(zip(names, values, strict=True), _state=state)
    return row
