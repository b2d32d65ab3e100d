"""Records that may be of one person: told of where they are seen, else kept and said nothing of."""

import datetime as dt
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.models import AuditEvent
from clients.models import Client, KnownReason, PossibleDuplicate
from clients.services import (
    add_contact_point,
    create_client,
    dismiss_duplicate,
    join_care_team,
    make_known_at,
    register_client,
)
from clients.services.readers import find_readers
from common.errors import Conflict
from organization.models import User
from organization.roles import Role
from organization.services.staff import hire
from tests.clients.asking import MISSING, faults, new_client
from tests.races import at_once
from worklist.models import Task

pytestmark = pytest.mark.django_db

ASH = {"legal_first_name": "Robin", "legal_last_name": "Ash", "birth_date": dt.date(1988, 2, 29)}


def recorded(house, *, by=None, facility=None, **details):
    """Robin Ash, recorded by Ana unless said."""
    return create_client(facility=facility or house.elm, by=by or house.ana, **(ASH | details))


def told(answer):
    assert answer.status_code == 409
    body = answer.json()
    assert body["code"] == "possible_duplicates"
    return {found["id"]: found["why"] for found in body["candidates"]}


# ── Told of, where seen ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({}, ["same_name", "same_birth_date"]),
        ({"legal_first_name": "Robyn"}, ["similar_name", "same_birth_date"]),
        ({"legal_first_name": "Ash", "legal_last_name": "Robin"}, ["same_name", "same_birth_date"]),
        ({"legal_first_name": "RÓBIN"}, ["same_name", "same_birth_date"]),
        ({"chosen_name": "Robin", "legal_first_name": "Max"}, ["same_name", "same_birth_date"]),
        ({"birth_date": "1988-02-28"}, ["same_name", "similar_birth_date"]),
        ({"birth_date": "1998-02-28"}, None),
        ({"birth_date": "1998-02-01"}, None),
        ({"birth_date": "1988-02-28", "legal_first_name": "Robyn"}, None),
        ({"legal_first_name": "Kim"}, None),
    ],
)  # fmt: skip
def test_what_is_taken_for_the_same_person(house, ana, given, why):
    client = recorded(house)
    answer = ana.post("/api/v1/clients/", new_client(house, **given))
    if why is None:
        assert answer.status_code == 201
        return
    assert told(answer) == {str(client.pk): why}
    assert Client.objects.count() == 1


def test_day_and_month_swapped_are_a_similar_birth_date(house, ana):
    recorded(house, birth_date=dt.date(1988, 3, 4))
    answer = ana.post("/api/v1/clients/", new_client(house, birth_date="1988-04-03"))
    assert [*told(answer).values()] == [["same_name", "similar_birth_date"]]


def test_a_refusal_writes_nothing_and_names_the_record_number(house, ana):
    client = recorded(house)
    answer = ana.post("/api/v1/clients/", new_client(house))
    assert answer.json()["candidates"][0]["record_number"] == client.record_number
    assert (Client.objects.count(), PossibleDuplicate.objects.count()) == (1, 0)


def test_said_to_be_somebody_else_it_is_created_and_that_is_kept(house, ana):
    client = recorded(house)
    body = new_client(house, not_duplicate_of=[str(client.pk), MISSING])
    answer = ana.post("/api/v1/clients/", body)
    assert answer.status_code == 201
    pair = PossibleDuplicate.objects.get()
    assert {pair.first_id, pair.second_id} == set(Client.objects.values_list("pk", flat=True))
    assert (pair.settlement, pair.settled_by) == ("dismissed", house.ana)
    assert Task.objects.count() == 0
    actions = [
        c["action"] for event in AuditEvent.objects.filter(source="api") for c in event.changes
    ]
    assert actions == ["client.created", "care_team.primary_named", "pair.dismissed"]


def test_every_candidate_has_to_be_said_to_differ(house, ana):
    one, other = recorded(house), recorded(house, birth_date=dt.date(1988, 2, 28))
    body = new_client(house, not_duplicate_of=[str(one.pk)])
    assert set(told(ana.post("/api/v1/clients/", body))) == {str(one.pk), str(other.pk)}


def test_a_shared_address_and_a_similar_name_are_enough(house, ana):
    client = recorded(house, birth_date=dt.date(1970, 1, 1))
    add_contact_point(client=client, kind="phone", value="(217) 555-0134", by=house.ana)
    points = [{"kind": "phone", "value": "+1 217 555 0134", "consent": {"method": "verbal"}}]
    answer = ana.post("/api/v1/clients/", new_client(house, contact_points=points))
    assert told(answer) == {str(client.pk): ["same_name", "same_contact"]}
    other = new_client(house, legal_first_name="Kim", contact_points=points)
    made = ana.post("/api/v1/clients/", other)
    assert made.status_code == 201
    point = Client.objects.get(pk=made.json()["id"]).contact_points.get()
    assert (point.value, point.consents.count()) == ("+12175550134", 1)


