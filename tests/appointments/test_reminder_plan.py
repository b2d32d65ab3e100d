"""Planning is a pure function: the same facts give the same plan. Its rules, by example."""

import datetime as dt
import uuid

from appointments.reminders import ContactFacts, Facts, Key, RuleFacts, plan
from appointments.states import RuleChannel, RuleWhen
from clients.models import Channel
from common.clock import at_wall_clock
from messaging.quiet import QuietHours
from messaging.states import Reason

CHICAGO, BERLIN = "America/Chicago", "Europe/Berlin"
NIGHT = QuietHours(dt.time(20), dt.time(8), CHICAGO)
START = at_wall_clock(dt.date(2026, 12, 8), dt.time(10), CHICAGO)
HOUR = dt.timedelta(hours=1)
LONG_AGO = START - 60 * dt.timedelta(days=1)

RULE_72, RULE_24, RULE_LATE = (uuid.UUID(int=i) for i in (72, 24, 1))
PHONE = ContactFacts(uuid.UUID(int=101), Channel.SMS, LONG_AGO)
MAILBOX = ContactFacts(uuid.UUID(int=102), Channel.EMAIL, LONG_AGO)


def rule(pk, hours, channel=RuleChannel.PREFERRED, since=LONG_AGO):
    when = RuleWhen.OFFSET if hours else RuleWhen.BOOKED_LATE
    return RuleFacts(pk, when, channel, (hours or 0) * HOUR, since)


DEFAULT = (rule(RULE_72, 72), rule(RULE_24, 24), rule(RULE_LATE, None))


def facts(**changes):
    values = {
        "starts_at": START,
        "booked_at": START - 10 * dt.timedelta(days=1),
        "rules": DEFAULT,
        "contacts": (PHONE, MAILBOX),
    }
    return Facts(**(values | changes))


def by_rule(made):
    """{rule: due time or reason}."""
    return {key.rule_id: due for key, due in made.wanted.items()} | {
        key.rule_id: reason for key, reason in made.skipped.items()
    }


def test_booked_well_ahead_both_offsets_are_due_and_the_late_rule_is_not_needed():
    assert by_rule(plan(facts())) == {
        RULE_72: START - 72 * HOUR,
        RULE_24: START - 24 * HOUR,
        RULE_LATE: Reason.NOT_NEEDED,
    }


def test_booked_under_72_hours_ahead_only_the_24_hour_one_is_sent():
    assert by_rule(plan(facts(booked_at=START - 71 * HOUR))) == {
        RULE_72: Reason.OFFSET_PASSED,
        RULE_24: START - 24 * HOUR,
        RULE_LATE: Reason.NOT_NEEDED,
    }


def test_booked_under_24_hours_ahead_one_message_goes_at_booking():
    booked = START - 20 * HOUR
    assert by_rule(plan(facts(booked_at=booked))) == {
        RULE_72: Reason.OFFSET_PASSED,
        RULE_24: Reason.OFFSET_PASSED,
        RULE_LATE: booked,
    }


def test_booked_at_the_very_second_of_an_offset_it_is_due_at_once():
    booked = START - 24 * HOUR
    assert by_rule(plan(facts(booked_at=booked)))[RULE_24] == booked


def test_a_consent_given_later_counts_as_booked_then():
    phone = ContactFacts(PHONE.id, Channel.SMS, START - 30 * HOUR)
    assert by_rule(plan(facts(contacts=(phone,)))) == {
        RULE_72: Reason.OFFSET_PASSED,
        RULE_24: START - 24 * HOUR,
        RULE_LATE: Reason.NOT_NEEDED,
    }


def test_the_preferred_channel_falls_back_to_the_other_one():
    phone = ContactFacts(PHONE.id, Channel.SMS, LONG_AGO, Reason.OPTED_OUT)
    made = plan(facts(contacts=(phone, MAILBOX)))
    assert {key.channel for key in made.wanted} == {Channel.EMAIL}
    made = plan(facts(preferred=Channel.EMAIL))
    assert {key.contact_point_id for key in made.wanted} == {MAILBOX.id}


def test_a_rule_for_one_channel_does_not_fall_back():
    phone = ContactFacts(PHONE.id, Channel.SMS, LONG_AGO, Reason.NO_CONSENT)
    made = plan(facts(contacts=(phone, MAILBOX), rules=(rule(RULE_24, 24, RuleChannel.SMS),)))
    assert made.wanted == {}
    assert made.skipped == {Key(RULE_24, Channel.SMS, PHONE.id): Reason.NO_CONSENT}


def test_without_any_contact_point_the_ledger_says_so():
    made = plan(facts(contacts=()))
    assert set(made.skipped.values()) == {Reason.NO_CONTACT_POINT}
    assert {key.contact_point_id for key in made.skipped} == {None}


