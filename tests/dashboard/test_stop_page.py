"""Opting out by a mail's link: one button, or the mail program's own; a GET changes nothing."""

import datetime as dt
import re

import pytest
from django.test import Client as Browser

from audit.models import AuditEvent
from common.clock import now
from common.crypto import token_digest
from common.discretion import disclosing_words
from messaging.models import Link, Message, OptOut
from messaging.states import MessageState

pytestmark = pytest.mark.django_db

TOKEN = "t" * 32
PATH = f"/a/{TOKEN}/stop/"
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def message(house, next_tuesday):
    """Sam holds a mail with a link; another one is still to be sent."""
    house.booked(house.client(email="sam@example.org"), next_tuesday)
    first = Message.objects.order_by("send_at").first()
    first.change(state=MessageState.SENT, sent_at=now())
    Link.objects.create(
        message=first, token_digest=token_digest(TOKEN), good_until=first.expires_at
    )
    return first


def pending():
    return Message.objects.filter(state=MessageState.SCHEDULED).count()


def test_looking_at_the_page_changes_nothing(message, client):
    waiting = pending()
    assert waiting > 0
    for call in (client.get, client.head):
        assert call(PATH).status_code == 200
    assert (OptOut.objects.count(), pending()) == (0, waiting)


@pytest.mark.parametrize("body", [{}, ONE_CLICK])
def test_the_button_and_the_mail_program_opt_the_address_out_at_once(message, body):
    strict = Browser(enforce_csrf_checks=True)
    answer = strict.post(PATH, body)
    assert answer.status_code == 200
    assert "Done." in answer.content.decode()
    opted = OptOut.objects.get()
    assert (opted.channel, opted.source, opted.until) == ("email", "link", None)
    assert opted.address_index == message.address_index
    assert pending() == 0
    assert not answer.cookies
    event = AuditEvent.objects.get(changes__contains=[{"action": "link.stop"}])
    assert event.clients == [message.client_id]
    actions = [change["action"] for change in event.changes]
    assert {"link.stop", "opt_out.by_link"} <= set(actions)


def test_twice_is_once(message, client):
    assert [client.post(PATH).status_code for _ in range(2)] == [200, 200]
    assert OptOut.objects.count() == 1


def test_it_discloses_nothing_in_either_language(message, client):
    for language, word in (("en", "Stop the messages"), ("es", "No enviar más")):
        said = client.get(f"{PATH}?lang={language}")
        text = re.sub(r"<[^>]+>", " ", said.content.decode())
        assert word in text
        assert disclosing_words(text) == []
        for private in ("Sam", "Elm", "Casework", "Ana"):
            assert private not in text
        assert said["Referrer-Policy"] == "no-referrer"


def test_it_speaks_the_message_s_language(message, client):
    message.change(language="es")
    assert "No enviar más" in client.get(PATH).content.decode()


def test_it_stops_for_sixty_days_though_the_visit_is_no_longer_shown(message, client):
    Link.objects.update(good_until=now() - dt.timedelta(days=1))
    assert client.get(f"/a/{TOKEN}/").status_code == 404
    Link.objects.update(created_at=now() - dt.timedelta(days=61))
    assert client.post(PATH).status_code == 404
    assert not OptOut.objects.exists()
    Link.objects.update(created_at=now() - dt.timedelta(days=59))
    assert client.post(PATH).status_code == 200
    assert OptOut.objects.count() == 1


def test_a_made_up_token_stops_nothing(message, client):
    assert client.post(f"/a/{'x' * 32}/stop/").status_code == 404
    assert not OptOut.objects.exists()
