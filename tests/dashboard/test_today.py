"""Today: who sees what, one-click outcomes, and how the page is guarded."""

import datetime as dt
import re
from html.parser import HTMLParser

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from appointments.models import Attendance
from appointments.services.attending import respond
from appointments.states import AppointmentKind, Response, ResponseSource
from audit.models import AuditEvent
from common.clock import at_wall_clock
from config import settings as project
from messaging.models import Message
from organization.models import PhaseKind
from tests.people import PASSWORD
from worklist.models import Task, TaskKind
from worklist.services import open_task

pytestmark = pytest.mark.django_db

NOON = at_wall_clock(dt.date(2027, 3, 2), dt.time(12), "America/Chicago")


@pytest.fixture(autouse=True)
def at_noon(time_machine):
    time_machine.move_to(NOON, tick=False)


@pytest.fixture
def visit(house):
    """Sam's visit at 15:00; she is in outpatient care."""
    client = house.client(phone="217 555 0134")
    house.admitted(client, PhaseKind.OUTPATIENT)
    return house.booked(client, NOON + dt.timedelta(hours=3), room=house.room)


def page(browser, user, path="/"):
    browser.force_login(user)
    return browser.get(path)


def test_a_counselor_sees_her_day_with_phase_and_reminder_state(house, visit, browser):
    said = page(browser, house.ana).content.decode()
    assert "Tuesday, March 2" in said
    for words in ("Sam Rivera", "Outpatient", "3:00 PM", "Room 2", "Scheduled", "Arrived"):
        assert words in said


def test_a_confirmed_visit_says_how_we_know(house, visit, browser):
    respond(
        attendance=visit.attendances.get(),
        response=Response.ACCEPTED,
        source=ResponseSource.REPLY,
    )
    said = page(browser, house.ana).content.decode()
    assert "Confirmed" in said
    assert "by reply, 12:00 PM" in said


@pytest.mark.parametrize("who", ["cleo", "ben", "oak_counselor", "manager", "privacy", "nurse"])
def test_who_has_nothing_to_do_with_a_client_does_not_see_the_name(house, visit, browser, who):
    answer = page(browser, getattr(house, who), "/?team=1")
    assert answer.status_code == 200
    assert "Rivera" not in answer.content.decode()


def test_front_desk_sees_name_time_room_and_status_and_no_phase(house, visit, browser):
    said = page(browser, house.front_desk).content.decode()
    assert "Sam Rivera" in said
    assert "Scheduled" in said
    assert 'class="phase' not in said
    assert "Outpatient" not in said


def test_a_nurse_sees_the_visits_of_those_on_the_unit(house, browser):
    client = house.client(name="Kim")
    house.admitted(client, PhaseKind.DETOX)
    house.booked(client, NOON + dt.timedelta(hours=1))
    said = page(browser, house.nurse).content.decode()
    assert "Kim Rivera" in said
    assert "Detox" in said


def test_without_sign_in_one_is_sent_to_it(client):
    answer = client.get("/")
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/login/?next=/")


def test_a_view_of_the_day_is_one_audit_row_with_the_clients_seen(house, visit, browser):
    before = AuditEvent.objects.count()
    page(browser, house.ana)
    assert AuditEvent.objects.count() == before + 1
    event = AuditEvent.objects.latest("at")
    assert event.actor_id == house.ana.pk
    assert event.clients == [visit.attendances.get().client_id]
    assert event.reads == {"appointment": [str(visit.pk)]}


def test_one_click_records_arrival_and_comes_back(house, visit, browser):
    browser.force_login(house.ana)
    attendance = visit.attendances.get()
    answer = browser.post(f"/attendances/{attendance.pk}/arrived/", {"next": "/?day=2027-03-02"})
    assert (answer.status_code, answer["Location"]) == (302, "/?day=2027-03-02")
    attendance.refresh_from_db()
    assert (attendance.status, attendance.status_by) == ("arrived", house.ana)


def test_too_early_is_said_in_words_and_changes_nothing(house, visit, browser):
    browser.force_login(house.ana)
    attendance = visit.attendances.get()
    answer = browser.post(f"/attendances/{attendance.pk}/no-show/", follow=True)
    assert "This appointment has not begun yet." in answer.content.decode()
    assert Attendance.objects.get().status == "expected"


def test_somebody_elses_visit_cannot_be_recorded(house, visit, browser):
    browser.force_login(house.cleo)
    attendance = visit.attendances.get()
    assert browser.post(f"/attendances/{attendance.pk}/arrived/").status_code == 404
    assert Attendance.objects.get().status == "expected"


def test_the_way_back_never_leads_elsewhere(house, visit, browser):
    browser.force_login(house.ana)
    attendance = visit.attendances.get()
    answer = browser.post(
        f"/attendances/{attendance.pk}/arrived/", {"next": "https://elsewhere.example/"}
    )
    assert answer["Location"] == "/"


