"""F1 to F4: requests at eight connections, each in turns with its reference."""

import datetime as dt
import itertools
import json
import urllib.parse
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from audit.models import AuditEvent
from benchmarks.figures.people import (
    PAGE,
    Asker,
    clients_of,
    counselors,
    full_day,
    intake,
    office_of,
    own_clients_of,
)
from benchmarks.load import Rate, Request, ask, measure, request
from benchmarks.results import Measured
from benchmarks.stack import Stack
from common.clock import now

WARM_UP = 240
"""Until every thread of the servers has its connection, and each connection its plans."""
FAR_AHEAD_DAYS = 60
SLOTS_A_DAY = 16
SLOT = dt.timedelta(minutes=30)


@dataclass(frozen=True)
class Pace:
    """How long and how often."""

    runs: int
    seconds: float
    bookings: int


@dataclass(frozen=True)
class Pair:
    """What is measured and what it is divided by: requests that may go round, or new ones a run."""

    subject: Callable[[], Sequence[Request]]
    reference: Callable[[], Sequence[Request]]
    seconds: float


def in_turns(
    figure: str, stack: Stack, pair: Pair, runs: int, reference: str, *, page: int = 0
) -> Measured:
    """Reference and subject by turns; each run's ratio."""
    subjects, references = list(pair.subject()), list(pair.reference())
    _check_page(stack, subjects[0], page)
    for port, given in (("web", subjects), ("bare", references)):
        again = itertools.cycle(given) if pair.seconds else given
        measure(stack.ports[port], list(itertools.islice(again, WARM_UP)))
    audited = AuditEvent.objects.count()
    ours: list[Rate] = []
    theirs: list[Rate] = []
    for _ in range(runs):
        theirs.append(measure(stack.ports["bare"], pair.reference(), seconds=pair.seconds))
        ours.append(measure(stack.ports["web"], pair.subject(), seconds=pair.seconds))
    audited = AuditEvent.objects.count() - audited
    answers = sum(rate.answers for rate in ours)
    if audited < answers:
        raise RuntimeError(f"{answers} answers, but only {audited} audit rows")
    return Measured(
        figure,
        [mine.a_second / bare.a_second for mine, bare in zip(ours, theirs, strict=True)],
        f"{reference}: {_middle(theirs)}",
        [f"Casework {_middle(ours)}; {answers} answers, {audited} audit rows."],
    )


def _check_page(stack: Stack, one: Request, page: int) -> None:
    """The answer is the one that was meant: a whole page where a page is asked for."""
    if page:
        rows = json.loads(ask(stack.ports["web"], one))["results"]
        if len(rows) != page:
            raise RuntimeError(f"{len(rows)} rows instead of {page}")


def _middle(rates: Sequence[Rate]) -> str:
    middle = sorted(rates, key=lambda rate: rate.a_second)[len(rates) // 2]
    return f"{middle.a_second:.0f} a second, p50 {middle.p50_ms:.1f} ms, p95 {middle.p95_ms:.1f} ms"


def client_list(stack: Stack, pace: Pace) -> Measured:
    """F1."""
    askers = counselors()
    ours = [request("GET", "/api/v1/clients/", asker.token) for asker in askers]
    bare = [request("GET", "/clients/", asker.token) for asker in askers]
    pair = Pair(lambda: ours, lambda: bare, pace.seconds)
    return in_turns("F1", stack, pair, pace.runs, "(a) bare DRF list", page=PAGE)


def client_retrieve(stack: Stack, pace: Pace) -> Measured:
    """F2."""
    pairs = [(asker, pk) for asker in counselors() for pk in clients_of(asker)[:PAGE]]
    ours = [request("GET", f"/api/v1/clients/{pk}/", asker.token) for asker, pk in pairs]
    bare = [request("GET", f"/clients/{pk}/", asker.token) for asker, pk in pairs]
    pair = Pair(lambda: ours, lambda: bare, pace.seconds)
    return in_turns("F2", stack, pair, pace.runs, "(a) bare DRF retrieve")


def day_list(stack: Stack, pace: Pace) -> Measured:
    """F3: asked by intake, who see every appointment of the facility, with phases."""
    askers = intake()
    ours = [request("GET", _day_path(asker), asker.token) for asker in askers]
    bare = [request("GET", "/appointments/", asker.token) for asker in askers]
    pair = Pair(lambda: ours, lambda: bare, pace.seconds)
    return in_turns("F3", stack, pair, pace.runs, "(a) bare DRF list", page=PAGE)


def _day_path(asker: Asker) -> str:
    starts, ends = full_day(asker)
    asked = {"from": starts.isoformat(), "until": ends.isoformat(), "facility": asker.facility}
    return f"/api/v1/appointments/?{urllib.parse.urlencode(asked)}"


class Slots:
    """Times that nobody has taken, for staff, room and client: each is given out once."""

    def __init__(self, askers: Sequence[Asker]) -> None:
        self.askers = askers
        self.rooms = {asker.token: office_of(asker) for asker in askers}
        self.clients = {asker.token: itertools.cycle(own_clients_of(asker)) for asker in askers}
        self.first = (now() + dt.timedelta(days=FAR_AHEAD_DAYS)).replace(
            hour=15, minute=0, second=0, microsecond=0
        )
        self.given = itertools.count()

    def __call__(self) -> tuple[Asker, uuid.UUID, uuid.UUID, dt.datetime]:
        """Somebody, their room, a client of theirs, and when."""
        number = next(self.given)
        asker = self.askers[number % len(self.askers)]
        day, slot = divmod(number // len(self.askers), SLOTS_A_DAY)
        starts_at = self.first + dt.timedelta(days=day) + slot * SLOT
        return asker, self.rooms[asker.token], next(self.clients[asker.token]), starts_at


def booking(stack: Stack, pace: Pace) -> Measured:
    """F4: times that nobody has, so that each is booked; the reference takes times of its own."""
    slots = Slots(counselors())

    def subject() -> list[Request]:
        return [_booking(*slots()) for _ in range(pace.bookings)]

    def reference() -> list[Request]:
        return [_insert(*slots()) for _ in range(pace.bookings)]

    pair = Pair(subject, reference, seconds=0)
    return in_turns("F4", stack, pair, pace.runs, "(e) bare DRF POST, one INSERT")


def _booking(asker: Asker, room: uuid.UUID, client: uuid.UUID, starts_at: dt.datetime) -> Request:
    body = {
        "facility": str(asker.facility),
        "kind": "individual",
        "starts_at": starts_at.isoformat(),
        "duration_minutes": 30,
        "room": str(room),
        "staff": [str(asker.user.pk)],
        "clients": [str(client)],
    }
    sent = json.dumps(body).encode()
    return request("POST", "/api/v1/appointments/", asker.token, sent, status=201)


def _insert(asker: Asker, room: uuid.UUID, client: uuid.UUID, starts_at: dt.datetime) -> Request:
    body = {
        "facility": str(asker.facility),
        "room": str(room),
        "staff": str(asker.user.pk),
        "client": str(client),
        "starts_at": starts_at.isoformat(),
        "ends_at": (starts_at + SLOT).isoformat(),
    }
    return request("POST", "/bookings/", asker.token, json.dumps(body).encode(), status=201)


def raw_list(stack: Stack, pace: Pace) -> str:
    """Reference (b), for orientation."""
    raw = [request("GET", "/", "")]
    measure(stack.ports["raw"], raw * WARM_UP)
    rates = [measure(stack.ports["raw"], raw, seconds=pace.seconds) for _ in range(pace.runs)]
    return _middle(rates)
