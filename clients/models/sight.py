"""Which clients a person sees by care team, place or supervision: sub-selects, written by hand.

Nearly every statement of a request contains one of these, several times as a rule; building them by the
ORM anew each time took more than running them (`docs/decisions/0018-hot-paths-in-sql.md`).
"""

import uuid
from collections.abc import Collection

from django.db.models import UUIDField
from django.db.models.expressions import RawSQL

from common.present import PRESENT

KNOWN = """
SELECT k.client_id FROM clients_knownat k
 WHERE k.facility_id = ANY(%s) AND k.since <= %s AND (k.until IS NULL OR k.until > %s)
"""
OF_ONE = """
SELECT t.client_id
  FROM clients_careteammember t
  JOIN clients_knownat k
    ON k.client_id = t.client_id AND k.facility_id = ANY(%s)
   AND k.since <= %s AND (k.until IS NULL OR k.until > %s)
 WHERE t.since <= %s AND (t.until IS NULL OR t.until > %s)
   AND t.user_id = %s
"""
OF_SUPERVISED = """
SELECT t.client_id
  FROM clients_careteammember t
  JOIN clients_knownat k
    ON k.client_id = t.client_id AND k.facility_id = ANY(%s)
   AND k.since <= %s AND (k.until IS NULL OR k.until > %s)
 WHERE t.since <= %s AND (t.until IS NULL OR t.until > %s)
   AND t.user_id IN (SELECT m.user_id FROM organization_membership m
                      WHERE m.supervisor_id = %s AND m.facility_id = ANY(%s)
                        AND m.since <= %s AND (m.until IS NULL OR m.until > %s))
"""


def known_at(facilities: Collection[uuid.UUID]) -> RawSQL:
    """Clients known at one of these facilities."""
    return _ids(KNOWN, [list(facilities), PRESENT, PRESENT])


def on_care_team(user_id: uuid.UUID, facilities: Collection[uuid.UUID]) -> RawSQL:
    """Clients whose care team this person is on, known at one of these facilities."""
    return _ids(OF_ONE, [*_team(facilities), user_id])


def supervised(user_id: uuid.UUID, facilities: Collection[uuid.UUID]) -> RawSQL:
    """Clients whose care team has somebody whom this person supervises there."""
    there = list(facilities)
    return _ids(OF_SUPERVISED, [*_team(there), user_id, there, PRESENT, PRESENT])


def _team(facilities: Collection[uuid.UUID]) -> list[object]:
    return [list(facilities), *[PRESENT] * 4]


def _ids(sql: str, values: list[object]) -> RawSQL:
    return RawSQL(sql, values, output_field=UUIDField())  # noqa: S611 (constants of this module)
