"""What a review found, held: throttles, what front desk may read, session length, bounds, logs."""

import datetime as dt
import logging
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from common.clock import now
from common.logs import DiscreetFormatter
from messaging.models import ChannelState, Message
from messaging.services import circuit
from organization.models import PhaseKind

pytestmark = pytest.mark.django_db


def test_tries_at_one_account_end_though_each_names_another_origin(house, api):
    codes = [
        api.post(
            "/api/v1/auth/token/",
            {"email": "ana@casework.example", "password": "wrong"},
            HTTP_X_FORWARDED_FOR=f"203.0.113.{number}",
        ).status_code
        for number in range(12)
    ]
    assert codes == [401] * 10 + [429] * 2


def test_front_desk_reads_no_remark_and_no_reason_that_tells_of_the_case(house, api, next_tuesday):
    client = house.client(phone="217 555 0134")
    house.admitted(client, PhaseKind.DETOX)
    visit = house.booked(client, next_tuesday, remark="about the case")
    path = f"/api/v1/appointments/{visit.pk}/"
    for user, told in ((house.ana, True), (house.front_desk, False)):
        api.force_authenticate(user)
        assert ("remark" in api.get(path).json()) is told
        rows = api.get(f"{path}reminders/").json()["results"]
        assert {row["state"] for row in rows} == {"skipped"}
        assert any(row["reason"] for row in rows) is told


def test_a_session_ends_after_twelve_hours_however_busy(house, browser, time_machine):
    begun = now()
    time_machine.move_to(begun)
    browser.force_login(house.ana)
    for minutes in range(0, 12 * 60, 10):
        time_machine.move_to(begun + dt.timedelta(minutes=minutes))
        assert browser.get("/").status_code == 200
    time_machine.move_to(begun + dt.timedelta(hours=12, minutes=1))
    assert browser.get("/").status_code == 302


def test_a_list_of_thousands_is_refused_before_it_is_looked_up(house, api, next_tuesday):
    api.force_authenticate(house.ana)
    body = {
        "facility": str(house.elm.pk),
        "kind": "group",
        "starts_at": next_tuesday.isoformat(),
        "duration_minutes": 50,
        "staff": [str(house.ana.pk)],
        "clients": [str(uuid.uuid4()) for _ in range(2000)],
    }
    with CaptureQueriesContext(connection) as queries:
        answer = api.post("/api/v1/appointments/", body)
    assert answer.status_code == 400
    assert len(queries) < 20


def test_faults_of_a_channel_are_counted_no_further_than_they_matter(db):
    ChannelState.objects.create(channel="sms", faults_in_a_row=circuit.MOST_COUNTED)
    circuit.note_fault("sms")
    assert ChannelState.objects.get().faults_in_a_row == circuit.MOST_COUNTED


def test_celerys_line_about_a_failed_task_leaves_the_words_out():
    arguments = {
        "name": "messaging.tasks.drain",
        "exc": "ValueError('Sam Rivera')",
        "traceback": "Sam",
    }
    record = logging.LogRecord(
        "celery.app.trace", logging.ERROR, __file__, 1, "Task %(name)s raised: %(exc)s %(traceback)s",
        (arguments,), None,
    )  # fmt: skip
    said = DiscreetFormatter("%(message)s").format(record)
    assert said.startswith("Task messaging.tasks.drain raised: (its words are left out)")
    assert "Sam" not in said


def test_when_a_visit_is_cancelled_nobody_has_to_call_about_its_reminder(house, next_tuesday):
    from appointments.services.booking import cancel_appointment
    from messaging.services.progress import tell
    from worklist.models import Task

    visit = house.booked(house.client(phone="217 555 0134"), next_tuesday)
    message = Message.objects.order_by("send_at").first()
    message.change(state="unknown", reason="may_have_arrived", sent_at=now())
    tell([(message.pk, "unknown", "may_have_arrived")])
    assert [task.kind for task in Task.objects.open()] == ["call_client"]
    cancel_appointment(appointment=visit, by_whom="service", reason="", by=house.ana)
    assert not Task.objects.open().exists()