def test_an_address_that_makes_no_sense_creates_nothing(house, ana):
    points = [{"kind": "phone", "value": "12"}]
    answer = ana.post("/api/v1/clients/", new_client(house, contact_points=points))
    assert faults(answer) == (400, "invalid_number", [("value", "invalid_number")])
    assert Client.objects.count() == 0


def test_asking_before_creating_tells_the_same_and_makes_nothing(house, ana):
    client = recorded(house)
    body = {k: v for k, v in new_client(house).items() if k != "facility"}
    answer = ana.post("/api/v1/clients/duplicates/", body)
    assert answer.json() == {
        "candidates": [
            {
                "id": str(client.pk),
                "record_number": client.record_number,
                "why": ["same_name", "same_birth_date"],
            }
        ]
    }
    seen = AuditEvent.objects.get(source="api")
    assert (seen.reads, seen.clients) == ({"client": [str(client.pk)]}, [client.pk])
    ana.force_authenticate(house.cleo)
    assert ana.post("/api/v1/clients/duplicates/", body).json() == {"candidates": []}
    ana.force_authenticate(house.front_desk)
    assert ana.post("/api/v1/clients/duplicates/", body).status_code == 403


# ── Not told of, where not seen ──────────────────────────────────────────────────────────────────


def test_of_a_client_who_is_not_seen_nothing_is_told_and_intake_is_asked(house, api):
    hidden = recorded(house)
    api.force_authenticate(house.cleo)
    with_one = api.post("/api/v1/clients/", new_client(house))
    without = api.post("/api/v1/clients/", new_client(house, legal_first_name="Quincy"))
    assert (with_one.status_code, without.status_code) == (201, 201)
    assert set(with_one.json()) == set(without.json())
    assert api.get("/api/v1/tasks/").json()["results"] == []
    assert api.get("/api/v1/possible-duplicates/").json()["results"] == []
    assert find_readers() == 1
    task = Task.objects.get()
    pair = PossibleDuplicate.objects.get()
    assert (task.kind, task.source) == ("possible_duplicate", f"pair:{pair.pk}")
    assert (task.role, task.facility, task.client) == ("intake", house.elm, None)
    api.force_authenticate(house.intake)
    assert [row["id"] for row in api.get("/api/v1/tasks/").json()["results"]] == [str(task.pk)]
    shown = api.get(f"/api/v1/possible-duplicates/{pair.pk}/").json()
    assert {shown["first"]["id"], shown["second"]["id"]} == {
        str(hidden.pk), with_one.json()["id"],
    }  # fmt: skip
    assert shown["why"] == ["same_name", "same_birth_date"]


@pytest.mark.parametrize("points", [[], [{"kind": "phone", "value": "217 555 0134"}]])
def test_with_and_without_a_hidden_client_the_same_is_asked_of_the_database(house, api, points):
    hidden = recorded(house)
    add_contact_point(client=hidden, kind="phone", value="217 555 0134", by=house.ana)
    asked = {}
    for name in ("Robin", "Quincy"):
        api.force_authenticate(User.objects.get(pk=house.cleo.pk))
        body = new_client(house, legal_first_name=name, contact_points=points)
        with CaptureQueriesContext(connection) as queries:
            assert api.post("/api/v1/clients/", body).status_code == 201
        asked[name] = [re.split(r"[('\d]", query["sql"])[0] for query in queries]
    assert PossibleDuplicate.objects.count() == 1
    assert asked["Robin"] == asked["Quincy"]
    assert sum("clients_possibleduplicate" in sql for sql in asked["Quincy"]) == 1 + len(points)


def test_naming_a_hidden_client_as_somebody_else_changes_nothing(house, api):
    hidden = recorded(house)
    api.force_authenticate(house.cleo)
    body = new_client(house, not_duplicate_of=[str(hidden.pk)])
    assert api.post("/api/v1/clients/", body).status_code == 201
    assert PossibleDuplicate.objects.get().settlement == ""


def test_without_intake_a_supervisor_who_sees_both_is_asked(house, api):
    house.intake.memberships.update(until=dt.datetime(2020, 1, 1, tzinfo=dt.UTC), since=dt.datetime(2019, 1, 1, tzinfo=dt.UTC))  # fmt: skip
    recorded(house)
    api.force_authenticate(house.ben)
    api.post("/api/v1/clients/", new_client(house))
    find_readers()
    task = Task.objects.get()
    assert (task.assignee, task.role) == (house.supervisor, "clinical_supervisor")


