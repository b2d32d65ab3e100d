"""The demo's calendar, thought out before anything is booked: who meets whom when, and what comes
of it. Pure: the services are asked in `dashboard.demo.acts`.
"""

import datetime as dt
import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from appointments.states import AppointmentKind, AttendanceStatus, CancelledBy
from common.clock import at_wall_clock
from dashboard.demo.people import DAY, Person
from dashboard.demo.places import SEED, SITES, Site
from organization.models import PhaseKind
from organization.roles import Role

HOUR = dt.timedelta(hours=1)
SESSION = dt.timedelta(minutes=50)
GROUP_SESSION = dt.timedelta(minutes=75)
DAYS_BACK, DAYS_AHEAD = 8, 20
DENSE_DAYS_AHEAD = 3
PEOPLE_FOR_ONE_MORE = 130
"""With so many more clients, each counselor has one more session on an ordinary day."""

SLOTS = tuple(dt.time(*t) for t in ((8,), (9,), (10,), (13,), (14,), (15, 30), (16, 40)))
SPREAD = (0, 6, 3, 5, 1, 4, 2)
"""The order in which a day's slots are taken, so that a few are spread over the day."""

ROUNDS = tuple(dt.time(*t) for t in ((8, 30), (9,), (9, 30), (10,), (12, 20), (14, 30), (16,)))
BESIDES = (AppointmentKind.GROUP, AppointmentKind.MEDICAL)
"""Kinds that don't stand in for a session with the counselor."""

GROUP_TIME = dt.time(11)
GROUP_SIZE = 5
GROUP_DAYS = (0, -4, 2)
FEWEST_DAYS_BETWEEN = {
    PhaseKind.DETOX: 3,
    PhaseKind.INPATIENT: 8,
    PhaseKind.OUTPATIENT: 8,
    PhaseKind.AFTERCARE: 14,
}
A = AttendanceStatus
OUTCOMES = (A.ATTENDED,) * 8 + (A.NO_SHOW, A.ATTENDED, A.LEFT_EARLY, A.NO_SHOW, A.ATTENDED)
CANCELLATIONS = (
    (CancelledBy.CLIENT, "Has to work."),
    (CancelledBy.CLIENT, "No ride that day."),
    (CancelledBy.SERVICE, "Counselor is out sick."),
)


@dataclass(frozen=True)
class Cancellation:
    at: dt.datetime
    by_whom: CancelledBy
    reason: str


@dataclass(eq=False)
class Visit:
    """An appointment to be. `moved_at`: when it was moved here from `first_start`.

    `fixed`: it was put down on purpose and stays as it is.
    """

    number: int
    site: Site
    kind: AppointmentKind
    start: dt.datetime
    length: dt.timedelta
    staff: str
    people: list[Person]
    room: str
    booked_at: dt.datetime
    fixed: bool = False
    first_start: dt.datetime | None = None
    moved_at: dt.datetime | None = None
    cancelled: Cancellation | None = None
    outcomes: dict[int, AttendanceStatus] = field(default_factory=dict)

    @property
    def end(self) -> dt.datetime:
        return self.start + self.length


