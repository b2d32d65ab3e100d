"""Today in the demo: what whoever signs in first meets."""

import pytest

from appointments.models import Attendance
from appointments.states import AppointmentKind, CancelledBy
from organization.models import User

pytestmark = pytest.mark.django_db


def said_to(browser, email: str, path: str = "/") -> str:
    browser.force_login(User.objects.get(email=email))
    answer = browser.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def test_ana_meets_her_day_with_every_kind_of_row(demo, browser):
    said = said_to(browser, "ana@elmst.example")
    assert "Tuesday, November 24" in said
    for words in ("Outpatient", "Confirmed", "No-show", "Completed", "Room 1"):
        assert words in said


def test_each_client_whom_she_meets_alone_stands_there(demo, browser, ana):
    said = said_to(browser, ana.email)
    alone = Attendance.objects.filter(
        appointment__staffing__user=ana, appointment__starts_at__date="2026-11-24"
    ).exclude(appointment__kind=AppointmentKind.GROUP)
    standing = alone.exclude(appointment__cancelled_by=CancelledBy.RESCHEDULED)
    names = {attendance.client.name for attendance in standing.select_related("client")}
    assert len(names) >= 5
    assert [name for name in names if name not in said] == []


def test_another_facilitys_counselor_meets_none_of_them(demo, browser, ana):
    said = said_to(browser, "omar@oakave.example")
    theirs = {a.client.name for a in Attendance.objects.filter(client__care_team__user=ana)}
    assert [name for name in theirs if name in said] == []