def test_on_the_unit_everything_is_skipped():
    assert set(by_rule(plan(facts(on_unit=True))).values()) == {Reason.ON_UNIT}


def test_after_the_unit_the_latest_offset_is_due_at_once_if_all_have_passed():
    left = START - 5 * HOUR
    assert by_rule(plan(facts(unit_left_at=left))) == {
        RULE_72: Reason.OFFSET_PASSED,
        RULE_24: left,
        RULE_LATE: Reason.NOT_NEEDED,
    }


def test_after_the_unit_an_offset_still_ahead_is_kept_and_nothing_goes_at_once():
    assert by_rule(plan(facts(unit_left_at=START - 48 * HOUR))) == {
        RULE_72: Reason.OFFSET_PASSED,
        RULE_24: START - 24 * HOUR,
        RULE_LATE: Reason.NOT_NEEDED,
    }


def test_the_72_hour_one_was_sent_before_the_stay_and_the_24_hour_one_goes_when_it_ends():
    left = START - 5 * HOUR
    made = plan(facts(unit_left_at=left, handed_over=frozenset({RULE_72})))
    assert by_rule(made) == {RULE_24: left, RULE_LATE: Reason.NOT_NEEDED}


def test_a_rule_carried_out_is_left_alone_whatever_changes():
    made = plan(facts(handed_over=frozenset({RULE_72}), preferred=Channel.EMAIL))
    assert RULE_72 not in by_rule(made)
    assert by_rule(made)[RULE_24] == START - 24 * HOUR


def test_a_rule_made_after_its_time_had_passed_sends_nothing():
    new = rule(uuid.UUID(int=48), 48, since=START - 30 * HOUR)
    assert by_rule(plan(facts(rules=(new,)))) == {new.id: Reason.OFFSET_PASSED}


def test_an_ended_appointment_wants_nothing_and_says_why():
    made = plan(facts(ended=Reason.APPOINTMENT_MOVED))
    assert (made.wanted, made.skipped, made.ended) == ({}, {}, Reason.APPOINTMENT_MOVED)


def test_quiet_hours_move_a_message_to_the_next_morning_if_that_is_early_enough():
    evening = at_wall_clock(dt.date(2026, 12, 8), dt.time(21), CHICAGO)
    made = plan(facts(starts_at=evening + 24 * HOUR, quiet=(NIGHT,)))
    assert by_rule(made)[RULE_24] == at_wall_clock(dt.date(2026, 12, 9), dt.time(8), CHICAGO)


def test_quiet_hours_move_it_before_the_night_if_the_morning_is_too_late():
    early = at_wall_clock(dt.date(2026, 12, 8), dt.time(9), CHICAGO)
    two_hours = rule(uuid.UUID(int=2), 2)
    made = plan(facts(starts_at=early, rules=(two_hours,), quiet=(NIGHT,)))
    assert by_rule(made) == {
        two_hours.id: at_wall_clock(dt.date(2026, 12, 7), dt.time(19, 59), CHICAGO)
    }


def test_booked_in_the_night_for_the_early_morning_a_person_has_to_call():
    early = at_wall_clock(dt.date(2026, 12, 8), dt.time(9), CHICAGO)
    booked = at_wall_clock(dt.date(2026, 12, 7), dt.time(22), CHICAGO)
    made = plan(facts(starts_at=early, booked_at=booked, quiet=(NIGHT,)))
    assert by_rule(made)[RULE_LATE] == Reason.QUIET_HOURS


def test_a_message_goes_only_when_both_zones_allow_it():
    berlin_night = QuietHours(dt.time(20), dt.time(8), BERLIN)
    afternoon = at_wall_clock(dt.date(2026, 12, 9), dt.time(14), CHICAGO)  # 21:00 in Berlin
    made = plan(facts(starts_at=afternoon + 24 * HOUR, quiet=(NIGHT, berlin_night)))
    # Chicago allows from 8:00; Berlin has 15:00 then.
    assert by_rule(made)[RULE_24] == at_wall_clock(dt.date(2026, 12, 10), dt.time(8), CHICAGO)


def test_what_a_rule_of_another_policy_has_told_is_not_told_again():
    told = START - 24 * HOUR
    assert by_rule(plan(facts(told_until=told))) == {
        RULE_72: Reason.DUPLICATE,
        RULE_24: Reason.DUPLICATE,
        RULE_LATE: Reason.NOT_NEEDED,
    }
    assert by_rule(plan(facts(told_until=told - HOUR)))[RULE_24] == told


def test_after_the_unit_what_was_told_before_is_not_due_at_once():
    left = START - 5 * HOUR
    made = by_rule(plan(facts(unit_left_at=left, told_until=START - 24 * HOUR)))
    assert made[RULE_24] == Reason.DUPLICATE
