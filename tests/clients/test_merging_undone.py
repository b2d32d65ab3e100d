"""Undoing a merge never overrules what was said since, and a merge loses no withdrawal."""

import threading
import time

import pytest
from django.db import connections, transaction

from clients.models import CareRole, CareTeamMember, Client, ConsentMethod, ContactConsent
from clients.services import (
    add_contact_point,
    grant_consent,
    join_care_team,
    leave_care_team,
    merge_clients,
    undo_merge,
    update_contact_point,
    withdraw_consent,
)
from common.errors import Conflict
from organization.models import User

pytestmark = pytest.mark.django_db

PHONE = "217 555 0134"


@pytest.fixture
def two(house):
    """One person recorded twice, with one number and a consent on each record."""
    return house.client(phone=PHONE), house.client(by=house.ben, phone=PHONE)


def merge(house, two):
    return merge_clients(survivor=two[0], other=two[1], reason="same", by=house.supervisor)


def refused(house, done):
    """What is named as changed since; the undo has to be refused for it."""
    with pytest.raises(Conflict) as found:
        undo_merge(merge=done, by=house.supervisor)
    assert found.value.code == "changed_since"
    return found.value.extra["changed"]


def in_force():
    return ContactConsent.objects.filter(withdrawn_at=None).exists()


def test_a_consent_given_and_withdrawn_again_is_not_revived(house, two):
    withdraw_consent(point=two[1].contact_points.get(), by=house.ben)
    done = merge(house, two)
    point = two[0].contact_points.get()
    grant_consent(point=point, method=ConsentMethod.WRITTEN, by=house.ana)
    withdraw_consent(point=point, by=house.ana)
    assert refused(house, done) == ["contact point"]
    assert not in_force()


def test_a_consent_given_anew_is_told(house, two):
    withdraw_consent(point=two[1].contact_points.get(), by=house.ben)
    done = merge(house, two)
    point = two[0].contact_points.get()
    grant_consent(point=point, method=ConsentMethod.WRITTEN, by=house.ana)
    assert refused(house, done) == ["contact point"]


def test_a_withdrawal_on_the_survivor_does_not_give_the_other_its_consent_back(house, two):
    done = merge(house, two)
    withdraw_consent(point=two[0].contact_points.get(), by=house.ana)
    assert refused(house, done) == ["contact point"]
    assert not in_force()


def test_a_wish_about_voicemail_changed_and_changed_back_holds(house, two):
    point = two[0].contact_points.get()
    update_contact_point(point=point, by=house.ana, safe_to_leave_voicemail=True)
    done = merge(house, two)
    for wish in (True, False):
        update_contact_point(point=point, by=house.ana, safe_to_leave_voicemail=wish)
    assert refused(house, done) == ["contact point"]
    point.refresh_from_db()
    assert point.safe_to_leave_voicemail is False


def test_nobody_is_let_back_whose_time_on_the_case_ended(house):
    one, other = house.client(), house.client(by=house.ben)
    join_care_team(
        client=one, user=house.ben, role=CareRole.COUNSELOR, reason="helps", by=house.ana
    )
    done = merge(house, (one, other))
    member = CareTeamMember.objects.current().get(client=one, user=house.ben)
    leave_care_team(member=member, reason="conflict of interest", by=house.ana)
    assert refused(house, done) == ["care team member"]
    ben = User.objects.get(pk=house.ben.pk)
    assert not Client.objects.visible_to(ben).filter(pk__in=[one.pk, other.pk]).exists()


def test_another_address_of_the_survivor_hinders_nothing(house, two):
    done = merge(house, two)
    point = add_contact_point(client=two[0], kind="email", value="s@example.org", by=house.ana)
    grant_consent(point=point, method=ConsentMethod.WRITTEN, by=house.ana)
    assert undo_merge(merge=done, by=house.supervisor).undone_by == house.supervisor


@pytest.mark.django_db(transaction=True)
def test_a_merge_waits_for_a_withdrawal_and_keeps_it(house, two):
    point, said, answers = two[1].contact_points.get(), threading.Event(), []

    def withdraw():
        with transaction.atomic():
            withdraw_consent(point=point, by=house.ben)
            said.set()
            time.sleep(0.5)
        return "withdrawn"

    def merge_meanwhile():
        said.wait(10)
        merge(house, two)
        return "merged"

    def run(act):
        try:
            answers.append(act())
        except Exception as error:
            answers.append(type(error).__name__)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(act,)) for act in (withdraw, merge_meanwhile)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(answers) == ["merged", "withdrawn"]
    assert not in_force()
