"""Who gets a time: PostgreSQL decides, this asks it."""

import uuid
from collections.abc import Callable, Sequence
from functools import wraps
from typing import ParamSpec

from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from appointments import statements
from appointments.models import Appointment, AppointmentStaff, Occupancy
from appointments.models.calendar import OccupancyKind
from appointments.queries import near_free_slots
from appointments.services.planning import plan_first_reminders, plan_in_turn
from appointments.services.wishes import Wish
from appointments.statements import Busy
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


class _Taken(Exception):
    """Somebody or something wished for is busy then."""

    def __init__(self, wish: Wish, subjects: Sequence[Busy]) -> None:
        super().__init__()
        self.wish = wish
        self.subjects = subjects


P = ParamSpec("P")


def taking_time(book: Callable[P, Appointment]) -> Callable[P, Appointment]:
    """In a transaction, which ends before it is looked up why a time could not be had."""

    @wraps(book)
    def asked(*args: P.args, **kwargs: P.kwargs) -> Appointment:
        try:
            with transaction.atomic():
                return book(*args, **kwargs)
        except _Taken as taken:
            raise _refusal(taken.wish, taken.subjects) from None

    return asked


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

    Within `taking_time`, which raises `SlotTaken` or `ClientBusy`.
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
    try:
        statements.book(appointment, staffing, subjects)
    except IntegrityError as error:
        if broken_constraint(error) != "occupancy_no_overlap":
            raise
        raise _Taken(wish, subjects) from None


def _refusal(wish: Wish, subjects: Sequence[Busy]) -> Conflict:
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
