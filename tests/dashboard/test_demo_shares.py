"""The demo's people and past as thought out, before anything is written: the shares they keep to.

The sources are TEDS-D 2019 (`dashboard/demo/teds_2019.json`) and, for missed appointments,
Molfenter 2013: 19.9 % of outpatient appointments.
"""

import datetime as dt
import itertools
import random
from collections import Counter
from zoneinfo import ZoneInfo

import pytest

from appointments.states import AttendanceStatus
from casework.models import Phase
from casework.moves import TEDS_REASON
from common.clock import now
from dashboard.demo.clock import HeldClock, held
from dashboard.demo.past import earlier_visits
from dashboard.demo.people import CLIENTS, cast
from dashboard.demo.places import SITES
from dashboard.demo.population import MOST
from dashboard.demo.shares import AGES, TEDS, deal
from organization.models import PhaseKind
from organization.roles import Role

MOMENT = dt.datetime(2026, 11, 24, 19, 35, 20, tzinfo=dt.UTC)
POINTS = 3.0
"""By how many percent a share may miss its source."""


@pytest.fixture(scope="module")
def people():
    return cast(MOMENT)


@pytest.fixture(scope="module")
def courses(people):
    return [course for person in people for course in person.courses]


@pytest.fixture(scope="module")
def visits(people):
    return earlier_visits(people, MOMENT)


def percent(counts: Counter) -> dict:
    return {key: 100 * number / counts.total() for key, number in counts.items()}


def normalized(shares: dict) -> dict:
    return {key: 100 * share / sum(shares.values()) for key, share in shares.items()}


def day_of(moment: dt.datetime, person) -> dt.date:
    return moment.astimezone(ZoneInfo(person.site.zone)).date()


def lengths_in_days(people) -> list[int]:
    """Of every phase that ended, aftercare left out: TEDS has no such service."""
    found = []
    for person in people:
        for course in person.courses:
            ends = [stay.since for stay in course.stays[1:]] + [course.ended_at]
            found += [
                (day_of(end, person) - day_of(stay.since, person)).days
                for stay, end in zip(course.stays, ends, strict=True)
                if end and stay.kind != PhaseKind.AFTERCARE
            ]
    return found


def is_near(made: dict, source: dict) -> bool:
    return all(abs(made.get(key, 0) - share) <= POINTS for key, share in source.items())


class TestShares:
    def test_why_courses_ended(self, courses):
        ended = Counter(str(TEDS_REASON[c.ended_because]) for c in courses if c.ended_because)
        assert ended.total() > 400
        assert is_near(percent(ended), normalized(TEDS["REASON"]))

    def test_who_referred(self, courses):
        made = percent(Counter(str(course.referral.value) for course in courses))
        assert is_near(made, normalized(TEDS["PSOURCE"]))

    def test_which_services(self, courses):
        teds = normalized(TEDS["SERVICES"])
        kinds = Counter(s.kind for c in courses for s in c.stays if s.kind != PhaseKind.AFTERCARE)
        assert is_near(
            percent(kinds),
            {
                PhaseKind.DETOX: teds["1"] + teds["2"] + teds["8"],
                PhaseKind.INPATIENT: teds["3"] + teds["4"] + teds["5"],
                PhaseKind.OUTPATIENT: teds["6"] + teds["7"],
            },
        )

    @pytest.mark.parametrize("days", TEDS["LOS_up_to_days"])
    def test_how_long_they_stayed(self, people, days):
        lengths = lengths_in_days(people)
        made = 100 * sum(length <= int(days) for length in lengths) / len(lengths)
        assert min(lengths) == 1
        assert made == pytest.approx(TEDS["LOS_up_to_days"][days], abs=POINTS)

    def test_who_had_been_in_treatment_before(self, people):
        admitted = [person for person in people if person.courses]
        made = percent(Counter("1" if len(p.courses) > 1 else "0" for p in admitted))
        assert is_near(made, normalized(TEDS["NOPRIOR"]))

    def test_how_old_they_were_at_admission(self, people):
        made: Counter = Counter()
        for person in people:
            if person.courses:
                day, born = day_of(person.courses[-1].admitted_at, person), person.birth_date
                age = day.year - born.year - ((day.month, day.day) < (born.month, born.day))
                made[next(span for span in AGES if span.least <= age <= span.most)] += 1
        assert is_near(percent(made), normalized(AGES))

    def test_how_many_outpatient_appointments_were_missed(self, visits):
        kept = (AttendanceStatus.ATTENDED, AttendanceStatus.LEFT_EARLY, AttendanceStatus.NO_SHOW)
        outcomes = Counter(
            visit.outcomes[person.number]
            for visit in visits
            for person in visit.people
            if person.phase_at(visit.start) in (PhaseKind.OUTPATIENT, PhaseKind.AFTERCARE)
            and visit.outcomes[person.number] in kept
        )
        assert outcomes.total() > 1000
        assert percent(outcomes)[AttendanceStatus.NO_SHOW] == pytest.approx(19.9, abs=POINTS)


