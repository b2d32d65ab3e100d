"""What becomes of a message: refused, put off, in doubt, too late, and who is told."""

import dataclasses
import datetime as dt

import pytest

from appointments.models import Reminder
from appointments.services.replanning import replan_due
from appointments.states import RuleChannel
from clients.models import Channel, Client, ContactPoint
from common.clock import now
from common.crypto import blind_index
from messaging.channels.base import DeliveryError, Fate
from messaging.models import Attempt, ChannelState, Link, Message, OptOut
from messaging.services import circuit
from messaging.services import drain as draining
from messaging.services import sweep as sweeping
from messaging.services.circuit import Standing
from messaging.services.receipts import handle_receipt, store_receipt
from messaging.services.sweep import sweep
from messaging.states import AttemptState, MessageState
from tests.messaging.lines import Line
from worklist.models import Task

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def send(monkeypatch):
    """Drain one channel over a line; the line."""

    def drain(channel, *answers):
        line = Line(*answers)
        monkeypatch.setattr(draining, "open_session", lambda channel: line)
        draining.drain(channel)
        return line

    return drain


@pytest.fixture
def visit(house):
    """A visit in 30 hours; its reminder by text is due."""
    house.rules((24, RuleChannel.SMS))
    booked = house.booked(house.client(phone="217 555 0134"), now() + dt.timedelta(hours=30))
    Message.objects.update(send_at=now())
    return booked


def message():
    return Message.objects.get(purpose="reminder")


def open_tasks():
    return sorted(Task.objects.open().values_list("kind", flat=True))


def test_a_dead_number_ends_the_message_marks_the_number_and_tells_a_person(visit, send):
    send(Channel.SMS, DeliveryError(Fate.PERMANENT, code="21211", dead_address=True))
    assert (message().state, message().reason) == ("failed", "invalid_number")
    assert Reminder.objects.get().state == "failed"
    point = message().contact_point
    assert point.undeliverable_code == "invalid_number"
    assert open_tasks() == ["reminder_undeliverable"]
    assert Task.objects.get().assignee.full_name == "Ana Lopez"


def test_a_provider_that_knows_of_an_opt_out_is_believed(visit, send):
    send(Channel.SMS, DeliveryError(Fate.PERMANENT, code="21610", opted_out=True))
    assert (message().state, message().reason) == ("failed", "opted_out")
    assert OptOut.objects.get().until is None


def test_put_off_it_waits_twice_as_long_each_time_and_is_tried_again(visit, send):
    pauses = []
    for _ in range(3):
        Message.objects.update(send_at=now())
        before = now()
        send(Channel.SMS, DeliveryError(Fate.TRANSIENT, code="20429"))
        assert message().state == "scheduled"
        pauses.append((message().send_at - before).total_seconds())
    assert message().tries == 3
    for number, pause in enumerate(pauses):
        assert 0.5 <= pause / (30 * 2**number) <= 1.6
    Message.objects.update(send_at=now())
    send(Channel.SMS)
    assert message().state == "sent"
    states = Attempt.objects.order_by("number").values_list("number", "state")
    assert list(states) == [(1, "deferred"), (2, "deferred"), (3, "deferred"), (4, "accepted")]


def test_put_off_past_its_end_it_is_given_up_and_a_person_is_told(visit, send):
    Message.objects.update(expires_at=now() + dt.timedelta(seconds=10))
    send(Channel.SMS, DeliveryError(Fate.TRANSIENT, code="20429"))
    assert (message().state, message().reason) == ("failed", "gave_up")
    assert open_tasks() == ["reminder_undeliverable"]


def test_in_doubt_it_is_never_sent_again_and_a_person_is_asked_to_call(visit, send):
    send(Channel.SMS, DeliveryError(Fate.UNKNOWN, code="ReadTimeout"))
    assert (message().state, message().reason) == ("unknown", "may_have_arrived")
    assert open_tasks() == ["call_client"]
    assert send(Channel.SMS).handed == []
    sweep()
    assert message().state == "unknown"


