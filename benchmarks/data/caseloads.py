"""Who is whose client, since when, and at which hours of which weeks they come.

A counselor's week has 45 hours to give. A client holds one of them for a while, then the next
client does: so nobody is ever booked twice, and no constraint has to say so.
"""

import datetime as dt
import uuid
from dataclasses import dataclass, field
from random import Random

from benchmarks.data.moments import DAY, at, id_at, monday_of
from benchmarks.data.organization import COUNSELORS_A_GROUP_ROOM, Counselor
from benchmarks.data.sizes import Size

HOURS = range(8, 17)
WEEKDAYS = range(5)
GROUP_HOUR = 17
GROUP_WEEKS = range(-4, 3)
IN_TREATMENT = range(30, 46)
"""Of a counselor's clients, so many at once."""
COMING = (0, 1, 2, 2, 3, 3, 4, 4)
"""Appointments ahead, of clients in treatment."""


@dataclass
class Case:
    """One client as the generator knows them."""

    id: uuid.UUID
    number: int
    counselor: Counselor
    registered_at: dt.datetime
    admitted_at: dt.datetime
    discharged_at: dt.datetime | None
    visits: list[dt.datetime]
    points: dict[str, uuid.UUID] = field(default_factory=dict)
    refusals: dict[str, str] = field(default_factory=dict)
    address_indexes: dict[str, str] = field(default_factory=dict)
    preferred: str = "sms"
    language: str = "en"
    greeting_name: str = ""
    on_unit_until: dt.datetime | None = None
    reminded_on_unit: bool = False


@dataclass
class Caseload:
    """A counselor's clients, and their weekly group."""

    counselor: Counselor
    cases: list[Case]
    groups: list[dt.datetime]


def shared_out(total: int, among: int) -> list[int]:
    """`total` in `among` whole parts that differ by one at most."""
    return [total // among + (n < total % among) for n in range(among)]


class Scheduling:
    """Shares clients and appointments out among the counselors."""

    def __init__(self, size: Size, now: dt.datetime, rng: Random) -> None:
        self.size, self.now, self.rng = size, now, rng
        self.monday = monday_of(now)
        self.clients = 0

    def caseload(self, counselor: Counselor, clients: int, appointments: int) -> Caseload:
        """A counselor's cases, with as many appointments as asked for."""
        groups = self._groups(counselor)
        seats = [(day, hour) for day in WEEKDAYS for hour in HOURS]
        self.rng.shuffle(seats)
        active = min(clients, self.rng.choice(IN_TREATMENT))
        held: list[list[int]] = [[] for _ in range(active)]
        counts = self._counts(clients, max(clients, appointments - len(groups)))
        for number, count in enumerate(counts):
            held[number % active].append(count)
        cases = [
            case
            for seat, counts_of_seat in zip(seats, held, strict=False)
            for case in self._seat(counselor, *seat, counts_of_seat)
        ]
        return Caseload(counselor, cases, groups)

    def _groups(self, counselor: Counselor) -> list[dt.datetime]:
        """Those who share a group room have it on different days."""
        day = counselor.number % COUNSELORS_A_GROUP_ROOM
        zone = counselor.site.zone
        return [at(self.monday + (7 * w + day) * DAY, GROUP_HOUR, zone) for w in GROUP_WEEKS]

    def _counts(self, clients: int, appointments: int) -> list[int]:
        """How many appointments each has: around the average, and together exactly all."""
        counts = shared_out(appointments, clients)
        for _ in range(clients):
            giver, taker = self.rng.randrange(clients), self.rng.randrange(clients)
            moved = min(counts[giver] - 1, self.rng.randint(0, 2))
            counts[giver] -= moved
            counts[taker] += moved
        return counts

    def _seat(self, counselor: Counselor, day: int, hour: int, counts: list[int]) -> list[Case]:
        """Who holds one hour of the week: the one who comes now, before them those who left."""
        zone = counselor.site.zone
        first = self.monday + day * DAY
        week = 0 if at(first, hour, zone) > self.now else 1  # the first that is still ahead
        ahead = min(counts[0], self.rng.choice(COMING))
        until = week + ahead
        cases = []
        for index, count in enumerate(counts):
            weeks = range(until - count, until)
            visits = [at(first + 7 * w * DAY, hour, zone) for w in weeks]
            cases.append(self._case(counselor, visits, left=index > 0))
            until -= count + self.rng.randint(2, 4)
        return cases

    def _case(self, counselor: Counselor, visits: list[dt.datetime], *, left: bool) -> Case:
        begun = min(visits[0], self.now)
        admitted_at = begun - dt.timedelta(days=self.rng.randint(2, 120), hours=3)
        discharged_at = visits[-1] + dt.timedelta(days=2, hours=1) if left else None
        registered_at = admitted_at - dt.timedelta(days=self.rng.randint(0, 5), hours=1)
        self.clients += 1
        return Case(
            id=id_at(registered_at, self.rng),
            number=self.clients,
            counselor=counselor,
            registered_at=registered_at,
            admitted_at=admitted_at,
            discharged_at=discharged_at,
            visits=visits,
        )
