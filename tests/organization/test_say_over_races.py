"""A look at where somebody works and the change that follows are one: nobody comes between."""

import threading
import uuid

import pytest
from rest_framework.test import APIClient

from common.errors import DomainError
from organization.models import Membership, User
from organization.roles import Role
from organization.services import accounts, links, staff
from organization.services.accounts import deactivate, reset_password
from organization.services.staff import end_role, give_role
from tests.races import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def told(act, done, **what):
    """What came of it: the word for having done it, or the refusal's code."""

    def run():
        try:
            act(**{k: v() if callable(v) else v for k, v in what.items()})
        except DomainError as error:
            return error.code
        return done

    return run


def anew(user):
    """As a request of its own reads them."""
    return lambda: User.objects.get(pk=user.pk)


def given_elsewhere(house, otto):
    return told(give_role, "given", user=anew(house.ben), facility=house.oak, role=Role.COUNSELOR,
                by=anew(otto))  # fmt: skip


def closed(house, by):
    return told(deactivate, "closed", user=anew(house.ben), reason="quarrel", by=anew(by))


def reset(house, by):
    return told(reset_password, "reset", user=anew(house.ben), by=anew(by))


@pytest.fixture
def slow_look(monkeypatch):
    """Between the look at where somebody works and the change lies half a second; set once it is seen."""
    look, looked = accounts._require_say_over, threading.Event()

    def slowly(user, by):
        works_at = look(user, by)
        looked.set()
        threading.Event().wait(0.5)
        return works_at

    monkeypatch.setattr(accounts, "_require_say_over", slowly)
    return looked


@pytest.fixture
def nobody_holds(monkeypatch):
    for module in (accounts, links, staff):
        monkeypatch.setattr(module, "hold_account", lambda user: None)


ACTS = pytest.mark.parametrize(("act", "done"), [(closed, "closed"), (reset, "reset")])


@ACTS
def test_a_role_elsewhere_comes_before_the_look_or_after_the_change(
    house, ada, otto, act, done, slow_look
):
    answers = at_once([act(house, ada), given_elsewhere(house, otto)])
    elsewhere = Membership.objects.filter(user=house.ben, facility=house.oak).exists()
    if answers[done] and done == "closed":
        assert (answers, elsewhere) == ({"closed": 1, "account_closed": 1}, False)
    elif answers[done]:
        assert (answers, elsewhere) == ({"reset": 1, "given": 1}, True)
    else:
        assert (answers, elsewhere) == ({"works_elsewhere": 1, "given": 1}, True)


def test_whoever_waits_for_a_role_given_elsewhere_sees_it(house, ada, otto, monkeypatch):
    """The role is given first, and not yet committed while the other one begins to look."""
    begun = threading.Event()
    touch = staff._touch

    def given_but_not_yet_told(user):
        begun.set()
        threading.Event().wait(0.5)
        touch(user)

    monkeypatch.setattr(staff, "_touch", given_but_not_yet_told)

    def close_then():
        begun.wait(10)
        return closed(house, ada)()

    assert at_once([given_elsewhere(house, otto), close_then]) == {
        "given": 1, "works_elsewhere": 1,
    }  # fmt: skip
    assert User.objects.get(pk=house.ben.pk).is_active


def test_without_holding_the_account_it_is_closed_under_the_other_facility(
    house, ada, otto, slow_look, nobody_holds
):
    """The negative control: one who works at both is closed by who manages one."""

    def given_then():
        slow_look.wait(10)
        return given_elsewhere(house, otto)()

    assert at_once([closed(house, ada), given_then]) == {"closed": 1, "given": 1}
    assert Membership.objects.filter(user=house.ben, facility=house.oak).exists()


# ── Two administrators, each other ────────────────────────────────────────────────────────────


