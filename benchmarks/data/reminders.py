"""The ledger and the outbox as they would stand: what was planned, sent, delivered, skipped, and why."""

import datetime as dt
import uuid
from dataclasses import dataclass
from random import Random

from appointments.models import Reminder, ReminderChange
from appointments.states import ReminderState
from appointments.texts import VERSION, message_texts
from benchmarks.data.caseloads import Case
from benchmarks.data.copying import Batch
from benchmarks.data.moments import MINUTE, id_at
from clients.models import Channel
from common.crypto import encrypt
from messaging.models import Attempt, Link, Message
from messaging.states import AttemptState, MessageState, Reason
from organization.models import Language

HAND_OVER = dt.timedelta(seconds=2)
DELIVERY = dt.timedelta(seconds=7)
FAILS = 0.015
PLACE = Message._meta.db_table


@dataclass(frozen=True)
class Visit:
    """One client's attendance; `ended_at` is when something was recorded of it."""

    attendance: uuid.UUID
    starts_at: dt.datetime
    booked_at: dt.datetime
    ended_at: dt.datetime | None


class Reminding:
    """Writes the reminders of a visit, by the rules that every facility starts with, without the one for who
    misses visits."""

    def __init__(self, batch: Batch, now: dt.datetime, rng: Random) -> None:
        self.batch, self.now, self.rng = batch, now, rng

    def remind(self, case: Case, visit: Visit) -> dt.datetime | None:
        """One row of the ledger a rule; when the last one was sent."""
        channel, refusal = _reach(case)
        last: dt.datetime | None = None
        rules = case.counselor.site.rules
        left = case.on_unit_until
        if left and left > min(visit.starts_at, self.now):
            refusal = refusal or Reason.ON_UNIT
        for minutes, (due, passed) in _dues(rules, visit, left).items():
            reason = refusal or passed
            row = _Row(case, visit, rules[minutes], channel, due)
            if reason:
                self._ledger(row, ReminderState.SKIPPED, reason, None, visit.booked_at)
            else:
                last = self._carry(row) or last
        return last

    def _carry(self, row: "_Row") -> dt.datetime | None:
        """A reminder that was wanted: cancelled before it was due, sent, or still to come."""
        ended = row.visit.ended_at
        if ended and ended < row.due:
            message = self._message(row, MessageState.CANCELLED, Reason.APPOINTMENT_CANCELLED)
            ledger = self._ledger(
                row, ReminderState.CANCELLED, Reason.APPOINTMENT_CANCELLED, message, ended
            )
            self._history(ledger, ReminderState.PLANNED, "", message, row.visit.booked_at)
            return None
        if row.due > self.now:
            message = self._message(row, MessageState.SCHEDULED, "")
            self._ledger(row, ReminderState.PLANNED, "", message, row.visit.booked_at)
            return None
        return self._sent(row)

    def _sent(self, row: "_Row") -> dt.datetime:
        sent_at = row.due + HAND_OVER
        failed = self.rng.random() < FAILS
        delivered = not failed and row.channel == "sms"
        state, shown = MessageState.SENT, ReminderState.SENT
        if failed:
            state, shown = MessageState.FAILED, ReminderState.FAILED
        elif delivered:
            state, shown = MessageState.DELIVERED, ReminderState.DONE
        reason = Reason.INVALID_NUMBER if failed else ""
        message = self._message(row, state, reason, sent_at)
        self._attempt(message, sent_at, failed=failed)
        ended_at = sent_at + DELIVERY if delivered else sent_at
        ledger = self._ledger(row, shown, reason, message, ended_at)
        self._history(ledger, ReminderState.PLANNED, "", message, row.visit.booked_at)
        if delivered:
            self._history(ledger, ReminderState.SENT, "", message, sent_at)
        return sent_at

    def _message(
        self, row: "_Row", state: str, reason: str, sent_at: dt.datetime | None = None
    ) -> uuid.UUID:
        case, made = row.case, row.visit.booked_at
        message = id_at(made, self.rng)
        texts = self._texts(row, message) if sent_at else {}
        reached = state in (MessageState.SENT, MessageState.DELIVERED)
        over = state not in (MessageState.SENT, MessageState.SCHEDULED)
        return self.batch.add(
            Message, message, made, purpose="reminder", about=row.visit.attendance,
            channel=row.channel, client_id=case.id, facility_id=case.counselor.site.id,
            contact_point_id=case.points[row.channel],
            address_index=case.address_indexes[row.channel], language=case.language,
            send_at=row.due, due_at=row.due, expires_at=row.visit.starts_at, state=state, reason=reason,
            sent_at=sent_at if reached else None,
            delivered_at=sent_at + DELIVERY
            if sent_at and state == MessageState.DELIVERED
            else None,
            ended_at=(sent_at or row.visit.ended_at) if over else None,
            provider_id=f"{message}" if reached else "", **texts,
        )  # fmt: skip

    def _texts(self, row: "_Row", message: uuid.UUID) -> dict[str, object]:
        site = row.case.counselor.site
        subject, text, _ = message_texts(
            channel=Channel(row.channel),
            language=Language(row.case.language),
            greeting_name=row.case.greeting_name,
            starts_at=[row.visit.starts_at],
            zone=site.zone,
            discreet_place=site.discreet_name,
            sms_has_link=False,
        )
        if row.channel == "email":
            self.batch.add(
                Link, id_at(row.due, self.rng), row.due, message_id=message,
                token_digest=f"{self.rng.getrandbits(256):064x}", good_until=row.visit.starts_at,
            )  # fmt: skip
        return {
            "subject": encrypt(subject, f"{PLACE}.subject:{message}"),
            "body": encrypt(text, f"{PLACE}.body:{message}"),
            "text_version": VERSION,
        }

    def _attempt(self, message: uuid.UUID, at: dt.datetime, *, failed: bool) -> None:
        self.batch.add(
            Attempt, id_at(at, self.rng), at, message_id=message, number=1,
            state=AttemptState.REFUSED if failed else AttemptState.ACCEPTED,
            started_at=at, ended_at=at, provider_id="" if failed else f"{message}",
            code="550" if failed else "",
        )  # fmt: skip

    def _ledger(
        self, row: "_Row", state: str, reason: str, message: uuid.UUID | None, since: dt.datetime
    ) -> uuid.UUID:
        made = row.visit.booked_at
        ledger = self.batch.add(
            Reminder, id_at(made, self.rng), made, attendance_id=row.visit.attendance,
            rule_id=row.rule, channel=row.channel, contact_point_id=row.case.points[row.channel],
            state=state, reason=reason, send_at=row.due if message else None, message_id=message,
        )  # fmt: skip
        self._history(ledger, state, reason, message, since)
        return ledger

    def _history(
        self,
        ledger: uuid.UUID,
        state: str,
        reason: str,
        message: uuid.UUID | None,
        since: dt.datetime,
    ) -> None:
        self.batch.add(
            ReminderChange, id_at(since, self.rng), since, reminder_id=ledger, state=state,
            reason=reason, message_id=message,
        )  # fmt: skip


