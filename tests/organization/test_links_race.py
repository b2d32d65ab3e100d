"""Following a link and being invited again, at the same moment: neither loses, nobody waits for ever."""

import threading

import pytest

from organization.models import LinkPurpose, OneTimeLink, User
from organization.roles import Role
from organization.services import accounts, links, staff
from organization.services.links import accept_link, make_link
from organization.services.staff import invite
from tests.races import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def both(house, monkeypatch):
    """Follow a link; and invite the same person again when it is used up and nothing is committed."""
    newcomer = User.objects.create_user("new@casework.example", full_name="New Comer")
    make_link(user=newcomer, purpose=LinkPurpose.INVITATION, by=None)
    link = OneTimeLink.objects.get()
    used = threading.Event()
    put = links._put_chosen

    def put_later(user, password):
        used.set()
        threading.Event().wait(1)  # the other one is at its first lock by then
        put(user, password)

    monkeypatch.setattr(links, "_put_chosen", put_later)

    def follow():
        accept_link(link_id=link.pk, password="quite some words here")
        return "followed"

    def again():
        used.wait(10)
        invite(
            email=newcomer.email, full_name="New Comer", facility=house.elm, role=Role.NURSE,
            by=house.administrator,
        )  # fmt: skip
        return "invited"

    return [follow, again]


def test_who_follows_a_link_while_invited_again_keeps_the_password(both):
    assert at_once(both) == {"followed": 1, "invited": 1}
    newcomer = User.objects.get(email="new@casework.example")
    assert newcomer.check_password("quite some words here")
    assert not OneTimeLink.objects.unspent().exists()


def test_without_holding_the_account_first_one_of_them_is_shot(both, monkeypatch):
    """The negative control: each waits for what the other has."""
    for module in (accounts, links, staff):
        monkeypatch.setattr(module, "hold_account", lambda user: None)
    answers = at_once(both)
    assert sum("deadlock detected" in answer for answer in answers) == 1
