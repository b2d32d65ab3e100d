"""What the audit trail holds of requests about clients."""

import datetime as dt

import pytest

from clients.models import Client
from tests.clients.asking import new_client, trail

pytestmark = pytest.mark.django_db


def test_reading_a_list_is_one_event_with_the_ids_shown(house, ana):
    ids = sorted([house.client().pk, house.client(name="Kim").pk])
    ana.get("/api/v1/clients/")
    event = trail().get()
    assert (event.actor_id, event.route) == (house.ana.pk, "GET /api/v1/clients/")
    assert event.reads == {"client": [str(i) for i in ids]}
    assert event.clients == ids
    assert event.changes == []


def test_a_search_is_a_read_of_whom_it_found(house, ana):
    client = house.client()
    ana.post("/api/v1/clients/searches/", {"text": "sam"})
    assert trail().get().reads == {"client": [str(client.pk)]}


def test_a_change_is_one_event_that_names_it_and_what_was_shown(house, ana):
    client = house.client()
    answer = ana.post(
        f"/api/v1/clients/{client.pk}/contact-points/",
        {"kind": "email", "value": "sam@example.org", "consent": {"method": "verbal"}},
    ).json()
    event = trail().get()
    assert event.route == "POST /api/v1/clients/<uuid:client_id>/contact-points/"
    assert event.changes == [
        {"action": "contact_point.added", "id": answer["id"]},
        {"action": "contact_consent.granted", "id": answer["consent"]["id"]},
    ]
    assert event.reads == {"contact_point": [answer["id"]]}
    assert event.clients == [client.pk]


def test_a_refusal_leaves_no_event_and_no_change(house, api):
    client = house.client(phone="217 555 0134")
    point = client.contact_points.get()
    api.force_authenticate(house.cleo)
    refused = [
        api.get(f"/api/v1/clients/{client.pk}/"),
        api.patch(f"/api/v1/clients/{client.pk}/", {"chosen_name": "X"}),
        api.post(f"/api/v1/contact-points/{point.pk}/consent-withdrawal/"),
        api.post("/api/v1/clients/", new_client(house, zone="Mars/Olympus")),
    ]
    assert [answer.status_code for answer in refused] == [404, 404, 404, 400]
    assert trail().count() == 0
    assert Client.objects.count() == 1
    assert point.consents.get().withdrawn_at is None


def test_an_event_holds_no_name_number_or_address(house, ana):
    client = house.client(phone="217 555 0134")
    ana.patch(f"/api/v1/clients/{client.pk}/", {"chosen_name": "Quill"})
    ana.post("/api/v1/clients/searches/", {"text": "2175550134"})
    written = str(list(trail().values()))
    for secret in ("Quill", "Sam", "Rivera", "5550134"):
        assert secret not in written
    assert trail().count() == 2
    assert trail().first().at <= dt.datetime.now(dt.UTC)
