"""`Idempotency-Key`: a repeated request gets the first answer again, and is not carried out again."""

import datetime as dt

import pytest
from django.db import connection
from rest_framework.test import APIClient

from appointments.models import Appointment
from audit.models import AuditEvent
from clients.models import Client, ContactPoint
from clients.services import leave_care_team
from common.clock import now
from organization.models import IdempotencyKey, Membership, PhaseKind, User
from organization.repeats import forget_old_keys
from organization.roles import Role
from tests.appointments.asking import URL, refused, wish
from tests.races import at_once, without

KEY = "7f1de0f4-4b5a-4c7e-9a6b-1a2b3c4d5e6f"


@pytest.fixture
def ana(api, house):
    api.force_authenticate(house.ana)
    return api


def book(api, body, key=KEY):
    return api.post(URL, body, headers={"Idempotency-Key": key})


def aged(key: IdempotencyKey, age: dt.timedelta) -> None:
    IdempotencyKey.objects.filter(pk=key.pk).update(created_at=now() - age)


def test_the_same_key_and_body_get_the_first_answer_again(house, ana, next_tuesday):
    body = wish(house, house.client(), next_tuesday)
    first, again = book(ana, body), book(ana, body)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert "Idempotent-Replayed" not in first
    assert again["Idempotent-Replayed"] == "true"
    assert Appointment.objects.count() == 1


def test_a_repeated_answer_is_in_the_audit_trail_with_the_clients_it_shows(
    house, ana, next_tuesday
):
    client = house.client()
    body = wish(house, client, next_tuesday)
    book(ana, body)
    book(ana, body)
    event = AuditEvent.objects.order_by("-at").first()
    assert event.reads == {"repeated_answer": [str(IdempotencyKey.objects.get().pk)]}
    assert (event.clients, event.changes) == ([client.pk], [])


def test_the_same_key_with_another_body_or_address_is_refused(house, ana, next_tuesday):
    client = house.client()
    book(ana, wish(house, client, next_tuesday))
    later = next_tuesday + dt.timedelta(hours=2)
    refused(book(ana, wish(house, client, later)), 409, "idempotency_key_reused")
    elsewhere = ana.post(
        f"/api/v1/clients/{client.pk}/contact-points/",
        {"kind": "phone", "value": "+1 312 555 0100"},
        headers={"Idempotency-Key": KEY},
    )
    refused(elsewhere, 409, "idempotency_key_reused")
    assert (Appointment.objects.count(), ContactPoint.objects.count()) == (1, 0)


def test_a_key_is_its_owners_alone(house, ana, next_tuesday):
    body = wish(house, house.client(), next_tuesday)
    book(ana, body)
    other = APIClient()
    other.force_authenticate(house.intake)
    refused(book(other, body), 409, "slot_taken")


def test_a_refusal_is_not_kept_so_that_the_repetition_is_tried_anew(house, ana, next_tuesday):
    in_the_way = house.booked(house.client(name="Kim"), next_tuesday)
    body = wish(house, house.client(), next_tuesday)
    refused(book(ana, body), 409, "slot_taken")
    assert IdempotencyKey.objects.count() == 0
    ana.post(f"{URL}{in_the_way.pk}/cancellation/", {"cancelled_by": "client", "reason": "ill"})
    assert book(ana, body).status_code == 201


def test_who_sees_the_client_no_longer_does_not_get_the_answer_again(house, api):
    client = house.client(by=house.ana)
    api.force_authenticate(house.ben)
    from clients.models import CareRole
    from clients.services import join_care_team

    member = join_care_team(
        client=client, user=house.ben, role=CareRole.PEER, reason="group", by=house.ana
    )
    body = {"kind": "phone", "value": "+1 312 555 0100"}
    address = f"/api/v1/clients/{client.pk}/contact-points/"
    key = {"Idempotency-Key": KEY}
    assert api.post(address, body, headers=key).status_code == 201
    assert api.post(address, body, headers=key).status_code == 201
    leave_care_team(member=member, by=house.ana, reason="left")
    refused(api.post(address, body, headers=key), 404, "not_found")


