"""The appointments: past, present and to come."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.db.models import Count, Max, Q

from appointments.models import (
    Appointment,
    Attendance,
    Occupancy,
)
from appointments.states import (
    WITHOUT_OUTCOME,
    AppointmentKind,
    AppointmentStatus,
    AttendanceStatus,
    CancelledBy,
    Response,
)
from tests.dashboard.demo.conftest import SEEDED_AT

pytestmark = pytest.mark.django_db


class TestAppointments:
    def test_past_ones_ended_in_every_way(self, demo):
        past = Attendance.objects.filter(appointment__ends_at__lt=SEEDED_AT)
        assert set(past.values_list("status", flat=True)) >= {
            AttendanceStatus.ATTENDED,
            AttendanceStatus.NO_SHOW,
            AttendanceStatus.LEFT_EARLY,
            AttendanceStatus.CANCELLED,
        }

    def test_no_past_one_lacks_an_outcome(self, demo):
        over = Appointment.objects.filter(ends_at__lte=SEEDED_AT)
        assert not over.filter(status=AppointmentStatus.BOOKED).exists()
        standing = over.exclude(status=AppointmentStatus.CANCELLED)
        assert not standing.filter(attendances__status__in=WITHOUT_OUTCOME).exists()

    def test_some_were_moved_and_cancelled_for_a_reason(self, demo):
        ended = Appointment.objects.filter(status=AppointmentStatus.CANCELLED)
        assert set(ended.values_list("cancelled_by", flat=True)) == set(CancelledBy.values)
        assert not ended.exclude(cancelled_by="rescheduled").filter(cancel_reason="").exists()
        moved = Appointment.objects.exclude(moved_from=None)
        assert moved.count() == ended.filter(cancelled_by="rescheduled").count()

    def test_those_to_come_reach_three_weeks_ahead(self, demo):
        latest = Appointment.objects.aggregate(latest=Max("starts_at"))["latest"]
        assert dt.timedelta(days=14) < latest - SEEDED_AT < dt.timedelta(days=22)

    def test_every_kind_is_there(self, demo):
        assert set(Appointment.objects.values_list("kind", flat=True)) == set(
            AppointmentKind.values
        )

    def test_a_group_has_several_clients(self, demo):
        groups = Appointment.objects.filter(kind=AppointmentKind.GROUP)
        sizes = groups.annotate(size=Count("attendances")).values_list("size", flat=True)
        assert min(sizes) >= 2
        assert max(sizes) == 5

    def test_coming_ones_have_every_response(self, demo):
        coming = Attendance.objects.filter(
            appointment__starts_at__gt=SEEDED_AT, status=AttendanceStatus.EXPECTED
        )
        assert set(coming.values_list("response", flat=True)) == set(Response.values)

    def test_occupancy_stands_exactly_while_an_appointment_does(self, demo):
        without = Appointment.objects.filter(occupancies=None)
        assert set(without.values_list("status", flat=True)) == {AppointmentStatus.CANCELLED}
        cancelled = Q(appointment__status=AppointmentStatus.CANCELLED)
        assert not Occupancy.objects.filter(cancelled).exists()

    def test_nobody_is_busy_twice_at_once(self, demo):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM appointments_occupancy a JOIN appointments_occupancy b"
                " ON a.subject = b.subject AND a.during && b.during AND a.id < b.id"
            )
            assert cursor.fetchone() == (0,)
        assert not Occupancy.objects.filter(override=True).exists()

    def test_ana_has_a_full_day(self, ana):
        zone = ZoneInfo("America/Chicago")
        starts = [
            start.astimezone(zone)
            for start in Appointment.objects.filter(
                staffing__user=ana, starts_at__date="2026-11-24"
            ).values_list("starts_at", flat=True)
        ]
        assert len(starts) >= 5
        assert min(starts).hour == 8
        assert max(starts).hour >= 14

    def test_everybody_booked_sees_who_they_meet(self, ana):
        mine = Attendance.objects.filter(appointment__staffing__user=ana)
        assert mine.exclude(pk__in=Attendance.objects.visible_to(ana)).count() == 0
