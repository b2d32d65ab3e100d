"""`manage.py reminders`: why, and what will be; and `dispatch_due`, which does without Redis."""

import datetime as dt
import uuid

import pytest
from django.core.management import CommandError, call_command

from appointments.models import Reminder, ReplanRequest
from appointments.states import ReminderState, RuleChannel
from common.clock import now
from messaging.models import Message
from messaging.states import MessageState, Reason

pytestmark = pytest.mark.django_db


@pytest.fixture
def visit(house, next_tuesday):
    house.rules((24, RuleChannel.SMS), (24, RuleChannel.EMAIL))
    return house.booked(house.client(phone="217 555 0134"), next_tuesday)


def said(capsys, *arguments):
    call_command("reminders", *map(str, arguments))
    return capsys.readouterr().out.splitlines()


def test_explain_tells_of_every_rule_with_its_history_and_names_nobody(visit, capsys):
    lines = said(capsys, "explain", visit.pk)
    monday = visit.starts_at - dt.timedelta(days=1)
    assert lines[0] == f"attendance {visit.attendances.get().pk}"
    assert sorted(line.split(maxsplit=3)[:3] for line in lines if line.startswith("  sms")) == [
        ["sms", "planned", "planned"]
    ]
    text = "\n".join(lines)
    assert f"Will be sent Mon, {monday:%b} {monday.day}, 10:00 AM, by text message." in text
    assert "Not sent: there is no contact point for this channel." in text
    assert sorted(line.split()[3:] for line in lines if line.startswith("    ")) == [
        ["planned"],
        ["skipped", "no_contact_point"],
    ]
    for private in ("Sam", "Rivera", "2175550134"):
        assert private not in text


def test_explain_refuses_what_is_no_appointment():
    with pytest.raises(CommandError, match="no appointment with this id"):
        call_command("reminders", "explain", str(uuid.uuid4()))


def test_explain_says_so_where_nothing_was_ever_planned(house, capsys, next_tuesday):
    house.rules()
    visit = house.booked(house.client(phone="217 555 0134"), next_tuesday)
    assert said(capsys, "explain", visit.pk) == ["Nothing was ever planned for it."]


def test_tomorrow_tells_what_goes_by_hour_and_channel_and_what_does_not(house, visit, capsys):
    the_day_before = (visit.starts_at - dt.timedelta(days=1)).date()
    message = Message.objects.get()
    assert said(capsys, "tomorrow", "--facility", house.elm.pk, "--day", the_day_before) == [
        f"facility {house.elm.pk}, {the_day_before} (America/Chicago): 1 to go, 0 not",
        "  10:00 Text message: 1",
        f"    message {message.pk} of appointment {visit.pk}",
    ]
    assert said(
        capsys, "tomorrow", "--facility", house.elm.pk, "--day", visit.starts_at.date()
    ) == [
        f"facility {house.elm.pk}, {visit.starts_at.date()} (America/Chicago): 0 to go, 1 not",
        "  not by email, no_contact_point: 1. There is no contact point for this channel.",
        f"    appointment {visit.pk}",
    ]


def test_a_message_of_two_visits_is_one(house, visit, capsys, next_tuesday):
    other = house.booked(visit.attendances.get().client, next_tuesday + dt.timedelta(hours=4))
    first = Reminder.objects.get(attendance__appointment=visit, channel="sms")
    Reminder.objects.filter(attendance__appointment=other, channel="sms").update(
        state=ReminderState.BUNDLED, message=first.message
    )
    day = (visit.starts_at - dt.timedelta(days=1)).date()
    lines = said(capsys, "tomorrow", "--facility", house.elm.pk, "--day", day)
    assert lines[1:] == [
        "  10:00 Text message: 1",
        f"    message {first.message_id} of appointment {visit.pk} {other.pk}",
    ]


def test_tomorrow_is_tomorrow_on_each_facilitys_own_clock(house, capsys):
    heads = said(capsys, "tomorrow")
    assert len(heads) == 2
    assert [head.split()[1].strip(",") for head in heads] == [str(house.elm.pk), str(house.oak.pk)]
    for head, zone in zip(heads, ("America/Chicago", "America/Phoenix"), strict=True):
        assert head.endswith(f"({zone}): 0 to go, 0 not")


def test_a_dry_run_changes_nothing(visit, capsys):
    before = list(Message.objects.values()), list(Reminder.objects.values())
    said(capsys, "tomorrow", "--day", visit.starts_at.date())
    said(capsys, "explain", visit.pk)
    assert (list(Message.objects.values()), list(Reminder.objects.values())) == before


def test_tomorrow_refuses_a_facility_that_is_none(house):
    with pytest.raises(CommandError, match="no such facility"):
        call_command("reminders", "tomorrow", "--facility", str(uuid.uuid4()))


def test_dispatch_due_ends_what_is_too_late_without_redis_and_says_what_it_did(
    visit, settings, capsys
):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    moment = now()
    ReplanRequest.objects.all().delete()  # planning anew would give it its own times again
    Message.objects.update(send_at=moment - dt.timedelta(hours=1), expires_at=moment)
    call_command("dispatch_due", "--once", "--seconds", "5")
    assert capsys.readouterr().out.splitlines()[-1] == "expired 1"
    assert (Message.objects.get().state, Message.objects.get().reason) == (
        MessageState.EXPIRED,
        Reason.TOO_LATE,
    )


def test_dispatch_due_wants_to_hear_that_it_is_for_once():
    with pytest.raises(CommandError, match="Say --once"):
        call_command("dispatch_due")
