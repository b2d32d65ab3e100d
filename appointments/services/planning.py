"""Making the ledger of reminders and the outbox agree with the plan, whatever was before."""

import datetime as dt
import uuid
from collections.abc import Sequence

from django.db import transaction

from appointments.models import (
    Attendance,
    Reminder,
    ReminderChange,
    ReminderPolicy,
    ReminderRule,
    ReplanRequest,
)
from appointments.queries import default_rules, facts_of
from appointments.reminders import Key, Plan, plan
from appointments.states import ReminderState
from clients.models import Channel
from common.clock import now
from messaging.models import Message
from messaging.services import outbox
from messaging.states import PENDING, Reason
from organization.models import Facility
from worklist.models import Priority, TaskKind
from worklist.services import open_task

PURPOSE = "reminder"
LOOK_AGAIN = dt.timedelta(seconds=10)
NOT_HANDED_OVER = (ReminderState.SKIPPED, ReminderState.CANCELLED)
FINAL_REASONS = frozenset({Reason.TEXT_REFUSED, Reason.TOO_LATE, Reason.DUPLICATE})


def policy_of(facility: Facility) -> ReminderPolicy:
    """A facility's policy; the default one is made when it is first needed.

    Its id is the facility's, so that whoever reads it before it is made knows the id already.
    """
    policy, made = ReminderPolicy.objects.get_or_create(
        facility=facility, defaults={"id": facility.pk}
    )
    if made:
        ReminderRule.objects.bulk_create(default_rules(policy))
    return policy


@transaction.atomic
def plan_reminders(attendance_id: uuid.UUID) -> None:
    """Plan one attendance's reminders anew. Doing it twice is doing it once.

    1. Lock the attendance, so that two plannings queue up.
    2. Compare the plan with the ledger, row by row.
    3. Add what is missing, revive what was taken back before it was sent, move what has another
       time, take back what is no longer wanted. What was handed over stays as it is.
    """
    attendance = (
        Attendance.objects.select_for_update(of=("self",))
        .select_related("appointment__facility", "client")
        .get(pk=attendance_id)
    )
    wanted = plan(facts_of(attendance, policy_of(attendance.appointment.facility)))
    _Reconciliation(attendance, wanted).run()


class _Reconciliation:
    """The ledger's rows of one attendance against a plan."""

    def __init__(self, attendance: Attendance, wanted: Plan) -> None:
        self.attendance = attendance
        self.plan = wanted
        rows = attendance.reminders.select_related("rule").order_by("pk")
        self.rows = {Key(r.rule_id, Channel(r.channel), r.contact_point_id): r for r in rows}
        self.in_hand: set[uuid.UUID] = set()

    def run(self) -> None:
        self._lock_messages()
        for key, row in self.rows.items():
            if row.state == ReminderState.PLANNED and key not in self.plan.wanted:
                self._take_back(row, key)
        for key, reason in self.plan.skipped.items():
            self._skip(key, reason)
        for key in self.plan.wanted:
            if key.rule_id not in self.in_hand:
                self._want(key)
        if self.in_hand:
            # What is being handed over decides: look again when it has.
            again = now() + LOOK_AGAIN
            ReplanRequest.objects.create(client=self.attendance.client, not_before=again)

    def _lock_messages(self) -> None:
        """In the order in which everybody locks several messages."""
        waiting = Message.objects.filter(
            reminders__attendance=self.attendance, state__in=PENDING
        ).order_by("pk")
        list(waiting.select_for_update(of=("self",)).values_list("pk", flat=True))

    def _take_back(self, row: Reminder, key: Key) -> None:
        skipped = self.plan.skipped.get(key)
        replaced = Reason.POLICY_CHANGED if row.rule.retired_at else Reason.REPLACED
        reason = self.plan.ended or skipped or replaced
        if row.message_id and outbox.cancel([row.message_id], reason=reason):
            state = ReminderState.SKIPPED if skipped else ReminderState.CANCELLED
            change(row, state, reason)
        else:
            self.in_hand.add(key.rule_id)

    def _skip(self, key: Key, reason: Reason) -> None:
        row = self.rows.get(key)
        if row is None:
            row = self._new(key, ReminderState.SKIPPED, reason=reason)
        elif row.state in NOT_HANDED_OVER and row.reason != reason and not _is_final(row):
            change(row, ReminderState.SKIPPED, reason)
        else:
            return
        if reason == Reason.QUIET_HOURS:
            self._ask_for_a_call(row)

    def _want(self, key: Key) -> None:
        send_at = self.plan.wanted[key]
        row = self.rows.get(key)
        if row is None:
            message = self._enqueue(key)
            self._new(key, ReminderState.PLANNED, send_at=send_at, message_id=message)
        elif row.state == ReminderState.PLANNED:
            if row.send_at != send_at and self._shift(row, key):
                row.change(send_at=send_at)
        elif row.state in NOT_HANDED_OVER and not _is_final(row, send_at=send_at):
            row.send_at = send_at
            change(row, ReminderState.PLANNED, "", message_id=self._enqueue(key))

    def _enqueue(self, key: Key) -> uuid.UUID:
        attendance = self.attendance
        point = next(
            p for p in attendance.client.contact_points.all() if p.pk == key.contact_point_id
        )
        message = outbox.enqueue(
            purpose=PURPOSE,
            about=attendance.pk,
            contact_point=point,
            client=attendance.client,
            facility=attendance.appointment.facility,
            send_at=self.plan.wanted[key],
            expires_at=attendance.appointment.starts_at,
        )
        return message.pk

    def _shift(self, row: Reminder, key: Key) -> bool:
        return row.message_id is not None and outbox.shift(
            message_id=row.message_id,
            send_at=self.plan.wanted[key],
            expires_at=self.attendance.appointment.starts_at,
        )

    def _new(self, key: Key, state: ReminderState, **values: object) -> Reminder:
        row = Reminder.objects.create(
            attendance=self.attendance,
            rule_id=key.rule_id,
            channel=key.channel,
            contact_point_id=key.contact_point_id,
            state=state,
            **values,
        )
        ReminderChange.objects.create(
            reminder=row, state=state, reason=row.reason, message_id=row.message_id
        )
        return row

    def _ask_for_a_call(self, row: Reminder) -> None:
        appointment = self.attendance.appointment
        open_task(
            kind=TaskKind.CALL_CLIENT,
            source=f"reminder:{row.pk}",
            client=self.attendance.client,
            facility=appointment.facility,
            due_at=appointment.starts_at,
            priority=Priority.HIGH,
        )


def _is_final(row: Reminder, *, send_at: object = None) -> bool:
    """Whether a row that was not handed over is still not to be revived.

    Quiet hours that closed in at the last moment stand, unless the due time is another one.
    """
    if row.reason == Reason.QUIET_HOURS and row.message_id is not None:
        return row.send_at == send_at or send_at is None
    return row.reason in FINAL_REASONS


def change(
    row: Reminder, state: ReminderState, reason: str, *, message_id: uuid.UUID | None = None
) -> None:
    """Put a reminder into a state, and keep in its history that it was."""
    row.state, row.reason = state, reason
    row.message_id = message_id or row.message_id
    keep([row])


def keep(rows: Sequence[Reminder]) -> None:
    """Write the state that these reminders came to, and their history."""
    moment = now()
    for row in rows:
        row.updated_at = moment
    Reminder.objects.bulk_update(rows, ["state", "reason", "message", "send_at", "updated_at"])
    ReminderChange.objects.bulk_create(
        ReminderChange(reminder=r, state=r.state, reason=r.reason, message_id=r.message_id)
        for r in rows
    )
