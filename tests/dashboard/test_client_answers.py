"""The client's own page after an answer, with a link that is over, and at its edges."""

import datetime as dt

import pytest
from django.template.loader import render_to_string

from common.clock import now
from common.crypto import token_digest
from common.discretion import disclosing_words
from dashboard.client_texts import TEXTS
from messaging.models import Link, Message
from messaging.states import MessageState

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


def said(answer):
    return answer.content.decode().replace("&#x27;", "'")


def test_coming_back_one_reads_ones_answer_and_may_change_it(visit, client):
    client.post(f"{PATH}confirm/")
    page = said(client.get(PATH))
    assert "You're confirmed." in page
    assert f'action="{PATH}confirm/' not in page
    client.post(f"{PATH}another-time/")
    page = said(client.get(PATH))
    assert "Until then your appointment stays as it is." in page
    assert f'action="{PATH}confirm/' in page


def test_who_cannot_come_where_that_cancels_is_thanked_and_offered_nothing_more(
    house, visit, client
):
    house.elm.change(declining_cancels=True)
    page = said(client.post(f"{PATH}cannot-come/"))
    assert "Thank you for telling us." in page
    assert "Change my answer" not in page
    assert "This appointment no longer stands." in said(client.get(PATH))


def test_the_language_switch_leads_to_a_page_also_after_an_answer(visit, client):
    page = said(client.post(f"{PATH}confirm/?lang=es"))
    assert "Su cita está confirmada" in page
    assert f'href="{PATH}?lang=en"' in page


def test_day_and_time_are_in_the_language_of_the_page(visit, client):
    assert "10:00 AM" in said(client.get(PATH))
    spanish = said(client.get(f"{PATH}?lang=es"))
    assert "10:00" in spanish
    assert "AM" not in spanish


def test_a_link_that_was_good_once_gives_the_number_to_call(visit, client, time_machine):
    time_machine.move_to(visit.starts_at + dt.timedelta(days=3))
    answer = client.get(PATH)
    assert answer.status_code == 404
    assert "This link no longer works." in said(answer)
    assert "(217) 555-0100" in said(answer)
    assert "Sam" not in said(answer)


def test_a_link_that_lost_its_last_slash_is_led_to_the_page(visit, client):
    answer = client.get(PATH.rstrip("/"))
    assert (answer.status_code, answer["Location"]) == (302, PATH)
    assert answer["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("path", [f"{PATH}confirm", f"{PATH}a/b/", "/a/x/y/z", f"{PATH}other/"])
def test_no_address_below_shows_the_staffs_page(visit, client, path):
    for answer in (client.get(path), client.post(path)):
        assert answer.status_code in (404, 405)
        assert "casework" not in said(answer).lower()
        assert "app.css" not in said(answer)


def test_an_unknown_act_answers_nothing(visit, client):
    assert client.post(f"{PATH}accept/").status_code == 404
    assert visit.attendances.get().response == "needs_action"


def test_the_calendar_file_folds_long_lines_and_escapes_what_it_must(house, visit, client):
    house.elm.change(discreet_name="Elm St; 2nd floor, Ñandú y Ñandú, Ñu")
    text = client.get(f"{PATH}appointment.ics").content
    assert all(len(line) <= 75 for line in text.split(b"\r\n"))
    unfolded = text.decode().replace("\r\n ", "")
    assert "LOCATION:Elm St\\; 2nd floor\\, Ñandú y Ñandú\\, Ñu" in unfolded.split("\r\n")
    assert "METHOD" not in unfolded  # RFC 5546 would then ask for an organizer


def test_no_text_of_the_page_discloses_in_any_language():
    for texts in TEXTS.values():
        assert disclosing_words(" ".join(texts.values())) == []
    assert len({frozenset(texts) for texts in TEXTS.values()}) == 1


def test_the_page_for_our_own_faults_is_as_neutral():
    page = render_to_string("500.html")
    assert "casework" not in page.lower()
    assert disclosing_words(page) == []
