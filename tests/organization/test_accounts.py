"""Closing accounts everywhere at once, opening them again, resetting passwords, ending roles."""

import datetime as dt

import pytest
from django.contrib.auth.hashers import make_password
from django.test import Client as Browser
from knox.models import AuthToken
from rest_framework.test import APIClient

from audit.models import AuditEvent
from common.errors import Conflict, Forbidden
from organization.models import Membership, OneTimeLink
from organization.roles import Role
from organization.services.accounts import deactivate, reactivate, reset_password
from organization.services.links import accept_link, choose_password, link_behind
from organization.services.staff import end_role, give_role, hire
from tests.people import PASSWORD

pytestmark = pytest.mark.django_db

NEW = "quite another word of passage"


class SignedIn:
    """Somebody with a session and a token, both got by signing in."""

    def __init__(self, email: str) -> None:
        self.browser = Browser()
        self.browser.post("/accounts/login/", {"login": email, "password": PASSWORD})
        self.api = APIClient()
        pair = {"email": email, "password": PASSWORD}
        token = self.api.post("/api/v1/auth/token/", pair).json()["token"]
        self.api.credentials(HTTP_AUTHORIZATION=f"Token {token}")

    def answers(self) -> tuple[int, int, int]:
        """The page, the API by session, the API by token."""
        return (
            self.browser.get("/").status_code,
            self.browser.get("/api/v1/me/").status_code,
            self.api.get("/api/v1/me/").status_code,
        )


IN, OUT = (200, 200, 200), (302, 401, 401)


@pytest.fixture
def ana(house) -> SignedIn:
    return SignedIn("ana@casework.example")


def role_of(user, facility) -> Membership:
    return Membership.objects.get(user=user, facility=facility, until=None)


# ── Closing ───────────────────────────────────────────────────────────────────────────────────


def test_the_very_next_request_of_a_closed_account_is_refused_everywhere(house, ada, ana):
    assert ana.answers() == IN
    deactivate(user=house.ana, reason="left", by=ada)
    assert ana.answers() == OUT
    assert AuthToken.objects.count() == 0


def test_nobody_signs_in_to_a_closed_account_and_the_refusal_is_the_usual_one(house, ada, api):
    deactivate(user=house.ana, reason="left", by=ada)
    pair = {"email": "ana@casework.example", "password": PASSWORD}
    answer = api.post("/api/v1/auth/token/", pair)
    assert (answer.status_code, answer.json()["code"]) == (401, "wrong_credentials")
    page = Browser().post("/accounts/login/", {"login": pair["email"], "password": PASSWORD})
    assert "Email and password don't match." in page.content.decode().replace("&#x27;", "'")


def test_a_reset_link_sent_before_is_dead_and_none_is_sent_after(house, ada, mailoutbox, client):
    client.post("/accounts/password/reset/", {"email": "ana@casework.example"})
    path = mailoutbox[0].body.split("http://testserver")[1].split()[0]
    deactivate(user=house.ana, reason="left", by=ada)
    assert "This link no longer works" in client.get(path, follow=True).content.decode()
    client.post("/accounts/password/reset/", {"email": "ana@casework.example"})
    assert len(mailoutbox) == 1


def test_who_and_why_is_on_record_and_the_roles_stay(house, ada):
    deactivate(user=house.ana, reason="retired", by=ada)
    house.ana.refresh_from_db()
    assert (house.ana.is_active, house.ana.deactivated_because) == (False, "retired")
    assert role_of(house.ana, house.elm).role == Role.COUNSELOR
    event = AuditEvent.objects.get(route="staff.deactivated")
    assert (event.actor_id, event.changes[0]["id"]) == (ada.pk, str(house.ana.pk))
    assert "retired" not in str(event.changes)


def test_a_closed_account_is_not_closed_again(house, ada):
    deactivate(user=house.ana, reason="left", by=ada)
    with pytest.raises(Conflict) as refused:
        deactivate(user=house.ana, reason="left", by=ada)
    assert refused.value.code == "already_closed"


def test_nobody_closes_their_own_account(house, ada, eve):
    with pytest.raises(Conflict) as refused:
        deactivate(user=ada, reason="tired", by=ada)
    assert refused.value.code == "own_account"


def test_a_facility_keeps_an_administrator_who_can_sign_in(house, ada, eve):
    """Eve never chose a password: she counts for nothing, until she has."""
    eve.set_unusable_password()
    eve.save()
    group = hire(
        email="gus@casework.example", full_name="Gus Roth", facility=house.elm,
        role=Role.ADMINISTRATOR, password=PASSWORD,
    )  # fmt: skip
    deactivate(user=group, reason="left", by=ada)
    with pytest.raises(Conflict) as refused:
        deactivate(user=ada, reason="left", by=eve)
    assert refused.value.code == "last_administrator"
    choose_password(user=eve, password=NEW)
    deactivate(user=ada, reason="left", by=eve)


