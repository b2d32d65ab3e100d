"""When a counselor leaves, their clients and what was due from them are somebody's."""

import pytest

from clients.models import KnownReason
from clients.services import make_known_at, name_primary_counselor
from organization.models import Membership
from organization.roles import Role
from organization.services.accounts import deactivate, reactivate
from organization.services.staff import end_role, give_role
from worklist.models import Task, TaskKind
from worklist.services import open_task

pytestmark = pytest.mark.django_db


@pytest.fixture
def sam(house):
    return house.client()


def asked() -> list[tuple]:
    tasks = Task.objects.open().filter(kind=TaskKind.NAME_COUNSELOR)
    return [(task.client, task.facility, task.role, task.assignee) for task in tasks]


def role_of(user) -> Membership:
    return Membership.objects.get(user=user, until=None)


def test_intake_is_asked_to_have_the_next_one_named(house, sam):
    kim = house.client(name="Kim", by=house.ben)
    deactivate(user=house.ana, reason="left", by=house.administrator)
    assert asked() == [(sam, house.elm, Role.INTAKE, None)]
    assert Task.objects.visible_to(house.intake).filter(client=sam).exists()
    assert not Task.objects.filter(client=kim).exists()


def test_what_was_due_from_them_is_due_from_others(house, sam):
    about_sam = open_task(
        kind=TaskKind.READ_REPLY, source="reply:1", client=sam, facility=house.elm
    )
    about_nobody = open_task(
        kind=TaskKind.CHANNEL_DOWN, source="sms", client=None, facility=house.elm,
        assignee=house.ana,
    )  # fmt: skip
    assert about_sam.assignee == house.ana
    deactivate(user=house.ana, reason="left", by=house.administrator)
    about_sam.refresh_from_db()
    about_nobody.refresh_from_db()
    assert (about_sam.assignee, about_sam.role) == (None, Role.INTAKE)
    assert (about_nobody.assignee, about_nobody.role) == (None, Role.ADMINISTRATOR)


def test_what_comes_up_later_is_due_from_intake(house, sam):
    deactivate(user=house.ana, reason="left", by=house.administrator)
    later = open_task(kind=TaskKind.READ_REPLY, source="reply:2", client=sam, facility=house.elm)
    assert (later.assignee, later.role) == (None, Role.INTAKE)


def test_the_question_is_withdrawn_when_the_next_one_is_named(house, sam):
    deactivate(user=house.ana, reason="left", by=house.administrator)
    name_primary_counselor(client=sam, facility=house.elm, counselor=house.ben, by=house.intake)
    assert asked() == []
    assert Task.objects.open().get(client=sam).kind == TaskKind.ACCEPT_CLIENT


def test_the_question_is_withdrawn_when_they_come_back(house, sam):
    deactivate(user=house.ana, reason="leave", by=house.administrator)
    reactivate(user=house.ana, by=house.administrator)
    assert asked() == []


def test_an_ended_role_asks_too_and_a_given_one_takes_it_back(house, sam):
    end_role(membership=role_of(house.ana), by=house.administrator)
    assert len(asked()) == 1
    give_role(user=house.ana, facility=house.elm, role=Role.NURSE, by=house.administrator)
    assert len(asked()) == 1  # a nurse counsels nobody
    give_role(user=house.ana, facility=house.elm, role=Role.COUNSELOR, by=house.administrator)
    assert asked() == []


def test_who_still_counsels_there_in_another_role_keeps_the_clients(house, sam):
    give_role(user=house.ana, facility=house.elm, role=Role.SUPERVISOR, by=house.administrator)
    counselor = Membership.objects.get(user=house.ana, role=Role.COUNSELOR)
    end_role(membership=counselor, by=house.administrator)
    assert asked() == []


def test_who_counsels_the_client_at_another_facility_keeps_them(house, sam):
    Membership.objects.create(user=house.ana, facility=house.oak, role=Role.COUNSELOR)
    make_known_at(client=sam, facility=house.oak, reason=KnownReason.TRANSFER, by=house.ana)
    here = Membership.objects.get(user=house.ana, facility=house.elm)
    end_role(membership=here, by=house.administrator)
    assert asked() == []
