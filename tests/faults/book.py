"""Bookings by HTTP, one after the other, at times that nobody has: `python -m tests.faults.book N DAYS`.

Prints a JSON list: for each booking its status (0: no answer) and how many seconds it took. `DAYS`
ahead sets apart the runs on one stage.
"""

import datetime as dt
import http.client
import json
import os
import sys
import time
from urllib.parse import urlsplit

import django

django.setup()

from benchmarks.figures.people import clients_of, counselors, office_of  # noqa: E402
from common.clock import now  # noqa: E402

SLOTS_A_DAY = 16


def book(count: int, days: int) -> list[tuple[int, float]]:
    """What the server said to each, and after how long."""
    asker = counselors(1)[0]
    clients, room = clients_of(asker), office_of(asker)
    first = now().replace(hour=0, minute=0, second=0, microsecond=0) + dt.timedelta(days=days)
    where = urlsplit(os.environ["PUBLIC_URL"])
    said = []
    for number in range(count):
        day, slot = divmod(number, SLOTS_A_DAY)
        starts_at = first + dt.timedelta(days=day, minutes=30 * slot)
        body = {
            "facility": str(asker.facility),
            "kind": "individual",
            "starts_at": starts_at.isoformat(),
            "duration_minutes": 30,
            "room": str(room),
            "staff": [str(asker.user.pk)],
            "clients": [str(clients[number % len(clients)])],
        }
        headers = {"Authorization": f"Token {asker.token}", "Content-Type": "application/json"}
        begun, status = time.monotonic(), 0
        link = http.client.HTTPConnection(where.hostname or "", where.port, timeout=20)
        try:
            link.request("POST", "/api/v1/appointments/", json.dumps(body), headers)
            status = link.getresponse().status
        except (OSError, http.client.HTTPException):
            pass
        finally:
            link.close()
        said.append((status, time.monotonic() - begun))
    return said


if __name__ == "__main__":
    sys.stdout.write(json.dumps(book(int(sys.argv[1]), int(sys.argv[2]))))