@dataclass(frozen=True)
class _Row:
    """A reminder to be written."""

    case: Case
    visit: Visit
    rule: uuid.UUID
    channel: str
    due: dt.datetime


def _reach(case: Case) -> tuple[str, str]:
    """The channel that a rule for the preferred one would take, and why it may not."""
    order = [case.preferred, "email" if case.preferred == "sms" else "sms"]
    held = [channel for channel in order if channel in case.points]
    permitted = [channel for channel in held if channel not in case.refusals]
    channel = (permitted or held)[0]
    return channel, case.refusals.get(channel, "")


def _dues(
    rules: dict[int | None, uuid.UUID], visit: Visit, left_unit_at: dt.datetime | None
) -> dict[int | None, tuple[dt.datetime, str]]:
    """For each rule, by its minutes before: when it is due, and why not if it isn't."""
    after_stay = left_unit_at is not None and left_unit_at > visit.booked_at
    holds_from = left_unit_at if left_unit_at and after_stay else visit.booked_at
    offsets = {minutes: visit.starts_at - minutes * MINUTE for minutes in rules if minutes}
    late = all(due < holds_from for due in offsets.values())
    found: dict[int | None, tuple[dt.datetime, str]] = {
        minutes: (due, Reason.OFFSET_PASSED if due < holds_from else "")
        for minutes, due in offsets.items()
    }
    found[None] = (holds_from, "" if late and not after_stay else Reason.NOT_NEEDED)
    if late and after_stay:
        found[min(offsets)] = (holds_from, "")
    return found