def test_across_facilities_the_pair_waits_until_somebody_sees_both(house, api):
    theirs = recorded(house, by=house.oak_counselor, facility=house.oak)
    api.force_authenticate(house.intake)
    body = new_client(house, primary_counselor=str(house.ana.pk))
    ours = Client.objects.get(pk=api.post("/api/v1/clients/", body).json()["id"])
    asked = Task.objects.filter(kind="possible_duplicate")
    assert (find_readers(), find_readers()) == (1, 0)
    assert (PossibleDuplicate.objects.open().count(), asked.count()) == (1, 0)
    for person in (house.intake, house.oak_intake, house.supervisor):
        api.force_authenticate(person)
        assert api.get("/api/v1/possible-duplicates/").json()["results"] == []
    make_known_at(client=ours, facility=house.oak, reason=KnownReason.TRANSFER, by=house.intake)
    assert (find_readers(), find_readers()) == (1, 0)
    assert (asked.get().facility, asked.get().role) == (house.oak, "intake")
    api.force_authenticate(house.oak_intake)
    assert (
        len(api.get("/api/v1/possible-duplicates/", {"client": theirs.pk}).json()["results"]) == 1
    )


def test_who_works_at_both_facilities_is_asked(house, api):
    recorded(house, by=house.oak_counselor, facility=house.oak)
    hire(email=house.oak_intake.email, full_name="", facility=house.elm, role=Role.INTAKE)
    api.force_authenticate(house.ana)
    assert api.post("/api/v1/clients/", new_client(house)).status_code == 201
    find_readers()
    assert Task.objects.get(kind="possible_duplicate").assignee == house.oak_intake


def test_a_contact_point_added_later_is_compared_too(house, ana):
    hidden = recorded(house, by=house.cleo, birth_date=dt.date(1970, 1, 1))
    add_contact_point(client=hidden, kind="email", value="robin@example.org", by=house.cleo)
    client = recorded(house)
    path = f"/api/v1/clients/{client.pk}/contact-points/"
    answer = ana.post(path, {"kind": "email", "value": "Robin@Example.org"})
    assert answer.status_code == 201
    assert PossibleDuplicate.objects.get().why == ["same_name", "same_contact"]
    find_readers()
    assert Task.objects.get().kind == "possible_duplicate"


def test_one_of_another_name_who_shares_the_address_is_nobody_to_ask_about(house):
    for name in ("Robin", "Quincy"):
        client = recorded(house, legal_first_name=name)
        add_contact_point(client=client, kind="phone", value="217 555 0134", by=house.ana)
    assert PossibleDuplicate.objects.count() == 0


# ── Settling ─────────────────────────────────────────────────────────────────────────────────────


def pair_of(house):
    recorded(house)
    register_client(facility=house.elm, by=house.cleo, **ASH)
    find_readers()
    return PossibleDuplicate.objects.get()


def test_intake_says_that_they_are_two_and_nobody_is_asked_again(house, api):
    pair = pair_of(house)
    api.force_authenticate(house.intake)
    path = f"/api/v1/possible-duplicates/{pair.pk}/dismissal/"
    shown = api.post(path).json()
    assert (shown["settlement"], shown["settled_by"]["full_name"]) == ("dismissed", "Ines Moreau")
    assert Task.objects.get().state == "withdrawn"
    assert faults(api.post(path))[:2] == (409, "pair_settled")
    assert api.get("/api/v1/possible-duplicates/", {"open": True}).json()["results"] == []


@pytest.mark.parametrize(
    "who", ["ana", "cleo", "nurse", "front_desk", "oak_intake", "administrator"]
)
def test_who_sees_but_one_of_a_pair_sees_no_pair(house, api, who):
    pair = pair_of(house)
    api.force_authenticate(getattr(house, who))
    assert api.get(f"/api/v1/possible-duplicates/{pair.pk}/").status_code == 404
    assert api.post(f"/api/v1/possible-duplicates/{pair.pk}/dismissal/").status_code == 404
    assert api.get("/api/v1/possible-duplicates/").json()["results"] == []


def test_a_pair_is_dismissed_by_who_may_change_both(house):
    pair = pair_of(house)
    client = pair.first
    join_care_team(client=client, user=house.ben, role="peer", reason="", by=house.intake)
    with pytest.raises(Exception, match="doesn't include"):
        dismiss_duplicate(pair=pair, by=User.objects.get(pk=house.ben.pk))


# ── At once ──────────────────────────────────────────────────────────────────────────────────────


def registration(house):
    def register():
        try:
            by = User.objects.get(pk=house.ana.pk)
            register_client(facility=house.elm, by=by, **ASH)
        except Conflict as conflict:
            return conflict.code
        return "created"

    return register


@pytest.mark.django_db(transaction=True)
def test_of_many_who_record_one_person_at_once_one_creates_the_record(house):
    assert at_once([registration(house)] * 8) == {"created": 1, "possible_duplicates": 7}


@pytest.mark.django_db(transaction=True)
def test_without_waiting_for_each_other_more_than_one_does(house, monkeypatch):
    """The negative control: the lock is what decides."""
    monkeypatch.setattr("clients.services.records.wait_for_others", lambda birth_date: None)
    assert at_once([registration(house)] * 8)["created"] > 1
