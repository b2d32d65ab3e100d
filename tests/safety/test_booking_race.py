"""Fifty bookings of one slot at once: one wins. And without the constraint, more do."""

import datetime as dt

import pytest

from appointments.models import Appointment, Attendance, Occupancy, Reminder
from appointments.services.booking import book_appointment
from appointments.services.occupying import ClientBusy, SlotTaken
from appointments.states import AppointmentKind
from casework.models import Episode
from casework.moves import ReferralSource
from casework.services import admit
from clients.models import CareTeamMember
from clients.services import create_client
from common.clock import now
from common.errors import Conflict
from organization.models import PhaseKind, User
from tests.races import at_once, without

pytestmark = pytest.mark.django_db(transaction=True)

AT_ONCE = 50


@pytest.fixture
def clients(house):
    return [house.client(name=f"Sam{n}") for n in range(AT_ONCE)]


def booking(house, client, starts_at, *, staff=None):
    def book():
        try:
            book_appointment(
                facility=house.elm,
                kind=AppointmentKind.INDIVIDUAL,
                starts_at=starts_at,
                ends_at=starts_at + dt.timedelta(minutes=50),
                staff=[staff or house.ana],
                clients=[client],
                by=house.ana,
            )
        except (SlotTaken, ClientBusy) as error:
            return error.code
        return "booked"

    return book


def test_of_fifty_bookings_of_one_slot_one_wins(house, clients, next_tuesday):
    answers = at_once([booking(house, client, next_tuesday) for client in clients])
    assert answers == {"booked": 1, "slot_taken": AT_ONCE - 1}
    assert Appointment.objects.count() == 1
    assert Occupancy.objects.count() == 2
    assert Attendance.objects.count() == 1
    assert Reminder.objects.values("attendance").distinct().count() == 1


def test_partial_overlaps_do_not_slip_through_either(house, clients, next_tuesday):
    starts = [next_tuesday + dt.timedelta(minutes=n % 50) for n in range(AT_ONCE)]
    acts = [booking(house, c, s) for c, s in zip(clients, starts, strict=True)]
    assert at_once(acts) == {"booked": 1, "slot_taken": AT_ONCE - 1}


def test_one_client_with_two_counselors_at_once_is_booked_once(house, clients, next_tuesday):
    acts = [
        booking(house, clients[0], next_tuesday, staff=staff)
        for staff in (house.ana, house.ben) * 10
    ]
    answers = at_once(acts)
    assert answers["booked"] == 1
    assert answers["booked"] + answers["slot_taken"] + answers["client_busy"] == 20


def test_without_the_constraint_more_than_one_wins(house, clients, next_tuesday):
    """The negative control: the constraint is what decides, nothing above it."""
    definition = "EXCLUDE USING gist (subject WITH =, during WITH &&) WHERE (NOT override)"
    with without(
        "ALTER TABLE appointments_occupancy DROP CONSTRAINT occupancy_no_overlap",
        f"ALTER TABLE appointments_occupancy ADD CONSTRAINT occupancy_no_overlap {definition}",
        before_restore="TRUNCATE appointments_occupancy",
    ):
        answers = at_once([booking(house, client, next_tuesday) for client in clients[:10]])
    assert answers["booked"] == 10


def test_a_client_is_admitted_once_however_many_ask(house, clients):
    def admission():
        try:
            admit(
                client=clients[0],
                program=house.programs[PhaseKind.DETOX],
                referral_source=ReferralSource.INDIVIDUAL,
                by=house.ana,
            )
        except Conflict as error:
            return error.code
        return "admitted"

    assert at_once([admission] * 20) == {"admitted": 1, "episode_active": 19}
    assert Episode.objects.count() == 1


def test_record_numbers_are_given_once_and_every_client_has_one_primary(house):
    def creation():
        create_client(
            facility=house.elm, by=User.objects.get(pk=house.ana.pk), legal_first_name="Jo",
            legal_last_name="Park", birth_date=dt.date(1985, 1, 2),
        )  # fmt: skip
        return "created"

    assert at_once([creation] * 20) == {"created": 20}
    assert CareTeamMember.objects.filter(primary=True).count() == 20


def test_a_booking_over_an_override_is_refused_though_the_constraint_does_not_see_it(
    house, clients, next_tuesday
):
    first = house.booked(clients[0], next_tuesday)
    Occupancy.objects.filter(appointment=first).update(override=True, override_reason="crisis")
    assert booking(house, clients[1], next_tuesday)() == "slot_taken"


def test_the_free_times_of_a_refusal_are_free(house, clients, next_tuesday):
    house.booked(clients[0], next_tuesday)
    with pytest.raises(SlotTaken) as refused:
        house.booked(clients[1], next_tuesday)
    slots = refused.value.extra["free_slots"]
    assert len(slots) == 5
    for number, slot in enumerate(slots):
        start = dt.datetime.fromisoformat(slot["starts_at"])
        assert start > now()
        house.booked(clients[2 + number], start).occupancies.all().delete()
