"""Booking, moving and cancelling. PostgreSQL decides who gets a time; this asks it."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from appointments.models import Appointment, AppointmentStaff, Attendance, Occupancy, Reminder
from appointments.models.calendar import OccupancyKind
from appointments.queries import near_free_slots
from appointments.services.planning import plan_reminders
from appointments.states import (
    HAPPENED,
    NOT_COMING,
    AppointmentKind,
    AppointmentStatus,
    AttendanceStatus,
    CancelledBy,
)
from audit.services import note_change
from clients.models import Client, KnownAt
from common.clock import now
from common.database import broken_constraint, lock_subjects
from common.errors import Conflict, Invalid
from organization.models import Facility, Membership, Room, User
from organization.roles import Capability, roles_with
from worklist.models import TaskKind
from worklist.services import withdraw_tasks

SHORTEST = dt.timedelta(minutes=5)
LONGEST = dt.timedelta(hours=12)
FURTHEST = dt.timedelta(days=731)
SHARED_KINDS = (AppointmentKind.GROUP, AppointmentKind.FAMILY)


class SlotTaken(Conflict):
    """Staff or room are busy then. `extra["free_slots"]` has up to five times near it."""

    code = "slot_taken"
    title = "This time is taken"


class ClientBusy(Conflict):
    """The client has something else then: never said where or what."""

    code = "client_busy"
    title = "The client is busy then"


@dataclass(frozen=True)
class Wish:
    """When, with whom and where. The first of the staff leads."""

    facility: Facility
    starts_at: dt.datetime
    ends_at: dt.datetime
    staff: Sequence[User]
    clients: Sequence[Client]
    room: Room | None = None


@transaction.atomic
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
    _check(wish, seats)
    _check_seats(kind, seats, wish)
    appointment = _make(wish, kind=kind, capacity=seats, remark=remark, created_by=by)
    note_change("appointment.booked", appointment.pk, by=by.pk, clients=[c.pk for c in clients])
    return appointment


@transaction.atomic
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
    _check(wish, old.capacity)
    _end(old, by_whom=CancelledBy.RESCHEDULED, reason="", by=by)
    moved = _make(
        wish, kind=AppointmentKind(old.kind), capacity=old.capacity, remark=old.remark,
        created_by=by, moved_from=old,
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
    _end(locked, by_whom=by_whom, reason=reason, by=by)
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
        _check_room(room, locked.facility, locked.capacity)
        _change_room(locked, room)
    if remark is not None:
        locked.change(remark=remark)
    clients = list(locked.attendances.values_list("client", flat=True))
    note_change("appointment.updated", locked.pk, by=by.pk, clients=clients)
    return locked


def _change_room(appointment: Appointment, room: Room) -> None:
    appointment.occupancies.filter(kind=OccupancyKind.ROOM).delete()
    lock_subjects([room.pk])
    if not _inserted(appointment, [(OccupancyKind.ROOM, room.pk)]):
        raise Conflict("This room is taken then.", code="room_taken", field="room")
    appointment.change(room=room)


# ── Checks ────────────────────────────────────────────────────────────────────────────────────


def _check(wish: Wish, seats: int) -> None:
    _check_time(wish)
    _check_staff(wish)
    _check_clients(wish)
    if wish.room is not None:
        _check_room(wish.room, wish.facility, seats)


def _check_time(wish: Wish) -> None:
    if wish.ends_at <= wish.starts_at:
        raise Invalid("The end lies before the start.", code="reversed_time", field="ends_at")
    if wish.starts_at <= now():
        raise Invalid(
            "This time has passed. Choose one from now on.", code="in_the_past", field="starts_at"
        )
    if wish.starts_at > now() + FURTHEST:
        raise Invalid("This is more than two years ahead.", code="too_far_ahead", field="starts_at")
    if not SHORTEST <= wish.ends_at - wish.starts_at <= LONGEST:
        raise Invalid(
            "An appointment takes between 5 minutes and 12 hours.",
            code="length_out_of_range",
            field="ends_at",
        )


def _check_staff(wish: Wish) -> None:
    if not wish.staff:
        raise Invalid("Name at least one member of staff.", code="required", field="staff")
    if len({user.pk for user in wish.staff}) < len(wish.staff):
        raise Invalid("The same person stands there twice.", code="duplicate", field="staff")
    able = Membership.objects.current().filter(
        facility=wish.facility,
        role__in=roles_with(Capability.VIEW_CALENDAR),
        user__in=[user.pk for user in wish.staff],
        user__is_active=True,
    )
    if able.values("user").distinct().count() < len(wish.staff):
        raise Invalid(
            "Not all of these work with clients at this facility.",
            code="not_at_facility",
            field="staff",
        )


def _check_clients(wish: Wish) -> None:
    ids = {client.pk for client in wish.clients}
    if not ids:
        raise Invalid("Name at least one client.", code="required", field="clients")
    if len(ids) < len(wish.clients):
        raise Invalid("The same client stands there twice.", code="duplicate", field="clients")
    known = KnownAt.objects.current().filter(facility=wish.facility, client__in=ids)
    if known.count() < len(ids):
        raise Invalid(
            "A client isn't known at this facility.", code="not_known_here", field="clients"
        )
    if any(client.deceased_on for client in wish.clients):
        raise Invalid("This client has died.", code="deceased", field="clients")


def _check_room(room: Room, facility: Facility, seats: int) -> None:
    if room.facility_id != facility.pk or not room.active:
        raise Invalid(
            "This room isn't one of the facility's.", code="not_at_facility", field="room"
        )
    if seats > room.capacity:
        raise Invalid(f"This room takes {room.capacity}.", code="room_too_small", field="room")


def _check_seats(kind: AppointmentKind, seats: int, wish: Wish) -> None:
    if kind not in SHARED_KINDS and (seats != 1 or len(wish.clients) != 1):
        raise Invalid(
            f"A {kind.label.lower()} appointment has one client.",
            code="one_client",
            field="clients",
        )
    if len(wish.clients) > seats:
        raise Invalid("There are more clients than seats.", code="over_capacity", field="capacity")


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


# ── Making and ending ─────────────────────────────────────────────────────────────────────────


def _make(
    wish: Wish,
    *,
    kind: AppointmentKind,
    capacity: int,
    remark: str,
    created_by: User,
    moved_from: Appointment | None = None,
) -> Appointment:
    appointment = Appointment.objects.create(
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
    AppointmentStaff.objects.bulk_create(
        AppointmentStaff(appointment=appointment, user=user, leads=index == 0)
        for index, user in enumerate(wish.staff)
    )
    _occupy(appointment, wish)
    attendances = [Attendance(appointment=appointment, client=c) for c in wish.clients]
    Attendance.objects.bulk_create(attendances)
    for attendance in attendances:
        plan_reminders(attendance.pk)
    return appointment


def _occupy(appointment: Appointment, wish: Wish) -> None:
    """Mark all as busy. The exclusion constraint decides; these ask in one order, and wait."""
    staff = [(OccupancyKind.STAFF, user.pk) for user in wish.staff]
    room = [(OccupancyKind.ROOM, wish.room.pk)] if wish.room else []
    clients = [(OccupancyKind.CLIENT, client.pk) for client in wish.clients]
    subjects = [subject for _, subject in staff + room + clients]
    lock_subjects(subjects)
    if not _inserted(appointment, staff + room):
        raise SlotTaken(
            "This time is taken. Times near it are free.",
            field="starts_at",
            extra={
                "free_slots": near_free_slots(
                    subjects=subjects,
                    starts_at=wish.starts_at,
                    length=wish.ends_at - wish.starts_at,
                    zone=wish.facility.zone,
                )
            },
        )
    if not _inserted(appointment, clients):
        raise ClientBusy("The client is busy then. Choose another time.", field="starts_at")


def _inserted(appointment: Appointment, subjects: list[tuple[OccupancyKind, uuid.UUID]]) -> bool:
    during = DateTimeTZRange(appointment.starts_at, appointment.ends_at)
    try:
        with transaction.atomic():
            Occupancy.objects.bulk_create(
                Occupancy(appointment=appointment, kind=kind, subject=subject, during=during)
                for kind, subject in subjects
            )
    except IntegrityError as error:
        if broken_constraint(error) != "occupancy_no_overlap":
            raise
        return False
    return True


def _end(appointment: Appointment, *, by_whom: CancelledBy, reason: str, by: User | None) -> None:
    moment = now()
    appointment.change(
        status=AppointmentStatus.CANCELLED, cancelled_by=by_whom, cancel_reason=reason
    )
    appointment.occupancies.all().delete()
    live = appointment.attendances.exclude(status__in=NOT_COMING)
    ids = list(live.values_list("pk", flat=True))
    live.update(
        status=AttendanceStatus.CANCELLED, status_at=moment, status_by=by, updated_at=moment
    )
    for pk in ids:
        plan_reminders(pk)
    withdraw_tasks(
        sources=[f"attendance:{pk}" for pk in ids],
        kinds=(TaskKind.RESCHEDULE_REQUEST, TaskKind.CLIENT_DECLINED),
    )
    reminders = Reminder.objects.filter(attendance__in=ids).values_list("pk", "message")
    sources = [s for pk, message in reminders for s in (f"reminder:{pk}", f"message:{message}")]
    withdraw_tasks(sources=sources, kinds=(TaskKind.CALL_CLIENT, TaskKind.REMINDER_UNDELIVERABLE))
