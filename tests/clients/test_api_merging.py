"""Merging through the API: who may, what the other number answers, what lists tell."""

import pytest

from clients.models import Merge
from clients.services import merge_clients
from common.clock import now
from tests.clients.asking import MISSING, faults, trail

pytestmark = pytest.mark.django_db


@pytest.fixture
def two(house):
    """Sam of Ana's and Sam of Ben's: one person, recorded twice."""
    return house.client(), house.client(by=house.ben)


@pytest.fixture
def supervisor(house, api):
    api.force_authenticate(house.supervisor)
    return api


def merge(house, two):
    return merge_clients(survivor=two[0], other=two[1], reason="same card", by=house.supervisor)


def path(client):
    return f"/api/v1/clients/{client.pk}/merge/"


def test_a_supervisor_merges_and_undoes_it(house, two, supervisor):
    survivor, other = two
    answer = supervisor.post(path(survivor), {"other": str(other.pk), "reason": "same card"})
    assert answer.status_code == 201
    shown = answer.json()
    assert {shown.pop(k) is not None for k in ("created_at", "updated_at")} == {True}
    assert shown == {
        "id": str(Merge.objects.get().pk),
        "survivor": {"id": str(survivor.pk), "record_number": survivor.record_number},
        "other": {"id": str(other.pk), "record_number": other.record_number},
        "by": {"id": str(house.supervisor.pk), "full_name": "Sol Reyes"},
        "reason": "same card",
        "undone_at": None,
        "undone_by": None,
    }
    event = trail().get()
    assert set(event.clients) == {survivor.pk, other.pk}
    assert {"action": "client.merged", "id": shown["id"]} in event.changes
    assert [row["id"] for row in supervisor.get("/api/v1/merges/").json()["results"]] == [
        shown["id"]
    ]
    undone = supervisor.post(f"/api/v1/merges/{shown['id']}/undo/").json()
    assert undone["undone_by"]["full_name"] == "Sol Reyes"
    assert supervisor.get(f"/api/v1/clients/{other.pk}/").status_code == 200
    again = supervisor.post(f"/api/v1/merges/{shown['id']}/undo/")
    assert faults(again)[:2] == (409, "already_undone")


def test_what_stands_in_the_way_is_told_in_codes_and_words(house, two, supervisor):
    house.admitted(two[0])
    house.admitted(house.client())  # another client's course is nobody's obstacle
    two[1].care_team.create(client=two[1], user=house.ana, role="counselor", reason="")
    house.admitted(two[1])
    answer = supervisor.post(path(two[0]), {"other": str(two[1].pk), "reason": "same"})
    assert faults(answer)[:2] == (409, "cannot_merge")
    assert [found["code"] for found in answer.json()["obstacles"]] == ["two_active_episodes"]
    assert "Discharge one of them first." in answer.json()["obstacles"][0]["detail"]
    assert Merge.objects.count() == 0


@pytest.mark.parametrize("who", ["hidden", "missing"])
def test_a_client_who_is_not_seen_does_not_exist(house, two, supervisor, who):
    hidden = house.client(by=house.cleo)
    named = str(hidden.pk) if who == "hidden" else MISSING
    answer = supervisor.post(path(two[0]), {"other": named, "reason": "same"})
    assert faults(answer) == (400, "invalid", [("other", "does_not_exist")])


@pytest.mark.parametrize(("who", "status"), [("ana", 400), ("intake", 403), ("oak_intake", 404)])
def test_others_do_not_merge(house, two, api, who, status):
    api.force_authenticate(getattr(house, who))
    answer = api.post(path(two[0]), {"other": str(two[1].pk), "reason": "same"})
    assert answer.status_code == status
    assert api.get("/api/v1/merges/").json()["results"] == []


def test_the_old_number_finds_the_survivor_and_its_id_says_where_it_went(house, two, ana):
    survivor, other = two
    merge(house, two)
    shown = ana.get(f"/api/v1/clients/{survivor.pk}/").json()
    assert shown["former_record_numbers"] == [other.record_number]
    found = ana.post("/api/v1/clients/searches/", {"text": other.record_number}).json()["results"]
    assert [row["id"] for row in found] == [str(survivor.pk)]
    for below in ("", "contact-points/", "care-team/"):
        answer = ana.get(f"/api/v1/clients/{other.pk}/{below}")
        assert faults(answer)[:2] == (409, "merged")
        assert answer.json()["merged_into"] == str(survivor.pk)
        assert answer.json()["record_number"] == survivor.record_number


@pytest.mark.parametrize("who", ["cleo", "oak_intake", "administrator"])
def test_who_does_not_see_the_survivor_learns_nothing_of_the_other(house, two, api, who):
    merge(house, two)
    api.force_authenticate(getattr(house, who))
    hidden = api.get(f"/api/v1/clients/{two[1].pk}/")
    missing = api.get(f"/api/v1/clients/{MISSING}/")
    assert (hidden.status_code, hidden.json()) == (404, missing.json())
    found = api.post("/api/v1/clients/searches/", {"text": two[1].record_number}).json()
    assert found["results"] == []


def test_a_list_of_changes_says_that_the_other_is_gone(house, two, ana):
    since = now().isoformat()
    merge(house, two)
    changes = ana.get("/api/v1/clients/", {"updated_after": since}).json()
    assert [row["id"] for row in changes["results"]] == [str(two[0].pk)]
    assert changes["voided"] == [str(two[1].pk)]
