"""The demo's clients: who they are, how they may be reached, what course they are on.

Names are drawn from two lists by a fixed seed: nobody is meant. Telephone numbers are 555-01xx,
which no carrier gives out; mail goes to example domains.
"""

import datetime as dt
import random
from collections import Counter
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from zoneinfo import ZoneInfo

from casework.moves import DischargeReason, ReferralSource
from clients.models import Channel
from common.clock import at_wall_clock
from common.discretion import plain
from dashboard.demo.journeys import Journey, Leg
from dashboard.demo.names import FIRST_NAMES, LAST_NAMES
from dashboard.demo.places import SEED, Site
from dashboard.demo.population import FEWEST, journeys
from dashboard.demo.shares import REFERRALS
from organization.models import PhaseKind
from organization.roles import Role

DAY = dt.timedelta(days=1)
CLIENTS = 400
LAST_NAMES_SHIFT = 7
PHONES_PER_AREA = 80
FIRST_PHONE = 10


class Consent(Enum):
    """What a client agreed to for one contact point, if there is one."""

    NO_POINT = auto()
    GRANTED = auto()
    MISSING = auto()
    WITHDRAWN = auto()


@dataclass(frozen=True)
class Stay:
    """One phase of a course, from a moment on; it lasts until the next one or the discharge."""

    kind: PhaseKind
    since: dt.datetime
    program: str


@dataclass(frozen=True)
class Course:
    """One episode."""

    stays: tuple[Stay, ...]
    referral: ReferralSource
    ended_at: dt.datetime | None = None
    ended_because: DischargeReason | None = None

    @property
    def admitted_at(self) -> dt.datetime:
        return self.stays[0].since


@dataclass(eq=False)
class Person:
    """A client to be."""

    number: int
    site: Site
    first: str
    last: str
    chosen: str
    birth_date: dt.date
    languages: tuple[str, ...]
    counselor: str
    preferred: Channel
    registered_at: dt.datetime
    courses: tuple[Course, ...]
    phone: str
    mail: str
    consents: dict[Channel, Consent] = field(default_factory=dict)
    undone: tuple[PhaseKind, dt.datetime] | None = None
    messages_on_unit: bool = False
    zone: str = ""

    @property
    def ready_at(self) -> dt.datetime:
        """When appointments of the present course may have been booked first."""
        return self.courses[-1].admitted_at if self.courses else self.registered_at

    @property
    def phase(self) -> PhaseKind | None:
        """Where they are now, if in treatment."""
        course = self.courses[-1] if self.courses else None
        return None if course is None or course.ended_at else course.stays[-1].kind

    def stay_at(self, moment: dt.datetime) -> Stay | None:
        """Where they are at a moment; a course that has not ended goes on."""
        for course in self.courses:
            if course.admitted_at <= moment and not (course.ended_at and course.ended_at <= moment):
                return [stay for stay in course.stays if stay.since <= moment][-1]
        return None

    def stay_before(self, moment: dt.datetime) -> Stay | None:
        """The stay of the same course from which they came to where they are at a moment."""
        present = self.stay_at(moment)
        for course in self.courses:
            for former, stay in zip(course.stays, course.stays[1:], strict=False):
                if stay is present:
                    return former
        return None

    def phase_at(self, moment: dt.datetime) -> PhaseKind | None:
        """The phase that they are in at a moment."""
        stay = self.stay_at(moment)
        return stay.kind if stay else None


def cast(now: dt.datetime, clients: int = CLIENTS) -> list[Person]:
    """Everybody, as of a moment; the same people in the same order for any."""
    rng = random.Random(SEED)  # noqa: S311 (made-up people, not secrets)
    firsts = rng.sample(FIRST_NAMES, len(FIRST_NAMES))
    lasts = rng.sample(LAST_NAMES, len(LAST_NAMES))
    there: Counter[str] = Counter()
    people: list[Person] = []
    for number, journey in enumerate(journeys(clients)):
        # The last names shift with each round of the first ones, so that no name comes twice.
        shifted = number + number // len(FIRST_NAMES) * LAST_NAMES_SHIFT
        name = firsts[number % len(firsts)], lasts[shifted % len(lasts)]
        people.append(_person(number, there[journey.site.key], journey, name, now))
        there[journey.site.key] += 1
    return people


