"""Who is at a facility: staff who work with clients there, and clients who are known there."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from clients.services import HOLD
from common.clock import now
from common.database import among, run
from organization.roles import Capability, roles_with

# The periods are those of `PeriodQuerySet.current`.
HERE = """
WITH held AS MATERIALIZED ({hold})
SELECT m.user_id, TRUE, NULL::uuid
  FROM organization_membership m
  JOIN organization_user u ON u.id = m.user_id AND u.is_active
 WHERE m.facility_id = %(facility)s AND m.user_id {staff} AND m.role = ANY(%(roles)s)
   AND m.since <= %(now)s AND (m.until IS NULL OR m.until > %(now)s)
 UNION
SELECT h.id,
       EXISTS (SELECT FROM clients_knownat k
                WHERE k.client_id = h.id AND k.facility_id = %(facility)s
                  AND k.since <= %(now)s AND (k.until IS NULL OR k.until > %(now)s)),
       h.merged_into_id
  FROM held h
"""


@dataclass(frozen=True)
class Here:
    """Those who are here, and the clients among those asked for who were merged into another."""

    ids: set[uuid.UUID] = field(default_factory=set)
    merged: set[uuid.UUID] = field(default_factory=set)


def hold_those_here(
    facility_id: uuid.UUID, *, staff: Collection[uuid.UUID], clients: Collection[uuid.UUID]
) -> Here:
    """Those of these who are. The clients are held as `require_standing` holds them: until the
    transaction ends none is merged. One statement for all of it."""
    at_work, staff_value = among(staff, "%(staff)s")
    known, clients_value = among(clients, "%(clients)s")
    values: dict[str, Any] = {
        "facility": facility_id,
        "staff": staff_value,
        "clients": clients_value,
        "roles": [role.value for role in roles_with(Capability.VIEW_CALENDAR)],
        "now": now(),
    }
    found = Here()
    statement = HERE.format(hold=HOLD.format(these=known), staff=at_work)
    for pk, is_here, merged_into in run(statement, values):
        if is_here:
            found.ids.add(pk)
        if merged_into is not None:
            found.merged.add(pk)
    return found
