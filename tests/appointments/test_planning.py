"""The ledger and the outbox after every change and event: each reminder where it should be, and why."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appointments.models import Attendance, Reminder, ReplanRequest
from appointments.services.attending import arrive, mark_no_show
from appointments.services.booking import cancel_appointment, reschedule
from appointments.services.planning import plan_reminders
from appointments.services.replanning import replan_due
from appointments.states import CancelledBy, ReminderState, RuleChannel
from casework.moves import DischargeReason, NaloxoneOffer, TransitionReason
from casework.services import discharge, move_phase, undo_transition
from clients.models import Channel, ConsentMethod
from clients.services import grant_consent, update_client, withdraw_consent
from common.clock import now
from messaging.models import Message
from messaging.services.inbound import handle_inbound, store_inbound
from messaging.services.optout import lift_opt_out, opt_out
from messaging.states import MessageState, Reason
from organization.models import PhaseKind
from tests.examples import undone
from worklist.models import Task, TaskKind

pytestmark = pytest.mark.django_db

PHONE, MAIL = "217 555 0134", "sam@example.org"


@pytest.fixture
def client(house):
    house.rules((72, RuleChannel.PREFERRED), (24, RuleChannel.PREFERRED))
    return house.client(phone=PHONE, email=MAIL)


@pytest.fixture
def visit(house, client, next_tuesday):
    return house.booked(client, next_tuesday)


def ledger(appointment=None):
    """(hours before, channel, state, reason), the earliest first."""
    rows = Reminder.objects.order_by("-rule__minutes_before", "channel", "created_at")
    if appointment is not None:
        rows = rows.filter(attendance__appointment=appointment)
    return [((r.rule.minutes_before or 0) // 60, r.channel, r.state, r.reason) for r in rows]


def outbox():
    return sorted(Message.objects.values_list("channel", "state", "reason"))


def handed_over(reminder):
    """As the drain leaves it."""
    Message.objects.filter(pk=reminder.message_id).update(state=MessageState.SENT, sent_at=now())
    Reminder.objects.filter(pk=reminder.pk).update(state=ReminderState.SENT)


def test_booking_writes_ledger_and_outbox_in_one_transaction(visit, next_tuesday):
    assert ledger() == [(72, "sms", "planned", ""), (24, "sms", "planned", "")]
    assert outbox() == [("sms", "scheduled", ""), ("sms", "scheduled", "")]
    for reminder in Reminder.objects.all():
        hours = dt.timedelta(minutes=reminder.rule.minutes_before)
        assert reminder.send_at == reminder.message.send_at == next_tuesday - hours
        assert reminder.message.expires_at == next_tuesday
        assert reminder.message.about == reminder.attendance_id


def test_moving_cancels_the_old_ones_and_plans_new_ones(house, visit, next_tuesday):
    later = next_tuesday + dt.timedelta(days=1)
    moved = reschedule(
        appointment=visit, starts_at=later, ends_at=later + dt.timedelta(minutes=50), by=house.ana
    )
    assert ledger(visit) == [
        (72, "sms", "cancelled", "appointment_moved"),
        (24, "sms", "cancelled", "appointment_moved"),
    ]
    assert ledger(moved) == [(72, "sms", "planned", ""), (24, "sms", "planned", "")]
    visit.refresh_from_db()
    assert (visit.status, visit.cancelled_by, moved.moved_from) == (
        "cancelled",
        "rescheduled",
        visit,
    )
    assert moved.attendances.get().response == "needs_action"


def test_cancelling_cancels_what_waits_and_leaves_what_was_sent(house, visit):
    handed_over(Reminder.objects.get(rule__minutes_before=72 * 60))
    cancel_appointment(appointment=visit, by_whom=CancelledBy.CLIENT, reason="ill", by=house.ana)
    assert ledger() == [
        (72, "sms", "sent", ""),
        (24, "sms", "cancelled", "appointment_cancelled"),
    ]
    assert not visit.occupancies.exists()


def test_what_is_being_handed_over_can_no_longer_be_cancelled(house, visit):
    """Armed: an attempt is on record, so the message may be on its way."""
    Message.objects.update(
        state=MessageState.SENDING, lease=visit.pk, lease_until=now() + dt.timedelta(minutes=1),
        armed=True,
    )  # fmt: skip
    cancel_appointment(appointment=visit, by_whom=CancelledBy.CLIENT, reason="", by=house.ana)
    assert {state for _, state, _ in outbox()} == {"sending"}


def test_while_one_is_being_handed_over_no_other_channel_is_planned(house, client, visit):
    Message.objects.update(
        state=MessageState.SENDING, lease=visit.pk, lease_until=now() + dt.timedelta(minutes=1),
        armed=True,
    )  # fmt: skip
    update_client(client=client, by=house.ana, preferred_channel=Channel.EMAIL)
    replan_due()
    assert [row[1:] for row in ledger()] == [("sms", "planned", ""), ("sms", "planned", "")]
    assert [r.not_before > now() for r in ReplanRequest.objects.all()] == [True]


def test_claimed_but_not_armed_it_is_cancelled_still(house, visit):
    Message.objects.update(
        state=MessageState.SENDING, lease=visit.pk, lease_until=now() + dt.timedelta(minutes=1)
    )
    cancel_appointment(appointment=visit, by_whom=CancelledBy.CLIENT, reason="", by=house.ana)
    assert {state for _, state, _ in outbox()} == {"cancelled"}


def test_stop_skips_what_waits_at_once_and_planning_falls_back_to_the_other_channel(client, visit):
    inbound = store_inbound(provider_id="SM1", sender=PHONE, body=" Stop. ")
    handle_inbound(inbound.pk)
    assert ledger() == [(72, "sms", "skipped", "opted_out"), (24, "sms", "skipped", "opted_out")]
    assert replan_due() == 1
    assert ledger() == [
        (72, "email", "planned", ""),
        (72, "sms", "skipped", "opted_out"),
        (24, "email", "planned", ""),
        (24, "sms", "skipped", "opted_out"),
    ]


def test_start_plans_again_on_the_same_rows_and_keeps_their_history(client, visit):
    point = client.contact_points.get(kind="phone")
    opt_out(address_index=point.address_index, channel=Channel.SMS)
    replan_due()
    lift_opt_out(address_index=point.address_index, channel=Channel.SMS)
    replan_due()
    assert ledger() == [
        (72, "email", "cancelled", "replaced"),
        (72, "sms", "planned", ""),
        (24, "email", "cancelled", "replaced"),
        (24, "sms", "planned", ""),
    ]
    row = Reminder.objects.get(rule__minutes_before=24 * 60, channel="sms")
    assert [(c.state, c.reason) for c in row.changes.all()] == [
        ("planned", ""),
        ("skipped", "opted_out"),
        ("planned", ""),
    ]


def test_a_withdrawn_consent_ends_what_waits_in_the_same_transaction(house, client, visit):
    withdraw_consent(point=client.contact_points.get(kind="phone"), by=house.ana)
    assert {reason for _, _, reason in outbox()} == {"no_consent"}
    replan_due()
    assert [row for row in ledger() if row[2] == "planned"] == [
        (72, "email", "planned", ""),
        (24, "email", "planned", ""),
    ]


def test_a_consent_given_later_plans_what_is_still_ahead(house, next_tuesday):
    house.rules((24, RuleChannel.SMS))
    client = house.client(phone=PHONE)
    point = client.contact_points.get()
    withdraw_consent(point=point, by=house.ana)
    house.booked(client, next_tuesday)
    assert ledger() == [(24, "sms", "skipped", "no_consent")]
    grant_consent(point=point, method=ConsentMethod.VERBAL, by=house.ana)
    replan_due()
    assert ledger() == [(24, "sms", "planned", "")]


def test_on_the_unit_nothing_is_sent_and_leaving_it_plans_anew(house, client, visit):
    episode = house.admitted(client, PhaseKind.DETOX)
    replan_due()
    assert ledger() == [(72, "sms", "skipped", "on_unit"), (24, "sms", "skipped", "on_unit")]
    transition = move_phase(
        episode=episode, program=house.programs[PhaseKind.OUTPATIENT], by=house.ana,
        reason=TransitionReason.PLANNED,
    )  # fmt: skip
    replan_due()
    assert ledger() == [(72, "sms", "planned", ""), (24, "sms", "planned", "")]
    undo_transition(transition=transition, by=house.ana)
    replan_due()
    assert ledger() == [(72, "sms", "skipped", "on_unit"), (24, "sms", "skipped", "on_unit")]


def test_who_asked_for_messages_on_the_unit_gets_them(house, client, visit):
    update_client(client=client, by=house.ana, messages_on_unit=True)
    house.admitted(client, PhaseKind.DETOX)
    replan_due()
    assert ledger() == [(72, "sms", "planned", ""), (24, "sms", "planned", "")]


def test_leaving_the_unit_with_all_offsets_passed_the_latest_is_due_at_once(house, client):
    episode = house.admitted(client, PhaseKind.INPATIENT)
    house.booked(client, now() + dt.timedelta(hours=10))
    assert ledger() == [(72, "sms", "skipped", "on_unit"), (24, "sms", "skipped", "on_unit")]
    move_phase(
        episode=episode, program=house.programs[PhaseKind.AFTERCARE], by=house.ana,
        reason=TransitionReason.PLANNED,
    )  # fmt: skip
    replan_due()
    assert ledger() == [(72, "sms", "skipped", "offset_passed"), (24, "sms", "planned", "")]
    assert Message.objects.get().send_at <= now()


def test_discharge_cancels_and_a_booking_after_it_is_reminded_of(house, client, visit):
    episode = house.admitted(client)
    discharge(
        episode=episode, reason=DischargeReason.COMPLETED,
        last_contact_on=now().astimezone(ZoneInfo(house.elm.zone)).date(),
        naloxone_offered=NaloxoneOffer.ACCEPTED, follow_up_consent=True, by=house.ana,
    )  # fmt: skip
    replan_due()
    assert {row[2:] for row in ledger()} == {("cancelled", "not_in_treatment")}
    later = visit.starts_at + dt.timedelta(days=1)
    again = house.booked(client, later)
    assert {row[2] for row in ledger(again)} == {"planned"}


def test_arrival_and_no_show_end_the_reminders_and_a_no_show_becomes_a_task(
    house, client, visit, time_machine
):
    time_machine.move_to(visit.starts_at + dt.timedelta(minutes=15))
    mark_no_show(attendance=visit.attendances.get(), by=house.ana)
    assert {row[2:] for row in ledger()} == {("cancelled", "attendance_ended")}
    task = Task.objects.get(kind=TaskKind.NO_SHOW_OUTREACH)
    assert task.assignee == house.ana
    assert task.due_at <= now() + dt.timedelta(days=1)
    visit.refresh_from_db()
    assert visit.status == "completed"


def test_a_policy_change_keeps_what_was_sent_and_moves_the_rest(house, client, visit):
    handed_over(Reminder.objects.get(rule__minutes_before=72 * 60))
    house.rules((72, RuleChannel.PREFERRED), (48, RuleChannel.PREFERRED))
    replan_due()
    assert ledger() == [
        (72, "sms", "sent", ""),
        (48, "sms", "planned", ""),
        (24, "sms", "cancelled", "policy_changed"),
    ]


def test_a_reminder_whose_quiet_hours_leave_no_time_becomes_a_call(house, time_machine):
    house.elm.quiet_from, house.elm.quiet_until = dt.time(20), dt.time(8)
    house.elm.save()
    house.rules((None, RuleChannel.SMS))
    client = house.client(phone=PHONE)
    time_machine.move_to(dt.datetime(2026, 12, 8, 4, tzinfo=dt.UTC))  # 22:00 in Chicago
    house.booked(client, dt.datetime(2026, 12, 8, 14, 30, tzinfo=dt.UTC))  # 8:30
    assert ledger() == [(0, "sms", "skipped", "quiet_hours")]
    assert Task.objects.get().kind == TaskKind.CALL_CLIENT


def test_a_bad_client_stops_nobody_else_from_being_planned_anew(house, client, visit, monkeypatch):
    other = house.client(name="Kim", phone="217 555 0135")
    house.booked(other, visit.starts_at + dt.timedelta(hours=2))
    from appointments.services import replanning

    def faulty(client_ids):
        if client.pk in client_ids:
            raise RuntimeError("a fault of ours")
        return original(client_ids)

    original = replanning._replan_clients
    monkeypatch.setattr(replanning, "_replan_clients", faulty)
    replanning.request_replan([client.pk, other.pk])
    replan_due()
    assert not ReplanRequest.objects.filter(client=other).exists()
    waiting = ReplanRequest.objects.filter(client=client)
    assert waiting.exists()
    assert all(r.not_before > now() for r in waiting)


# ── Twice is once ─────────────────────────────────────────────────────────────────────────────

ACTS = (
    "opt_out", "opt_in", "withdraw", "grant", "detox", "outpatient", "prefer_email", "prefer_sms",
    "send_first", "policy", "policy_back", "unit_messages", "arrive", "cancel", "move",
)  # fmt: skip


def perform(act, house, client, state):
    point = client.contact_points.get(kind="phone")
    visit = Attendance.objects.filter(client=client).latest("created_at").appointment
    acts = {
        "opt_out": lambda: opt_out(address_index=point.address_index, channel=Channel.SMS),
        "opt_in": lambda: lift_opt_out(address_index=point.address_index, channel=Channel.SMS),
        "withdraw": lambda: withdraw_consent(point=point, by=house.ana),
        "grant": lambda: grant_consent(point=point, method=ConsentMethod.VERBAL, by=house.ana),
        "detox": lambda: house.admitted(client, PhaseKind.DETOX),
        "outpatient": lambda: move_phase(
            episode=client.episodes.get(), program=house.programs[PhaseKind.OUTPATIENT],
            reason=TransitionReason.PLANNED, by=house.ana,
        ),
        "prefer_email": lambda: update_client(
            client=client, by=house.ana, preferred_channel=Channel.EMAIL
        ),
        "prefer_sms": lambda: update_client(
            client=client, by=house.ana, preferred_channel=Channel.SMS
        ),
        "send_first": lambda: [
            handed_over(r) for r in Reminder.objects.filter(state="planned").order_by("send_at")[:1]
        ],
        "policy": lambda: house.rules((48, RuleChannel.SMS), (24, RuleChannel.EMAIL)),
        "policy_back": lambda: house.rules(
            (72, RuleChannel.PREFERRED), (24, RuleChannel.PREFERRED)
        ),
        "unit_messages": lambda: update_client(client=client, by=house.ana, messages_on_unit=True),
        "arrive": lambda: arrive(attendance=visit.attendances.get(), by=house.ana),
        "cancel": lambda: cancel_appointment(
            appointment=visit, by_whom=CancelledBy.SERVICE, reason="", by=house.ana
        ),
        "move": lambda: reschedule(
            appointment=visit, starts_at=visit.starts_at + dt.timedelta(hours=1),
            ends_at=visit.ends_at + dt.timedelta(hours=1), by=house.ana,
        ),
    }  # fmt: skip
    acts[act]()


def snapshot():
    reminders = Reminder.objects.order_by("pk").values_list(
        "pk", "state", "reason", "send_at", "message", "changes__pk"
    )
    messages = Message.objects.order_by("pk").values_list("pk", "state", "reason", "send_at")
    return list(reminders), list(messages)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(acts=st.lists(st.sampled_from(ACTS), max_size=8))
def test_planning_twice_is_planning_once_after_any_history(house, client, next_tuesday, acts):
    with undone():
        house.booked(client, next_tuesday)
        for act in acts:
            attempt(act, house, client)
            replan_due()
            before = snapshot()
            for attendance in Attendance.objects.filter(client=client):
                plan_reminders([attendance.pk])
            assert snapshot() == before
            assert_agreement()


def attempt(act, house, client):
    from django.db import transaction

    from common.errors import DomainError

    try:
        with transaction.atomic():
            perform(act, house, client, None)
    except (DomainError, LookupError, client.episodes.model.DoesNotExist):
        pass


def assert_agreement():
    """Each planned reminder waits in the outbox; each waiting message is some planned reminder's."""
    planned = Reminder.objects.filter(state="planned")
    assert all(r.message.state == MessageState.SCHEDULED for r in planned.select_related("message"))
    waiting = Message.objects.filter(state=MessageState.SCHEDULED, purpose="reminder")
    assert set(waiting.values_list("pk", flat=True)) == set(
        planned.values_list("message", flat=True)
    )
    sent = Reminder.objects.filter(state=ReminderState.SENT)
    per_rule = list(sent.values_list("attendance", "rule"))
    assert len(per_rule) == len(set(per_rule))
    assert not Reminder.objects.filter(state="skipped", reason="").exists()
    assert {r.reason for r in Reminder.objects.exclude(reason="")} <= set(Reason.values)