class TestPeople:
    def test_the_people_are_the_same_at_any_moment(self):
        def who(moment):
            return [
                (p.first, p.last, p.site.key, p.counselor, p.phone, len(p.courses))
                for p in cast(moment)
            ]

        assert who(MOMENT) == who(MOMENT + dt.timedelta(days=200, hours=7))

    def test_a_smaller_demo_begins_with_the_same_people(self, people):
        few = [(p.first, p.last, p.phone, p.site.key) for p in cast(MOMENT, 61)]
        assert few == [(p.first, p.last, p.phone, p.site.key) for p in people[:61]]

    def test_nobody_shares_a_name_a_number_or_a_mailbox(self):
        everybody = cast(MOMENT, MOST)
        for told in ("phone", "mail"):
            assert len({getattr(person, told) for person in everybody}) == MOST
        assert len({(person.first, person.last) for person in everybody}) == MOST

    def test_everybody_is_grown_up_at_their_first_admission(self, people):
        first = [(p.courses[0].admitted_at.date(), p.birth_date) for p in people if p.courses]
        assert min((day - born).days for day, born in first) >= 18 * 365

    def test_courses_follow_one_another_and_move_as_is_allowed(self, people):
        for person in people:
            for former, course in zip(person.courses, person.courses[1:], strict=False):
                assert former.ended_at < course.admitted_at
            for course in person.courses:
                for stay, following in zip(course.stays, course.stays[1:], strict=False):
                    assert stay.since < following.since
                    assert following.kind in Phase(kind=stay.kind).allowed_moves()

    def test_only_the_latest_course_goes_on(self, people):
        assert len(people) == CLIENTS
        assert all(course.ended_at for person in people for course in person.courses[:-1])
        assert sum(person.phase is not None for person in people) == 254

    def test_three_facilities_have_25_members_of_staff_in_every_role(self):
        assert sum(len(site.staff) for site in SITES) == 25
        assert {member.role for site in SITES for member in site.staff} == set(Role)


class TestThePast:
    def test_nobody_is_in_two_places(self, visits):
        busy: dict[str, list] = {}
        for visit in visits:
            keys = [visit.staff, *(str(person.number) for person in visit.people)]
            keys += [f"{visit.site.key} {visit.room}"] if visit.room else []
            for key in keys:
                busy.setdefault(key, []).append((visit.start, visit.end))
        for times in busy.values():
            times.sort()
            assert all(a[1] <= b[0] for a, b in itertools.pairwise(times))

    def test_each_was_booked_and_took_place_in_one_phase(self, visits):
        for visit in visits:
            for person in visit.people:
                assert person.stay_at(visit.booked_at) is person.stay_at(visit.start) is not None

    def test_they_end_before_the_weeks_that_are_lived_through(self, visits):
        assert max(visit.end for visit in visits) < MOMENT - dt.timedelta(days=7)

    def test_there_is_every_outcome(self, visits):
        outcomes = {outcome for visit in visits for outcome in visit.outcomes.values()}
        assert outcomes == {
            AttendanceStatus.ATTENDED, AttendanceStatus.NO_SHOW, AttendanceStatus.LEFT_EARLY,
            AttendanceStatus.CANCELLED, AttendanceStatus.LATE_CANCELLED,
        }  # fmt: skip


class TestDealing:
    def test_everything_is_dealt_by_its_share(self):
        dealt = deal({"a": 50, "b": 30, "c": 20}, 11, random.Random(1))
        assert Counter(dealt) == {"a": 6, "b": 3, "c": 2}

    def test_what_rounding_left_goes_to_whom_it_took_most_from(self):
        assert Counter(deal({"a": 2, "b": 1}, 4, random.Random(1))) == {"a": 3, "b": 1}


class TestTheClock:
    def test_a_held_clock_is_let_go_after_a_fault(self):
        past = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
        seen = []

        def fail_in_the_past():
            with held(HeldClock(past)):
                seen.append(now())
                raise RuntimeError

        with pytest.raises(RuntimeError):
            fail_in_the_past()
        assert seen == [past]
        assert now() > past
