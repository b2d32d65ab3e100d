"""The ledger against what is wanted now, and writing what has to change for many together."""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from appointments import statements
from appointments.arranging import Arrangement, Bundle, Member
from appointments.models import Attendance, Reminder, ReplanRequest
from appointments.queries.facts import NOTICE, REMINDER, Recipient
from appointments.reminders import Facts, Key, Plan
from appointments.states import WAITING, ReminderState
from common.clock import now
from messaging.services import outbox
from messaging.services.outbox import Draft
from messaging.statements import Times
from messaging.states import MessageState, Reason
from worklist.models import Priority, TaskKind
from worklist.services import open_task

LOOK_AGAIN = dt.timedelta(seconds=10)
NOT_HANDED_OVER = (ReminderState.SKIPPED, ReminderState.CANCELLED)
FINAL_REASONS = frozenset({Reason.TEXT_REFUSED, Reason.TOO_LATE, Reason.DUPLICATE})


@dataclass
class Waiting:
    """What waits in the outbox: messages that may still be changed, and those being handed over.

    `scheduled` may get other times; `claimed` may only be taken back. `begun`: the reminders in them
    of visits that have begun and are not planned any more.
    """

    scheduled: dict[uuid.UUID, Times] = field(default_factory=dict)
    claimed: dict[uuid.UUID, Times] = field(default_factory=dict)
    in_hand: dict[uuid.UUID, dt.datetime] = field(default_factory=dict)
    begun: dict[uuid.UUID, list[Reminder]] = field(default_factory=lambda: defaultdict(list))

    def add(
        self,
        message_id: uuid.UUID,
        state: str,
        armed: bool,  # noqa: FBT001 (as the row has it)
        send_at: dt.datetime,
        expires_at: dt.datetime,
    ) -> None:
        """Take note of one, as it is now."""
        if armed:
            self.in_hand[message_id] = send_at
        elif state == MessageState.SCHEDULED:
            self.scheduled[message_id] = Times(send_at, expires_at)
        else:
            self.claimed[message_id] = Times(send_at, expires_at)

    def is_free(self, message_id: uuid.UUID | None) -> bool:
        """Whether nobody is handing it over."""
        return message_id in self.scheduled or message_id in self.claimed


@dataclass
class Visit:
    """One attendance with its rows of the ledger, and what is wanted of it now."""

    attendance: Attendance
    recipient: Recipient
    rows: dict[Key, Reminder]
    facts: Facts
    plan: Plan


