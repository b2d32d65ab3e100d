"""The reminders and what came back: messages, replies, tasks."""

import datetime as dt

import pytest
import time_machine
from django.db import transaction
from django.db.models import Count, F, Q

from appointments.models import (
    Attendance,
    Reminder,
    ReplanRequest,
)
from appointments.services.planning import plan_reminders
from appointments.states import (
    ReminderState,
)
from clients.addresses import address_index
from clients.models import Channel
from common.clock import now
from messaging.models import Attempt, InboundMessage, Meaning, Message, OptOut
from messaging.services import drain
from messaging.states import AttemptState, MessageState
from organization.roles import Role
from tests.dashboard.demo.conftest import SEEDED_AT
from tests.dashboard.demo.looking import ledger
from worklist.models import Task, TaskState

pytestmark = pytest.mark.django_db


class TestReminders:
    def test_every_state_is_there(self, demo):
        there = set(Reminder.objects.values_list("state", flat=True))
        # Two visits of one client on one day ahead are not dealt in every demo.
        assert there | {ReminderState.BUNDLED} == set(ReminderState.values)

    def test_many_reasons_are_there(self, demo):
        reasons = set(Reminder.objects.exclude(reason="").values_list("reason", flat=True))
        assert reasons >= {
            "appointment_cancelled", "appointment_moved", "contact_point_dead", "invalid_number",
            "no_consent", "no_contact_point", "not_delivered", "not_in_treatment", "not_needed",
            "offset_passed", "on_unit", "opted_out", "quiet_hours", "too_late",
        }  # fmt: skip

    @pytest.mark.parametrize(
        ("state", "message_states"),
        [
            (ReminderState.PLANNED, {MessageState.SCHEDULED}),
            (ReminderState.SENT, {MessageState.SENT}),
            (ReminderState.DONE, {MessageState.DELIVERED}),
            (ReminderState.FAILED, {MessageState.FAILED}),
            (ReminderState.EXPIRED, {MessageState.EXPIRED}),
            # What left a message that goes on for another visit is in none.
            (ReminderState.CANCELLED, {MessageState.CANCELLED, None}),
        ],
    )
    def test_a_reminder_is_where_its_message_is(self, demo, state, message_states):
        reminders = Reminder.objects.filter(state=state)
        assert set(reminders.values_list("message__state", flat=True)) == message_states

    def test_a_skipped_one_was_never_handed_over(self, demo):
        skipped = Reminder.objects.filter(state=ReminderState.SKIPPED)
        assert not skipped.filter(message__attempts__isnull=False).exists()
        assert not skipped.filter(reason="").exists()

    def test_the_history_of_each_ends_in_its_state(self, demo):
        for reminder in Reminder.objects.prefetch_related("changes"):
            assert list(reminder.changes.all())[-1].state == reminder.state

    def test_sent_means_one_accepted_attempt_before_the_start(self, demo):
        sent = Message.objects.filter(state__in=(MessageState.SENT, MessageState.DELIVERED))
        accepted = Q(attempts__state=AttemptState.ACCEPTED)
        assert not sent.annotate(n=Count("attempts", filter=accepted)).exclude(n=1).exists()
        assert not sent.filter(sent_at__gte=F("expires_at")).exists()
        assert not Attempt.objects.exclude(message__sent_at=None).filter(ended_at=None).exists()

    def test_nothing_due_is_left_behind(self, demo):
        waiting = Message.objects.filter(state=MessageState.SCHEDULED)
        assert not waiting.filter(send_at__lte=SEEDED_AT).exists()
        assert not Message.objects.filter(state=MessageState.SENDING).exists()
        assert not ReplanRequest.objects.exists()

    def test_three_counselors_clients_hear_of_it_within_three_minutes(self, demo):
        soon = Reminder.objects.filter(
            state=ReminderState.PLANNED,
            send_at__gt=SEEDED_AT + dt.timedelta(seconds=59),
            send_at__lt=SEEDED_AT + dt.timedelta(seconds=181),
        )
        told = sorted(soon.values_list("attendance__appointment__staffing__user__email", "channel"))
        assert told == [
            (f"{name}@elmst.example", channel)
            for name in ("ana", "ben", "chidi")
            for channel in ("email", "sms")
        ]

    def test_the_last_look_lets_them_go_to_both_channels(self, demo):
        with time_machine.travel(SEEDED_AT + dt.timedelta(seconds=181)):
            going = {}
            for channel in Channel:
                lease, ids = drain.claim(channel)
                going[channel] = len(drain.prepare(ids, lease))
        assert going == {Channel.SMS: 3, Channel.EMAIL: 3}

    def test_planning_anew_changes_nothing(self, demo):
        before = ledger()
        with transaction.atomic():
            for pk in Attendance.objects.filter(appointment__starts_at__gt=now()).values_list(
                "pk", flat=True
            ):
                plan_reminders([pk])
            after = sorted(Reminder.objects.values_list("pk", "state", "reason", "send_at"))
            transaction.set_rollback(True)
        assert after == before


class TestRepliesAndTasks:
    def test_what_came_in_means_many_things_and_is_handled(self, demo):
        assert set(InboundMessage.objects.values_list("meaning", flat=True)) == {
            Meaning.CONFIRM, Meaning.RESCHEDULE, Meaning.STOP, Meaning.TEXT,
        }  # fmt: skip
        assert not InboundMessage.objects.filter(handled_at=None).exists()

    def test_who_stopped_texts_gets_none(self, demo):
        for opted in OptOut.objects.all():
            later = Message.objects.filter(
                address_index=opted.address_index, sent_at__gt=opted.since, purpose="reminder"
            )
            assert not later.exists()

    def test_tasks_are_open_and_done(self, demo):
        assert set(Task.objects.values_list("state", flat=True)) >= {
            TaskState.OPEN,
            TaskState.DONE,
        }
        assert not Task.objects.filter(state=TaskState.DONE, outcome="").exists()

    def test_ana_has_something_to_do(self, ana):
        assert Task.objects.open().filter(assignee=ana).count() >= 2

    def test_a_strangers_text_is_intakes(self, demo):
        stranger = InboundMessage.objects.get(address_index=address_index("+12175550199"))
        assert Task.objects.get(source=f"inbound:{stranger.pk}").role == Role.INTAKE
