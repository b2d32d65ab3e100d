"""What a client's visits want together: one message for a day, and never too many. By example, and
as properties over any week of visits."""

import datetime as dt
import uuid
from collections import Counter
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from appointments.arranging import Caps, Wanted, arrange
from appointments.reminders import Key
from clients.models import Channel
from common.clock import at_wall_clock
from messaging.states import Reason

CHICAGO = "America/Chicago"
TUESDAY = dt.date(2026, 12, 8)
DAY, HOUR = dt.timedelta(days=1), dt.timedelta(hours=1)
ELM, OAK = uuid.UUID(int=1), uuid.UUID(int=2)
PHONE, MAILBOX = uuid.UUID(int=101), uuid.UUID(int=102)
ROOMY = Caps(100, 700)


def wanted(number, start, hours, *, text="reminder", notice=False, point=PHONE, facility=ELM):
    rule = uuid.UUID(int=1000 + hours)
    return Wanted(
        attendance_id=uuid.UUID(int=number),
        key=Key(rule, Channel.SMS, point),
        facility_id=facility,
        zone=CHICAGO,
        text=text,
        starts_at=start,
        send_at=start - hours * HOUR,
        expires_at=start,
        notice=notice,
    )


def at(hour, day=TUESDAY):
    return at_wall_clock(day, dt.time(hour), CHICAGO)


def said(arrangement):
    """(due, the visits in it, the nearest first) of each message, in order of time."""
    return sorted(
        (b.send_at, [m.attendance_id.int for m in b.members]) for b in arrangement.bundles
    )


def test_two_visits_of_a_day_are_told_in_one_message_at_the_earlier_time():
    both = [wanted(1, at(9), 24), wanted(2, at(14), 24)]
    [bundle] = arrange(both, gone=(), caps=ROOMY).bundles
    assert bundle.send_at == at(9) - DAY
    assert bundle.expires_at == at(14)
    assert [m.attendance_id.int for m in bundle.members] == [1, 2]


def test_each_offset_has_its_own_message():
    visits = [
        wanted(n, at(hour), before) for n, hour in ((1, 9), (2, 14)) for before in (72, 24, 2)
    ]
    assert said(arrange(visits, gone=(), caps=ROOMY)) == [
        (at(9) - 72 * HOUR, [1, 2]),
        (at(9) - 24 * HOUR, [1, 2]),
        (at(9) - 2 * HOUR, [1, 2]),
    ]


def test_what_only_one_visit_wants_stays_by_itself():
    visits = [wanted(1, at(9), 72), wanted(1, at(9), 24), wanted(2, at(14), 24)]
    assert said(arrange(visits, gone=(), caps=ROOMY)) == [
        (at(9) - 72 * HOUR, [1]),
        (at(9) - 24 * HOUR, [1, 2]),
    ]


def test_visits_of_two_days_channels_facilities_or_texts_are_not_told_together():
    apart = [
        wanted(1, at(9), 24),
        wanted(2, at(9, TUESDAY + DAY), 24),
        wanted(3, at(11), 24, point=MAILBOX),
        wanted(4, at(12), 24, facility=OAK),
        wanted(5, at(13), 24, text="group"),
        wanted(6, at(15), 24, notice=True),
    ]
    assert len(arrange(apart, gone=(), caps=ROOMY).bundles) == 6


def test_of_too_many_on_a_day_the_nearest_visits_win():
    visits = [wanted(n, at(9, TUESDAY + n * DAY), n * 24) for n in (1, 2, 3)]
    made = arrange(visits, gone=(), caps=Caps(2, 12))
    assert said(made) == [(at(9), [1]), (at(9), [2])]
    assert made.skipped == {visits[2].member: Reason.DAILY_CAP}


def test_what_went_already_that_day_counts():
    made = arrange([wanted(1, at(9), 24)], gone=[at(8, TUESDAY - DAY)] * 2, caps=Caps(2, 12))
    assert set(made.skipped.values()) == {Reason.DAILY_CAP}


def test_a_week_is_the_calendar_s_and_the_day_cap_speaks_first():
    monday = dt.date(2026, 12, 7)
    gone = [at(10, monday + n * DAY) for n in range(4)]
    later = wanted(1, at(9, monday + 5 * DAY), 24)
    next_week = wanted(2, at(9, monday + 8 * DAY), 24)
    made = arrange([later, next_week], gone=gone, caps=Caps(2, 4))
    assert made.skipped == {later.member: Reason.WEEKLY_CAP}
    assert said(made) == [(at(9, monday + 7 * DAY), [2])]


def test_notices_never_count_and_are_never_held_back():
    notices = [
        wanted(n, at(9), 24, text="moved", notice=True, point=uuid.UUID(int=n)) for n in (1, 2, 3)
    ]
    reminder = wanted(9, at(9), 24)
    made = arrange([*notices, reminder], gone=(), caps=Caps(1, 1))
    assert made.skipped == {}
    assert len(made.bundles) == 4


visits = st.lists(
    st.tuples(st.integers(0, 9), st.integers(7, 19), st.sampled_from((2, 24, 72)), st.booleans()),
    max_size=25,
)


@given(visits, st.integers(1, 3), st.integers(1, 9), st.randoms())
def test_everything_is_said_once_or_skipped_within_the_caps_in_any_order(
    given_, a_day, a_week, random
):
    """A member stands in one bundle or among the skipped; no day and no week has too many; nothing is
    said a day or more before its own time; the order of the input changes nothing."""
    wishes = {
        (day * 100 + hour, before): wanted(
            day * 100 + hour,
            at(hour, TUESDAY + day * DAY),
            before,
            point=MAILBOX if mail else PHONE,
        )
        for day, hour, before, mail in given_
    }
    each = list(wishes.values())
    caps = Caps(a_day, a_week)
    made = arrange(each, gone=(), caps=caps)
    random.shuffle(each)
    assert arrange(each, gone=(), caps=caps) == made
    told = [m.member for bundle in made.bundles for m in bundle.members]
    assert Counter(told) + Counter(made.skipped.keys()) == Counter(w.member for w in each)
    days = Counter(b.send_at.astimezone(ZoneInfo(CHICAGO)).date() for b in made.bundles)
    assert max(days.values(), default=0) <= a_day
    assert max(Counter(d.isocalendar()[:2] for d in days.elements()).values(), default=0) <= a_week
    for bundle in made.bundles:
        assert all(m.send_at - bundle.send_at < DAY for m in bundle.members)
        assert len({m.attendance_id for m in bundle.members}) == len(bundle.members)
