"""The appointments of the months before the weeks that are lived through: who met whom when, and
what came of it. Pure; `dashboard.demo.archive` writes it down.

Nobody is in two places, because each counselor has a room and a row of slots of their own, and a
client at most one of those a day.
"""

import datetime as dt
import random
from collections.abc import Iterable, Iterator, Sequence
from zoneinfo import ZoneInfo

from appointments.states import AppointmentKind, AttendanceStatus, CancelledBy
from common.clock import at_wall_clock
from dashboard.demo.diary import (
    CANCELLATIONS,
    DAYS_BACK,
    FEWEST_DAYS_BETWEEN,
    GROUP_SESSION,
    GROUP_SIZE,
    GROUP_TIME,
    HOUR,
    ROUNDS,
    SESSION,
    SLOTS,
    SPREAD,
    Cancellation,
    Visit,
)
from dashboard.demo.people import DAY, Consent, Person
from dashboard.demo.places import SEED, SITES, Site
from organization.models import PhaseKind
from organization.roles import Role

PAST_DAYS = 92
A_DAY = 4
GROUP_WEEKDAY = 2
FIRST_NUMBER = 100_000
"""Far from the numbers of the visits that are lived through."""

A = AttendanceStatus
LIVING_IN = (PhaseKind.DETOX, PhaseKind.INPATIENT)

# Outpatient agencies came down to 19.9 % missed (Molfenter 2013); a text lets a quarter fewer be
# missed (Tang: RR 0.77). Who lives in the house hardly misses anything.
MISSED_IF_REMINDED, MISSED_IF_NOT, MISSED_LIVING_IN = 0.19, 0.25, 0.03
LEFT_EARLY = 0.03
CANCELLED_LATE, CANCELLED_EARLY = 0.04, 0.06
LATE = dt.timedelta(hours=24)


def earlier_visits(people: Sequence[Person], now: dt.datetime) -> list[Visit]:
    """All of them, in the order of their days, site by site."""
    visits: list[Visit] = []
    for site in SITES:
        visits += _Months(site, [p for p in people if p.site == site and p.courses]).visits(
            now.astimezone(ZoneInfo(site.zone)).date(), FIRST_NUMBER + len(visits)
        )
    return visits


