"""The audit trail: what staff read and changed of their clients' records."""

import datetime as dt
from random import Random
from typing import Any

from audit.models import AuditEvent, Source
from benchmarks.data.caseloads import Caseload
from benchmarks.data.copying import Batch
from benchmarks.data.moments import id_at

READS = (
    ("GET /api/v1/clients/<uuid:pk>/", "client"),
    ("GET /clients/<uuid:pk>/", "client"),
    ("GET /api/v1/episodes/", "episode"),
    ("GET /api/v1/clients/<uuid:client_id>/contact-points/", "contact_point"),
)
CHANGES = (
    ("POST /api/v1/appointments/", "appointment.booked"),
    ("POST /api/v1/appointments/<uuid:pk>/completion/", "attendance.attended"),
    ("PATCH /api/v1/clients/<uuid:pk>/", "client.updated"),
)
LIST_ROUTE = "GET /api/v1/clients/"
LISTS, WRITES = 0.08, 0.28


class Trailing:
    """Writes the trail of a caseload."""

    def __init__(self, batch: Batch, now: dt.datetime, rng: Random) -> None:
        self.batch, self.now, self.rng = batch, now, rng

    def trail(self, caseload: Caseload, rows: int) -> None:
        """So many rows, spread over the time that these clients are known."""
        rng, cases = self.rng, caseload.cases
        for _ in range(rows):
            case = rng.choice(cases)
            until = case.discharged_at or self.now
            at = case.registered_at + (until - case.registered_at) * rng.random()
            luck = rng.random()
            values: dict[str, Any] = {}
            if luck < LISTS:
                shown = sorted(str(c.id) for c in rng.sample(cases, min(25, len(cases))))
                values = {"route": LIST_ROUTE, "reads": {"client": shown}, "clients": shown}
            elif luck < WRITES:
                route, action = rng.choice(CHANGES)
                change = {"action": action, "id": str(id_at(at, rng))}
                values = {"route": route, "changes": [change], "clients": [str(case.id)]}
            else:
                route, kind = rng.choice(READS)
                values = {
                    "route": route,
                    "reads": {kind: [str(case.id)]},
                    "clients": [str(case.id)],
                }
            self.batch.add(
                AuditEvent, id_at(at, rng), at, at=at, actor_id=caseload.counselor.id,
                source=Source.API if "/api/" in str(values["route"]) else Source.WEB,
                request_id=id_at(at, rng), address=f"10.0.{rng.randrange(256)}.{rng.randrange(256)}",
                **values,
            )  # fmt: skip
