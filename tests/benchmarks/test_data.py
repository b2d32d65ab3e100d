"""Data in bulk: what COPY writes is what the services would have written. No timings here."""

import re
from collections import Counter

import pytest
from django.db import connection, transaction
from django.db.models import Count, F

from appointments.models import Appointment, Attendance, Reminder
from appointments.services.planning import plan_reminders
from appointments.states import ReminderState
from audit.models import AuditEvent
from benchmarks.data.filling import fill
from benchmarks.data.organization import LEVELS
from benchmarks.data.sizes import SIZES
from casework.models import Episode
from clients.models import CareTeamMember, Client, ContactPoint
from common.clock import now
from messaging.models import Message
from messaging.states import MessageState
from organization.models import Facility, Membership
from organization.roles import Role

CLIENTS = 134
NOW = now()


def fill_small() -> None:
    fill(SIZES["S20k"].scaled_to(CLIENTS), now=NOW)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.fixture(scope="module")
def _filled_once(django_db_setup, django_db_blocker):
    """One filling for all tests here, undone after the last."""
    with django_db_blocker.unblock(), transaction.atomic():
        fill_small()
        yield
        transaction.set_rollback(True)


@pytest.fixture
def filled(_filled_once, db):
    """The filled database; what a test changes is undone after it."""


@pytest.mark.usefixtures("filled")
def test_there_is_exactly_as_much_as_asked_for():
    assert Client.objects.count() == CLIENTS
    assert Appointment.objects.count() == 670
    assert AuditEvent.objects.count() == 2010
    assert Facility.objects.count() == 2
    assert Membership.objects.filter(role=Role.COUNSELOR).count() == 2


@pytest.mark.usefixtures("filled")
def test_every_counselor_is_primary_for_thirty_to_forty_five_clients_in_treatment():
    primary = CareTeamMember.objects.current().filter(primary=True)
    caseloads = Counter(primary.values_list("user", flat=True))

    assert len(caseloads) == 2
    assert all(30 <= clients <= 45 for clients in caseloads.values())
    assert primary.count() == Episode.objects.active().count()


@pytest.mark.usefixtures("filled")
def test_planning_anew_finds_nothing_to_change():
    """The generator's reminders are those that the rules want."""
    ahead = Attendance.objects.filter(appointment__starts_at__gt=NOW, status="expected")
    before = list(Reminder.objects.order_by("pk").values_list("pk", "state", "reason", "send_at"))

    plan_reminders(list(ahead.values_list("pk", flat=True)[:60]))

    after = list(Reminder.objects.order_by("pk").values_list("pk", "state", "reason", "send_at"))
    assert after == before


@pytest.mark.usefixtures("filled")
def test_what_is_ahead_is_planned_and_has_a_message_that_waits():
    planned = Reminder.objects.filter(state=ReminderState.PLANNED)

    assert planned.exists()
    assert not planned.exclude(message__state=MessageState.SCHEDULED).exists()
    assert not planned.exclude(send_at=F("message__send_at")).exists()
    assert not planned.filter(send_at__lte=NOW).exists()


@pytest.mark.usefixtures("filled")
def test_addresses_and_texts_open_and_belong_to_nobody():
    points = list(ContactPoint.objects.all())
    sent = Message.objects.filter(state=MessageState.SENT, channel="email").first()

    assert {p.kind for p in points} == {"phone", "email"}
    assert all(
        re.fullmatch(r"\+1\d{3}55501\d\d|[a-z.]+\.\d+@example\.(com|org|net)", p.value)
        for p in points
    )
    assert sent.body.startswith(("Hi ", "Hola "))


@pytest.mark.usefixtures("filled")
def test_ids_carry_the_time_at_which_their_row_was_made():
    for model in (Client, Appointment, Message):
        row = model.objects.first()
        assert row.pk.version == 7
        assert row.pk.int >> 80 == int(row.created_at.timestamp() * 1000)


@pytest.mark.usefixtures("filled")
def test_every_phase_is_in_use_and_nobody_is_in_two():
    kinds = Episode.objects.active().filter(phases__ended_at=None).values_list("phases__kind")
    open_phases = Episode.objects.annotate(open=Count("phases")).filter(open=0)

    assert {kind for (kind,) in kinds} == set(LEVELS)
    assert not open_phases.exists()


@pytest.mark.usefixtures("filled")
def test_nothing_that_was_done_lies_ahead_and_much_that_is_booked_does():
    assert Appointment.objects.filter(starts_at__gt=NOW).count() > 100
    assert not Appointment.objects.filter(created_at__gt=NOW).exists()
    assert not Attendance.objects.filter(status_at__gt=NOW).exists()
    assert not Message.objects.filter(sent_at__gt=NOW).exists()