# ── Over whom one has a say ───────────────────────────────────────────────────────────────────


def test_who_also_works_elsewhere_is_closed_only_by_who_manages_both(house, ada, otto):
    give_role(user=house.oak_counselor, facility=house.elm, role=Role.COUNSELOR, by=ada)
    for by in (ada, otto):
        for act in (
            lambda by=by: deactivate(user=house.oak_counselor, reason="left", by=by),
            lambda by=by: reset_password(user=house.oak_counselor, by=by),
        ):
            with pytest.raises(Forbidden) as refused:
                act()
            assert refused.value.code == "works_elsewhere"
    give_role(user=otto, facility=house.elm, role=Role.ADMINISTRATOR, by=ada)
    del otto.access
    deactivate(user=house.oak_counselor, reason="left", by=otto)


def test_whoever_ends_their_roles_at_the_own_facility_leaves_the_other_ones(house, ada, otto):
    role = give_role(user=house.oak_counselor, facility=house.elm, role=Role.COUNSELOR, by=ada)
    end_role(membership=role, by=ada)
    assert house.oak_counselor.access.facilities == {house.oak.pk}


def test_nobody_touches_a_role_where_they_manage_nothing(house, ada, otto):
    for by in (otto, house.ana, house.manager):
        with pytest.raises(Forbidden):
            end_role(membership=role_of(house.ben, house.elm), by=by)
        with pytest.raises(Forbidden):
            give_role(user=house.ben, facility=house.elm, role=Role.ADMINISTRATOR, by=by)
        with pytest.raises(Forbidden):
            deactivate(user=house.ben, reason="left", by=by)
        with pytest.raises(Forbidden):
            reset_password(user=house.ben, by=by)


def test_an_administrator_gives_themself_nothing(house, ada):
    with pytest.raises(Conflict) as refused:
        give_role(user=ada, facility=house.elm, role=Role.SUPERVISOR, by=ada)
    assert refused.value.code == "own_account"
    with pytest.raises(Conflict):
        end_role(membership=role_of(ada, house.elm), by=ada)


# ── Roles ─────────────────────────────────────────────────────────────────────────────────────


def test_an_ended_role_opens_nothing_from_the_next_request_on(house, ada, ana, next_tuesday):
    client = house.client()
    path = f"/api/v1/clients/{client.pk}/"
    assert ana.api.get(path).status_code == 200
    end_role(membership=role_of(house.ana, house.elm), by=ada)
    assert ana.api.get(path).status_code == 404
    assert ana.browser.get(path).status_code == 404
    assert ana.api.get("/api/v1/me/").json()["memberships"] == []


def test_a_role_ends_once_and_can_be_given_again(house, ada):
    role = role_of(house.ana, house.elm)
    end_role(membership=role, by=ada)
    with pytest.raises(Conflict) as refused:
        end_role(membership=role, by=ada)
    assert refused.value.code == "already_ended"
    give_role(user=house.ana, facility=house.elm, role=Role.COUNSELOR, by=ada)
    with pytest.raises(Conflict) as refused:
        give_role(user=house.ana, facility=house.elm, role=Role.COUNSELOR, by=ada)
    assert refused.value.code == "role_held"
    assert Membership.objects.filter(user=house.ana).count() == 2


def test_the_last_administrators_role_is_not_ended(house, ada, eve):
    end_role(membership=role_of(ada, house.elm), by=eve)
    give_role(user=ada, facility=house.oak, role=Role.ADMINISTRATOR, by=hire_at_oak(house))
    with pytest.raises(Conflict) as refused:
        end_role(membership=role_of(eve, house.elm), by=another_manager(house, ada))
    assert refused.value.code == "last_administrator"


def hire_at_oak(house):
    return hire(
        email="otto@casework.example", full_name="Otto Berg", facility=house.oak,
        role=Role.ADMINISTRATOR, password=PASSWORD,
    )  # fmt: skip


def another_manager(house, ada):
    """Ada, as a request knew her that began before her role ended."""
    from organization.access import Access

    ada.access = Access(ada.pk, {house.elm.pk: frozenset({Role.ADMINISTRATOR})})
    return ada


# ── Opening again ─────────────────────────────────────────────────────────────────────────────


