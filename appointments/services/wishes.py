"""What is wished for a calendar, and whether it may be: everything but who gets the time."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from appointments.here import hold_those_here
from appointments.states import AppointmentKind
from clients.models import Client
from clients.services import Merged
from common.clock import now
from common.errors import Invalid
from organization.models import Facility, Room, User

SHORTEST = dt.timedelta(minutes=5)
LONGEST = dt.timedelta(hours=12)
FURTHEST = dt.timedelta(days=731)
SHARED_KINDS = (AppointmentKind.GROUP, AppointmentKind.FAMILY)


@dataclass(frozen=True)
class Wish:
    """When, with whom and where. The first of the staff leads."""

    facility: Facility
    starts_at: dt.datetime
    ends_at: dt.datetime
    staff: Sequence[User]
    clients: Sequence[Client]
    room: Room | None = None


def check_wish(wish: Wish, seats: int) -> None:
    """Raise `Invalid` naming the field, unless these may meet there and then."""
    _check_time(wish)
    _check_named(wish)
    _check_here(wish)
    if wish.room is not None:
        check_room(wish.room, wish.facility, seats)


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


def _check_named(wish: Wish) -> None:
    for field, named in (("staff", wish.staff), ("clients", wish.clients)):
        one = {"staff": "member of staff", "clients": "client"}[field]
        if not named:
            raise Invalid(f"Name at least one {one}.", code="required", field=field)
        if len({person.pk for person in named}) < len(named):
            raise Invalid(f"The same {one} stands there twice.", code="duplicate", field=field)
    if any(client.deceased_on for client in wish.clients):
        raise Invalid("This client has died.", code="deceased", field="clients")


def _check_here(wish: Wish) -> None:
    """Staff work with clients at the facility, clients are known there, and none is merged meanwhile."""
    staff = {user.pk for user in wish.staff}
    clients = {client.pk for client in wish.clients}
    here = hold_those_here(wish.facility.pk, staff=staff, clients=clients)
    if here.merged:
        raise Merged
    if not staff <= here.ids:
        raise Invalid(
            "Not all of these work with clients at this facility.",
            code="not_at_facility",
            field="staff",
        )
    if not clients <= here.ids:
        raise Invalid(
            "A client isn't known at this facility.", code="not_known_here", field="clients"
        )


def check_room(room: Room, facility: Facility, seats: int) -> None:
    """Raise `Invalid` unless the room is there and large enough."""
    if room.facility_id != facility.pk or not room.active:
        raise Invalid(
            "This room isn't one of the facility's.", code="not_at_facility", field="room"
        )
    if seats > room.capacity:
        raise Invalid(f"This room takes {room.capacity}.", code="room_too_small", field="room")


def check_seats(kind: AppointmentKind, seats: int, wish: Wish) -> None:
    """Raise `Invalid` unless the kind takes so many, and the seats do."""
    if kind not in SHARED_KINDS and (seats != 1 or len(wish.clients) != 1):
        raise Invalid(
            f"A {kind.label.lower()} appointment has one client.",
            code="one_client",
            field="clients",
        )
    if len(wish.clients) > seats:
        raise Invalid("There are more clients than seats.", code="over_capacity", field="capacity")
