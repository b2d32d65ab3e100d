"""What an appointment is shown with, and which are seen at all: the hand-written against the plain rule."""

import pytest

from appointments.api.serializers import ClientRef
from appointments.models import Appointment, Attendance
from appointments.queries import fetch_people, recipients, seen_with_reminders, tell_reminders
from appointments.states import AppointmentKind, RuleChannel
from organization.models import Membership, PhaseKind, User
from organization.roles import Role
from tests.appointments.asking import HOUR, URL

pytestmark = pytest.mark.django_db


@pytest.fixture
def group(house, next_tuesday):
    """Sam in detox, Kim in no treatment, and Cleo's Lee in one group of Ana's, in a room."""
    house.rules((72, RuleChannel.SMS), (24, RuleChannel.PREFERRED), (None, RuleChannel.SMS))
    sam = house.client(phone="217 555 0134", email="sam@example.org")
    house.admitted(sam, PhaseKind.DETOX)
    clients = [sam, house.client(name="Kim"), house.client(by=house.cleo, name="Lee")]
    return house.booked(
        sam, next_tuesday, kind=AppointmentKind.GROUP, clients=clients, room=house.room,
        staff=[house.ana, house.ben],
    )  # fmt: skip


def as_told(attendance):
    client = ClientRef().to_representation(attendance.client)
    return (
        client | {"id": str(client["id"])},
        str(attendance.id),
        (attendance.status, attendance.status_at, attendance.response, attendance.responded_at),
        (attendance.case_seen, attendance.phase_kind),
        list(attendance.reminders_told),
        attendance.client_id,
    )


def test_each_person_is_shown_the_attendances_that_are_visible_to_them(house, group):
    shown = {}
    for user in User.objects.all():
        plain = list(seen_with_reminders(user).filter(appointment=group))
        tell_reminders(plain)
        appointment = Appointment.objects.get(pk=group.pk)
        fetch_people([appointment], user)
        ours = [as_told(a) for a in appointment.visible_attendances]
        assert ours == [as_told(a) for a in plain], user.full_name
        shown[user.full_name] = len(ours)
    assert shown["Ana Lopez"] == shown["Finn Doyle"] == 3
    assert shown["Cleo Hart"] == shown["Nia Brandt"] == 1
    assert shown["Omar Vance"] == shown["Mara Quist"] == 0


def test_a_page_gives_each_its_own_staff_room_and_successor(house, group, next_tuesday, as_ana):
    later = {"starts_at": (next_tuesday + 24 * HOUR).isoformat(), "duration_minutes": 50}
    moved = as_ana.post(f"{URL}{group.pk}/reschedule/", later).json()["id"]
    lone = house.booked(house.client(name="Ada"), next_tuesday + HOUR)
    page = list(Appointment.objects.order_by("starts_at"))
    fetch_people(page, house.ana)
    found = [
        (
            str(a.pk),
            a.shown_room and a.shown_room["name"],
            a.successor_id,
            len(a.visible_attendances),
        )
        for a in page
    ]
    assert found == [
        (str(group.pk), "Room 2", moved, 3),
        (str(lone.pk), None, None, 1),
        (moved, "Room 2", None, 3),
    ]
    assert [[(s["full_name"], s["leads"]) for s in a.shown_staffing] for a in page] == [
        [("Ana Lopez", True), ("Ben Okafor", False)],
        [("Ana Lopez", True)],
        [("Ana Lopez", True), ("Ben Okafor", False)],
    ]


def test_attendances_look_alike_on_their_own_and_with_their_appointment(group, as_ana):
    attendance = Attendance.objects.filter(appointment=group).first()
    as_ana.post(f"{URL}{group.pk}/attendances/{attendance.pk}/response/", {"response": "accepted"})
    alone = as_ana.get(f"{URL}{group.pk}/attendances/").json()["results"]
    assert alone == as_ana.get(f"{URL}{group.pk}/").json()["attendances"]
    assert alone[0]["responded_at"].endswith("Z")
    assert len(alone[0]["reminders"]) == 3


def test_who_keeps_one_calendar_sees_elsewhere_only_what_their_role_there_shows(
    house, next_tuesday, group, api
):
    """Intake at Elm St, counselor at Oak Ave: all at Elm St; at Oak Ave their own, not another's."""
    both = house.oak_counselor
    Membership.objects.create(
        user=both, facility=house.elm, role=Role.INTAKE, since=group.created_at
    )
    places = {"facility": house.oak, "room": None, "capacity": 1, "created_by": both}
    times = {"starts_at": next_tuesday, "ends_at": next_tuesday + HOUR}
    own = Appointment.objects.create(kind=AppointmentKind.INDIVIDUAL, **places, **times)
    own.staffing.create(user=both, leads=True)
    Appointment.objects.create(kind=AppointmentKind.INDIVIDUAL, **places, **times)
    seen = Appointment.objects.visible_to(User.objects.get(pk=both.pk))
    assert set(seen) == {group, own}


def test_what_is_compiled_once_is_asked_about_others_the_next_time(house):
    sam, kim = house.client(phone="217 555 0134"), house.client(name="Kim")
    first, second = recipients([sam.pk]), recipients([kim.pk, sam.pk])
    assert set(first) == {sam.pk}
    assert {pk: len(r.addresses) for pk, r in second.items()} == {sam.pk: 1, kim.pk: 0}
    assert recipients([]) == {}
