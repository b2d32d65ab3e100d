"""What happened to a person, and what they answered."""

import datetime as dt

from django.db import transaction

from appointments.models import Appointment, Attendance
from appointments.services.booking import cancel_appointment, lock_booked
from appointments.services.planning import plan_reminders
from appointments.services.replanning import request_replan
from appointments.states import (
    ATTENDANCE_MOVES,
    WITHOUT_OUTCOME,
    AppointmentStatus,
    AttendanceStatus,
    CancelledBy,
    Response,
    ResponseSource,
)
from audit.services import note_change
from common.clock import now
from common.errors import Conflict, Invalid
from organization.models import User
from organization.roles import Capability
from worklist.models import Priority, TaskKind
from worklist.services import ONE_WORKING_DAY, open_task, withdraw_tasks

EARLIEST_ARRIVAL = dt.timedelta(hours=12)


@transaction.atomic
def arrive(*, attendance: Attendance, by: User) -> Attendance:
    """The client is here. At the earliest twelve hours before the start."""
    by.access.require(Capability.CHECK_IN, attendance.appointment.facility_id)
    if now() < attendance.appointment.starts_at - EARLIEST_ARRIVAL:
        raise Conflict("This appointment is not today.", code="too_early")
    return _record(attendance, AttendanceStatus.ARRIVED, by=by)


@transaction.atomic
def complete(*, attendance: Attendance, by: User, left_early: bool = False) -> Attendance:
    """The client attended, or arrived and left early."""
    by.access.require(Capability.RECORD_OUTCOME, attendance.appointment.facility_id)
    _refuse_before_start(attendance)
    status = AttendanceStatus.LEFT_EARLY if left_early else AttendanceStatus.ATTENDED
    return _record(attendance, status, by=by)


@transaction.atomic
def mark_no_show(*, attendance: Attendance, by: User) -> Attendance:
    """The client did not come: reaching out to them becomes somebody's task."""
    by.access.require(Capability.CHECK_IN, attendance.appointment.facility_id)
    _refuse_before_start(attendance)
    recorded = _record(attendance, AttendanceStatus.NO_SHOW, by=by)
    open_task(
        kind=TaskKind.NO_SHOW_OUTREACH,
        source=f"attendance:{attendance.pk}",
        client=attendance.client,
        facility=attendance.appointment.facility,
        due_at=now() + ONE_WORKING_DAY,
        priority=Priority.HIGH,
    )
    return recorded


def only_attendance(appointment: Appointment) -> Attendance:
    """The one attendance of a one-person appointment."""
    attendances = list(appointment.attendances.all()[:2])
    if len(attendances) != 1:
        raise Invalid(
            "Several people attend: name whose attendance it is.",
            code="required",
            field="attendance",
        )
    return attendances[0]


def _refuse_before_start(attendance: Attendance) -> None:
    if now() < attendance.appointment.starts_at:
        raise Conflict("This appointment has not begun yet.", code="not_begun")


def _record(attendance: Attendance, status: AttendanceStatus, *, by: User) -> Attendance:
    appointment = lock_booked(attendance.appointment)
    moment = now()
    sources = [s for s, targets in ATTENDANCE_MOVES.items() if status in targets]
    moved = Attendance.objects.filter(pk=attendance.pk, status__in=sources).update(
        status=status, status_at=moment, status_by=by, updated_at=moment
    )
    attendance.refresh_from_db()
    if not moved:
        raise _not_from_here(attendance, status)
    if appointment.attendances.filter(status__in=WITHOUT_OUTCOME).exists():
        appointment.change()
    else:
        appointment.change(status=AppointmentStatus.COMPLETED)
    plan_reminders([attendance.pk])
    note_change(f"attendance.{status}", attendance.pk, by=by.pk, clients=[attendance.client_id])
    attendance.refresh_from_db()
    return attendance


def _not_from_here(attendance: Attendance, wanted: AttendanceStatus) -> Conflict:
    present = AttendanceStatus(attendance.status)
    allowed = [str(status) for status in ATTENDANCE_MOVES[present]]
    if allowed and present != wanted:
        words = (
            f"This attendance is {present.label.lower()}: that does not lead to “{wanted.label}”."
        )
        return Conflict(words, code="attendance_not_ready", extra={"allowed": allowed})
    words = f"This attendance is {present.label.lower()} already."
    return Conflict(words, code="attendance_ended", extra={"allowed": allowed})


# ── Answers ───────────────────────────────────────────────────────────────────────────────────


@transaction.atomic
def respond(
    *,
    attendance: Attendance,
    response: Response,
    source: ResponseSource,
    by: User | None = None,
) -> bool:
    """Take a client's answer while the appointment stands and is ahead; False if it isn't.

    The appointment stays as it is; asking for another time and declining become tasks. Declining
    also cancels where the facility wants that.
    """
    moment = now()
    # The appointment shows the answer, so it changes too; first, as whoever records an outcome
    # locks it first.
    Appointment.objects.filter(pk=attendance.appointment_id).update(updated_at=moment)
    standing = Attendance.objects.filter(
        pk=attendance.pk,
        status=AttendanceStatus.EXPECTED,
        appointment__status=AppointmentStatus.BOOKED,
        appointment__starts_at__gt=moment,
    )
    taken = standing.update(
        response=response, responded_at=moment, response_source=source, updated_at=moment
    )
    if not taken:
        return False
    note_change(
        f"attendance.{response}", attendance.pk, by=by.pk if by else None,
        clients=[attendance.client_id],
    )  # fmt: skip
    _follow_up(attendance, response)
    request_replan([attendance.client_id])  # some reminders go only to who has not confirmed
    attendance.refresh_from_db()
    return True


@transaction.atomic
def take_answer(*, attendance: Attendance, response: Response, by: User) -> Attendance:
    """Write down an answer that a client told staff; refused once it can't change anything."""
    by.access.require(Capability.BOOK, attendance.appointment.facility_id)
    taken = respond(attendance=attendance, response=response, source=ResponseSource.STAFF, by=by)
    if not taken:
        raise Conflict(
            "An answer is taken while the appointment is ahead and the client is expected.",
            code="answer_too_late",
        )
    return attendance


TASK_FOR = {
    Response.TENTATIVE: TaskKind.RESCHEDULE_REQUEST,
    Response.DECLINED: TaskKind.CLIENT_DECLINED,
}


def _follow_up(attendance: Attendance, response: Response) -> None:
    appointment = attendance.appointment
    outdated = tuple(kind for answer, kind in TASK_FOR.items() if answer != response)
    withdraw_tasks(sources=[f"attendance:{attendance.pk}"], kinds=outdated)
    if response in TASK_FOR:
        open_task(
            kind=TASK_FOR[response],
            source=f"attendance:{attendance.pk}",
            client=attendance.client,
            facility=appointment.facility,
            due_at=min(now() + ONE_WORKING_DAY, appointment.starts_at),
            priority=Priority.HIGH,
        )
    alone = appointment.capacity == 1
    if response == Response.DECLINED and appointment.facility.declining_cancels and alone:
        cancel_appointment(
            appointment=appointment,
            by_whom=CancelledBy.CLIENT,
            reason="The client answered that they can't come.",
            by=None,
        )
