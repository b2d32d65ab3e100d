"""The client's own page: discreet, and a GET changes nothing."""

import datetime as dt
import re

import pytest
from django.conf import settings as project

from appointments.models import Attendance
from appointments.services.booking import cancel_appointment
from appointments.states import CancelledBy
from audit.models import AuditEvent
from common.clock import now
from common.crypto import token_digest
from common.discretion import disclosing_words
from messaging.models import Link, Message
from messaging.states import MessageState
from worklist.models import Task

pytestmark = pytest.mark.django_db

TOKEN = "t" * 32
PATH = f"/a/{TOKEN}/"


@pytest.fixture
def visit(house, next_tuesday):
    """Sam holds a mail with a link to this visit."""
    booked = house.booked(house.client(email="sam@example.org"), next_tuesday)
    message = Message.objects.order_by("send_at").first()
    message.change(state=MessageState.SENT, sent_at=now())
    Link.objects.create(
        message=message, token_digest=token_digest(TOKEN), good_until=message.expires_at
    )
    return booked


def words_of(answer):
    return re.sub(r"<[^>]+>", " ", answer.content.decode())


def attendance():
    return Attendance.objects.get()


def test_it_says_name_day_time_and_place_and_no_more(visit, client):
    answer = client.get(PATH)
    assert answer.status_code == 200
    said = words_of(answer)
    for expected in (
        "Hi Sam, can you make it?",
        "Tuesday, ",
        "10:00 AM",
        "Elm St",
        "(217) 555-0100",
    ):
        assert expected in said
    for private in ("Casework", "casework", "Ana", "Lopez", "Rivera", "Individual", "Treatment"):
        assert private not in answer.content.decode()
    assert disclosing_words(said) == []


def test_while_the_visit_lasts_it_is_shown_with_nothing_to_answer(visit, client, time_machine):
    Link.objects.update(good_until=visit.ends_at)
    time_machine.move_to(visit.starts_at + dt.timedelta(minutes=5))
    answer = client.get(PATH)
    assert answer.status_code == 200
    assert "10:00 AM" in words_of(answer)
    assert "<form" not in answer.content.decode()
    assert "can you make it" not in words_of(answer)
    assert client.post(f"{PATH}confirm/").status_code == 200
    assert attendance().response == "needs_action"
    time_machine.move_to(visit.ends_at)
    assert client.get(PATH).status_code == 404


def test_its_headers_keep_it_from_caches_search_engines_and_the_next_site(visit, client):
    answer = client.get(PATH)
    assert answer["Referrer-Policy"] == "no-referrer"
    assert answer["Cache-Control"] == "no-store"
    assert answer["X-Robots-Tag"] == "noindex"
    assert "script-src 'self'" in answer["Content-Security-Policy"]
    assert "<script" not in answer.content.decode()


@pytest.mark.parametrize("method", ["get", "head"])
def test_looking_changes_nothing_however_often(visit, client, method):
    for _ in range(3):
        assert getattr(client, method)(PATH).status_code == 200
    for act in ("confirm", "another-time", "cannot-come"):
        assert getattr(client, method)(f"{PATH}{act}/").status_code == 405
    assert attendance().response == "needs_action"
    assert not Task.objects.exists()


def test_yes_confirms(visit, client):
    answer = client.post(f"{PATH}confirm/")
    assert "You're confirmed" in words_of(answer).replace("&#x27;", "'")
    assert (attendance().response, attendance().response_source) == ("accepted", "link")
    event = AuditEvent.objects.latest("at")
    assert (event.source, event.actor_id) == ("link", None)
    assert event.clients == [attendance().client_id]


def test_another_time_and_cannot_come_are_tasks_and_leave_the_appointment(visit, client):
    client.post(f"{PATH}another-time/")
    assert (attendance().response, attendance().response_source) == ("tentative", "link")
    assert [t.kind for t in Task.objects.open()] == ["reschedule_request"]
    client.post(f"{PATH}cannot-come/")
    assert attendance().response == "declined"
    assert [t.kind for t in Task.objects.open()] == ["client_declined"]
    visit.refresh_from_db()
    assert visit.status == "booked"


def test_where_the_facility_wants_it_cannot_come_also_cancels(house, visit, client):
    house.elm.declining_cancels = True
    house.elm.save()
    client.post(f"{PATH}cannot-come/")
    visit.refresh_from_db()
    assert (visit.status, visit.cancelled_by) == ("cancelled", "client")


@pytest.mark.parametrize("path", [f"/a/{'x' * 32}/", f"/a/{'x' * 32}/appointment.ics"])
def test_an_unknown_link_says_so_and_gives_nothing_away(visit, client, path):
    answer = client.get(path)
    assert answer.status_code == 404
    said = words_of(answer)
    assert "This link no longer works." in said
    assert "555" not in said
    assert client.post(f"/a/{'x' * 32}/confirm/").status_code == 404


def test_when_the_visit_has_begun_the_link_no_longer_works(visit, client, time_machine):
    time_machine.move_to(visit.starts_at + dt.timedelta(minutes=1))
    assert client.get(PATH).status_code == 404
    assert client.post(f"{PATH}confirm/").status_code == 404


def test_a_cancelled_visit_is_not_confirmed_but_gives_the_number(house, visit, client):
    cancel_appointment(appointment=visit, by_whom=CancelledBy.SERVICE, reason="", by=house.ana)
    for answer in (client.get(PATH), client.post(f"{PATH}confirm/")):
        assert "This appointment no longer stands." in words_of(answer)
        assert "(217) 555-0100" in words_of(answer)
    assert attendance().response == "needs_action"


def test_it_speaks_spanish_to_who_reads_spanish_and_can_be_switched(visit, client):
    sam = attendance().client
    sam.change(language="es")
    said = words_of(client.get(PATH))
    assert "Hola Sam, ¿puede venir?" in said
    assert "martes, " in said
    assert 'lang="es"' in client.get(PATH).content.decode()
    assert "Hi Sam" in words_of(client.get(f"{PATH}?lang=en"))
    assert "Hola Sam" in words_of(client.get(f"{PATH}?lang=xx"))


def test_no_cookie_is_set_and_none_is_needed(visit, client):
    from django.test import Client

    strict = Client(enforce_csrf_checks=True)
    answer = strict.post(f"{PATH}confirm/")
    assert answer.status_code == 200
    assert not answer.cookies
    assert not client.get(PATH).cookies


def test_the_calendar_file_is_discreet_and_well_formed(visit, client):
    answer = client.get(f"{PATH}appointment.ics")
    assert answer["Content-Type"].startswith("text/calendar")
    assert answer["Content-Disposition"] == 'attachment; filename="appointment.ics"'
    text = answer.content.decode()
    assert text.replace("\r\n", "").count("\n") == 0
    lines = text.split("\r\n")
    assert lines[0] == "BEGIN:VCALENDAR"
    start = visit.starts_at.astimezone(dt.UTC).strftime("%Y%m%dT%H%M%SZ")
    assert f"DTSTART:{start}" in lines
    assert "SUMMARY:Appointment" in lines
    assert "LOCATION:Elm St" in lines
    assert "casework" not in text.lower()
    assert TOKEN not in text


def test_the_files_that_the_clients_browser_loads_have_neutral_names_and_words(visit, client):
    links = re.findall(r'href="(/static/[^"]+)"', client.get(PATH).content.decode())
    assert links == ["/static/page.css"]
    css = (project.BASE_DIR / "dashboard" / "static" / "page.css").read_text()
    assert disclosing_words(css) == []
    assert "casework" not in css.lower()
