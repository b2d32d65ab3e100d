"""The calendar and the course of treatment, when two records of one person become one."""

import datetime as dt

import pytest

from appointments.models import Attendance, Occupancy, Reminder, ReplanRequest
from appointments.services.booking import cancel_appointment
from appointments.services.replanning import replan_due
from appointments.states import AppointmentKind, CancelledBy, RuleChannel
from casework.models import Episode
from casework.moves import DischargeReason, NaloxoneOffer, ReferralSource
from casework.services import admit, discharge
from clients.models import CareRole
from clients.services import join_care_team, merge_clients, undo_merge, withdraw_consent
from common.clock import now
from common.errors import Conflict
from messaging.models import Message
from messaging.services.inbound import handle_inbound, store_inbound
from messaging.states import MessageState
from organization.models import PhaseKind
from tests.races import at_once

pytestmark = pytest.mark.django_db

HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)


@pytest.fixture
def two(house):
    """Sam of Ana's and Sam of Ben's: one person, recorded twice. Ana may write on both."""
    survivor, other = house.client(phone="217 555 0134"), house.client(by=house.ben)
    join_care_team(client=other, user=house.ana, role=CareRole.COUNSELOR, reason="", by=house.ben)
    return survivor, other


def merge(house, two):
    return merge_clients(survivor=two[0], other=two[1], reason="same card", by=house.supervisor)


def refused(house, two):
    with pytest.raises(Conflict) as error:
        merge(house, two)
    assert error.value.code == "cannot_merge"
    return [found["code"] for found in error.value.extra["obstacles"]]


def treated(house, client, since, until):
    """A course of treatment that began and ended so many days ago; still under way if `until` is None."""
    episode = admit(
        client=client, program=house.programs[PhaseKind.OUTPATIENT], by=house.ana,
        referral_source=ReferralSource.INDIVIDUAL, at=now() - since * DAY,
    )  # fmt: skip
    if until is not None:
        discharge(
            episode=episode, reason=DischargeReason.COMPLETED, by=house.ana,
            last_contact_on=(now() - until * DAY - DAY).date(), follow_up_consent=False,
            naloxone_offered=NaloxoneOffer.NOT_OFFERED, at=now() - until * DAY,
        )  # fmt: skip
        client.care_team.update(until=None)  # the discharge had ended it
    return episode


# ── Courses of treatment ─────────────────────────────────────────────────────────────────────────


def courses(client):
    rows = Episode.objects.filter(client=client).order_by("admitted_at")
    return [row.prior_episodes for row in rows]


def test_ended_courses_go_along_and_are_counted_again(house, two):
    survivor, other = two
    treated(house, other, 90, 60)
    treated(house, survivor, 30, 20)
    treated(house, other, 10, None)
    done = merge(house, two)
    assert courses(survivor) == [0, 1, 2]
    undo_merge(merge=done, by=house.supervisor)
    assert (courses(survivor), courses(other)) == ([0], [0, 1])


def test_two_courses_under_way_stand_in_the_way(house, two):
    treated(house, two[0], 10, None)
    treated(house, two[1], 5, None)
    assert refused(house, two) == ["two_active_episodes"]


def test_courses_that_overlap_are_not_one_persons(house, two):
    treated(house, two[0], 10, None)
    treated(house, two[1], 30, 5)
    assert refused(house, two) == ["overlapping_episodes"]


# ── Appointments ─────────────────────────────────────────────────────────────────────────────────


def attended_by(client):
    return set(Attendance.objects.filter(client=client).values_list("appointment", flat=True))


def busy(client):
    return Occupancy.objects.filter(subject=client.pk).count()


def test_appointments_go_along_with_the_time_they_take(house, two, next_tuesday):
    own = house.booked(two[0], next_tuesday)
    theirs = house.booked(two[1], next_tuesday + HOUR)
    done = merge(house, two)
    assert attended_by(two[0]) == {own.pk, theirs.pk}
    assert (busy(two[0]), busy(two[1])) == (2, 0)
    undo_merge(merge=done, by=house.supervisor)
    assert (attended_by(two[0]), attended_by(two[1])) == ({own.pk}, {theirs.pk})
    assert (busy(two[0]), busy(two[1])) == (1, 1)


def test_two_at_one_time_stand_in_the_way_until_one_is_cancelled(house, two, next_tuesday):
    house.booked(two[0], next_tuesday)
    theirs = house.booked(two[1], next_tuesday + HOUR / 2, staff=[house.ben])
    assert refused(house, two) == ["overlapping_appointments"]
    cancel_appointment(
        appointment=theirs, by_whom=CancelledBy.SERVICE, reason="twice", by=house.ana
    )
    merge(house, two)
    assert len(attended_by(two[0])) == 2


def test_both_in_one_group_stand_in_the_way(house, two, next_tuesday):
    house.booked(two[0], next_tuesday, kind=AppointmentKind.GROUP, clients=list(two))
    assert refused(house, two) == ["same_appointment"]


