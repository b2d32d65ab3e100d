"""Quiet hours in every zone and over every clock change from 2020 to 2035.

`FAULTS` says how many examples are tried (`make faults` tries 10,000).
"""

import datetime as dt
import os
import uuid
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from appointments.reminders import ContactFacts, Facts, RuleFacts, plan
from appointments.states import RuleChannel, RuleWhen
from clients.models import Channel
from messaging.quiet import QuietHours, last_allowed, next_allowed

EXAMPLES = int(os.environ.get("FAULTS", "150"))
MINUTE, HOUR, DAY = dt.timedelta(minutes=1), dt.timedelta(hours=1), dt.timedelta(days=1)
FIRST, LAST = dt.datetime(2020, 1, 1, tzinfo=dt.UTC), dt.datetime(2036, 1, 1, tzinfo=dt.UTC)
ZONES = sorted(available_timezones())
STEP = dt.timedelta(days=10)  # the shortest time between two changes that zones have is longer
EVERYWHERE = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))


@cache
def clock_changes():
    """Each zone with each moment at which its clocks are set, to the minute; in UTC."""
    found = []
    for name in ZONES:
        zone, moment = ZoneInfo(name), FIRST
        before = moment.astimezone(zone).utcoffset()
        while moment < LAST:
            later = moment + STEP
            after = later.astimezone(zone).utcoffset()
            if after != before:
                found.append((name, _change_between(zone, moment, later, before)))
            moment, before = later, after
    return found


def _change_between(zone, low, high, before):
    while high - low > MINUTE:
        middle = low + (high - low) / 2
        if middle.astimezone(zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high.replace(second=0, microsecond=0)


def is_quiet(moment, quiet):
    """By what the clock on the wall shows, and nothing else."""
    for hours in quiet:
        shown = moment.astimezone(ZoneInfo(hours.zone))
        minute = shown.hour * 60 + shown.minute + shown.second / 60
        start, end = (t.hour * 60 + t.minute for t in (hours.starts, hours.ends))
        held = start <= minute < end if start < end else minute >= start or minute < end
        if held:
            return True
    return False


TIMES = st.builds(dt.time, st.integers(0, 23), st.sampled_from((0, 5, 15, 30, 45, 59)))


@st.composite
def nights(draw):
    """A moment near a clock change, and the quiet hours of one to three, one of them there."""
    zone, change = draw(st.sampled_from(clock_changes()))
    others = st.sampled_from(ZONES)
    quiet = []
    for number in range(draw(st.integers(1, 3))):
        starts, ends = draw(st.lists(TIMES, min_size=2, max_size=2, unique=True))
        quiet.append(QuietHours(starts, ends, zone if number == 0 else draw(others)))
    return change + draw(st.integers(-36 * 60, 36 * 60)) * MINUTE, tuple(quiet)


def test_there_are_some_thousands_of_clock_changes_and_every_zone_is_looked_at():
    assert len(clock_changes()) > 3000
    assert ("America/Chicago", dt.datetime(2026, 11, 1, 7, tzinfo=dt.UTC)) in clock_changes()
    assert ("Australia/Lord_Howe", dt.datetime(2027, 4, 3, 15, tzinfo=dt.UTC)) in clock_changes()


@EVERYWHERE
@given(nights())
def test_what_is_shifted_lies_outside_everybodys_quiet_hours(night):
    moment, quiet = night
    later, sooner = next_allowed(moment, quiet), last_allowed(moment, quiet)
    assert later is None or (later >= moment and not is_quiet(later, quiet))
    assert sooner is None or (sooner <= moment and not is_quiet(sooner, quiet))
    if not is_quiet(moment, quiet):
        assert later == sooner == moment


@EVERYWHERE
@given(nights(), st.integers(4, 20), st.randoms(use_true_random=False))
def test_where_no_clock_is_set_the_next_chance_is_taken_and_the_last_one_before(
    night, days, random
):
    moment, quiet = night[0] + days * DAY, night[1]
    around = [moment + days * DAY for days in (-3, 0, 3)]
    zones = [ZoneInfo(hours.zone) for hours in quiet]
    assume(all(len({at.astimezone(zone).utcoffset() for at in around}) == 1 for zone in zones))
    for found, ahead in (
        (next_allowed(moment, quiet), MINUTE),
        (last_allowed(moment, quiet), -MINUTE),
    ):
        between = 2 * DAY // MINUTE if found is None else abs(found - moment) // MINUTE
        for minutes in random.sample(range(between), min(between, 40)):
            assert is_quiet(moment + ahead * minutes, quiet)


def test_when_the_clocks_are_set_back_into_the_night_it_ends_that_night():
    night = QuietHours(dt.time(0), dt.time(1, 30), "America/Chicago")
    second_time = dt.datetime(2026, 11, 1, 7, 10, tzinfo=dt.UTC)  # 1:10 once more
    assert next_allowed(second_time, [night]) == dt.datetime(2026, 11, 1, 7, 30, tzinfo=dt.UTC)


@EVERYWHERE
@given(
    nights(),
    st.integers(0, 96 * 60),
    st.lists(st.sampled_from((0, 10, 60, 119, 120, 121, 240, 1440, 4320)), min_size=1, max_size=3),
)
def test_a_reminder_is_planned_outside_quiet_hours_and_before_the_visit(night, ahead, offsets):
    starts_at, quiet = night
    booked_at = starts_at - ahead * MINUTE
    rules = tuple(
        RuleFacts(
            uuid.UUID(int=number + 1),
            RuleWhen.OFFSET if minutes else RuleWhen.BOOKED_LATE,
            RuleChannel.SMS,
            minutes * MINUTE,
            booked_at - DAY,
        )
        for number, minutes in enumerate(offsets)
    )
    phone = ContactFacts(uuid.UUID(int=101), Channel.SMS, booked_at - DAY)
    made = plan(Facts(starts_at, booked_at, rules, (phone,), quiet=quiet))
    for due in made.wanted.values():
        assert not is_quiet(due, quiet)
        assert booked_at <= due < starts_at
    shifted = [
        due for due in made.wanted.values() if due not in {starts_at - r.before for r in rules}
    ]
    for due in shifted:  # what quiet hours move goes no later than two hours before the visit
        assert due <= max(starts_at - 2 * HOUR, booked_at) or any(
            due < starts_at - rule.before for rule in rules
        )
