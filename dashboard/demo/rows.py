"""Writing many finished rows of the past at once, with the times that they carry."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection, models

from common.crypto import EncryptedTextField


class Rows:
    """Rows to be, kept by table; a table is written after those that were named before it.

    `bulk_create` would put the present moment into every `created_at`; COPY takes what it is given,
    and constraints and triggers look at each row all the same.
    """

    def __init__(self, order: Sequence[type[models.Model]]) -> None:
        self.order = order
        self.rows: Mapping[type[models.Model], list[models.Model]] = defaultdict(list)

    def add(self, row: models.Model) -> None:
        """Keep a row for later."""
        self.rows[type(row)].append(row)

    def write(self) -> None:
        """Write all of them."""
        quoted = connection.ops.quote_name
        for model in self.order:
            fields = [field for field in model._meta.concrete_fields if not field.generated]
            names = ", ".join(quoted(str(field.column)) for field in fields)
            statement = f"COPY {quoted(model._meta.db_table)} ({names}) FROM STDIN"
            with connection.cursor() as cursor, cursor.copy(statement) as copy:
                for row in self.rows[model]:
                    copy.write_row([_stored(field, row) for field in fields])


def _stored(field: "models.Field[Any, Any]", row: models.Model) -> Any:
    if isinstance(field, EncryptedTextField):
        value: Any = field.pre_save(row, add=True)
    else:
        value = getattr(row, field.attname)
    return field.get_db_prep_save(value, connection)
