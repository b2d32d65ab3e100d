"""F5: how many statements a request sends, at two numbers of rows; the larger count is the figure."""

import datetime as dt
import json
import warnings
from typing import Any

from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from appointments.states import AppointmentKind
from benchmarks.figures.people import PAGE, Asker, clients_of, counselors, full_day, intake
from benchmarks.results import Measured
from benchmarks.stack import Stack
from common.clock import now

CONTROL = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")
FAR_AHEAD = dt.timedelta(days=200)


def counted(asker: Asker, method: str, path: str, body: Any = None) -> list[str]:
    """The statements of one request, but for those that begin and end transactions."""
    warnings.filterwarnings("ignore", message="No directory at")  # static files are not asked for
    browser = Browser(headers={"authorization": f"Token {asker.token}", "host": "127.0.0.1"})
    sent = {"data": json.dumps(body), "content_type": "application/json"} if body else {}
    with CaptureQueriesContext(connection) as captured:
        answer = getattr(browser, method)(path, **sent)
    if answer.status_code not in (200, 201):
        raise RuntimeError(f"{answer.status_code}: {answer.content[:400]!r}")
    statements = [query["sql"] for query in captured.captured_queries]
    return [sql for sql in statements if not sql.startswith(CONTROL)]


def query_counts(_stack: Stack) -> list[Measured]:
    """Lists of 5 and of 25 rows, a retrieve, bookings of one client and of eight."""
    counselor, desk = counselors(1)[0], intake(1)[0]
    clients = clients_of(counselor)
    starts, ends = full_day(desk)
    day = {"from": starts.isoformat(), "until": ends.isoformat(), "facility": desk.facility}
    return [
        _figure("F5.list", {n: _list(counselor, n) for n in (5, PAGE)}, "rows"),
        _figure("F5.day", {n: _day(desk, n, day) for n in (5, PAGE)}, "rows"),
        _figure(
            "F5.retrieve",
            {n: counted(counselor, "get", f"/api/v1/clients/{clients[n]}/") for n in (0, 1)},
            "th client",
        ),
        _bookings(counselor, clients),
    ]


def _list(asker: Asker, rows: int) -> list[str]:
    return counted(asker, "get", f"/api/v1/clients/?page_size={rows}")


def _day(asker: Asker, rows: int, day: dict[str, Any]) -> list[str]:
    browser_path = "/api/v1/appointments/?" + "&".join(
        f"{name}={str(value).replace('+', '%2B')}" for name, value in day.items()
    )
    return counted(asker, "get", f"{browser_path}&page_size={rows}")


def _bookings(asker: Asker, clients: list[Any]) -> Measured:
    """Of one client and of eight, by themselves and then beside the visits just booked: those are
    told of together. The figure is the largest."""
    alone = {n: len(_booking(asker, clients[:n], day=n)) for n in (1, 8)}
    beside = {n: len(_booking(asker, clients[:n], day=n, hour=2)) for n in (1, 8)}
    said = (
        f"{alone[1]} of one client, {alone[8]} of eight; beside another visit that day "
        f"{beside[1]} and {beside[8]}."
    )
    return Measured("F5.booking", [max(*alone.values(), *beside.values())], "—", [said])


def _booking(asker: Asker, clients: list[Any], *, day: int, hour: int = 0) -> list[str]:
    starts_at = now().replace(minute=0, second=0, microsecond=0) + FAR_AHEAD
    starts_at += dt.timedelta(days=2 * day, hours=hour)
    return counted(
        asker,
        "post",
        "/api/v1/appointments/",
        {
            "facility": str(asker.facility),
            "kind": AppointmentKind.GROUP if len(clients) > 1 else AppointmentKind.INDIVIDUAL,
            "starts_at": starts_at.isoformat(),
            "duration_minutes": 30,
            "staff": [str(asker.user.pk)],
            "clients": [str(client) for client in clients],
        },
    )


def _figure(name: str, found: dict[int, list[str]], of: str) -> Measured:
    counts = {size: len(statements) for size, statements in found.items()}
    same = "constant" if len(set(counts.values())) == 1 else "NOT constant"
    said = ", ".join(f"{count} at {size} {of}" for size, count in counts.items())
    return Measured(name, [max(counts.values())], "—", [f"{said}: {same}."])
