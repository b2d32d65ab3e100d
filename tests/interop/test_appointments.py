"""Importing a calendar: the same rules as booking, and times that are certain."""

import datetime as dt

import pytest

from appointments.models import Appointment, Reminder
from appointments.services.booking import cancel_appointment
from appointments.states import CancelledBy
from interop.models import ExternalReference
from interop.states import ImportKind, ImportState
from tests.interop.files import counts, imported, report, table
from tests.people import House

pytestmark = pytest.mark.django_db

FINISHED, REFUSED = ImportState.FINISHED, ImportState.REFUSED


@pytest.fixture
def refs(house):
    return known_by_number(house)


def known_by_number(house):
    """Sam is 1 and Kim is 2 in the previous system."""
    clients = [house.client(name=name, email=f"{name}@example.org") for name in ("Sam", "Kim")]
    for ref, client in enumerate(clients, 1):
        ExternalReference.objects.create(
            facility=house.elm, system="previous", ref=str(ref), client=client
        )
    return clients


@pytest.fixture
def visit(next_tuesday):
    return {
        "external_ref": "1", "staff": "ana@casework.example", "kind": "individual",
        "starts_at": f"{next_tuesday:%Y-%m-%d} 10:00", "duration_minutes": "50",
    }  # fmt: skip


def calendar(house, *rows, **options):
    return imported(house, table(*rows), kind=ImportKind.APPOINTMENTS, **options)


def test_a_row_is_booked_by_the_facilitys_clock_and_its_reminders_are_planned(
    house, refs, visit, next_tuesday
):
    job = calendar(house, visit | {"room": "room 2", "remark": "=1+1"})
    assert counts(job) == (FINISHED, 1, 0, 0)
    booked = Appointment.objects.get()
    assert (booked.starts_at, booked.ends_at - booked.starts_at) == (
        next_tuesday, dt.timedelta(minutes=50),
    )  # fmt: skip
    assert (booked.room, booked.remark, booked.created_by) == (house.room, "=1+1", house.intake)
    assert [s.user for s in booked.staffing.all()] == [house.ana]
    assert [a.client for a in booked.attendances.all()] == [refs[0]]
    assert Reminder.objects.filter(attendance__appointment=booked).exists()


def test_a_group_has_its_clients_and_staff_in_one_row(house, refs, visit):
    group = {
        "external_ref": "1|2",
        "kind": "group",
        "staff": "ben@casework.example | ana@casework.example",
    }
    assert counts(calendar(house, visit | group)) == (FINISHED, 1, 0, 0)
    booked = Appointment.objects.get()
    assert {a.client for a in booked.attendances.all()} == set(refs)
    assert [s.user for s in booked.staffing.filter(leads=True)] == [house.ben]
    assert booked.staffing.count() == 2


def test_what_stands_in_the_calendar_or_stood_there_is_left_as_it_is(house, refs, visit):
    calendar(house, visit)
    assert counts(calendar(house, visit)) == (FINISHED, 0, 1, 0)
    cancel_appointment(
        appointment=Appointment.objects.get(), by_whom=CancelledBy.CLIENT, reason="ill",
        by=house.ana,
    )  # fmt: skip
    assert counts(calendar(house, visit)) == (FINISHED, 0, 1, 0)
    assert Appointment.objects.count() == 1


def test_a_double_booking_inside_the_file_is_found_by_the_database_in_a_dry_run_too(
    house, refs, visit
):
    kims = visit | {"external_ref": "2", "starts_at": visit["starts_at"].replace("10:00", "10:30")}
    for dry_run in (True, False):
        job = calendar(house, visit, kims, dry_run=dry_run)
        assert counts(job) == (REFUSED, 1, 0, 1)
        assert report(job) == [(3, "starts_at", "slot_taken")]
    assert Appointment.objects.count() == 0


@pytest.mark.parametrize(
    ("cells", "field", "code"),
    [
        ({"external_ref": "1|9"}, "external_ref", "unknown_client"),
        ({"external_ref": "1|2"}, "external_ref", "one_client"),
        ({"external_ref": "1|1", "kind": "group"}, "external_ref", "duplicate"),
        ({"staff": "omar@casework.example"}, "staff", "unknown_staff"),
        ({"staff": "finn@casework.example|ada@casework.example"}, "staff", "not_at_facility"),
        ({"kind": "seance"}, "kind", "invalid_choice"),
        ({"room": "The attic"}, "room", "unknown_room"),
        ({"duration_minutes": "3"}, "duration_minutes", "length_out_of_range"),
        ({"duration_minutes": "an hour"}, "duration_minutes", "not_a_number"),
        ({"starts_at": "2020-01-02 10:00"}, "starts_at", "in_the_past"),
        ({"starts_at": "2199-01-02 10:00"}, "starts_at", "too_far_ahead"),
        ({"starts_at": "12/1/2026 10:00"}, "starts_at", "unclear_time"),
    ],
)  # fmt: skip
def test_refused_rows(house, refs, visit, cells, field, code):
    job = calendar(house, visit | cells)
    assert (counts(job), report(job)) == ((REFUSED, 0, 0, 1), [(2, field, code)])


@pytest.mark.parametrize(
    ("now", "starts_at", "code"),
    [
        ("2027-02-01", "2027-03-14 02:30", "skipped_time"),
        ("2027-10-01", "2027-11-07 01:30", "repeated_time"),
    ],
)
def test_times_that_a_clock_change_skips_or_repeats_are_refused(
    db, visit, time_machine, now, starts_at, code
):
    time_machine.move_to(f"{now}T12:00:00Z")
    house = House.build()
    known_by_number(house)
    job = calendar(house, visit | {"starts_at": starts_at})
    assert report(job) == [(2, "starts_at", code)]


def test_with_an_offset_a_repeated_time_is_certain(db, visit, time_machine):
    time_machine.move_to("2027-10-01T12:00:00Z")
    house = House.build()
    known_by_number(house)
    job = calendar(house, visit | {"starts_at": "2027-11-07T01:30-06:00"})
    assert counts(job) == (FINISHED, 1, 0, 0)
    assert Appointment.objects.get().starts_at == dt.datetime(2027, 11, 7, 7, 30, tzinfo=dt.UTC)
