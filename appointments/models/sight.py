"""Which appointments are somebody's own or some clients': sub-selects, as `clients.models.sight` has them."""

import uuid
from collections.abc import Sequence
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db.models import QuerySet, UUIDField
from django.db.models.expressions import RawSQL

STAFFED = "SELECT s.appointment_id FROM appointments_appointmentstaff s WHERE s.user_id = %s"
ATTENDED = "SELECT a.appointment_id FROM appointments_attendance a WHERE a.client_id IN ({clients})"


def staffed_by(user_id: uuid.UUID) -> RawSQL:
    """Appointments that this person is on the staff of."""
    return _ids(STAFFED, [user_id])


def attended_by(clients: QuerySet[Any]) -> RawSQL:
    """Appointments that one of these clients attends, or did."""
    sql, values = select_ids(clients)
    return _ids(ATTENDED.format(clients=sql), values)


def these(rows: QuerySet[Any]) -> RawSQL:
    """The ids of these rows: compiled once, where the ORM would build what nests in another anew."""
    return _ids(*select_ids(rows))


def select_ids(rows: QuerySet[Any]) -> tuple[str, Sequence[Any]]:
    """The select of these rows' ids, to stand within another, and its values."""
    try:
        return rows.order_by().values("pk").query.sql_with_params()
    except EmptyResultSet:  # so the ORM says that there can be none
        return "SELECT NULL::uuid WHERE FALSE", ()


def _ids(sql: str, values: Sequence[Any]) -> RawSQL:
    return RawSQL(sql, values, output_field=UUIDField())  # noqa: S611 (constants, and the ORM's own)