class Diary:
    """The visits, and who is busy when."""

    def __init__(self, people: Sequence[Person], now: dt.datetime) -> None:
        self.people = people
        self.now = now
        self.visits: list[Visit] = []
        self.a_day = max(1, len(people) // PEOPLE_FOR_ONE_MORE)
        self._busy: dict[str, list[tuple[dt.datetime, dt.datetime]]] = defaultdict(list)
        self._days: dict[int, set[dt.date]] = defaultdict(set)

    def today(self, site: Site) -> dt.date:
        """The day on that site's wall calendar."""
        return self.now.astimezone(ZoneInfo(site.zone)).date()

    # ── One visit ─────────────────────────────────────────────────────────────────────────────

    def add(
        self,
        people: Sequence[Person],
        start: dt.datetime,
        *,
        kind: AppointmentKind = AppointmentKind.INDIVIDUAL,
        length: dt.timedelta = SESSION,
        staff: str = "",
        booked_at: dt.datetime | None = None,
    ) -> Visit | None:
        """Put a visit down, if everybody and a room are free and it could have been booked."""
        site, number = people[0].site, len(self.visits)
        staff = staff or people[0].counselor
        rng = random.Random(f"{SEED}:visit:{number}")  # noqa: S311
        fixed, booked_at = booked_at is not None, booked_at or self._booked_at(people, start, rng)
        keys = [staff, *(f"client:{p.number}" for p in people)]
        room = self._free_room(site, kind, start, length)
        if booked_at is None or room is None or not self._free(keys, start, length):
            return None
        visit = Visit(
            number, site, kind, start, length, staff, list(people), room, booked_at, fixed
        )  # fmt: skip
        self._take([*keys, _room_key(site, room)], start, length)
        self.visits.append(visit)
        for person in people:
            visit.outcomes[person.number] = OUTCOMES[(number + person.number) % len(OUTCOMES)]
        if kind not in BESIDES:
            self._days[people[0].number].add(start.astimezone(ZoneInfo(site.zone)).date())
        return visit

    def _booked_at(
        self, people: Sequence[Person], start: dt.datetime, rng: random.Random
    ) -> dt.datetime | None:
        """In office hours some days before, after admission, and not later than a while ago."""
        zone = people[0].site.zone
        earliest = max(p.ready_at for p in people) + HOUR
        latest = min(start - HOUR, self.now - dt.timedelta(minutes=rng.randint(15, 50)))
        ahead = rng.choice((1, 2, 4, 4, 5, 6, 7, 9, 11))
        time = dt.time(rng.randint(9, 16), rng.choice((5, 10, 20, 40, 45)))
        day = start.astimezone(ZoneInfo(zone)).date() - ahead * DAY
        yesterday = self.today(people[0].site) - DAY
        if day > yesterday:
            day = yesterday - rng.randint(0, 5) * DAY
        booked_at = min(max(at_wall_clock(day, time, zone), earliest), latest)
        return booked_at if booked_at >= earliest else None

    def _free_room(
        self, site: Site, kind: AppointmentKind, start: dt.datetime, length: dt.timedelta
    ) -> str | None:
        """A free room that fits; empty where none is needed, None if there is none."""
        if kind in (AppointmentKind.PHONE, AppointmentKind.VIDEO):
            return ""
        shared = kind == AppointmentKind.GROUP
        fitting = [name for name, seats in site.rooms if (seats >= GROUP_SIZE) == shared]
        free = [r for r in fitting if self._free([_room_key(site, r)], start, length)]
        return free[0] if free else None

    def _free(self, keys: Iterable[str], start: dt.datetime, length: dt.timedelta) -> bool:
        end = start + length
        return not any(s < end and start < e for key in keys for s, e in self._busy[key])

    def _take(self, keys: Iterable[str], start: dt.datetime, length: dt.timedelta) -> None:
        for key in keys:
            self._busy[key].append((start, start + length))

    # ── Filling the days ──────────────────────────────────────────────────────────────────────

    def fill(self) -> None:
        """Today as full as the caseloads allow, tomorrow well filled, other weekdays lightly."""
        for site in SITES:
            today = self.today(site)
            self._groups(site, today)
            self._newcomers(site, today)
            self._rounds(site, today)
            for index, counselor in enumerate(site.of_role(Role.COUNSELOR)):
                self._fill_day(site, counselor, today, most=3 + self.a_day if index else len(SLOTS))
                self._fill_day(site, counselor, today + DAY, most=self.a_day + (0 if index else 2))
                for offset in (*range(2, DAYS_AHEAD), *range(-1, -DAYS_BACK, -1)):
                    day = today + offset * DAY
                    further_on = offset > DENSE_DAYS_AHEAD and (offset + index) % 3
                    if day.weekday() < 5 and not further_on:
                        self._fill_day(site, counselor, day, most=self.a_day)
        for visit in list(self.visits):
            if len(visit.people) == 1 and not visit.fixed:
                self._disturb(visit)

    def _groups(self, site: Site, today: dt.date) -> None:
        leaders = site.of_role(Role.COUNSELOR)
        for index, offset in enumerate(GROUP_DAYS):
            day = today + offset * DAY
            start = at_wall_clock(day, GROUP_TIME, site.zone)
            going = [p for p in self.people if p.site == site and self._in_groups(p, start)]
            members = going[index % 2 :][:GROUP_SIZE]
            if len(members) > 1:
                self.add(
                    members, start, kind=AppointmentKind.GROUP, length=GROUP_SESSION,
                    staff=leaders[index % 2],
                )  # fmt: skip

    def _in_groups(self, person: Person, start: dt.datetime) -> bool:
        long_enough = person.ready_at <= self.now - 2 * DAY and person.ready_at <= start - 2 * DAY
        return long_enough and person.phase in (PhaseKind.OUTPATIENT, PhaseKind.INPATIENT)

    def _newcomers(self, site: Site, today: dt.date) -> None:
        """Who is not admitted yet comes to intake."""
        waiting = [p for p in self.people if p.site == site and not p.courses]
        for index, person in enumerate(waiting):
            start = at_wall_clock(today + (index + 1) * DAY, dt.time(9, 30), site.zone)
            intake = site.of_role(Role.INTAKE)[0]
            self.add([person], start, kind=AppointmentKind.INTAKE, staff=intake)

    def _rounds(self, site: Site, day: dt.date) -> None:
        """Who is in detox sees the nurse."""
        nurse = site.of_role(Role.NURSE)[0]
        starts = [at_wall_clock(day, time, site.zone) for time in ROUNDS]
        for person in self.people:
            if person.site != site or person.phase != PhaseKind.DETOX:
                continue
            possible = (s for s in starts if s >= person.ready_at + 2 * HOUR)
            any(
                self.add([person], s, kind=AppointmentKind.MEDICAL, staff=nurse, length=SESSION / 2)
                for s in possible
            )

    def _fill_day(self, site: Site, counselor: str, day: dt.date, *, most: int) -> None:
        caseload = [p for p in self.people if p.counselor == counselor and p.courses]
        turn = 0 if day == self.today(site) else day.toordinal()
        made = 0
        for index in range(len(SLOTS)):
            if made < most:
                slot = SLOTS[SPREAD[(index + turn) % len(SLOTS)]]
                start = at_wall_clock(day, slot, site.zone)
                made += self._one_of(caseload, start, day, is_today=day == self.today(site))

    def _one_of(
        self, caseload: Sequence[Person], start: dt.datetime, day: dt.date, *, is_today: bool
    ) -> bool:
        for person in sorted(caseload, key=lambda p: len(self._days[p.number])):
            phase = person.phase_at(start)
            if phase is None or start < person.ready_at + 2 * HOUR:
                continue
            apart = 1 if is_today else FEWEST_DAYS_BETWEEN[phase]
            if any(abs((day - other).days) < apart for other in self._days[person.number]):
                continue
            if self.add([person], start, kind=self._kind(person, phase)):
                return True
        return False

    def _kind(self, person: Person, phase: PhaseKind) -> AppointmentKind:
        turn = person.number + len(self._days[person.number])
        if phase == PhaseKind.AFTERCARE and turn % 2:
            return AppointmentKind.PHONE
        if phase == PhaseKind.OUTPATIENT and turn % 7 == 3:
            return AppointmentKind.VIDEO
        return AppointmentKind.FAMILY if turn % 11 == 5 else AppointmentKind.INDIVIDUAL

    def _disturb(self, visit: Visit) -> None:
        """Some are cancelled and some moved, each at a time between the booking and the start."""
        rng = random.Random(f"{SEED}:disturbed:{visit.number}")  # noqa: S311
        chance = rng.random()
        latest = min(visit.start, self.now)
        at = visit.booked_at + (latest - visit.booked_at) * rng.uniform(0.3, 0.9)
        if latest - visit.booked_at < 20 * HOUR or chance > 0.16:
            return
        if chance < 0.08:
            visit.cancelled = Cancellation(at, *CANCELLATIONS[visit.number % 3])
        else:
            self._move_here(visit, at)

    def _move_here(self, visit: Visit, at: dt.datetime) -> None:
        """Have been booked for another day first."""
        for days in (1, -1, 2, -2, 3):
            first = visit.start + days * DAY
            keys = [visit.staff, f"client:{visit.people[0].number}"]
            keys += [_room_key(visit.site, visit.room)] if visit.room else []
            if first > at + HOUR and self._free(keys, first, visit.length):
                self._take(keys, first, visit.length)
                visit.first_start, visit.moved_at = first, at
                return


def _room_key(site: Site, room: str) -> str:
    return f"room:{site.key}:{room}"
