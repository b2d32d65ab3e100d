"""Two at once: one link, one last administrator. And without the guards, two win."""

import pytest

from common.errors import Conflict, DomainError
from organization.models import LinkPurpose, Membership, OneTimeLink, OneTimeLinkQuerySet, User
from organization.roles import Role
from organization.services import accounts
from organization.services.accounts import deactivate
from organization.services.links import LinkSpent, accept_link, make_link
from organization.services.staff import end_role, invite
from tests.races import at_once

pytestmark = pytest.mark.django_db(transaction=True)

AT_ONCE = 8


@pytest.fixture
def link(house) -> OneTimeLink:
    make_link(user=house.ana, purpose=LinkPurpose.RESET, by=None)
    return OneTimeLink.objects.get()


def acceptance(link, number):
    def accept():
        try:
            accept_link(link_id=link.pk, password=f"words of passage number {number}")
        except LinkSpent:
            return "spent"
        return "accepted"

    return accept


def test_of_many_who_use_a_link_at_once_one_chooses_the_password(house, link):
    answers = at_once([acceptance(link, number) for number in range(AT_ONCE)])
    assert answers == {"accepted": 1, "spent": AT_ONCE - 1}
    house.ana.refresh_from_db()
    chosen = [n for n in range(AT_ONCE) if house.ana.check_password(f"words of passage number {n}")]
    assert len(chosen) == 1


def test_without_asking_for_unspent_ones_many_choose(link, monkeypatch):
    """The negative control: the condition in that one statement is what decides."""
    monkeypatch.setattr(OneTimeLinkQuerySet, "good", lambda links: links)
    answers = at_once([acceptance(link, number) for number in range(AT_ONCE)])
    assert answers == {"accepted": AT_ONCE}


def test_of_many_links_made_at_once_one_works(house):
    def make():
        try:
            make_link(user=house.ana, purpose=LinkPurpose.RESET, by=None)
        except Conflict as error:
            return error.code
        return "made"

    answers = at_once([make] * AT_ONCE)
    assert set(answers) <= {"made", "link_just_made"}
    assert answers["made"] >= 1
    assert OneTimeLink.objects.unspent().count() == 1


def closing(user, by):
    def close():
        try:
            deactivate(user=user, reason="quarrel", by=User.objects.get(pk=by.pk))
        except DomainError as error:
            return error.code
        return "closed"

    return close


def ending(user, by):
    def end():
        try:
            end_role(membership=Membership.objects.get(user=user), by=User.objects.get(pk=by.pk))
        except DomainError as error:
            return error.code
        return "ended"

    return end


def able(house) -> int:
    roles = Membership.objects.current().filter(role=Role.ADMINISTRATOR, facility=house.elm)
    return roles.filter(user__is_active=True).count()


@pytest.mark.parametrize(("act", "done"), [(closing, "closed"), (ending, "ended")])
def test_two_administrators_who_throw_each_other_out_at_once_leave_one(
    house, ada, eve, act, done, meeting
):
    answers = at_once([act(ada, eve), act(eve, ada)])
    assert answers == {done: 1, "last_administrator": 1}
    assert able(house) == 1


@pytest.mark.parametrize(("act", "done"), [(closing, "closed"), (ending, "ended")])
def test_without_queueing_up_they_leave_none(house, ada, eve, act, done, meeting, monkeypatch):
    """The negative control: the lock is what decides."""
    monkeypatch.setattr(accounts, "queue_at", lambda facilities: None)
    assert at_once([act(ada, eve), act(eve, ada)]) == {done: 2}
    assert able(house) == 0


@pytest.fixture
def meeting(monkeypatch):
    """Both have been let in as administrators before either goes on."""
    import threading

    barrier = threading.Barrier(2)
    keep = accounts.keep_an_administrator

    def keep_together(facilities, *, without):
        barrier.wait(20)
        keep(facilities, without=without)

    monkeypatch.setattr(accounts, "keep_an_administrator", keep_together)
    monkeypatch.setattr("organization.services.staff.keep_an_administrator", keep_together)


def test_of_many_invitations_of_one_address_at_once_one_is_sent(house, ada):
    def invitation():
        try:
            invite(
                email="nils@casework.example", full_name="Nils Holt", facility=house.elm,
                role=Role.NURSE, by=User.objects.get(pk=ada.pk),
            )  # fmt: skip
        except Conflict as error:
            return error.code
        return "invited"

    assert at_once([invitation] * AT_ONCE) == {"invited": 1, "role_held": AT_ONCE - 1}
    assert User.objects.filter(email="nils@casework.example").count() == 1
    assert OneTimeLink.objects.count() == 1