def test_a_late_callback_resolves_the_doubt_and_withdraws_the_task(visit, send):
    send(Channel.SMS, DeliveryError(Fate.UNKNOWN, code="ReadTimeout"))
    attempt = Attempt.objects.get()
    receipt = store_receipt(attempt_id=attempt.pk, provider_id="SM9", status="delivered", code="")
    handle_receipt(receipt.pk)
    assert message().state == "delivered"
    assert Reminder.objects.get().state == "done"
    assert open_tasks() == []
    attempt.refresh_from_db()
    assert (attempt.state, attempt.provider_id) == ("accepted", "SM9")


def test_a_worker_that_was_only_slow_settles_what_the_sweep_had_to_doubt(visit, time_machine):
    lease, ids = draining.claim(Channel.SMS)
    outgoing = draining.prepare(ids, lease)
    time_machine.move_to(now() + dt.timedelta(minutes=2))
    sweep()
    assert (message().state, open_tasks()) == ("unknown", ["call_client"])
    draining.settle(Channel.SMS, draining.hand_over(Line("SM1"), outgoing))
    assert (message().state, open_tasks()) == ("sent", [])
    assert Reminder.objects.get().state == "sent"
    assert Reminder.objects.get().reason == ""


def test_receipts_move_forward_only_and_may_come_twice_and_out_of_order(visit, send):
    send(Channel.SMS, "SM1")
    attempt = Attempt.objects.get()
    for status in ("delivered", "sent", "queued", "delivered", "failed"):
        receipt = store_receipt(attempt_id=attempt.pk, provider_id="SM1", status=status, code="")
        if receipt:
            handle_receipt(receipt.pk)
        assert message().state == "delivered"


def test_a_receipt_that_names_another_message_changes_nothing(visit, send):
    send(Channel.SMS, "SM1")
    attempt = Attempt.objects.get()
    receipt = store_receipt(attempt_id=attempt.pk, provider_id="SM2", status="failed", code="30003")
    handle_receipt(receipt.pk)
    receipt.refresh_from_db()
    assert (receipt.outcome, message().state) == ("other_message", "sent")


def test_a_receipt_may_come_before_our_own_record_of_the_hand_over(visit, monkeypatch):
    lease, ids = draining.claim(Channel.SMS)
    outgoing = draining.prepare(ids, lease)
    receipt = store_receipt(
        attempt_id=outgoing[0].attempt_id, provider_id="SM1", status="delivered", code=""
    )
    handle_receipt(receipt.pk)
    assert message().state == "delivered"
    draining.settle(Channel.SMS, draining.hand_over(Line("SM1"), outgoing))
    assert message().state == "delivered"
    assert Attempt.objects.get().state == AttemptState.ACCEPTED


def test_an_undelivered_text_is_a_failure_that_a_person_hears_of(visit, send):
    send(Channel.SMS, "SM1")
    attempt = Attempt.objects.get()
    receipt = store_receipt(
        attempt_id=attempt.pk, provider_id="SM1", status="undelivered", code="30005"
    )
    handle_receipt(receipt.pk)
    assert (message().state, message().reason) == ("failed", "not_delivered")
    assert message().contact_point.undeliverable_since is not None
    assert open_tasks() == ["reminder_undeliverable"]


def test_a_callback_that_tells_of_an_opt_out_is_believed(visit, send):
    send(Channel.SMS, "SM1")
    receipt = store_receipt(
        attempt_id=Attempt.objects.get().pk, provider_id="SM1", status="failed", code="21610"
    )
    handle_receipt(receipt.pk)
    assert (message().state, message().reason) == ("failed", "opted_out")
    opted = OptOut.objects.get()
    assert (opted.source, opted.until) == ("provider", None)


def test_too_late_it_expires_and_is_never_sent(visit, send):
    Message.objects.update(expires_at=now() - dt.timedelta(seconds=1))
    assert send(Channel.SMS).handed == []
    assert (message().state, message().reason) == ("expired", "too_late")
    assert Reminder.objects.get().state == "expired"


def test_the_sweep_expires_what_nobody_drained(visit):
    Message.objects.update(expires_at=now() - dt.timedelta(seconds=1))
    assert sweep()["expired"] == 1
    assert Reminder.objects.get().state == "expired"


def test_five_faults_of_a_channel_pause_it_and_one_task_tells_administrators(visit, send):
    for _ in range(5):
        Message.objects.update(send_at=now())
        send(Channel.SMS, DeliveryError(Fate.CHANNEL, code="no_connection"))
        assert message().state == "scheduled"
    assert ChannelState.objects.get().paused_until > now()
    assert open_tasks() == ["channel_down"]
    Message.objects.update(send_at=now())
    assert send(Channel.SMS).handed == []
    ChannelState.objects.update(paused_until=None)
    send(Channel.SMS)
    assert message().state == "sent"
    assert ChannelState.objects.get().faults_in_a_row == 0
    assert open_tasks() == []