def test_a_task_is_done_with_an_outcome(house, visit, browser):
    client = visit.attendances.get().client
    task = open_task(kind=TaskKind.CALL_CLIENT, source="x:1", client=client, facility=house.elm)
    said = page(browser, house.ana).content.decode()
    assert "Call the client" in said
    browser.post(f"/tasks/{task.pk}/completion/", {"outcome": "reached, will come"})
    task.refresh_from_db()
    assert (task.state, task.outcome, task.ended_by) == ("done", "reached, will come", house.ana)
    assert Task.objects.open().count() == 0


@pytest.mark.parametrize("day", ["yesterday", "2027-02-30", "0001-01-01", "9999-12-31", ""])
def test_a_day_that_is_none_is_today(house, visit, browser, day):
    said = page(browser, house.ana, f"/?day={day}").content.decode()
    assert "Tuesday, March 2" in said


def test_a_group_of_hers_is_one_row_that_names_nobody(house, browser):
    clients = [house.client(name=name) for name in ("Ada", "Bo")]
    house.booked(
        clients[0], NOON + dt.timedelta(hours=2), kind=AppointmentKind.GROUP, clients=clients,
        capacity=4,
    )  # fmt: skip
    said = page(browser, house.ana).content.decode()
    assert "Group, 2 expected" in said
    assert "Ada Rivera" not in said


def test_twelve_visits_take_no_more_queries_than_two(house, browser):
    def add(count, minutes):
        for number in range(count):
            client = house.client(
                name=f"Sam{minutes}{number}", phone=f"217 555 01{minutes + number:02}"
            )
            house.admitted(client)
            house.booked(
                client, NOON + dt.timedelta(minutes=30 + minutes * 15 + number * 15), minutes=15
            )

    browser.force_login(house.ana)
    add(2, 0)
    browser.get("/")
    with CaptureQueriesContext(connection) as two:
        browser.get("/")
    add(10, 2)
    with CaptureQueriesContext(connection) as twelve:
        browser.get("/")
    assert len(twelve) == len(two)
    assert len(two) <= 25


# ── Signing in ────────────────────────────────────────────────────────────────────────────────


def test_signing_in_leads_to_today(house, client):
    answer = client.post(
        "/accounts/login/", {"login": "ana@casework.example", "password": PASSWORD}
    )
    assert (answer.status_code, answer["Location"]) == (302, "/")


@pytest.mark.parametrize("email", ["ana@casework.example", "nobody@casework.example"])
def test_a_wrong_pair_gives_one_message_whoever_it_is(house, client, email):
    answer = client.post("/accounts/login/", {"login": email, "password": "wrong"})
    said = answer.content.decode()
    assert said.count('role="alert"') == 1
    assert "match" in said or "not correct" in said


def test_nobody_signs_up(client, db):
    said = client.get("/accounts/signup/").content.decode()
    assert "Accounts are by invitation" in said


def test_a_reset_mail_goes_through_the_outbox_and_only_to_those_who_have_an_account(
    house, client, settings
):
    settings.EMAIL_BACKEND = project.EMAIL_BACKEND  # pytest puts one of its own there
    for email in ("nobody@casework.example", "ana@casework.example"):
        answer = client.post("/accounts/password/reset/", {"email": email})
        assert answer["Location"] == "/accounts/password/reset/done/"
    message = Message.objects.get()
    assert (message.purpose, message.recipient) == ("account", "ana@casework.example")
    assert "/accounts/password/reset/key/" in message.body
    assert message.subject == "Your sign-in link"


def test_an_idle_session_ends_after_fifteen_minutes(house, browser, time_machine):
    browser.force_login(house.ana)
    assert browser.get("/").status_code == 200
    time_machine.move_to(NOON + dt.timedelta(minutes=14))
    assert browser.get("/").status_code == 200
    time_machine.move_to(NOON + dt.timedelta(minutes=30))
    assert browser.get("/").status_code == 302


# ── How pages are made ────────────────────────────────────────────────────────────────────────


class Inline(HTMLParser):
    """Finds what a strict Content-Security-Policy would refuse."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attributes):
        names = dict(attributes)
        if tag == "style" or (tag == "script" and "src" not in names):
            self.found.append(tag)
        self.found += [name for name in names if name == "style" or name.startswith("on")]


@pytest.mark.parametrize("path", ["/", "/?team=1", "/accounts/login/", "/accounts/password/reset/"])
def test_pages_have_a_strict_policy_and_nothing_it_would_refuse(house, visit, browser, path):
    if not path.startswith("/accounts"):
        browser.force_login(house.ana)
    answer = browser.get(path)
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "'unsafe" not in policy
    reader = Inline()
    reader.feed(answer.content.decode())
    assert reader.found == []


def test_staff_pages_are_not_kept_and_their_titles_name_nobody(house, visit, browser):
    answer = page(browser, house.ana)
    assert "no-store" in answer["Cache-Control"]
    assert re.search("<title>(.*)</title>", answer.content.decode()).group(1) == "Today"


def test_the_development_inbox_is_there_in_development_and_says_when_a_server_is_not(
    client, db, settings
):
    settings.DEV_MAILBOX_URL = settings.DEV_SMS_URL = "http://127.0.0.1:9"
    said = client.get("/dev/inbox/").content.decode()
    assert "The text gateway is not running." in said
    assert "The mail server is not running." in said
