"""Who is at a facility: staff who work with clients there, and clients who are known there."""

import uuid
from collections.abc import Collection
from typing import Any

from django.db import connection

from common.clock import now
from common.database import among
from organization.roles import Capability, roles_with

# The periods are those of `PeriodQuerySet.current`.
HERE = """
SELECT m.user_id
  FROM organization_membership m
  JOIN organization_user u ON u.id = m.user_id AND u.is_active
 WHERE m.facility_id = %(facility)s AND m.user_id {staff} AND m.role = ANY(%(roles)s)
   AND m.since <= %(now)s AND (m.until IS NULL OR m.until > %(now)s)
 UNION
SELECT k.client_id
  FROM clients_knownat k
 WHERE k.facility_id = %(facility)s AND k.client_id {clients}
   AND k.since <= %(now)s AND (k.until IS NULL OR k.until > %(now)s)
"""


def those_here(
    facility_id: uuid.UUID, *, staff: Collection[uuid.UUID], clients: Collection[uuid.UUID]
) -> set[uuid.UUID]:
    """Those of these who are; one statement for both."""
    at_work, staff_value = among(staff, "%(staff)s")
    known, clients_value = among(clients, "%(clients)s")
    values: dict[str, Any] = {
        "facility": facility_id,
        "staff": staff_value,
        "clients": clients_value,
        "roles": [role.value for role in roles_with(Capability.VIEW_CALENDAR)],
        "now": now(),
    }
    with connection.cursor() as cursor:
        cursor.execute(HERE.format(staff=at_work, clients=known), values)
        return {row[0] for row in cursor.fetchall()}
