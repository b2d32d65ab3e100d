"""What `ModelOutput` shows is, to the last character, what REST framework's own serializer shows."""

import datetime as dt

import pytest
from django.test import RequestFactory
from rest_framework import serializers
from rest_framework.renderers import JSONRenderer

from appointments.api.serializers import AppointmentOutput, ReminderOutput
from appointments.models import Appointment
from appointments.queries import fetch_people, reminders_of
from casework.api.serializers import EpisodeOutput, TransitionOutput
from casework.models import Episode, Transition
from clients.api.serializers import CareTeamOutput, ContactPointOutput
from clients.models import CareTeamMember, ContactPoint
from clients.queries import consents_in_force
from common.api.output import ModelOutput
from common.api.renderers import to_json
from messaging.api.serializers import MessageDetailOutput
from messaging.models import Message
from organization.api.serializers import FacilityOutput, ProgramOutput
from organization.models import Facility, Program
from worklist.api.serializers import TaskOutput
from worklist.models import Task


@pytest.fixture
def world(house, next_tuesday):
    client = house.client(phone="+1 312 555 0100", email="sam@example.org")
    house.admitted(client)
    appointment = house.booked(client, next_tuesday, room=house.room)
    return house, appointment


def with_people_of(user):
    """The one appointment, with what of its people this person sees."""
    appointment = Appointment.objects.select_related("room", "moved_to").get()
    fetch_people([appointment], user)
    return appointment


def shown_both_ways(output, row, request):
    """By our way and by the framework's, without what the class itself takes away again."""
    serializer = output(context={"request": request})
    ours = ModelOutput.to_representation(serializer, row)
    theirs = serializers.Serializer.to_representation(serializer, row)
    return (to_json(ours), JSONRenderer().render(theirs))


def test_every_kind_of_field_looks_as_the_framework_shows_it(world):
    house, appointment = world
    request = RequestFactory().get("/")
    request.user = house.ana
    rows = [
        (AppointmentOutput, with_people_of(house.ana)),
        *((ReminderOutput, row) for row in reminders_of(appointment, house.ana)),
        (EpisodeOutput, Episode.objects.get()),
        *((TransitionOutput, row) for row in Transition.objects.all()),
        *((CareTeamOutput, row) for row in CareTeamMember.objects.all()),
        *(
            (ContactPointOutput, row)
            for row in ContactPoint.objects.prefetch_related(consents_in_force())
        ),
        *((MessageDetailOutput, row) for row in Message.objects.prefetch_related("attempts")),
        (FacilityOutput, Facility.objects.get(pk=house.elm.pk)),
        *((ProgramOutput, row) for row in Program.objects.all()),
        *((TaskOutput, row) for row in Task.objects.all()),
    ]
    assert len({output for output, _ in rows}) >= 8
    for output, row in rows:
        if output is EpisodeOutput:
            row.valid_phases = list(row.phases.all())
        if output is CareTeamOutput:
            row.case_seen = True
        ours, theirs = shown_both_ways(output, row, request)
        assert ours == theirs, output


def test_a_time_is_shown_in_utc_whatever_offset_it_was_given_with(house, next_tuesday):
    client = house.client()
    central = next_tuesday.astimezone(dt.timezone(dt.timedelta(hours=-6)))
    appointment = house.booked(client, central)
    appointment.starts_at = central
    request = RequestFactory().get("/")
    request.user = house.ana
    row = with_people_of(house.ana)
    row.starts_at = central
    ours, theirs = shown_both_ways(AppointmentOutput, row, request)
    assert ours == theirs
    assert next_tuesday.strftime("%Y-%m-%dT%H:%M:%SZ").encode() in ours


def test_nothing_of_one_request_reaches_the_next(world):
    house, _ = world
    seen = []
    for user in (house.ana, house.cleo):
        request = RequestFactory().get("/")
        request.user = user
        serializer = AppointmentOutput(context={"request": request})
        child = serializer.nested(
            "attendances", type(AppointmentOutput().fields["attendances"].child)
        )
        seen.append(child.context["request"].user)
    assert seen == [house.ana, house.cleo]