@pytest.fixture
def meeting(monkeypatch):
    """Both have been let in as administrators before either goes on."""
    barrier = threading.Barrier(2)
    keep = accounts.keep_an_administrator

    def keep_together(facilities, *, without):
        barrier.wait(20)
        keep(facilities, without=without)

    monkeypatch.setattr(accounts, "keep_an_administrator", keep_together)


def each_other(act, done, one, other, **more):
    return [
        told(act, done, user=anew(user), by=anew(by), **more)
        for user, by in ((one, other), (other, one))
    ]


def able(house) -> int:
    roles = Membership.objects.filter(role=Role.ADMINISTRATOR, facility=house.elm)
    return sum(r.user.is_active and r.user.has_usable_password() for r in roles)


def test_two_who_end_each_others_password_at_once_leave_one_who_can_sign_in(
    house, ada, eve, meeting
):
    answers = at_once(each_other(reset_password, "reset", ada, eve))
    assert answers == {"reset": 1, "last_administrator": 1}
    assert able(house) == 1


def test_without_queueing_up_nobody_could_sign_in(house, ada, eve, meeting, monkeypatch):
    """The negative control."""
    monkeypatch.setattr(accounts, "queue_at", lambda facilities: None)
    assert at_once(each_other(reset_password, "reset", ada, eve)) == {"reset": 2}
    assert able(house) == 0


def test_one_closes_and_the_other_resets_at_once_and_one_is_left(house, ada, eve, meeting):
    answers = at_once([
        told(deactivate, "done", user=anew(eve), reason="quarrel", by=anew(ada)),
        told(reset_password, "done", user=anew(ada), by=anew(eve)),
    ])  # fmt: skip
    assert answers == {"done": 1, "last_administrator": 1}
    assert able(house) == 1


def asked(by, user, etag, act, body):
    """Over the API, of a version, with a key of its own."""

    def ask():
        api = APIClient(headers={"Idempotency-Key": str(uuid.uuid4()), "If-Match": etag})
        api.force_authenticate(User.objects.get(pk=by.pk))
        answer = api.post(f"/api/v1/staff/{user.pk}/{act}/", body)
        return answer.json().get("code") or str(answer.status_code)

    return ask


def version(by, user):
    api = APIClient()
    api.force_authenticate(User.objects.get(pk=by.pk))
    return api.get(f"/api/v1/staff/{user.pk}/")["ETag"]


@pytest.mark.parametrize(
    ("act", "body"), [("deactivation", {"reason": "quarrel"}), ("password-reset", {})]
)
def test_over_the_api_nobody_waits_for_ever_and_one_is_left(
    house, ada, eve, act, body, monkeypatch
):
    """Each has written a key that refers to their own account, and holds the other's."""
    barrier = threading.Barrier(2)
    hold = links.hold_account

    def hold_together(user):
        barrier.wait(20)
        hold(user)

    monkeypatch.setattr("organization.api.staff.hold_account", hold_together)
    answers = at_once([
        asked(ada, eve, version(ada, eve), act, body),
        asked(eve, ada, version(eve, ada), act, body),
    ])  # fmt: skip
    assert answers == {"200": 1, "last_administrator": 1}
    assert able(house) == 1


# ── Ending a role ─────────────────────────────────────────────────────────────────────────────


def test_a_role_that_ends_at_once_twice_ends_once_with_or_without_a_version(house, ada, eve):
    role = Membership.objects.get(user=house.ben)

    def by_api():
        api = APIClient(headers={"If-Match": "*"})
        api.force_authenticate(User.objects.get(pk=ada.pk))
        answer = api.post(f"/api/v1/memberships/{role.pk}/ending/", {})
        return answer.json().get("code") or str(answer.status_code)

    def by_service():
        return told(end_role, "200", membership=Membership.objects.get(pk=role.pk),
                    by=User.objects.get(pk=eve.pk))()  # fmt: skip

    answers = at_once([by_api, by_service] * 4)
    assert answers == {"200": 1, "already_ended": 7}
