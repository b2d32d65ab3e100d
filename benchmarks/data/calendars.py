"""Appointments with staff, room, attendances and occupancy; what became of those that are past."""

import datetime as dt
import uuid
from dataclasses import dataclass
from random import Random

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from appointments.models import Appointment, AppointmentStaff, Attendance, Occupancy
from appointments.states import AppointmentStatus, AttendanceStatus, CancelledBy
from benchmarks.data.caseloads import Case, Caseload
from benchmarks.data.copying import Batch
from benchmarks.data.moments import DAY, MINUTE, id_at
from benchmarks.data.organization import COUNSELORS_A_GROUP_ROOM, Counselor
from benchmarks.data.reminders import Reminding, Visit
from worklist.models import Priority, Task, TaskKind, TaskState

LENGTH = 50 * MINUTE
GROUP_LENGTH = 90 * MINUTE
GROUP_SEATS = 12
KINDS = ("individual",) * 8 + ("phone", "video")
BOOKED_DAYS_BEFORE = (0, 1, 2, 3, 4, 5, 7, 7, 7, 7, 10, 14, 14, 14, 21)
ATTENDED, NO_SHOW, LEFT_EARLY, CANCELLED = 0.74, 0.88, 0.90, 0.97
UNRECORDED_FOR = 2 * DAY


@dataclass
class Block:
    """A block of somebody's time, as it is to be written."""

    counselor: Counselor
    room: uuid.UUID
    kind: str
    starts_at: dt.datetime
    ends_at: dt.datetime
    booked_at: dt.datetime
    capacity: int
    status: str = AppointmentStatus.BOOKED
    cancelled_by: str = ""
    reason: str = ""