def test_a_past_group_that_both_were_in_stays_as_it_was_written(
    house, two, next_tuesday, time_machine
):
    group = house.booked(two[0], next_tuesday, kind=AppointmentKind.GROUP, clients=list(two))
    time_machine.move_to(next_tuesday + 2 * HOUR, tick=False)
    group.change(status="completed")
    merge(house, two)
    assert (attended_by(two[0]), attended_by(two[1])) == ({group.pk}, {group.pk})
    assert (busy(two[0]), busy(two[1])) == (1, 1)


def test_what_was_to_be_reminded_of_is_planned_anew_to_the_survivors_number(
    house, two, next_tuesday
):
    house.rules((24, RuleChannel.SMS))
    theirs = house.booked(two[1], next_tuesday)
    row = Reminder.objects.get()
    assert (row.state, row.reason) == ("skipped", "no_contact_point")
    done = merge(house, two)
    replan_due()
    planned = Reminder.objects.get(state="planned")
    assert planned.attendance.appointment == theirs
    assert planned.message.contact_point.client == two[0]
    undo_merge(merge=done, by=house.supervisor)
    replan_due()
    assert set(Reminder.objects.values_list("state", flat=True)) <= {"skipped", "cancelled"}
    assert not Message.objects.filter(state=MessageState.SCHEDULED).exists()
    assert ReplanRequest.objects.count() == 0


def test_nothing_goes_to_an_address_whose_consent_was_withdrawn_on_either(house, two, next_tuesday):
    house.rules((24, RuleChannel.SMS))
    third = house.client(by=house.ben, phone="217 555 0134")
    join_care_team(client=third, user=house.ana, role=CareRole.COUNSELOR, reason="", by=house.ben)
    house.booked(third, next_tuesday)
    waiting = Message.objects.get()
    withdraw_consent(point=two[0].contact_points.get(), by=house.ana)
    merge(house, (two[0], third))
    waiting.refresh_from_db()
    assert (waiting.client, waiting.state, waiting.reason) == (two[0], "skipped", "no_consent")


def test_a_reply_from_a_number_on_both_is_the_survivors(house, two):
    third = house.client(by=house.ben, phone="217 555 0134")
    merge(house, (two[0], third))
    inbound = store_inbound(provider_id="1", sender="+12175550134", body="hello")
    handle_inbound(inbound.pk)
    inbound.refresh_from_db()
    assert inbound.client == two[0]


# ── At once ──────────────────────────────────────────────────────────────────────────────────────


def outcome(act):
    def run():
        try:
            act()
        except Conflict as conflict:
            return conflict.code
        return "done"

    return run


@pytest.mark.django_db(transaction=True)
def test_of_many_merges_of_one_pair_at_once_one_happens(house, two):
    both_ways = [lambda: merge(house, two), lambda: merge(house, two[::-1])]
    assert at_once([outcome(act) for act in both_ways * 5]) == {"done": 1, "merged": 9}


def merging_while_booking(house, two, starts_at):
    """Both records get an appointment at the same time, while they become one."""
    acts = [
        lambda: house.booked(two[0], starts_at),
        lambda: house.booked(two[1], starts_at + HOUR / 2, staff=[house.ben], by=house.ben),
        lambda: merge(house, two),
    ]
    return at_once([outcome(act) for act in acts])


@pytest.mark.django_db(transaction=True)
def test_a_merge_and_bookings_at_once_leave_nothing_with_the_other_record(house, two, next_tuesday):
    for week in range(6):
        pair = two if week == 0 else (house.client(), house.client(by=house.ben))
        answers = merging_while_booking(house, pair, next_tuesday + week * 7 * DAY)
        assert sum(answers.values()) == 3
        assert set(answers) <= {"done", "merged", "cannot_merge", "client_busy"}, answers
        pair[1].refresh_from_db()
        if pair[1].merged_into_id:
            assert attended_by(pair[1]) == set()
            assert busy(pair[1]) == 0
            assert busy(pair[0]) == len(attended_by(pair[0])) <= 1


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_a_booking_is_left_with_the_other_record(
    house, two, next_tuesday, monkeypatch
):
    """The negative control: the lock of a record that is written about is what a merge waits for."""
    import threading

    from appointments import here
    from appointments.services import booking

    checked, merged = threading.Event(), threading.Event()
    real = booking.check_wish

    def slow_check(*given):
        real(*given)
        checked.set()
        merged.wait(10)

    def late_merge():
        checked.wait(10)
        merge(house, two)
        merged.set()

    monkeypatch.setattr(booking, "check_wish", slow_check)
    monkeypatch.setattr(here, "HOLD", here.HOLD.replace("FOR KEY SHARE", ""))
    book = outcome(lambda: house.booked(two[1], next_tuesday))
    assert at_once([book, outcome(late_merge)]) == {"done": 2}
    assert busy(two[1]) == 1
