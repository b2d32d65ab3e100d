"""A client known at two facilities: what one keeps is not opened by a role at the other."""

import datetime as dt

import pytest

from appointments.models import Appointment, Attendance
from appointments.services.booking import book_appointment
from appointments.states import AppointmentKind
from clients.models import KnownReason
from clients.services import make_known_at
from messaging.models import Message
from organization.roles import Role
from organization.services.staff import hire
from worklist.models import Task, TaskKind
from worklist.services import open_task

pytestmark = pytest.mark.django_db


@pytest.fixture
def both(house, next_tuesday):
    """Sam has an appointment at Elm St with Ana and one at Oak Ave with Omar."""
    sam = house.client(phone="217 555 0134")
    make_known_at(client=sam, facility=house.oak, reason=KnownReason.REFERRAL, by=house.ana)
    at_elm = house.booked(sam, next_tuesday, remark="private")
    later = next_tuesday + dt.timedelta(days=1)
    hire(email="ana@casework.example", full_name="", facility=house.oak, role=Role.COUNSELOR)
    del house.ana.access
    at_oak = book_appointment(
        facility=house.oak, kind=AppointmentKind.INDIVIDUAL, starts_at=later,
        ends_at=later + dt.timedelta(minutes=50), staff=[house.oak_counselor], clients=[sam],
        by=house.ana,
    )  # fmt: skip
    return sam, at_elm, at_oak


def test_a_counselor_here_who_is_front_desk_there_sees_what_is_there_alone(house, both):
    sam, at_elm, at_oak = both
    hire(email="cleo@casework.example", full_name="", facility=house.oak, role=Role.FRONT_DESK)
    assert list(Appointment.objects.visible_to(house.cleo)) == [at_oak]
    assert [a.appointment for a in Attendance.objects.visible_to(house.cleo)] == [at_oak]
    assert at_elm.attendances.get().client == sam


def test_messages_and_tasks_of_one_facility_are_not_told_at_the_other(house, both):
    sam, _, _ = both
    open_task(kind=TaskKind.CALL_CLIENT, source="elm:1", client=sam, facility=house.elm)
    assert {m.facility for m in Message.objects.visible_to(house.ana)} == {house.elm, house.oak}
    assert not Task.objects.visible_to(house.oak_intake).filter(facility=house.elm).exists()
    assert not Message.objects.visible_to(house.oak_counselor).filter(facility=house.elm).exists()