def test_who_has_another_role_by_now_does_not_get_the_answer_again(house, api):
    client = house.client()
    house.admitted(client, PhaseKind.DETOX)
    path = f"/api/v1/clients/{client.pk}/contact-points/"

    def ask():
        api.force_authenticate(User.objects.get(pk=house.ana.pk))
        body = {"kind": "phone", "value": "+1 312 555 0100"}
        return api.post(path, body, headers={"Idempotency-Key": KEY})

    assert ask().status_code == 201
    Membership.objects.filter(user=house.ana).update(role=Role.NURSE)
    refused(ask(), 404, "not_found")


def test_a_merge_may_be_repeated(house, api):
    one, other = house.client(), house.client(by=house.ben)
    api.force_authenticate(house.supervisor)
    path, body = f"/api/v1/clients/{one.pk}/merge/", {"other": str(other.pk), "reason": "same"}
    first, again = (api.post(path, body, headers={"Idempotency-Key": KEY}) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()


@pytest.mark.parametrize("key", ["", "with space", "x" * 256, "ümlaut"])
def test_an_unsound_key_is_refused_by_name(house, ana, next_tuesday, key):
    answer = book(ana, wish(house, house.client(), next_tuesday), key=key)
    body = refused(answer, 400, "unsound_key")
    assert body["errors"][0]["field"] == "Idempotency-Key"
    assert Appointment.objects.count() == 0


def test_a_key_is_kept_for_a_day(house, ana, next_tuesday):
    client = house.client()
    book(ana, wish(house, client, next_tuesday))
    kept = IdempotencyKey.objects.get()
    aged(kept, dt.timedelta(hours=23, minutes=59))
    assert forget_old_keys() == 0
    aged(kept, dt.timedelta(hours=24))
    later = next_tuesday + dt.timedelta(hours=2)
    assert book(ana, wish(house, client, later)).status_code == 201
    aged(IdempotencyKey.objects.get(), dt.timedelta(hours=25))
    assert forget_old_keys() == 1


def test_the_kept_answer_is_sealed(house, ana, next_tuesday):
    client = house.client(name="Perdita")
    book(ana, wish(house, client, next_tuesday))
    with connection.cursor() as cursor:
        cursor.execute("SELECT answer FROM organization_idempotencykey")
        (stored,) = cursor.fetchone()
    assert b"Perdita" not in bytes(stored)


def test_a_search_keeps_nothing(house, ana):
    found = ana.post(
        "/api/v1/clients/searches/", {"text": "Rivera"}, headers={"Idempotency-Key": KEY}
    )
    assert found.status_code == 200
    assert IdempotencyKey.objects.count() == 0


@pytest.mark.django_db(transaction=True)
class TestTwoAtOnce:
    """Through real transactions, a connection each."""

    BODY = {"kind": "phone", "value": "+1 312 555 0100"}

    def posting(self, house, path, body):
        def post():
            api = APIClient()
            api.force_authenticate(house.ana)
            answer = api.post(path, body, headers={"Idempotency-Key": KEY})
            return f"{answer.status_code} {answer.get('Idempotent-Replayed', 'first')}"

        return post

    def creating(self, house):
        body = {
            "facility": str(house.elm.pk),
            "legal_first_name": "Sam",
            "legal_last_name": "Rivera",
            "birth_date": "1990-05-17",
        }
        return [self.posting(house, "/api/v1/clients/", body)] * 8

    def test_one_is_carried_out_and_the_others_get_its_answer(self, house):
        assert at_once(self.creating(house)) == {"201 first": 1, "201 true": 7}
        assert Client.objects.count() == 1

    def test_without_the_unique_key_the_others_are_carried_out_too_and_meet_other_rules(
        self, house
    ):
        table = "organization_idempotencykey"
        with without(
            f"ALTER TABLE {table} DROP CONSTRAINT idempotency_key_once",
            f'ALTER TABLE {table} ADD CONSTRAINT idempotency_key_once UNIQUE (user_id, "key")',
            f"TRUNCATE {table}",
        ):
            answers = at_once(self.creating(house))
        assert answers["201 true"] == 0
        assert Client.objects.count() == answers["201 first"]