def test_who_is_let_back_in_chooses_a_new_password_by_mail(house, ada, ana, mailoutbox, token_in):
    deactivate(user=house.ana, reason="leave", by=ada)
    AuthToken.objects.create(user=house.ana)  # written by a sign-in in that very moment
    reactivate(user=house.ana, by=ada)
    assert ana.answers() == OUT
    assert AuthToken.objects.count() == 0
    assert mailoutbox[-1].to == ["ana@casework.example"]
    house.ana.refresh_from_db()
    assert not house.ana.has_usable_password()
    assert (house.ana.deactivated_at, house.ana.deactivated_because) == (None, "")
    accept_link(link_id=link_behind(token_in()).pk, password=NEW)
    house.ana.refresh_from_db()
    assert house.ana.check_password(NEW)
    with pytest.raises(Conflict) as refused:
        reactivate(user=house.ana, by=ada)
    assert refused.value.code == "not_closed"


def test_a_link_of_a_closed_account_is_dead(house, ada, mailoutbox, token_in):
    reset_password(user=house.ana, by=ada)
    deactivate(user=house.ana, reason="left", by=ada)
    assert link_behind(token_in()) is None
    assert OneTimeLink.objects.unspent().count() == 0


# ── Passwords ─────────────────────────────────────────────────────────────────────────────────


def test_an_administrators_reset_ends_password_sessions_and_tokens(
    house, ada, ana, mailoutbox, token_in, settings
):
    reset_password(user=house.ana, by=ada)
    assert ana.answers() == OUT
    (mail,) = mailoutbox
    assert (mail.to, mail.subject) == (["ana@casework.example"], "Choose a new password")
    assert mail.body == (
        "Hello Ana Lopez,\n\n"
        "An administrator ended your password. This link lets you choose a new one:\n\n"
        f"{settings.PUBLIC_URL}/accounts/link/{token_in()}/\n\n"
        "It works once, within a day. If this surprises you, ask your administrator.\n"
    )
    link = OneTimeLink.objects.get()
    assert link.expires_at - link.created_at == pytest.approx(
        dt.timedelta(hours=24), abs=dt.timedelta(seconds=1)
    )


def test_an_administrator_resets_no_closed_account_and_not_their_own(house, ada, eve):
    with pytest.raises(Conflict) as refused:
        reset_password(user=ada, by=ada)
    assert refused.value.code == "own_account"
    deactivate(user=house.ana, reason="left", by=ada)
    with pytest.raises(Conflict) as refused:
        reset_password(user=house.ana, by=ada)
    assert refused.value.code == "account_closed"


def test_a_changed_password_ends_tokens_and_every_other_session(house, ana):
    other = SignedIn("ana@casework.example")
    names = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    assert ana.browser.post("/accounts/password/change/", names).status_code == 302
    assert other.answers() == OUT
    assert ana.answers() == (200, 200, 401)  # the session that changed it stays


def test_a_sign_in_that_renews_an_old_hash_does_not_bring_an_ended_password_back(
    house, ada, settings
):
    """Django would write the new hash over whatever stands there by then."""
    fast = "django.contrib.auth.hashers.MD5PasswordHasher"
    settings.PASSWORD_HASHERS = ["organization.hashers.Argon2id", fast]
    type(house.ana).objects.filter(pk=house.ana.pk).update(
        password=make_password(PASSWORD, hasher="md5")
    )
    before, meanwhile = (type(house.ana).objects.get(pk=house.ana.pk) for _ in range(2))
    reset_password(user=meanwhile, by=ada)
    assert before.check_password(PASSWORD)  # as it was read before the reset
    house.ana.refresh_from_db()
    assert not house.ana.has_usable_password()


def test_an_old_hash_is_renewed_by_signing_in(house, settings):
    fast = "django.contrib.auth.hashers.MD5PasswordHasher"
    settings.PASSWORD_HASHERS = ["organization.hashers.Argon2id", fast]
    type(house.ana).objects.filter(pk=house.ana.pk).update(
        password=make_password(PASSWORD, hasher="md5")
    )
    house.ana.refresh_from_db()
    assert house.ana.check_password(PASSWORD)
    kept = type(house.ana).objects.get(pk=house.ana.pk).password
    assert kept == house.ana.password
    assert kept.startswith("argon2$")


def test_a_token_is_not_given_for_a_password_that_ends_at_that_moment(house, api, monkeypatch):
    from organization.api import views

    def checked_too_early(request, **pair):
        user = type(house.ana).objects.get(pk=house.ana.pk)
        choose_password(user=house.ana, password=NEW)
        return user

    monkeypatch.setattr(views, "authenticate", checked_too_early)
    answer = api.post("/api/v1/auth/token/", {"email": house.ana.email, "password": PASSWORD})
    assert answer.status_code == 401
    assert AuthToken.objects.count() == 0
