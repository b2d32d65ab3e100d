"""Which appointments are somebody's own or some clients': sub-selects, as `clients.models.sight` has them."""

import uuid
from collections.abc import Sequence
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BooleanField, Func, QuerySet, UUIDField
from django.db.models.expressions import RawSQL
from django.db.models.sql.compiler import SQLCompiler

from common.prepared import select_ids

STAFFED = "SELECT s.appointment_id FROM appointments_appointmentstaff s WHERE s.user_id = %s"
ATTENDED = "SELECT a.appointment_id FROM appointments_attendance a WHERE a.client_id IN ({clients})"


def staffed_by(user_id: uuid.UUID) -> RawSQL:
    """Appointments that this person is on the staff of."""
    return _ids(STAFFED, [user_id])


def attended_by(clients: QuerySet[Any]) -> RawSQL:
    """Appointments that one of these clients attends, or did."""
    sql, values = select_ids(clients)
    return _ids(ATTENDED.format(clients=sql), values)


class OneOf(Func):
    """Whether a column is one of these ids, asked of each row: for a page's few rows PostgreSQL need
    not gather them all, as it does for `IN` beside an `OR`, and for `EXISTS` where it guesses wrong."""

    output_field = BooleanField()

    def __init__(self, column: str, sql: str, values: Sequence[Any]) -> None:
        super().__init__(column)
        self.ids, self.values = sql, tuple(values)

    def as_sql(  # type: ignore[override]  # no template of Func's
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **extra: Any
    ) -> tuple[str, tuple[Any, ...]]:
        column, values = compiler.compile(self.source_expressions[0])
        these = f"SELECT TRUE FROM ({self.ids}) AS these (id) WHERE these.id = {column} LIMIT 1"  # noqa: S608 (constants, and the ORM's own)
        return f"({these}) IS TRUE", (*self.values, *values)


def _ids(sql: str, values: Sequence[Any]) -> RawSQL:
    return RawSQL(sql, values, output_field=UUIDField())  # noqa: S611 (constants, and the ORM's own)