class _Months:
    """The past months of one site."""

    def __init__(self, site: Site, people: Sequence[Person]) -> None:
        self.site = site
        self.people = people
        self._last: dict[int, dt.date] = {}
        self._number = 0

    def visits(self, today: dt.date, first_number: int) -> list[Visit]:
        self._number = first_number
        made: list[Visit] = []
        for days in range(PAST_DAYS, DAYS_BACK - 1, -1):
            day = today - days * DAY
            if day.weekday() < 5:
                made += self._of_day(day)
        return made

    def _of_day(self, day: dt.date) -> Iterator[Visit]:
        for index, counselor in enumerate(self.site.of_role(Role.COUNSELOR)):
            caseload = [p for p in self.people if p.counselor == counselor]
            yield from self._sessions(day, caseload, self.site.rooms[index][0])
        yield from self._rounds(day)
        if day.weekday() == GROUP_WEEKDAY:
            yield from self._group(day)

    # ── Who comes ─────────────────────────────────────────────────────────────────────────────

    def _sessions(self, day: dt.date, caseload: Iterable[Person], room: str) -> Iterator[Visit]:
        """Whoever has waited longest comes first."""
        waiting = sorted(caseload, key=lambda p: self._last.get(p.number, dt.date.min))
        slots = [SLOTS[SPREAD[(i + day.toordinal()) % len(SLOTS)]] for i in range(A_DAY)]
        for person in waiting:
            if not slots:
                return
            start = at_wall_clock(day, slots[0], self.site.zone)
            phase = person.phase_at(start)
            if phase is None or not self._is_due(person, phase, day):
                continue
            visit = self._visit([person], start, self._kind(person, phase), person.counselor, room)
            if visit:
                self._last[person.number] = day
                slots.pop(0)
                yield visit

    def _is_due(self, person: Person, phase: PhaseKind, day: dt.date) -> bool:
        last = self._last.get(person.number)
        return last is None or (day - last).days >= FEWEST_DAYS_BETWEEN[phase]

    def _kind(self, person: Person, phase: PhaseKind) -> AppointmentKind:
        turn = person.number + self._number
        if phase == PhaseKind.AFTERCARE and turn % 2:
            return AppointmentKind.PHONE
        if phase == PhaseKind.OUTPATIENT and turn % 7 == 3:
            return AppointmentKind.VIDEO
        return AppointmentKind.FAMILY if turn % 11 == 5 else AppointmentKind.INDIVIDUAL

    def _rounds(self, day: dt.date) -> Iterator[Visit]:
        """Who is in detox and does not meet the counselor that day sees the nurse."""
        nurse = self.site.of_role(Role.NURSE)[0]
        starts = [at_wall_clock(day, time, self.site.zone) for time in ROUNDS]
        for person in self.people:
            here = starts and person.phase_at(starts[0]) == PhaseKind.DETOX
            if here and self._last.get(person.number) != day:
                visit = self._visit([person], starts[0], AppointmentKind.MEDICAL, nurse, "")
                if visit:
                    starts.pop(0)
                    yield visit

    def _group(self, day: dt.date) -> Iterator[Visit]:
        start = at_wall_clock(day, GROUP_TIME, self.site.zone)
        leaders = self.site.of_role(Role.COUNSELOR)
        week = day.toordinal() // 7
        able = [
            person
            for person in self.people
            if person.phase_at(start) in (PhaseKind.OUTPATIENT, PhaseKind.INPATIENT)
            and self._booked_at([person], start, 2) is not None
        ]
        turn = week * GROUP_SIZE % max(1, len(able))
        members = [*able[turn:], *able[:turn]][:GROUP_SIZE]
        hall = next(name for name, seats in self.site.rooms if seats >= GROUP_SIZE)
        if len(members) > 1:
            leader = leaders[week % len(leaders)]
            visit = self._visit(members, start, AppointmentKind.GROUP, leader, hall)
            if visit:
                yield visit

    # ── One visit ─────────────────────────────────────────────────────────────────────────────

    def _visit(
        self,
        people: list[Person],
        start: dt.datetime,
        kind: AppointmentKind,
        staff: str,
        room: str,
    ) -> Visit | None:
        rng = random.Random(f"{SEED}:past:{self._number}")  # noqa: S311
        shared, remote = (
            kind == AppointmentKind.GROUP,
            (AppointmentKind.PHONE, AppointmentKind.VIDEO),
        )
        booked_at = self._booked_at(people, start, rng.choice((1, 2, 4, 4, 5, 6, 7, 9, 11)))
        if booked_at is None:
            return None
        length = SESSION / 2 if kind == AppointmentKind.MEDICAL else SESSION
        visit = Visit(
            number=self._number, site=self.site, kind=kind, start=start, staff=staff,
            length=GROUP_SESSION if shared else length, people=people,
            room="" if kind in remote else room, booked_at=booked_at,
        )  # fmt: skip
        self._number += 1
        for person in people:
            visit.outcomes[person.number] = _outcome(person, start, rng)
        if len(people) == 1:
            _perhaps_cancel(visit, rng)
        return visit

    def _booked_at(
        self, people: Sequence[Person], start: dt.datetime, days: int
    ) -> dt.datetime | None:
        """Some days before, but not before the phase in which it takes place."""
        since = [stay.since for p in people if (stay := p.stay_at(start))]
        wished = at_wall_clock(
            start.astimezone(ZoneInfo(self.site.zone)).date() - days * DAY,
            dt.time(9 + days % 7, 10),
            self.site.zone,
        )
        booked_at = max(wished, *(moment + HOUR for moment in since))
        return booked_at if booked_at <= start - 2 * HOUR else None


def _outcome(person: Person, start: dt.datetime, rng: random.Random) -> AttendanceStatus:
    reminded = Consent.GRANTED in person.consents.values()
    missed = MISSED_IF_REMINDED if reminded else MISSED_IF_NOT
    if person.phase_at(start) in LIVING_IN:
        missed = MISSED_LIVING_IN
    chance = rng.random()
    if chance < missed:
        return A.NO_SHOW
    return A.LEFT_EARLY if chance < missed + LEFT_EARLY else A.ATTENDED


def _perhaps_cancel(visit: Visit, rng: random.Random) -> None:
    """Some cancel in time, or the service does; some on the last day."""
    chance, ahead = rng.random(), visit.start - visit.booked_at
    person = visit.people[0]
    if chance < CANCELLED_LATE:
        at = visit.start - min(LATE, ahead) * rng.uniform(0.1, 0.8)
        visit.cancelled = Cancellation(at, CancelledBy.CLIENT, CANCELLATIONS[0][1])
        visit.outcomes[person.number] = A.LATE_CANCELLED
    elif chance < CANCELLED_LATE + CANCELLED_EARLY and ahead > 2 * LATE:
        at = visit.booked_at + (ahead - LATE) * rng.uniform(0.2, 0.9)
        visit.cancelled = Cancellation(at, *CANCELLATIONS[visit.number % 3])
        visit.outcomes[person.number] = A.CANCELLED
