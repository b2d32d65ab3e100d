"""The page on which a member of staff chooses a password by a mailed link."""

import re

import pytest
from django.contrib.sessions.models import Session

from organization.models import LinkPurpose, OneTimeLink, User
from organization.services.accounts import deactivate
from organization.services.links import make_link

pytestmark = pytest.mark.django_db

NEW = "quite another word of passage"
PAGE = "/accounts/link/"


@pytest.fixture
def nils(house) -> User:
    return User.objects.create_user("nils@casework.example", full_name="Nils Holt")


@pytest.fixture
def link(nils, settings) -> str:
    """The path of Nils's link."""
    whole = make_link(user=nils, purpose=LinkPurpose.INVITATION, by=None)
    return whole.removeprefix(settings.PUBLIC_URL)


def chosen(browser, password=NEW, again=None):
    return browser.post(PAGE, {"password": password, "again": again or password})


def test_from_the_link_to_being_signed_in(nils, link, browser):
    answer = browser.get(link)
    assert (answer.status_code, answer["Location"]) == (302, PAGE)
    said = browser.get(PAGE).content.decode()
    assert 'value="nils@casework.example"' in said
    done = chosen(browser)
    assert (done.status_code, done["Location"]) == (302, "/")
    me = browser.get("/api/v1/me/")
    assert (me.status_code, me.json()["full_name"]) == (200, "Nils Holt")
    nils.refresh_from_db()
    assert nils.check_password(NEW)


def test_the_token_leaves_the_address_and_is_nowhere_kept(link, browser):
    token = link.split("/")[-2]
    answer = browser.get(link)
    assert answer["Referrer-Policy"] == "no-referrer"
    assert "no-store" in answer["Cache-Control"]
    page = browser.get(PAGE)
    assert token not in page.content.decode()
    # A page without a referrer would post its form with `Origin: null`, which CSRF refuses.
    assert page["Referrer-Policy"] == "same-origin"
    (session,) = Session.objects.all()
    assert token not in str(session.get_decoded())


def test_following_the_link_uses_nothing_up(link, browser, client):
    for _ in range(3):
        browser.get(link)
    browser.head(link)
    client.get(link)
    assert chosen(client).status_code == 302


def test_the_session_is_another_one_after_following_the_link(link, browser):
    browser.get("/accounts/login/")
    browser.session["before"] = True
    session = browser.session
    session.save()
    browser.cookies["sessionid"] = session.session_key
    browser.get(link)
    assert browser.cookies["sessionid"].value != session.session_key


def test_a_used_link_says_so_and_what_to_do(link, browser, client):
    browser.get(link)
    client.get(link)
    chosen(browser)
    for answer in (client.get(PAGE), chosen(client, "another word of passage"), client.get(link)):
        said = answer.content.decode()
        assert answer.status_code == 410
        assert "This link no longer works" in said
        assert "ask an administrator for a new one" in said
        assert said.count("<h1") == 1
    assert User.objects.get(email="nils@casework.example").check_password(NEW)


def test_a_forged_a_too_old_and_a_replaced_link_look_alike(nils, link, browser, client):
    pages = {client.get(f"{PAGE}{'x' * 43}/").content}
    OneTimeLink.objects.update(expires_at="2020-01-01T00:00:00Z")
    pages.add(client.get(link).content)
    make_link(user=nils, purpose=LinkPurpose.INVITATION, by=None)
    answer = client.get(link)
    pages.add(answer.content)
    assert (len(pages), answer.status_code) == (1, 410)


def test_without_a_link_the_page_asks_for_nothing(db, client):
    assert client.get(PAGE).status_code == 410
    assert chosen(client).status_code == 410


def test_an_account_that_is_closed_meanwhile_is_not_opened(house, link, browser):
    user = User.objects.get(email="nils@casework.example")
    browser.get(link)
    house.elm.memberships.create(user=user, role="nurse")
    deactivate(user=user, reason="left", by=house.administrator)
    assert chosen(browser).status_code == 410


@pytest.mark.parametrize(
    ("password", "again", "words"),
    [
        (NEW, "something else entirely", "The two are not the same."),
        ("short", "short", "This password is too short."),
        ("nils@casework.example", None, "too similar to the email"),
        ("nils holt nils", None, "too similar to the full name"),
        ("", "", "This field is required."),
        ("w" * 201, None, "at most 200 characters"),
    ],
)
def test_what_is_wrong_with_a_password_is_said_at_its_field(link, browser, password, again, words):
    browser.get(link)
    answer = chosen(browser, password, again)
    said = answer.content.decode()
    assert answer.status_code == 400
    assert words in said
    assert re.search(r'aria-describedby="(id_\w+-e)"', said).group(1) in said
    assert chosen(browser).status_code == 302


def test_somebody_else_who_is_signed_in_is_signed_out(house, link, browser):
    browser.force_login(house.ana)
    browser.get(link)
    assert browser.get("/api/v1/me/").json()["full_name"] == "Ana Lopez"
    chosen(browser)
    assert browser.get("/api/v1/me/").json()["full_name"] == "Nils Holt"


def test_the_form_is_guarded_against_other_sites(link):
    from django.test import Client

    browser = Client(enforce_csrf_checks=True)
    browser.get(link)
    assert chosen(browser).status_code == 403
