"""Booking, moving and cancelling. PostgreSQL decides who gets a time; this asks it."""

import datetime as dt
import uuid
from collections.abc import Sequence

from django.db import transaction

from appointments.models import Appointment, Reminder
from appointments.services.occupying import make_appointment, occupy_room, taking_time
from appointments.services.planning import plan_reminders
from appointments.services.wishes import Wish, check_room, check_seats, check_wish
from appointments.states import (
    HAPPENED,
    NOT_COMING,
    AppointmentKind,
    AppointmentStatus,
    AttendanceStatus,
    CancelledBy,
)
from audit.services import note_change
from clients.models import Client
from common.clock import now
from common.errors import Conflict, Invalid
from organization.models import Facility, Room, User
from organization.roles import Capability
from worklist.models import TaskKind
from worklist.services import withdraw_tasks


@taking_time
def book_appointment(
    *,
    facility: Facility,
    kind: AppointmentKind,
    starts_at: dt.datetime,
    ends_at: dt.datetime,
    staff: Sequence[User],
    clients: Sequence[Client],
    by: User,
    room: Room | None = None,
    capacity: int | None = None,
    remark: str = "",
) -> Appointment:
    """Book, and plan the reminders in the same transaction.

    Raises `SlotTaken`, `ClientBusy`, or `Invalid` naming the field.
    """
    by.access.require(Capability.BOOK, facility.pk)
    wish = Wish(facility, starts_at, ends_at, staff, clients, room)
    seats = capacity or len(clients)
    check_wish(wish, seats)
    check_seats(kind, seats, wish)
    appointment = make_appointment(wish, kind=kind, capacity=seats, remark=remark, created_by=by)
    note_change("appointment.booked", appointment.pk, by=by.pk, clients=[c.pk for c in clients])
    return appointment


@taking_time
def reschedule(
    *,
    appointment: Appointment,
    starts_at: dt.datetime,
    ends_at: dt.datetime,
    by: User,
    staff: Sequence[User] | None = None,
    room: Room | None = None,
) -> Appointment:
    """Move to another time or other staff: a new row, linked to the old one, which is cancelled.

    Staff stay unless given; a room is kept unless another is given. Whoever was still expected is
    expected at the new time, their answer to be asked anew.
    """
    by.access.require(Capability.BOOK, appointment.facility_id)
    old = lock_booked(appointment)
    _refuse_if_something_happened(old)
    attending = old.attendances.filter(status=AttendanceStatus.EXPECTED).select_related("client")
    wish = Wish(
        facility=old.facility,
        starts_at=starts_at,
        ends_at=ends_at,
        staff=staff or [s.user for s in old.staffing.select_related("user")],
        clients=[a.client for a in attending],
        room=room or old.room,
    )
    check_wish(wish, old.capacity)
    ended = _end(old, by_whom=CancelledBy.RESCHEDULED, reason="", by=by)
    moved = make_appointment(
        wish, kind=AppointmentKind(old.kind), capacity=old.capacity, remark=old.remark,
        created_by=by, moved_from=old, ended=ended,
    )  # fmt: skip
    note_change("appointment.rescheduled", moved.pk, by=by.pk, clients=[c.pk for c in wish.clients])
    return moved


@transaction.atomic
def cancel_appointment(
    *, appointment: Appointment, by_whom: CancelledBy, reason: str, by: User | None
) -> Appointment:
    """Cancel for everybody. `by` is empty where a client's own answer cancels it."""
    if by is not None:
        by.access.require(Capability.BOOK, appointment.facility_id)
    if by_whom == CancelledBy.RESCHEDULED:
        raise Invalid("Moving has its own action.", code="use_reschedule", field="cancelled_by")
    locked = lock_booked(appointment)
    _refuse_if_something_happened(locked)
    clients = list(locked.attendances.values_list("client", flat=True))
    plan_reminders(_end(locked, by_whom=by_whom, reason=reason, by=by))
    note_change("appointment.cancelled", locked.pk, by=by.pk if by else None, clients=clients)
    return locked


@transaction.atomic
def change_details(
    *, appointment: Appointment, by: User, room: Room | None = None, remark: str | None = None
) -> Appointment:
    """Change room or remark: that changes the row, and tells no client anything."""
    by.access.require(Capability.BOOK, appointment.facility_id)
    locked = lock_booked(appointment)
    if room is not None and room.pk != locked.room_id:
        check_room(room, locked.facility, locked.capacity)
        occupy_room(locked, room)
    if remark is not None:
        locked.change(remark=remark)
    clients = list(locked.attendances.values_list("client", flat=True))
    note_change("appointment.updated", locked.pk, by=by.pk, clients=clients)
    return locked


def lock_booked(appointment: Appointment) -> Appointment:
    """The appointment as it is now, ours until the transaction ends; refused unless booked."""
    rows = Appointment.objects.select_for_update(of=("self",))
    locked = rows.select_related("facility", "room").get(pk=appointment.pk)
    if locked.status != AppointmentStatus.BOOKED:
        raise Conflict(
            f"This appointment is {locked.get_status_display().lower()} already.",
            code="appointment_ended",
        )
    return locked


def _refuse_if_something_happened(appointment: Appointment) -> None:
    if appointment.attendances.filter(status__in=HAPPENED).exists():
        raise Conflict(
            "Something is recorded of this appointment already.", code="appointment_under_way"
        )


def _end(
    appointment: Appointment, *, by_whom: CancelledBy, reason: str, by: User | None
) -> list[uuid.UUID]:
    """Nobody is expected any more; the ids of those who were, to be planned for."""
    moment = now()
    appointment.change(
        status=AppointmentStatus.CANCELLED, cancelled_by=by_whom, cancel_reason=reason
    )
    appointment.occupancies.all().delete()
    live = appointment.attendances.exclude(status__in=NOT_COMING)
    ids = list(live.order_by("pk").select_for_update(no_key=True).values_list("pk", flat=True))
    appointment.attendances.filter(pk__in=ids).update(
        status=AttendanceStatus.CANCELLED, status_at=moment, status_by=by, updated_at=moment
    )
    withdraw_tasks(
        sources=[f"attendance:{pk}" for pk in ids],
        kinds=(TaskKind.RESCHEDULE_REQUEST, TaskKind.CLIENT_DECLINED),
    )
    reminders = Reminder.objects.filter(attendance__in=ids).values_list("pk", "message")
    sources = [s for pk, message in reminders for s in (f"reminder:{pk}", f"message:{message}")]
    withdraw_tasks(sources=sources, kinds=(TaskKind.CALL_CLIENT, TaskKind.REMINDER_UNDELIVERABLE))
    return ids
