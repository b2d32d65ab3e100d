"""The demo's clients: who they are, how they may be reached, what course they are on.

Names are drawn from two lists by a fixed seed: nobody is meant. Telephone numbers are 555-01xx,
which no carrier gives out; mail goes to example domains.
"""

import datetime as dt
import random
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from zoneinfo import ZoneInfo

from casework.moves import DischargeReason, ReferralSource
from clients.models import Channel
from common.clock import at_wall_clock
from common.discretion import plain
from dashboard.demo.journeys import (
    DAYS_BETWEEN_COURSES,
    EARLIER_COURSE,
    JOURNEYS,
    REFERRALS,
    Journey,
    Leg,
)
from dashboard.demo.places import Site
from organization.models import PhaseKind
from organization.roles import Role

SEED = 20261122
DAY = dt.timedelta(days=1)

FIRST_NAMES = (
    "Aaliyah", "Abel", "Adaeze", "Amara", "Anders", "Andrea", "Arjun", "Beatriz", "Blake", "Bo",
    "Camila", "Carlos", "Cedric", "Chloe", "Dakota", "Darnell", "Diego", "Dina", "Elena", "Eli",
    "Emeka", "Esme", "Farid", "Fatima", "Gabriel", "Grace", "Hana", "Hector", "Imani", "Isaac",
    "Jada", "Javier", "Joaquin", "June", "Kamal", "Keisha", "Kenji", "Leila", "Liam", "Lorena",
    "Malik", "Marisol", "Mateo", "Mei", "Miguel", "Nadia", "Naomi", "Nolan", "Olivia", "Oscar",
    "Paloma", "Quinn", "Rafael", "Reina", "Rosa", "Ruben", "Samir", "Shanice", "Silas", "Soledad",
    "Tariq", "Teresa", "Tomas", "Valeria", "Victor", "Wren", "Ximena", "Yolanda", "Zeke", "Zora",
)  # fmt: skip
LAST_NAMES = (
    "Achebe", "Aguilar", "Alvarez", "Baptiste", "Becker", "Begay", "Bishop", "Brooks", "Cabrera",
    "Castillo", "Chen", "Cole", "Cruz", "Delgado", "Diallo", "Dixon", "Eklund", "Espinoza",
    "Farah", "Fischer", "Flores", "Garza", "Gibson", "Guerrero", "Hayes", "Holloway", "Ibrahim",
    "Jensen", "Johnson", "Kaplan", "Khan", "Kim", "Lam", "Larsen", "Lindsey", "Marquez", "Mbeki",
    "Mendoza", "Monroe", "Mori", "Murphy", "Nguyen", "Novak", "Obi", "Ortega", "Osei", "Palmer",
    "Patel", "Pena", "Quintero", "Ramsey", "Rivera", "Robles", "Salazar", "Santos", "Silva",
    "Singh", "Solis", "Stewart", "Tanaka", "Torres", "Tran", "Vega", "Walsh", "Washington",
    "Whitehorse", "Yazzie", "Young", "Zamora", "Zielinski",
)  # fmt: skip


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

    def phase_at(self, moment: dt.datetime) -> PhaseKind | None:
        """Where they are at a moment of the present course; it goes on if it has not ended."""
        course = self.courses[-1] if self.courses else None
        if course is None or (course.ended_at and course.ended_at <= moment):
            return None
        begun = [stay.kind for stay in course.stays if stay.since <= moment]
        return begun[-1] if begun else None


def cast(now: dt.datetime) -> list[Person]:
    """Everybody, as of a moment; the same people in the same order for any."""
    rng = random.Random(SEED)  # noqa: S311 (made-up people, not secrets)
    firsts = rng.sample(FIRST_NAMES, len(FIRST_NAMES))
    lasts = rng.sample(LAST_NAMES, len(LAST_NAMES))
    journeys = [journey for journey in JOURNEYS for _ in range(journey.clients)]
    people: list[Person] = []
    for number, journey in enumerate(journeys):
        there = sum(person.site == journey.site for person in people)
        people.append(_person(number, there, journey, firsts[number], lasts[number], now))
    return people


def _person(
    number: int, there: int, journey: Journey, first: str, last: str, now: dt.datetime
) -> Person:
    rng = random.Random(f"{SEED}:{number}")  # noqa: S311
    site = journey.site
    courses = _courses(journey, rng, now)
    today = now.astimezone(ZoneInfo(site.zone)).date()
    counselors = site.of_role(Role.COUNSELOR)
    turns = [counselors[0], *counselors]  # the first has twice as many: sign in as her
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
        birth_date=dt.date(
            today.year - rng.randint(20, 67), rng.randint(1, 12), rng.randint(1, 28)
        ),
        languages=(("es",) if number % 8 == 1 else ("es", "en")) if spanish else ("en",),
        counselor=turns[there % len(turns)],
        preferred=Channel.EMAIL if wish in (2, 5, 7) else Channel.SMS,
        registered_at=registered_at,
        courses=courses,
        phone=f"+1{site.area_code}55501{there + 10:02d}",
        mail=_mail(first, last, number),
        consents={
            Channel.SMS: {7: Consent.NO_POINT, 9: Consent.MISSING}.get(wish, Consent.GRANTED),
            Channel.EMAIL: {6: Consent.NO_POINT, 8: Consent.MISSING}.get(wish, Consent.GRANTED),
        },
        undone=undone,
        zone="America/Los_Angeles" if number % 23 == 17 else "",
    )


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
    because = journey.ended[0] if journey.ended else None
    course = _course(journey, journey.legs, rng, ended_on or today)
    if ended_on:
        ended_at = at_wall_clock(ended_on, dt.time(15, 30), journey.site.zone)
        course = replace(course, ended_at=ended_at, ended_because=because)
    if not journey.returning:
        return (course,)
    before = course.admitted_at.date() - DAYS_BETWEEN_COURSES * DAY
    earlier = _course(journey, EARLIER_COURSE, rng, before)
    ended_at = at_wall_clock(before, dt.time(15, 30), journey.site.zone)
    lost = replace(earlier, ended_at=ended_at, ended_because=DischargeReason.LOST_CONTACT)
    return (lost, course)


def _course(journey: Journey, legs: tuple[Leg, ...], rng: random.Random, until: dt.date) -> Course:
    """The legs laid end to end, the last of them ending (or still going on) on a day."""
    stays: list[Stay] = []
    day = until
    for kind, shortest, longest in reversed(legs):
        day -= rng.randint(shortest, longest) * DAY
        time = dt.time(rng.choice((9, 10, 13, 14)), rng.choice((5, 25, 35)))
        offers = [offer.name for offer in journey.site.offers if offer.phase == kind]
        since = at_wall_clock(day, time, journey.site.zone)
        stays.insert(0, Stay(kind, since, rng.choice(offers)))
    referral = rng.choices(list(REFERRALS), list(REFERRALS.values()))[0]
    return Course(tuple(stays), referral)