def _person(
    number: int, there: int, journey: Journey, name: tuple[str, str], now: dt.datetime
) -> Person:
    first, last = name
    rng = random.Random(f"{SEED}:{number}")  # noqa: S311
    site = journey.site
    courses = _courses(journey, rng, now)
    today = now.astimezone(ZoneInfo(site.zone)).date()
    counselors = site.of_role(Role.COUNSELOR)
    # Of the first clients the first counselor has twice as many: sign in as her.
    turns = [counselors[0], *counselors] if number < FEWEST else counselors
    spanish, wish = number % 4 == 1, number % 10
    registered_at = (
        courses[0].admitted_at - dt.timedelta(minutes=rng.choice((55, 85)))
        if courses
        else at_wall_clock(today - 2 * DAY, dt.time(11), site.zone)
    )
    undone = journey.undone and (
        journey.undone[0],
        at_wall_clock(today - journey.undone[1] * DAY, dt.time(12, 20), site.zone),
    )
    return Person(
        number=number,
        site=site,
        first=first,
        last=last,
        chosen=first[:3] if number % 9 == 4 else "",
        birth_date=_birth_date(journey.age, courses, today, rng),
        languages=(("es",) if number % 8 == 1 else ("es", "en")) if spanish else ("en",),
        counselor=turns[there % len(turns)],
        preferred=Channel.EMAIL if wish in (2, 5, 7) else Channel.SMS,
        registered_at=registered_at,
        courses=courses,
        phone=_phone(site, there),
        mail=_mail(first, last, number),
        consents={
            Channel.SMS: {7: Consent.NO_POINT, 9: Consent.MISSING}.get(wish, Consent.GRANTED),
            Channel.EMAIL: {6: Consent.NO_POINT, 8: Consent.MISSING}.get(wish, Consent.GRANTED),
        },
        undone=undone,
        zone="America/Los_Angeles" if number % 23 == 17 else "",
    )


def _birth_date(
    age: int, courses: tuple[Course, ...], today: dt.date, rng: random.Random
) -> dt.date:
    if not age:
        return dt.date(today.year - rng.randint(20, 67), rng.randint(1, 12), rng.randint(1, 28))
    since = courses[-1].admitted_at.date() if courses else today
    return since - dt.timedelta(days=int((age + rng.uniform(0.05, 0.95)) * 365.25))


def _phone(site: Site, there: int) -> str:
    area, number = divmod(there, PHONES_PER_AREA)
    return f"+1{site.area_codes[area]}55501{FIRST_PHONE + number:02d}"


def _mail(first: str, last: str, number: int) -> str:
    domain = "example.org" if number % 3 else "example.com"
    return f"{plain(first)}.{plain(last)}@{domain}"


def _courses(journey: Journey, rng: random.Random, now: dt.datetime) -> tuple[Course, ...]:
    if not journey.legs:
        return ()
    ended_on = None
    today = now.astimezone(ZoneInfo(journey.site.zone)).date()
    if journey.ended:
        ended_on = today - rng.randint(*journey.ended[1:]) * DAY
    course = _course(journey.site, journey.legs, rng, ended_on or today)
    if journey.ended and ended_on:
        course = _ended(course, journey.site, ended_on, journey.ended[0])
    courses = [course]
    for earlier in reversed(journey.earlier):
        before = courses[0].admitted_at.date() - earlier.days_before * DAY
        former = _course(journey.site, earlier.legs, rng, before)
        courses.insert(0, _ended(former, journey.site, before, earlier.because))
    referrals = journey.referrals or [course.referral for course in courses]
    return tuple(
        replace(course, referral=referral)
        for course, referral in zip(courses, referrals, strict=True)
    )


def _ended(course: Course, site: Site, day: dt.date, because: DischargeReason) -> Course:
    ended_at = at_wall_clock(day, dt.time(15, 30), site.zone)
    return replace(course, ended_at=ended_at, ended_because=because)


def _course(site: Site, legs: tuple[Leg, ...], rng: random.Random, until: dt.date) -> Course:
    """The legs laid end to end, the last of them ending (or still going on) on a day."""
    stays: list[Stay] = []
    day = until
    for kind, shortest, longest in reversed(legs):
        day -= rng.randint(shortest, longest) * DAY
        time = dt.time(rng.choice((9, 10, 13, 14)), rng.choice((5, 25, 35)))
        offers = [offer.name for offer in site.offers if offer.phase == kind]
        since = at_wall_clock(day, time, site.zone)
        stays.insert(0, Stay(kind, since, rng.choice(offers)))
    referral = rng.choices(list(REFERRALS), list(REFERRALS.values()))[0]
    return Course(tuple(stays), referral)
