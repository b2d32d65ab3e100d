"""Who gets a time: PostgreSQL decides, this asks it."""

import uuid
from collections.abc import Sequence

from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from appointments import statements
from appointments.models import Appointment, AppointmentStaff, Occupancy
from appointments.models.calendar import OccupancyKind
from appointments.queries import near_free_slots
from appointments.services.planning import plan_first_reminders, plan_in_turn
from appointments.services.wishes import Wish
from appointments.states import AppointmentKind
from common.database import broken_constraint, lock_subjects
from common.errors import Conflict
from organization.models import Room, User


class SlotTaken(Conflict):
    """Staff or room are busy then. `extra["free_slots"]` has up to five times near it."""

    code = "slot_taken"
    title = "This time is taken"


class ClientBusy(Conflict):
    """The client has something else then: never said where or what."""

    code = "client_busy"
    title = "The client is busy then"


def make_appointment(
    wish: Wish,
    *,
    kind: AppointmentKind,
    capacity: int,
    remark: str,
    created_by: User,
    moved_from: Appointment | None = None,
    ended: Sequence[uuid.UUID] = (),
) -> Appointment:
    """Take the time, and plan the reminders, with them those of these clients' attendances that this
    `ended`. Taking the time takes the clients' turns: nobody else plans for them until it is done.

    Raises `SlotTaken` or `ClientBusy`.
    """
    appointment = Appointment(
        facility=wish.facility,
        kind=kind,
        starts_at=wish.starts_at,
        ends_at=wish.ends_at,
        room=wish.room,
        capacity=capacity,
        remark=remark,
        created_by=created_by,
        moved_from=moved_from,
    )
    staffing = [
        AppointmentStaff(appointment=appointment, user=user, leads=index == 0)
        for index, user in enumerate(wish.staff)
    ]
    _take(appointment, staffing, wish)
    attendances, alone = statements.attend(appointment, wish.clients)
    if alone and not ended:
        plan_first_reminders(attendances)
    else:
        both = [*(attendance.pk for attendance in attendances), *ended]
        plan_in_turn(both, {client.pk for client in wish.clients})
    return appointment


def occupy_room(appointment: Appointment, room: Room) -> None:
    """Have another room. Raises `Conflict` if it is taken then."""
    appointment.occupancies.filter(kind=OccupancyKind.ROOM).delete()
    lock_subjects([room.pk])
    during = DateTimeTZRange(appointment.starts_at, appointment.ends_at)
    try:
        with transaction.atomic():
            appointment.occupancies.create(kind=OccupancyKind.ROOM, subject=room.pk, during=during)
    except IntegrityError as error:
        if broken_constraint(error) != "occupancy_no_overlap":
            raise
        raise Conflict("This room is taken then.", code="room_taken", field="room") from None
    appointment.change(room=room)


def _take(appointment: Appointment, staffing: Sequence[AppointmentStaff], wish: Wish) -> None:
    """Write the appointment, and that all are busy. The exclusion constraint decides."""
    rooms = [wish.room] if wish.room else []
    subjects = [
        *((OccupancyKind.STAFF, user.pk) for user in wish.staff),
        *((OccupancyKind.ROOM, room.pk) for room in rooms),
        *((OccupancyKind.CLIENT, client.pk) for client in wish.clients),
    ]
    busy = [Occupancy(kind=kind, subject=subject) for kind, subject in subjects]
    try:
        with transaction.atomic():
            statements.book(appointment, staffing, busy)
    except IntegrityError as error:
        if broken_constraint(error) != "occupancy_no_overlap":
            raise
        raise _refusal(wish, subjects) from None


def _refusal(wish: Wish, subjects: Sequence[tuple[OccupancyKind, uuid.UUID]]) -> Conflict:
    """Why it was refused. Of a busy client it says no more than that."""
    ours = [subject for kind, subject in subjects if kind != OccupancyKind.CLIENT]
    during = DateTimeTZRange(wish.starts_at, wish.ends_at)
    if not Occupancy.objects.filter(subject__in=ours, during__overlap=during).exists():
        return ClientBusy("The client is busy then. Choose another time.", field="starts_at")
    free = near_free_slots(
        subjects=[subject for _, subject in subjects],
        starts_at=wish.starts_at,
        length=wish.ends_at - wish.starts_at,
        zone=wish.facility.zone,
    )
    return SlotTaken(
        "This time is taken. Times near it are free.", field="starts_at", extra={"free_slots": free}
    )