def test_after_its_pause_a_channel_is_tried_with_one_message_first(house, visit, send):
    for number in range(3):
        client = house.client(name=f"Kim{number}", phone=f"217 555 014{number}")
        house.booked(client, now() + dt.timedelta(hours=34 + 2 * number))
    Message.objects.update(send_at=now())
    ChannelState.objects.create(
        channel=Channel.SMS, faults_in_a_row=5, paused_until=now() - dt.timedelta(seconds=1)
    )
    still_down = send(Channel.SMS, DeliveryError(Fate.CHANNEL, code="no_connection"))
    assert len(still_down.handed) == 1
    state = ChannelState.objects.get()
    assert (state.faults_in_a_row, state.paused_until > now()) == (6, True)

    Message.objects.update(send_at=now())
    ChannelState.objects.update(paused_until=now() - dt.timedelta(seconds=1))
    assert len(send(Channel.SMS).handed) == 4
    state.refresh_from_db()
    assert (state.faults_in_a_row, state.paused_until) == (0, None)


def test_of_several_drains_one_tries_after_a_pause(visit):
    ChannelState.objects.create(
        channel=Channel.SMS, faults_in_a_row=5, paused_until=now() - dt.timedelta(seconds=1)
    )
    asked = [circuit.ask(Channel.SMS) for _ in range(3)]
    assert asked == [Standing.PROBING, Standing.PAUSED, Standing.PAUSED]


def test_a_try_that_finds_nothing_due_holds_nobody_up(visit, send):
    Message.objects.update(send_at=now() + dt.timedelta(hours=1))
    ChannelState.objects.create(
        channel=Channel.SMS, faults_in_a_row=5, paused_until=now() - dt.timedelta(seconds=1)
    )
    assert send(Channel.SMS).handed == []
    assert circuit.ask(Channel.SMS) is Standing.PROBING


def test_an_indiscreet_text_is_not_sent_and_somebody_is_told(house, visit, send):
    from organization.models import Facility

    Facility.objects.filter(pk=house.elm.pk).update(discreet_name="Elm Detox")
    assert send(Channel.SMS).handed == []
    assert (message().state, message().reason) == ("failed", "text_refused")
    assert open_tasks() == ["text_refused"]


def test_a_bad_row_stops_no_other(house, visit, send):
    other = house.client(name="Kim", phone="217 555 0135")
    house.booked(other, now() + dt.timedelta(hours=40))
    Message.objects.update(send_at=now())
    Client.objects.filter(pk=other.pk).update(language="xx")  # a fault of ours: no such language
    line = send(Channel.SMS)
    assert [sent.to for sent in line.handed] == ["+12175550134"]
    bad = Message.objects.get(client=other)
    assert bad.state == MessageState.SCHEDULED
    assert bad.send_at > now()


def test_an_address_that_does_not_open_stops_no_other(house, visit, send):
    other = house.client(name="Kim", phone="217 555 0135")
    house.booked(other, now() + dt.timedelta(hours=40))
    sealed = ContactPoint.objects.values_list("value", flat=True).get(client=other)
    ContactPoint.objects.exclude(client=other).update(value=sealed)
    Message.objects.update(send_at=now())
    line = send(Channel.SMS)
    assert [sent.to for sent in line.handed] == ["+12175550135"]
    assert Message.objects.exclude(client=other).get().state == MessageState.SCHEDULED


def test_of_two_reminders_of_one_visit_that_fall_due_together_the_later_one_goes(house, send):
    """As after an outage, or when a discharge or a move to the unit was undone."""
    house.rules((72, RuleChannel.SMS), (24, RuleChannel.SMS))
    booked = house.booked(house.client(phone="217 555 0134"), now() + dt.timedelta(hours=80))
    moment = now()
    for hours, ago in ((72, 5), (24, 1)):
        row = Reminder.objects.get(rule__minutes_before=hours * 60)
        row.change(send_at=moment - dt.timedelta(hours=ago))
        Message.objects.filter(pk=row.message_id).update(send_at=row.send_at)
    assert len(send(Channel.SMS).handed) == 1
    rows = Reminder.objects.filter(attendance__appointment=booked).order_by("send_at")
    assert [(r.state, r.reason) for r in rows] == [("skipped", "duplicate"), ("sent", "")]


