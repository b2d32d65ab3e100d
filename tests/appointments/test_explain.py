"""Why, in plain words: for each state and each reason that the ledger knows."""

import datetime as dt
import re

import pytest

from appointments.models import Attendance, Reminder
from appointments.queries import reminders_of, why, with_reasons
from appointments.states import ReminderState, RuleChannel
from common.clock import at_wall_clock, now
from messaging.models import OptOut
from messaging.states import TELLS_OF_THE_CASE, MessageState, Reason

pytestmark = pytest.mark.django_db
MONDAY = at_wall_clock(dt.date(2025, 11, 24), dt.time(9), "America/Chicago")
FIVE_PAST = MONDAY + dt.timedelta(minutes=5)


@pytest.fixture
def reminder(house, next_tuesday):
    house.rules((24, RuleChannel.SMS))
    house.booked(house.client(phone="217 555 0134"), next_tuesday)
    return Reminder.objects.get()


def told(reminder, *, state=ReminderState.PLANNED, reason="", message=None, case_seen=True):
    """The answer with the row, and its message, as they would be then."""
    reminder.change(state=state, reason=reason)
    reminder.message.change(**(message or {}))
    [row] = with_reasons(Reminder.objects.filter(pk=reminder.pk), Attendance.objects.all())
    return tuple(why(row, case_seen=case_seen))


def test_what_is_planned_says_when_it_goes_in_the_facilitys_time(reminder, house):
    later = at_wall_clock(dt.date(2035, 11, 26), dt.time(9), "America/Chicago")
    due = {"send_at": later}
    assert told(reminder, message=due) == (
        "planned",
        "Will be sent Mon, Nov 26, 9:00 AM, by text message.",
    )
    house.elm.zone = "America/New_York"
    house.elm.save()
    assert told(reminder, message=due)[1] == "Will be sent Mon, Nov 26, 10:00 AM, by text message."


def test_what_is_due_and_what_was_put_off_says_so(reminder):
    later = at_wall_clock(dt.date(2035, 11, 26), dt.time(9), "America/Chicago")
    assert told(reminder, message={"send_at": later, "tries": 1})[1] == (
        "The provider put it off; tried again Mon, Nov 26, 9:00 AM, by text message."
    )
    long_ago = at_wall_clock(dt.date(2025, 11, 24), dt.time(9), "America/Chicago")
    assert told(reminder, message={"send_at": long_ago})[1] == (
        "Due since Mon, Nov 24, 9:00 AM, by text message: it goes as soon as it can."
    )


HANDED_OVER = {
    (ReminderState.SENT, ""): ("sent", "Sent Mon, Nov 24, 9:00 AM, by text message."),
    (ReminderState.SENT, Reason.MAY_HAVE_ARRIVED): (
        "may_have_arrived",
        "Handed over Mon, Nov 24, 9:00 AM, by text message, but the outcome was lost.",
    ),
    (ReminderState.DONE, ""): (
        "delivered",
        "Sent Mon, Nov 24, 9:00 AM, by text message, delivered Mon, Nov 24, 9:05 AM.",
    ),
    (ReminderState.FAILED, Reason.NOT_DELIVERED): (
        "not_delivered",
        "Sent Mon, Nov 24, 9:00 AM, by text message, but the provider could not deliver it.",
    ),
    (ReminderState.FAILED, Reason.PROVIDER_REJECTED): (
        "provider_rejected",
        "Not sent: the provider refused it.",
    ),
    (ReminderState.EXPIRED, Reason.TOO_LATE): ("too_late", "Not sent: it was too late to send it."),
}


@pytest.mark.parametrize(("state", "reason"), HANDED_OVER)
def test_what_was_handed_over_says_what_came_of_it(reminder, state, reason):
    message = {
        "state": MessageState.DELIVERED, "sent_at": MONDAY, "delivered_at": FIVE_PAST,
    }  # fmt: skip
    said = told(reminder, state=state, reason=reason, message=message)
    assert said == HANDED_OVER[state, reason]


def test_an_opt_out_is_told_with_its_day_while_it_is_in_force(reminder):
    opted_out = OptOut.objects.create(
        address_index=reminder.contact_point.address_index, channel="sms", since=MONDAY
    )
    skipped = {"state": ReminderState.SKIPPED, "reason": Reason.OPTED_OUT}
    assert told(reminder, **skipped) == (
        "opted_out",
        "Not sent: the address opted out on Mon, Nov 24.",
    )
    opted_out.until = now()
    opted_out.save()
    assert told(reminder, **skipped)[1] == "Not sent: the address opted out."


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_makes_one_sentence(reminder, reason):
    code, sentence = told(reminder, state=ReminderState.SKIPPED, reason=reason)
    assert code == reason
    assert re.fullmatch(r"(Not sent: [a-z]|Sent |Handed over )[^{}]+[^.]\.", sentence), sentence


@pytest.mark.parametrize("reason", TELLS_OF_THE_CASE)
def test_where_the_client_stands_in_treatment_is_not_told_to_everybody(reminder, reason):
    said = told(reminder, state=ReminderState.SKIPPED, reason=reason, case_seen=False)
    assert said == ("not_shown", "Not sent, for a reason that is not shown to you.")


def test_a_bundled_one_names_the_other_visits_time_only_to_who_sees_that_visit(
    reminder, house, next_tuesday
):
    """Cleo leads the second visit; the first, which carries the message, is Ana's alone."""
    client = reminder.attendance.client
    at_two = next_tuesday + dt.timedelta(hours=4)
    visit = house.booked(client, at_two, staff=[house.cleo], by=house.front_desk)
    bundled = Reminder.objects.get(attendance__appointment=visit)
    bundled.change(state=ReminderState.BUNDLED, message=reminder.message)

    def said(person):
        return [tuple(why(row, case_seen=True)) for row in reminders_of(visit, person)]

    assert said(house.front_desk) == [("bundled", "In one message with the visit at 10:00 AM.")]
    assert said(house.cleo) == [("bundled", "In one message with another visit of that day.")]
