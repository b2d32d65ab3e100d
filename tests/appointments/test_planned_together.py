"""The ledger and the outbox where a client has several visits, or a change is told: what shares a
message, what is held back, who is told of what, and what happens to it when things change again."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from appointments.models import Attendance, Reminder, ReplanRequest
from appointments.services.attending import mark_no_show, take_answer
from appointments.services.booking import cancel_appointment, reschedule
from appointments.services.policies import RuleWish, preview_rules, set_rules
from appointments.services.replanning import replan_due
from appointments.states import CancelledBy, Response, RuleChannel, RuleOnlyIf, RuleWhen
from casework.moves import TransitionReason
from casework.services import move_phase
from clients.models import Client
from common.clock import at_wall_clock, now
from common.errors import Invalid
from messaging.models import Meaning, Message
from messaging.purposes import purposes
from messaging.states import MessageState
from organization.models import PhaseKind
from tests.appointments.words import own_words
from tests.races import at_once

pytestmark = pytest.mark.django_db

DAY, HOUR, MINUTE = dt.timedelta(days=1), dt.timedelta(hours=1), dt.timedelta(minutes=1)
TEXT = RuleChannel.SMS


@pytest.fixture
def client(house):
    house.rules((24, TEXT))
    return house.client(phone="217 555 0134", email="sam@example.org")


def waiting():
    """(due, the starts of the visits it tells of) of each message that waits."""
    messages = Message.objects.filter(state=MessageState.SCHEDULED).order_by("send_at")
    return [
        (
            message.send_at,
            sorted(
                message.reminders.filter(state__in=("planned", "bundled")).values_list(
                    "attendance__appointment__starts_at", flat=True
                )
            ),
        )
        for message in messages
    ]


def states(visit):
    rows = Reminder.objects.filter(attendance__appointment=visit).order_by("rule__when", "pk")
    return [(row.rule.when, row.state, row.reason) for row in rows]


# ── One message for a day ─────────────────────────────────────────────────────────────────────


def test_the_second_visit_of_a_day_joins_the_first_one_s_message(house, client, next_tuesday):
    first = house.booked(client, next_tuesday)
    [message] = Message.objects.all()
    second = house.booked(client, next_tuesday + 4 * HOUR)
    assert waiting() == [(next_tuesday - DAY, [next_tuesday, next_tuesday + 4 * HOUR])]
    assert states(first) == [("offset", "planned", "")]
    assert states(second) == [("offset", "bundled", "")]
    message.refresh_from_db()
    assert message.expires_at == next_tuesday + 4 * HOUR
    assert Message.objects.count() == 1


def test_an_earlier_visit_brings_the_message_forward(house, client, next_tuesday):
    house.booked(client, next_tuesday)
    house.booked(client, next_tuesday - 2 * HOUR)
    assert waiting() == [(next_tuesday - 26 * HOUR, [next_tuesday - 2 * HOUR, next_tuesday])]


def test_a_cancelled_visit_leaves_the_message_to_the_other_one(house, client, next_tuesday):
    first = house.booked(client, next_tuesday)
    second = house.booked(client, next_tuesday + 4 * HOUR)
    cancel_appointment(appointment=first, by_whom=CancelledBy.SERVICE, reason="x", by=house.ana)
    assert states(first) == [("offset", "cancelled", "appointment_cancelled")]
    assert states(second) == [("offset", "planned", "")]
    assert waiting() == [(next_tuesday - 20 * HOUR, [next_tuesday + 4 * HOUR])]
    cancel_appointment(appointment=second, by_whom=CancelledBy.SERVICE, reason="x", by=house.ana)
    assert waiting() == []
    assert set(Message.objects.values_list("state", "reason")) == {
        ("cancelled", "appointment_cancelled")
    }


def test_a_move_to_another_day_takes_it_out_of_the_message(house, client, next_tuesday):
    house.booked(client, next_tuesday)
    second = house.booked(client, next_tuesday + 4 * HOUR)
    moved = next_tuesday + DAY
    reschedule(appointment=second, starts_at=moved, ends_at=moved + HOUR, by=house.ana)
    assert waiting() == [(next_tuesday - DAY, [next_tuesday]), (moved - DAY, [moved])]


def test_what_is_being_handed_over_is_not_joined(house, client, next_tuesday):
    first = house.booked(client, next_tuesday)
    Message.objects.update(
        state=MessageState.SENDING, lease=first.pk, lease_until=now() + HOUR, armed=True
    )
    second = house.booked(client, next_tuesday + 4 * HOUR)
    assert states(first) == [("offset", "planned", "")]
    assert states(second) == [("offset", "planned", "")]
    assert waiting() == [(next_tuesday - 20 * HOUR, [next_tuesday + 4 * HOUR])]
    assert ReplanRequest.objects.filter(client=client, not_before__gt=now()).exists()


@pytest.mark.django_db(transaction=True)
def test_two_visits_of_one_day_booked_at_once_share_a_message(house, client, next_tuesday):
    starts = (next_tuesday, next_tuesday + 4 * HOUR)
    answers = at_once([lambda at=at: str(house.booked(client, at).status) for at in starts])
    assert answers == {"booked": 2}
    assert waiting() == [(next_tuesday - DAY, [next_tuesday, next_tuesday + 4 * HOUR])]


def test_an_answer_is_not_taken_for_a_visit_that_was_left_out_at_the_last_look(
    house, client, next_tuesday
):
    first = house.booked(client, next_tuesday)
    second = house.booked(client, next_tuesday + 4 * HOUR)
    left_out = Reminder.objects.filter(attendance__appointment=second)
    Attendance.objects.filter(appointment=second).update(status="cancelled")  # not planned for yet
    [message] = Message.objects.all()
    content = purposes["reminder"].recheck([message])[message.pk]
    assert "10:00 AM" in content.text
    assert "2:00 PM" not in content.text
    assert left_out.get().state == "skipped"
    Attendance.objects.filter(appointment=second).update(status="expected")
    assert purposes["reminder"].answer(message, Meaning.CONFIRM)
    answers = {v.pk: v.attendances.get().response for v in (first, second)}
    assert answers == {first.pk: "accepted", second.pk: "needs_action"}


# ── Never too many ────────────────────────────────────────────────────────────────────────────


def test_a_day_s_third_reminder_is_held_back_and_comes_when_there_is_room(
    house, client, next_tuesday, settings
):
    settings.REMINDERS_PER_CLIENT_DAY = 2
    house.rules((24, TEXT), (48, TEXT), (72, TEXT))
    visits = [house.booked(client, next_tuesday + n * DAY) for n in range(3)]
    held_back = Reminder.objects.filter(reason="daily_cap")
    [row] = held_back.all()
    assert (row.attendance.appointment, row.state) == (visits[2], "skipped")
    assert row.rule.minutes_before == 72 * 60
    cancel_appointment(appointment=visits[0], by_whom=CancelledBy.CLIENT, reason="x", by=house.ana)
    assert not held_back.all().exists()
    row.refresh_from_db()
    assert (row.state, row.message.state) == ("planned", "scheduled")
    assert [change.state for change in row.changes.all()] == ["skipped", "planned"]


def test_what_went_already_counts(house, client, next_tuesday, settings):
    settings.REMINDERS_PER_CLIENT_DAY = 1
    house.booked(client, next_tuesday)
    Message.objects.update(state=MessageState.SENT, sent_at=next_tuesday - DAY)
    Reminder.objects.update(state="sent")
    house.rules((24, TEXT), (48, TEXT))
    later = house.booked(client, next_tuesday + DAY)
    assert sorted(states(later)) == [
        ("offset", "planned", ""),
        ("offset", "skipped", "daily_cap"),
    ]


# ── For whom alone ────────────────────────────────────────────────────────────────────────────


def test_who_has_confirmed_gets_no_more_where_the_rule_says_so(house, client, next_tuesday):
    house.rules(RuleWish(RuleWhen.OFFSET, TEXT, 24 * 60, only_if=RuleOnlyIf.UNCONFIRMED))
    visit = house.booked(client, next_tuesday)
    attendance = visit.attendances.get()
    take_answer(attendance=attendance, response=Response.ACCEPTED, by=house.ana)
    replan_due()
    assert states(visit) == [("offset", "skipped", "confirmed")]
    take_answer(attendance=attendance, response=Response.TENTATIVE, by=house.ana)
    replan_due()
    assert states(visit) == [("offset", "planned", "")]


def missed(house, client, start):
    """A visit of the past that the client did not come to."""
    visit = house.booked(client, now() + HOUR)
    shifted = start - visit.starts_at
    visit.change(starts_at=visit.starts_at + shifted, ends_at=visit.ends_at + shifted)
    visit.occupancies.all().delete()
    mark_no_show(attendance=visit.attendances.get(), by=house.ana)


def test_who_missed_two_visits_in_90_days_gets_the_third_reminder(house, client, next_tuesday):
    house.rules(RuleWish(RuleWhen.OFFSET, TEXT, 120, only_if=RuleOnlyIf.HIGH_RISK))
    visit = house.booked(client, next_tuesday)
    assert states(visit) == [("offset", "skipped", "not_high_risk")]
    missed(house, client, now() - 70 * DAY)
    assert states(visit) == [("offset", "skipped", "not_high_risk")]
    missed(house, client, now() - DAY)
    assert states(visit) == [("offset", "planned", "")]
    assert waiting() == [(next_tuesday - 2 * HOUR, [next_tuesday])]
    far = house.booked(client, next_tuesday + 30 * DAY)
    assert states(far) == [("offset", "skipped", "not_high_risk")]


# ── The narrowest policy ──────────────────────────────────────────────────────────────────────


def test_a_policy_for_groups_or_a_phase_takes_the_place_of_the_facility_s(
    house, client, next_tuesday
):
    day_before = RuleWish(RuleWhen.OFFSET, TEXT, 24 * 60)
    two_days = RuleWish(RuleWhen.OFFSET, TEXT, 48 * 60)
    visit = house.booked(client, next_tuesday)
    set_rules(facility=house.elm, rules=[day_before], narrowed={("individual", ""): [two_days]},
              by=house.manager)  # fmt: skip
    replan_due()
    assert waiting() == [(next_tuesday - 2 * DAY, [next_tuesday])]
    assert ("offset", "cancelled", "replaced") in states(visit)
    house.admitted(client)
    in_phase = {("individual", ""): [two_days], ("", "outpatient"): []}
    set_rules(facility=house.elm, rules=[day_before], narrowed=in_phase, by=house.manager)
    replan_due()
    assert waiting() == []
    set_rules(facility=house.elm, rules=[day_before], narrowed={}, by=house.manager)
    replan_due()
    assert waiting() == [(next_tuesday - DAY, [next_tuesday])]


def sent_at(message, moment):
    """It was handed over then."""
    message.change(state=MessageState.SENT, send_at=moment, sent_at=moment)
    message.reminders.update(state="sent", send_at=moment)


def test_a_policy_that_comes_into_force_repeats_nothing_that_another_has_told(
    house, client, next_tuesday, time_machine
):
    day_before = RuleWish(RuleWhen.OFFSET, TEXT, 24 * 60)
    both = {("individual", ""): [day_before]}
    set_rules(facility=house.elm, rules=[day_before], narrowed=both, by=house.manager)
    visit = house.booked(client, next_tuesday)
    [message] = Message.objects.filter(state=MessageState.SCHEDULED)
    time_machine.move_to(next_tuesday - 20 * HOUR)
    sent_at(message, next_tuesday - 24 * HOUR)
    for narrowed in ({}, both, {}):
        set_rules(facility=house.elm, rules=[day_before], narrowed=narrowed, by=house.manager)
        replan_due()
        assert waiting() == []
    assert [s for s in states(visit) if s[1] == "sent"] == [("offset", "sent", "")]
    assert ("offset", "skipped", "duplicate") in states(visit)


def test_another_policy_s_reminder_that_failed_is_no_reason_to_keep_silent(
    house, client, next_tuesday, time_machine
):
    day_before = RuleWish(RuleWhen.OFFSET, TEXT, 24 * 60)
    both = {("individual", ""): [day_before]}
    set_rules(facility=house.elm, rules=[day_before], narrowed=both, by=house.manager)
    house.booked(client, next_tuesday)
    [message] = Message.objects.filter(state=MessageState.SCHEDULED)
    time_machine.move_to(next_tuesday - 20 * HOUR)
    message.change(state=MessageState.FAILED, ended_at=now())
    message.reminders.update(state="failed")
    set_rules(facility=house.elm, rules=[day_before], narrowed={}, by=house.manager)
    replan_due()
    assert waiting() == [(next_tuesday - 24 * HOUR, [next_tuesday])]


def test_moves_after_a_stay_on_the_unit_make_nothing_due_that_had_passed(
    house, client, next_tuesday, time_machine
):
    house.rules((72, TEXT), (24, TEXT))
    visit = house.booked(client, next_tuesday + 7 * DAY)
    start = visit.starts_at
    episode = house.admitted(client, PhaseKind.INPATIENT)
    replan_due()
    time_machine.move_to(start - 60 * HOUR)
    for kind in (PhaseKind.OUTPATIENT, PhaseKind.AFTERCARE):
        move_phase(
            episode=episode, program=house.programs[kind], reason=TransitionReason.PLANNED,
            by=house.ana,
        )  # fmt: skip
        replan_due()
        assert waiting() == [(start - 24 * HOUR, [start])]
    assert ("offset", "skipped", "offset_passed") in states(visit)


def test_a_message_of_two_visits_goes_after_the_first_has_begun_with_the_other_alone(
    house, client, next_tuesday, time_machine
):
    later = next_tuesday + 5 * HOUR
    first, second = house.booked(client, next_tuesday), house.booked(client, later)
    [message] = Message.objects.all()
    assert waiting() == [(next_tuesday - DAY, [next_tuesday, later])]
    time_machine.move_to(next_tuesday + HOUR)
    said = purposes["reminder"].recheck([message])[message.pk]
    local = [t.astimezone(ZoneInfo("America/Chicago")) for t in (next_tuesday, later)]
    assert f"{local[0]:%-I:%M %p}" not in said.text
    assert f"{local[1]:%-I:%M %p}" in said.text
    assert said.page_until == later + 50 * MINUTE
    assert states(first) == [("offset", "expired", "too_late")]
    assert [(when, state) for when, state, _ in states(second)] == [("offset", "bundled")]


def test_two_rules_that_differ_in_their_text_alone_are_one_too_many(house):
    own_words(house, key="kind")
    rules = [RuleWish(RuleWhen.OFFSET, TEXT, 24 * 60, template=t) for t in ("", "kind")]
    with pytest.raises(Invalid) as refused:
        set_rules(facility=house.elm, rules=rules, by=house.manager)
    assert refused.value.code == "duplicate"


def test_a_wall_clock_rule_is_due_at_that_time_of_the_facility_s_day(house, client, next_tuesday):
    house.rules(RuleWish(RuleWhen.WALL_CLOCK, TEXT, days_before=1, at=dt.time(10)))
    house.booked(client, next_tuesday)
    [(due, _)] = waiting()
    day = next_tuesday.astimezone(ZoneInfo("America/Chicago")).date() - DAY
    assert due == at_wall_clock(day, dt.time(10), "America/Chicago")


# ── Changes told ──────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def told(house):
    """A policy that tells of every change."""
    changes = (RuleWhen.BOOKED, RuleWhen.MOVED, RuleWhen.CANCELLED, RuleWhen.NO_SHOW)
    house.rules(*(RuleWish(when, TEXT) for when in changes))
    return house.client(phone="217 555 0134")


def notices():
    rows = Message.objects.filter(state=MessageState.SCHEDULED).order_by("send_at")
    return [(row.purpose, row.reminders.get(state="planned").rule.when) for row in rows]


def test_each_change_is_told_once_and_takes_back_what_was_not_told_yet(house, told, next_tuesday):
    visit = house.booked(told, next_tuesday)
    assert notices() == [("notice", "booked")]
    [message] = Message.objects.all()
    assert message.send_at == visit.attendances.get().created_at + 2 * MINUTE
    moved = reschedule(
        appointment=visit, starts_at=next_tuesday + DAY, ends_at=next_tuesday + DAY + HOUR,
        by=house.ana,
    )  # fmt: skip
    assert notices() == [("notice", "moved")]
    cancel_appointment(appointment=moved, by_whom=CancelledBy.SERVICE, reason="x", by=house.ana)
    assert notices() == [("notice", "cancelled")]


def test_a_no_show_is_told_for_two_days(house, told):
    visit = house.booked(told, now() + HOUR)
    Message.objects.update(state=MessageState.SENT, sent_at=now())
    Reminder.objects.update(state="sent")
    visit.change(starts_at=now() - HOUR)
    mark_no_show(attendance=visit.attendances.get(), by=house.ana)
    assert notices() == [("notice", "no_show")]
    message = Message.objects.get(state=MessageState.SCHEDULED)
    status_at = Attendance.objects.get().status_at
    assert message.expires_at == status_at + 2 * DAY


def test_nothing_is_told_to_who_has_died(house, told, next_tuesday):
    visit = house.booked(told, next_tuesday)
    Client.objects.filter(pk=told.pk).update(deceased_on=now().date())
    cancel_appointment(appointment=visit, by_whom=CancelledBy.SERVICE, reason="x", by=house.ana)
    assert notices() == []


# ── What a change of policy would do ──────────────────────────────────────────────────────────


def test_a_preview_counts_and_changes_nothing(house, client, next_tuesday):
    for n in range(3):
        house.booked(client, next_tuesday + n * DAY)
    before = sorted(Message.objects.values_list("pk", "send_at", "state", "updated_at"))
    keep = RuleWish(RuleWhen.OFFSET, TEXT, 24 * 60)
    more = RuleWish(RuleWhen.OFFSET, TEXT, 48 * 60)
    found = preview_rules(facility=house.elm, rules=[keep, more], by=house.manager)
    assert (found.added, found.taken_back, found.moved, found.unchanged) == (3, 0, 0, 3)
    found = preview_rules(facility=house.elm, rules=[more], by=house.manager)
    assert (found.added, found.taken_back, found.moved, found.unchanged) == (3, 3, 0, 0)
    found = preview_rules(facility=house.elm, rules=[keep], by=house.manager)
    assert (found.added, found.taken_back, found.unchanged, found.clients) == (0, 0, 3, 1)
    assert sorted(Message.objects.values_list("pk", "send_at", "state", "updated_at")) == before


def test_a_preview_says_what_saving_then_does(house, client, next_tuesday):
    house.booked(client, next_tuesday)
    house.booked(client, next_tuesday + 4 * HOUR)
    house.booked(client, next_tuesday + 2 * DAY)
    rules = [RuleWish(RuleWhen.OFFSET, TEXT, 48 * 60), RuleWish(RuleWhen.OFFSET, TEXT, 24 * 60)]
    found = preview_rules(facility=house.elm, rules=rules, by=house.manager)
    before = set(Message.objects.values_list("pk", flat=True))
    set_rules(facility=house.elm, rules=rules, by=house.manager)
    replan_due()
    assert found.added == Message.objects.exclude(pk__in=before).count() == 2
    assert found.taken_back == Message.objects.filter(state="cancelled").count() == 0
