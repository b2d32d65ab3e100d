"""The columns that every row has."""

from collections.abc import Sequence
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import models

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


def held(model: type[Held], names: Sequence[str], values: Sequence[Any]) -> Held:
    """A row that holds only these of its columns, as read; another one is fetched when asked for."""
    given = dict(zip(names, values, strict=True))
    # Django takes the values by place, in the order of the model's own fields.
    ordered = [f.attname for f in model._meta.concrete_fields if f.attname in given]
    return model.from_db("default", ordered, [given[name] for name in ordered])