class Booking:
    """Writes a caseload's appointments."""

    def __init__(self, batch: Batch, now: dt.datetime, rng: Random) -> None:
        self.batch, self.now, self.rng = batch, now, rng
        self.reminding = Reminding(batch, now, rng)
        self.appointments = 0

    def book(self, caseload: Caseload) -> None:
        """Every client's visits, and the group."""
        for case in caseload.cases:
            for starts_at in case.visits:
                self._visit(case, starts_at)
        for starts_at in caseload.groups:
            self._group(caseload, starts_at)

    def _booked_at(self, starts_at: dt.datetime, after: dt.datetime) -> dt.datetime:
        before = self.rng.choice(BOOKED_DAYS_BEFORE) * DAY + self.rng.randint(1, 55) * MINUTE
        latest = self.now - self.rng.randint(1, 600) * MINUTE
        return max(min(starts_at - before, latest), after + MINUTE)

    def _visit(self, case: Case, starts_at: dt.datetime) -> None:
        counselor = case.counselor
        booked_at = self._booked_at(starts_at, case.registered_at)
        block = Block(
            counselor, counselor.office, self.rng.choice(KINDS), starts_at, starts_at + LENGTH,
            booked_at, capacity=1,
        )  # fmt: skip
        status = self._what_became(starts_at)
        cancelled_at = None
        if status == AttendanceStatus.CANCELLED:
            cancelled_at = booked_at + (min(starts_at, self.now) - booked_at) * self.rng.random()
            block.status = AppointmentStatus.CANCELLED
            block.cancelled_by = self.rng.choice((CancelledBy.CLIENT, CancelledBy.SERVICE))
            block.reason = "asked for another time"
        elif status != AttendanceStatus.EXPECTED:
            block.status = AppointmentStatus.COMPLETED
        appointment = self._write(block)
        if not cancelled_at:
            self._occupy(appointment, block, [case.id])
        self._attend(appointment, block, case, status, cancelled_at)

    def _group(self, caseload: Caseload, starts_at: dt.datetime) -> None:
        """Up to twelve of those in treatment then; the outcome is recorded by the next day."""
        coming = [c for c in caseload.cases if not c.discharged_at and c.registered_at < starts_at]
        # Two visits on a day would share a message: the generator writes one a visit.
        coming = [c for c in coming if all(abs(v - starts_at) > DAY for v in c.visits)]
        coming = self.rng.sample(coming, min(len(coming), self.rng.randint(4, 10)))
        if not coming:
            return
        counselor = caseload.counselor
        room = counselor.site.group_rooms[counselor.number // COUNSELORS_A_GROUP_ROOM]
        booked_at = self._booked_at(starts_at, max(c.registered_at for c in coming))
        past = starts_at < self.now - UNRECORDED_FOR
        block = Block(
            counselor, room, "group", starts_at, starts_at + GROUP_LENGTH, booked_at, GROUP_SEATS,
            status=AppointmentStatus.COMPLETED if past else AppointmentStatus.BOOKED,
        )  # fmt: skip
        appointment = self._write(block)
        self._occupy(appointment, block, [case.id for case in coming])
        for case in coming:
            luck = self.rng.random() < 0.8
            here = AttendanceStatus.ATTENDED if luck else AttendanceStatus.NO_SHOW
            self._attend(
                appointment, block, case, here if past else AttendanceStatus.EXPECTED, None
            )

    def _what_became(self, starts_at: dt.datetime) -> AttendanceStatus:
        luck = self.rng.random()
        if starts_at > self.now - DAY / 24:
            return AttendanceStatus.CANCELLED if luck > 0.97 else AttendanceStatus.EXPECTED
        if luck < ATTENDED:
            return AttendanceStatus.ATTENDED
        if luck < NO_SHOW:
            return AttendanceStatus.NO_SHOW
        if luck < LEFT_EARLY:
            return AttendanceStatus.LEFT_EARLY
        if luck < CANCELLED:
            return AttendanceStatus.CANCELLED
        unrecorded = starts_at > self.now - UNRECORDED_FOR
        return AttendanceStatus.EXPECTED if unrecorded else AttendanceStatus.ATTENDED

    def _write(self, block: Block) -> uuid.UUID:
        self.appointments += 1
        booked, counselor = block.booked_at, block.counselor
        appointment = self.batch.add(
            Appointment, id_at(booked, self.rng), booked, facility_id=counselor.site.id,
            kind=block.kind, starts_at=block.starts_at, ends_at=block.ends_at,
            room_id=block.room, capacity=block.capacity, status=block.status,
            cancelled_by=block.cancelled_by, cancel_reason=block.reason,
            created_by_id=counselor.id,
        )  # fmt: skip
        self.batch.add(
            AppointmentStaff, id_at(booked, self.rng), booked, appointment_id=appointment,
            user_id=counselor.id, leads=True,
        )  # fmt: skip
        return appointment

    def _occupy(self, appointment: uuid.UUID, block: Block, clients: list[uuid.UUID]) -> None:
        during = DateTimeTZRange(block.starts_at, block.ends_at)
        busy = [("staff", block.counselor.id), ("room", block.room)]
        for kind, subject in [*busy, *(("client", client) for client in clients)]:
            self.batch.add(
                Occupancy, id_at(block.booked_at, self.rng), block.booked_at,
                appointment_id=appointment, kind=kind, subject=subject, during=during,
            )  # fmt: skip

    def _attend(
        self,
        appointment: uuid.UUID,
        block: Block,
        case: Case,
        status: AttendanceStatus,
        cancelled_at: dt.datetime | None,
    ) -> None:
        booked = block.booked_at
        attendance = id_at(booked, self.rng)
        expected = status == AttendanceStatus.EXPECTED
        status_at = None if expected else cancelled_at or min(block.ends_at, self.now)
        visit = Visit(attendance, block.starts_at, booked, status_at)
        sent_at = self.reminding.remind(case, visit)
        answered = sent_at is not None and self.rng.random() < 0.4
        self.batch.add(
            Attendance, attendance, booked, appointment_id=appointment, client_id=case.id,
            status=status, status_at=status_at,
            status_by_id=None if expected else case.counselor.id,
            response="accepted" if answered else "needs_action",
            responded_at=sent_at if answered else None,
            response_source="link" if answered else "",
        )  # fmt: skip
        if status == AttendanceStatus.NO_SHOW and status_at:
            self._reach_out(attendance, case, status_at)

    def _reach_out(self, attendance: uuid.UUID, case: Case, missed_at: dt.datetime) -> None:
        due_at = missed_at + DAY
        done = due_at < self.now
        self.batch.add(
            Task, id_at(missed_at, self.rng), missed_at, kind=TaskKind.NO_SHOW_OUTREACH,
            source=f"attendance:{attendance}", client_id=case.id,
            facility_id=case.counselor.site.id, assignee_id=case.counselor.id,
            priority=Priority.HIGH, due_at=due_at,
            state=TaskState.DONE if done else TaskState.OPEN,
            outcome="reached" if done else "", ended_at=due_at if done else None,
            ended_by_id=case.counselor.id if done else None,
        )  # fmt: skip
