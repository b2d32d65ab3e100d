"""Signing in and out, and a password that is changed or forgotten."""

import re
import time

import pytest
from django.urls import NoReverseMatch, reverse
from knox.models import AuthToken

from config import settings as project
from messaging.models import Message
from organization import forms
from organization.models import LinkPurpose, OneTimeLink
from organization.services.links import make_link
from tests.people import PASSWORD

pytestmark = pytest.mark.django_db

NEW = "quite another word of passage"


def test_the_message_for_a_wrong_pair_is_ours(house, client):
    for email in ("ana@casework.example", "nobody@casework.example", "no address"):
        said = client.post(
            "/accounts/login/", {"login": email, "password": "wrong"}
        ).content.decode()
        assert "Email and password don't match." in said.replace("&#x27;", "'")


def test_after_signing_in_one_is_where_one_wanted_to_go_and_no_notice_says_so(house, client):
    answer = client.post(
        "/accounts/login/",
        {"login": "ana@casework.example", "password": PASSWORD, "next": "/?team=1"},
        follow=True,
    )
    assert answer.request["QUERY_STRING"] == "team=1"
    assert "Successfully signed in" not in answer.content.decode()


def test_the_way_in_keeps_where_one_wanted_to_go(client, db):
    said = client.get("/accounts/login/?next=/%3Fteam%3D1").content.decode()
    assert 'name="next" value="/?team=1"' in said


def test_signing_out_asks_by_get_and_acts_by_post(house, browser):
    browser.force_login(house.ana)
    assert "Sign out?" in browser.get("/accounts/logout/").content.decode()
    assert browser.get("/").status_code == 200
    answer = browser.post("/accounts/logout/")
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/login/")
    assert browser.get("/").status_code == 302


def test_a_password_is_changed_by_who_knows_the_old_one(house, browser):
    browser.force_login(house.ana)
    page = "/accounts/password/change/"
    assert "Change your password" in browser.get(page).content.decode()
    names = {"password1": NEW, "password2": NEW}
    refused = browser.post(page, names | {"oldpassword": "wrong"})
    assert 'role="alert"' in refused.content.decode()
    assert browser.post(page, names | {"oldpassword": PASSWORD}).status_code == 302
    house.ana.refresh_from_db()
    assert house.ana.check_password(NEW)


def test_a_forgotten_password_is_set_anew_by_the_link_once(house, client, settings):
    settings.EMAIL_BACKEND = project.EMAIL_BACKEND  # pytest puts one of its own there
    client.post("/accounts/password/reset/", {"email": "ana@casework.example"})
    link = re.search(r"https?://[^/]+(/\S+)", Message.objects.get().body).group(1)
    form = client.get(link, follow=True)
    assert "New password" in form.content.decode()
    where = form.redirect_chain[-1][0]
    answer = client.post(where, {"password1": NEW, "password2": NEW}, follow=True)
    assert "Your new password is saved" in answer.content.decode()
    house.ana.refresh_from_db()
    assert house.ana.check_password(NEW)
    again = client.get(link, follow=True)
    assert "This link no longer works" in again.content.decode()


def test_whether_an_address_has_an_account_shows_neither_in_words_nor_in_time(
    house, client, mailoutbox
):
    seen = {}
    for email in ("ana@casework.example", "nobody@casework.example"):
        begun = time.monotonic()
        answer = client.post("/accounts/password/reset/", {"email": email}, follow=True)
        assert time.monotonic() - begun >= forms.SECONDS
        seen[email] = (answer.redirect_chain, answer.content)
    assert seen["ana@casework.example"] == seen["nobody@casework.example"]
    assert [mail.to for mail in mailoutbox] == [["ana@casework.example"]]


def test_asking_for_links_again_and_again_is_slowed_down(house, client, mailoutbox):
    codes = [
        client.post("/accounts/password/reset/", {"email": "ana@casework.example"}).status_code
        for _ in range(8)
    ]
    assert codes == [302] * 5 + [429] * 3
    assert len(mailoutbox) == 5


def test_a_forgotten_password_ends_tokens_and_open_links(house, client, mailoutbox):
    AuthToken.objects.create(user=house.ana)
    make_link(user=house.ana, purpose=LinkPurpose.RESET, by=None)
    client.post("/accounts/password/reset/", {"email": "ana@casework.example"})
    path = re.search(r"https?://[^/]+(/\S+)", mailoutbox[0].body).group(1)
    where = client.get(path, follow=True).redirect_chain[-1][0]
    client.post(where, {"password1": NEW, "password2": NEW})
    assert not AuthToken.objects.exists()
    assert not OneTimeLink.objects.unspent().exists()


def test_too_many_tries_are_refused_in_words(house, client):
    for _ in range(12):
        said = client.post(
            "/accounts/login/", {"login": "ana@casework.example", "password": "wrong"}
        )
    assert "Too many tries" in said.content.decode()


def test_who_has_no_password_to_change_is_led_to_where_one_is_chosen(house, browser):
    """Closing an account ends its sessions, so nobody gets here by hand; a page that fails is none."""
    house.ana.set_unusable_password()
    house.ana.save()
    browser.force_login(house.ana)
    for ask in (browser.get, browser.post):
        answer = ask("/accounts/password/change/")
        assert (answer.status_code, answer["Location"]) == (302, "/accounts/password/reset/")


@pytest.mark.parametrize("page", ["login", "logout", "password/change", "password/reset"])
def test_what_is_put_there_is_not_taken_for_a_post(house, browser, page):
    browser.force_login(house.ana)
    for method in ("put", "patch", "delete", "options"):
        assert getattr(browser, method)(f"/accounts/{page}/").status_code == 405
    assert browser.get("/").status_code == 200


@pytest.mark.parametrize(
    "name", ["account_email", "account_reauthenticate", "account_set_password"]
)
def test_pages_of_allauth_that_nobody_uses_are_not_there(name):
    with pytest.raises(NoReverseMatch):
        reverse(name)


def test_what_is_not_there_is_said_on_a_page_in_the_same_look(house, browser):
    answer = browser.get("/nothing/here/")
    assert answer.status_code == 404
    said = answer.content.decode()
    assert said.count("<h1") == 1
    assert "Skip to content" in said
    assert "/static/app.css" in said
