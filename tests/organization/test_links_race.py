"""Following a link and being invited again, at the same moment: neither loses, nobody waits for ever."""

import threading

import pytest
from django.db import transaction

from common.clock import now
from organization.models import LinkPurpose, OneTimeLink, User
from organization.roles import Role
from organization.services.links import choose_password, make_link
from organization.services.staff import invite
from tests.races import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def test_who_follows_a_link_while_invited_again_keeps_the_password(house):
    newcomer = User.objects.create_user("new@casework.example", full_name="New Comer")
    make_link(user=newcomer, purpose=LinkPurpose.INVITATION, by=None)
    link = OneTimeLink.objects.get()
    used = threading.Event()

    def follow():
        with transaction.atomic():
            moment = now()
            good = OneTimeLink.objects.good().filter(pk=link.pk)
            assert good.update(used_at=moment, updated_at=moment)
            used.set()
            threading.Event().wait(1)  # the other one is at its first lock by then
            choose_password(user=newcomer, password="quite some words here")
        return "followed"

    def again():
        used.wait(10)
        invite(
            email=newcomer.email, full_name="New Comer", facility=house.elm, role=Role.NURSE,
            by=house.administrator,
        )  # fmt: skip
        return "invited"

    assert at_once([follow, again]) == {"followed": 1, "invited": 1}
    assert User.objects.get(pk=newcomer.pk).check_password("quite some words here")