def test_armed_but_the_visit_has_begun_it_is_not_handed_over(visit):
    lease, ids = draining.claim(Channel.SMS)
    outgoing = draining.prepare(ids, lease)
    late = [dataclasses.replace(o, expires_at=now()) for o in outgoing]
    line = Line()
    draining.settle(Channel.SMS, draining.hand_over(line, late))
    assert line.handed == []
    assert (message().state, message().reason) == ("expired", "too_late")


def test_quiet_at_the_last_moment_it_waits_for_the_morning(house, visit, send, time_machine):
    house.elm.quiet_from, house.elm.quiet_until = dt.time(20), dt.time(8)
    house.elm.save()
    time_machine.move_to(dt.datetime(2027, 1, 12, 3, tzinfo=dt.UTC))  # 21:00 in Chicago
    start = dt.datetime(2027, 1, 12, 21, tzinfo=dt.UTC)
    visit.change(starts_at=start, ends_at=start + dt.timedelta(hours=1))
    Message.objects.update(send_at=now(), expires_at=start)
    assert send(Channel.SMS).handed == []
    assert (message().state, message().send_at) == (
        "scheduled",
        dt.datetime(2027, 1, 12, 14, tzinfo=dt.UTC),  # 8:00
    )


def test_quiet_until_too_shortly_before_the_visit_it_becomes_a_call(
    house, visit, send, time_machine
):
    house.elm.quiet_from, house.elm.quiet_until = dt.time(20), dt.time(8)
    house.elm.save()
    time_machine.move_to(dt.datetime(2027, 1, 12, 3, tzinfo=dt.UTC))
    start = dt.datetime(2027, 1, 12, 15, tzinfo=dt.UTC)  # 9:00 in Chicago
    visit.change(starts_at=start, ends_at=start + dt.timedelta(hours=1))
    Message.objects.update(send_at=now(), expires_at=start)
    assert send(Channel.SMS).handed == []
    assert (message().state, message().reason) == ("skipped", "quiet_hours")
    assert open_tasks() == ["call_client"]


def test_on_the_unit_at_the_last_moment_it_is_skipped(house, visit, send):
    from organization.models import PhaseKind

    house.admitted(message().client, PhaseKind.DETOX)  # planned anew a moment later
    assert send(Channel.SMS).handed == []
    assert (message().state, message().reason) == ("skipped", "on_unit")
    replan_due()
    assert Reminder.objects.get().reason == "on_unit"


def test_an_email_has_a_link_and_the_stored_body_does_not(house, send):
    house.rules((24, RuleChannel.EMAIL))
    house.booked(house.client(email="sam@example.org"), now() + dt.timedelta(hours=30))
    Message.objects.update(send_at=now())
    [sent] = send(Channel.EMAIL).handed
    token = sent.text.split("/a/")[1].split("/")[0]
    assert len(token) == 32
    assert token not in message().body
    assert "{link}" in message().body
    assert token not in Link.objects.get().token_digest
    assert sent.stop_url == f"{sent.text.split('/a/')[0].split()[-1]}/a/{token}/stop/"


def test_a_text_names_no_page_to_stop_it_and_what_it_said_can_be_told_by_its_digest(visit, send):
    [sent] = send(Channel.SMS).handed
    assert sent.stop_url == ""
    assert message().text_digest == blind_index(f"\n{sent.text}", "text")


def test_an_error_in_one_step_of_the_sweep_keeps_none_of_the_others(house, monkeypatch, caplog):
    def failing():
        raise ZeroDivisionError

    monkeypatch.setattr(sweeping, "return_unarmed", failing)
    house.rules((24, RuleChannel.SMS))
    house.booked(house.client(phone="217 555 0134"), now() + dt.timedelta(hours=30))
    Message.objects.update(
        send_at=now() - dt.timedelta(hours=1), expires_at=now() - dt.timedelta(minutes=1)
    )
    found = sweep()
    assert (found["returned"], found["expired"]) == (0, 1)
    assert "sweep.failed step=returned" in caplog.text