class Changes:
    """What is to change for all of them, written together: one statement for each kind."""

    def __init__(self, waiting: Waiting) -> None:
        self.made: list[tuple[Draft, list[Reminder]]] = []
        self.shifted: dict[uuid.UUID, Times] = {}
        self.taken_back: dict[Reason, list[uuid.UUID]] = defaultdict(list)
        self.kept: set[uuid.UUID] = set()
        self._waiting = waiting
        self._changed: list[Reminder] = []
        self._moved: list[Reminder] = []
        self._calls: list[tuple[Reminder, Attendance]] = []
        self._look_again: set[uuid.UUID] = set()

    def compare(self, visits: Sequence[Visit], arrangement: Arrangement) -> None:
        """Note what has to change for one client."""
        carried = self._carried(visits)
        by_id = {visit.attendance.pk: visit for visit in visits}
        wanted: set[Member] = set()
        for bundle in arrangement.bundles:
            self._bundle(bundle, by_id)
            wanted |= {each.member for each in bundle.members}
        over: dict[uuid.UUID, dict[Key, Reason]] = defaultdict(dict)
        for (attendance_id, key), reason in arrangement.skipped.items():
            over[attendance_id][key] = reason
        for visit in visits:
            self._rest(visit, visit.plan.skipped | over[visit.attendance.pk], wanted)
        for message, row in carried.items():
            if message not in self.kept:
                why = row.reason if row.state in NOT_HANDED_OVER else ""
                self.taken_back[Reason(why or Reason.REPLACED)].append(message)
                for left in self._waiting.begun[message]:
                    self._put(left, ReminderState.EXPIRED, Reason.TOO_LATE, message)

    def write(self) -> None:
        """Write all of it."""
        for reason, ids in self.taken_back.items():
            outbox.cancel(ids, reason=reason)
        messages = outbox.enqueue([draft for draft, _ in self.made], shifted=self.shifted)
        for (_, rows), message in zip(self.made, messages, strict=True):
            for row in rows:
                row.message_id = message
        self._write_ledger()
        for row, attendance in self._calls:
            _ask_for_a_call(row, attendance)
        # What is being handed over decides: look again when it has.
        again = now() + LOOK_AGAIN
        ReplanRequest.objects.bulk_create(
            ReplanRequest(client_id=pk, not_before=again) for pk in self._look_again
        )

    def _write_ledger(self) -> None:
        written = {row.pk for row in self._changed}
        keep(self._changed, [row for row in self._moved if row.pk not in written])

    def _carried(self, visits: Sequence[Visit]) -> dict[uuid.UUID, Reminder]:
        """The messages that wait for these and may be changed, each with a reminder in it."""
        found = {}
        for visit in visits:
            for row in visit.rows.values():
                if row.state not in WAITING or row.message_id is None:
                    continue
                if self._waiting.is_free(row.message_id):
                    found[row.message_id] = row
                else:
                    self._look_again.add(visit.attendance.client_id)
        return found

    def _put(
        self, row: Reminder, state: ReminderState, reason: str, message: uuid.UUID | None
    ) -> None:
        new = message is None and state in WAITING
        if new or (row.state, row.reason, row.message_id) != (state, reason, message):
            row.state, row.reason, row.message_id = state, reason, message
            self._changed.append(row)

    # ── What is wanted ────────────────────────────────────────────────────────────────────────

    def _bundle(self, bundle: Bundle, visits: Mapping[uuid.UUID, Visit]) -> None:
        """Have these in one message: one that carries some of them already, or a new one."""
        rows = []
        for each in bundle.members:
            visit = visits[each.attendance_id]
            row = visit.rows.get(each.key) or _new(visit.attendance, each.key)
            if row.state not in NOT_HANDED_OVER or not _is_final(row, send_at=bundle.send_at):
                rows.append(row)
        if not rows:
            return
        times = Times(bundle.send_at, bundle.expires_at)
        message = self._message_for(rows, times)
        if message is None:
            self.made.append((_draft(bundle, visits[bundle.first.attendance_id]), rows))
        for place, row in enumerate(rows):
            if row.send_at != times.send_at:
                row.send_at = times.send_at
                self._moved.append(row)
            self._put(row, ReminderState.BUNDLED if place else ReminderState.PLANNED, "", message)

    def _message_for(self, rows: Sequence[Reminder], times: Times) -> uuid.UUID | None:
        """A message that waits for one of these already; with other times, if it can have them."""
        for row in rows:
            pk = row.message_id
            if row.state not in WAITING or pk is None or pk in self.kept:
                continue
            if self._waiting.claimed.get(pk) == times:
                self.kept.add(pk)
                return pk
            if pk in self._waiting.scheduled:
                if self._waiting.scheduled[pk] != times:
                    self.shifted[pk] = times
                self.kept.add(pk)
                return pk
        return None

    # ── What is not ───────────────────────────────────────────────────────────────────────────

    def _rest(self, visit: Visit, skipped: Mapping[Key, Reason], wanted: set[Member]) -> None:
        """Take back what waits and is wanted no more; write down what is not to be."""
        for key, row in visit.rows.items():
            unwanted = row.state in WAITING and (visit.attendance.pk, key) not in wanted
            if unwanted and self._waiting.is_free(row.message_id):
                why = skipped.get(key)
                replaced = Reason.POLICY_CHANGED if row.rule.retired_at else Reason.REPLACED
                state = ReminderState.SKIPPED if why else ReminderState.CANCELLED
                # The message that goes on for the others doesn't carry this any more.
                message = None if row.message_id in self.kept else row.message_id
                self._put(row, state, visit.plan.ended or why or replaced, message)
        for key, reason in skipped.items():
            self._skip(visit, key, reason)

    def _skip(self, visit: Visit, key: Key, reason: Reason) -> None:
        row = visit.rows.get(key)
        if row is None:
            row = _new(visit.attendance, key)
        elif row.state not in NOT_HANDED_OVER or row.reason == reason or _is_final(row):
            return
        self._put(row, ReminderState.SKIPPED, reason, row.message_id)
        if reason == Reason.QUIET_HOURS:
            self._calls.append((row, visit.attendance))


def _new(attendance: Attendance, key: Key) -> Reminder:
    return Reminder(
        attendance=attendance,
        rule_id=key.rule_id,
        channel=key.channel,
        contact_point_id=key.contact_point_id,
    )


def _draft(bundle: Bundle, visit: Visit) -> Draft:
    point = bundle.first.key.contact_point_id
    address = next(a for a in visit.recipient.addresses if a.id == point)
    return Draft(
        purpose=NOTICE if bundle.first.notice else REMINDER,
        about=visit.attendance.pk,
        channel=address.channel,
        client_id=visit.attendance.client_id,
        facility_id=bundle.first.facility_id,
        contact_point_id=address.id,
        address_index=address.address_index,
        language=visit.recipient.client.language,
        send_at=bundle.send_at,
        expires_at=bundle.expires_at,
    )


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


def keep(rows: Sequence[Reminder], moved: Sequence[Reminder] = ()) -> None:
    """Write the state that these reminders came to, and their history; and when those go that have
    another time alone."""
    if rows or moved:
        statements.keep(rows, moved)
