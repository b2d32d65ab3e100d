"""One attendance's ledger against its plan, and writing what has to change for many together."""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence

from appointments import statements
from appointments.models import Attendance, Reminder, ReplanRequest
from appointments.queries.facts import Recipient
from appointments.reminders import Key, Plan
from appointments.states import ReminderState
from clients.models import Channel
from common.clock import now
from messaging.services import outbox
from messaging.services.outbox import Draft
from messaging.statements import Times
from messaging.states import Reason
from worklist.models import Priority, TaskKind
from worklist.services import open_task

PURPOSE = "reminder"
LOOK_AGAIN = dt.timedelta(seconds=10)
NOT_HANDED_OVER = (ReminderState.SKIPPED, ReminderState.CANCELLED)
FINAL_REASONS = frozenset({Reason.TEXT_REFUSED, Reason.TOO_LATE, Reason.DUPLICATE})


class Changes:
    """What is to change for all of them, written together: one statement for each kind."""

    def __init__(self) -> None:
        self.in_hand: dict[uuid.UUID, set[uuid.UUID]] = defaultdict(set)
        self.look_again: set[uuid.UUID] = set()
        self.calls: list[tuple[Reminder, Attendance]] = []
        self._taken_back: dict[Reason, list[tuple[Reminder, ReminderState]]] = defaultdict(list)
        self._drafts: list[tuple[Reminder, Draft]] = []
        self._shifts: list[tuple[Reminder, Times]] = []
        self._changed: list[Reminder] = []

    def take_back(self, row: Reminder, state: ReminderState, reason: Reason) -> None:
        self._taken_back[reason].append((row, state))

    def put(self, row: Reminder, state: ReminderState, reason: str) -> None:
        row.state, row.reason = state, reason
        self._changed.append(row)

    def enqueue(self, row: Reminder, draft: Draft) -> None:
        self._drafts.append((row, draft))

    def shift(self, row: Reminder, times: Times) -> None:
        self._shifts.append((row, times))

    def cancel(self) -> None:
        """Take back from the outbox. What is being handed over already stays, and is in hand."""
        for reason, rows in self._taken_back.items():
            ended = outbox.cancel([r.message_id for r, _ in rows if r.message_id], reason=reason)
            for row, state in rows:
                if row.message_id in ended:
                    self.put(row, state, reason)
                else:
                    self.in_hand[row.attendance_id].add(row.rule_id)

    def write(self) -> None:
        """Write all the rest."""
        messages = outbox.enqueue([draft for _, draft in self._drafts])
        for (row, _), message in zip(self._drafts, messages, strict=True):
            row.message_id = message
            self.put(row, ReminderState.PLANNED, "")
        self._write_shifts()
        keep(self._changed)
        for row, attendance in self.calls:
            _ask_for_a_call(row, attendance)
        # What is being handed over decides: look again when it has.
        again = now() + LOOK_AGAIN
        ReplanRequest.objects.bulk_create(
            ReplanRequest(client_id=pk, not_before=again) for pk in self.look_again
        )

    def _write_shifts(self) -> None:
        times = {row.message_id: t for row, t in self._shifts if row.message_id}
        moved = outbox.shift(times)
        rows = [row for row, _ in self._shifts if row.message_id in moved]
        moment = now()
        for row in rows:
            row.send_at, row.updated_at = times[row.message_id].send_at, moment  # type: ignore[index]  # has one
        if rows:
            Reminder.objects.bulk_update(rows, ["send_at", "updated_at"])


class Reconciliation:
    """The ledger's rows of one attendance against a plan: says what is to change."""

    def __init__(
        self,
        attendance: Attendance,
        recipient: Recipient,
        rows: Iterable[Reminder],
        wanted: Plan,
        changes: Changes,
    ) -> None:
        self.attendance = attendance
        self.recipient = recipient
        self.plan = wanted
        self.rows = {Key(r.rule_id, Channel(r.channel), r.contact_point_id): r for r in rows}
        self.changes = changes

    def take_back(self) -> None:
        """What waits and is wanted no more."""
        for key, row in self.rows.items():
            if row.state == ReminderState.PLANNED and key not in self.plan.wanted:
                skipped = self.plan.skipped.get(key)
                replaced = Reason.POLICY_CHANGED if row.rule.retired_at else Reason.REPLACED
                reason = self.plan.ended or skipped or replaced
                state = ReminderState.SKIPPED if skipped else ReminderState.CANCELLED
                self.changes.take_back(row, state, reason)

    def skip_and_want(self) -> None:
        """All else; nothing new for a rule whose reminder is being handed over."""
        for key, reason in self.plan.skipped.items():
            self._skip(key, reason)
        in_hand = self.changes.in_hand[self.attendance.pk]
        for key, send_at in self.plan.wanted.items():
            if key.rule_id not in in_hand:
                self._want(key, send_at)
        if in_hand:
            self.changes.look_again.add(self.attendance.client_id)

    def _skip(self, key: Key, reason: Reason) -> None:
        row = self.rows.get(key)
        if row is None:
            row = self._new(key)
        elif row.state not in NOT_HANDED_OVER or row.reason == reason or _is_final(row):
            return
        self.changes.put(row, ReminderState.SKIPPED, reason)
        if reason == Reason.QUIET_HOURS:
            self.changes.calls.append((row, self.attendance))

    def _want(self, key: Key, send_at: dt.datetime) -> None:
        row = self.rows.get(key)
        if row is None:
            self._enqueue(self._new(key), send_at)
        elif row.state == ReminderState.PLANNED:
            if row.send_at != send_at and row.message_id is not None:
                times = Times(send_at, expires_at=self.attendance.appointment.starts_at)
                self.changes.shift(row, times)
        elif row.state in NOT_HANDED_OVER and not _is_final(row, send_at=send_at):
            self._enqueue(row, send_at)

    def _new(self, key: Key) -> Reminder:
        return Reminder(
            attendance=self.attendance,
            rule_id=key.rule_id,
            channel=key.channel,
            contact_point_id=key.contact_point_id,
        )

    def _enqueue(self, row: Reminder, send_at: dt.datetime) -> None:
        address = next(a for a in self.recipient.addresses if a.id == row.contact_point_id)
        row.send_at = send_at
        draft = Draft(
            purpose=PURPOSE,
            about=self.attendance.pk,
            channel=address.channel,
            client_id=self.attendance.client_id,
            facility_id=self.attendance.appointment.facility_id,
            contact_point_id=address.id,
            address_index=address.address_index,
            language=self.recipient.client.language,
            send_at=send_at,
            expires_at=self.attendance.appointment.starts_at,
        )
        self.changes.enqueue(row, draft)


def _ask_for_a_call(row: Reminder, attendance: Attendance) -> None:
    open_task(
        kind=TaskKind.CALL_CLIENT,
        source=f"reminder:{row.pk}",
        client=attendance.client,
        facility=attendance.appointment.facility,
        due_at=attendance.appointment.starts_at,
        priority=Priority.HIGH,
    )


def _is_final(row: Reminder, *, send_at: object = None) -> bool:
    """Whether a row that was not handed over is still not to be revived.

    Quiet hours that closed in at the last moment stand, unless the due time is another one.
    """
    if row.reason == Reason.QUIET_HOURS and row.message_id is not None:
        return row.send_at == send_at or send_at is None
    return row.reason in FINAL_REASONS


def keep(rows: Sequence[Reminder]) -> None:
    """Write the state that these reminders came to, and their history."""
    if rows:
        statements.keep(rows)
