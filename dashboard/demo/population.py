"""The clients beyond the hand-written ones of `dashboard.demo.journeys`: dealt by national shares."""

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from casework.moves import DischargeReason, ReferralSource
from dashboard.demo.journeys import JOURNEYS, Earlier, Journey, Leg
from dashboard.demo.places import ELM, HARBOR, OAK, SEED, Site
from dashboard.demo.shares import AGES, LENGTHS, REASONS, REFERRALS, deal
from organization.models import PhaseKind

D, I, O, A = PhaseKind  # noqa: E741 (the tables below are read by their columns)

Kinds = tuple[PhaseKind, ...]

FEWEST = sum(journey.clients for journey in JOURNEYS)
MOST = 600
SITES: dict[Site, float] = {ELM: 40, OAK: 30, HARBOR: 30}
HERE, GONE, TO_COME = "in treatment", "discharged", "not admitted yet"
STANDING: dict[str, float] = {HERE: 60, GONE: 37, TO_COME: 3}

NOW: dict[Kinds, float] = {
    (D,): 4, (O, D): 1,
    (D, I): 4, (I,): 5, (O, I): 2,
    (O,): 40, (D, O): 3, (I, O): 9, (D, I, O): 4,
    (O, A): 15, (I, O, A): 6, (D, I, O, A): 4, (O, A, D, O): 2, (O, A, O): 1,
}  # fmt: skip
"""Courses of those in treatment; the last phase goes on."""

ENDED: dict[Kinds, float] = {
    (O,): 60, (D,): 8, (I,): 11, (D, I): 4, (D, O): 2, (I, O): 7, (D, I, O): 3, (O, A): 5,
}  # fmt: skip
"""Courses that have ended."""

SO_FAR: dict[PhaseKind, tuple[int, int]] = {D: (1, 5), I: (1, 28), O: (3, 110), A: (8, 300)}
"""Between how many and how many days a phase that goes on has lasted."""

# TEDS: 54.6 of 92.1 whose history is known had been in treatment before.
EARLIER: dict[int, float] = {0: 30, 1: 53, 2: 17}
LONG_ENOUGH = 15
"""Days after which an outpatient goes on to something else, or completes."""

OLD_ENOUGH = 25
"""The age from which somebody may have been in treatment before."""


@dataclass
class _Course:
    """A course in the making. `ending` is empty while it goes on."""

    kinds: Kinds
    goes_on: bool
    legs: tuple[Leg, ...] = ()
    ending: DischargeReason | None = None
    referral: ReferralSource = ReferralSource.INDIVIDUAL


@dataclass
class _Life:
    """A client in the making."""

    site: Site
    courses: list[_Course]
    age: int = 0


def journeys(clients: int) -> list[Journey]:
    """One for each client: the hand-written ones first, then as many more as are wanted."""
    written = [replace(j, clients=1) for j in JOURNEYS for _ in range(j.clients)]
    return written + _dealt(clients - FEWEST)


def _dealt(count: int) -> list[Journey]:
    rng = random.Random(f"{SEED}:population")  # noqa: S311
    lives = _lives(count, rng)
    courses = [course for life in lives for course in life.courses]
    _legs(courses, rng)
    _endings([course for course in courses if not course.goes_on], rng)
    for course, referral in zip(courses, deal(REFERRALS, len(courses), rng), strict=True):
        course.referral = referral
    _ages(lives, rng)
    return [_journey(life, rng) for life in lives]


def _lives(count: int, rng: random.Random) -> list[_Life]:
    sites, standing = deal(SITES, count, rng), deal(STANDING, count, rng)
    earlier = iter(deal(EARLIER, count - standing.count(TO_COME), rng))
    present = iter(deal(NOW, standing.count(HERE), rng))
    lives = []
    for site, where in zip(sites, standing, strict=True):
        ended = 0 if where == TO_COME else next(earlier) + (where == GONE)
        kinds = [rng.choices(list(ENDED), list(ENDED.values()))[0] for _ in range(ended)]
        courses = [_Course(_offered(site, course), goes_on=False) for course in kinds]
        if where == HERE:
            courses.append(_Course(_offered(site, next(present)), goes_on=True))
        lives.append(_Life(site, courses))
    return lives


def _offered(site: Site, kinds: Kinds) -> Kinds:
    """The same course where there is no unit: its days are spent as an outpatient."""
    there = {offer.phase for offer in site.offers}
    fitting: list[PhaseKind] = []
    for kind in (kind if kind in there else O for kind in kinds):
        if fitting[-1:] != [kind]:
            fitting.append(kind)
    return tuple(fitting)


def _legs(courses: Sequence[_Course], rng: random.Random) -> None:
    """Deal the lengths of all phases that have ended, to each kind its own."""
    ended = Counter(kind for c in courses for kind in c.kinds[: len(c.kinds) - c.goes_on])
    lengths = {
        kind: [span.draw(rng) for span in deal(LENGTHS[kind], number, rng)]
        for kind, number in ended.items()
    }
    for course in sorted(courses, key=lambda c: len(c.kinds), reverse=True):
        legs: list[Leg] = []
        for index, kind in enumerate(course.kinds):
            last = index == len(course.kinds) - 1
            if last and course.goes_on:
                legs.append((kind, *SO_FAR[kind]))
            else:
                least = 0 if last or kind != O else LONG_ENOUGH
                days = _take(lengths[kind], least)
                legs.append((kind, days, days))
        course.legs = tuple(legs)


def _take(numbers: list[int], least: int) -> int:
    """Take out the first that is large enough; if none is, the first."""
    index = next((i for i, number in enumerate(numbers) if number >= least), 0)
    return numbers.pop(index)


def _endings(courses: Sequence[_Course], rng: random.Random) -> None:
    """Nobody completes outpatient care within a few days."""
    endings = deal(REASONS, len(courses), rng)
    too_short = [c for c in courses if c.kinds[-1] == O and c.legs[-1][1] < LONG_ENOUGH]
    others = [course for course in courses if course not in too_short]
    endings.sort(key=lambda reason: reason == DischargeReason.COMPLETED)
    early = endings[: len(too_short)]
    rest = endings[len(too_short) :]
    rng.shuffle(rest)
    for course, ending in zip([*too_short, *others], [*early, *rest], strict=True):
        course.ending = ending


def _ages(lives: Iterable[_Life], rng: random.Random) -> None:
    lives = list(lives)
    ages = [span.draw(rng) for span in deal(AGES, len(lives), rng)]
    for life in sorted(lives, key=lambda life: len(life.courses), reverse=True):
        life.age = _take(ages, OLD_ENOUGH if len(life.courses) > 1 else 0)


def _journey(life: _Life, rng: random.Random) -> Journey:
    referrals = tuple(course.referral for course in life.courses)
    if not life.courses:
        return Journey(life.site, 1, age=life.age)
    *before, latest = life.courses
    earlier = tuple(
        Earlier(course.legs, course.ending, rng.randint(30, 400))
        for course in before
        if course.ending
    )
    ended = None
    if latest.ending:
        # More of them lately: who left long ago matters less to whoever looks at the demo.
        days = int(9 + 390 * rng.random() ** 1.7)
        ended = (latest.ending, days, days)
    return Journey(
        life.site, 1, latest.legs, ended=ended, earlier=earlier, age=life.age, referrals=referrals
    )
