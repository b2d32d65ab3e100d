"""The course of treatment through the API: discharge, gates, lists, and the trail."""

import datetime as dt

import pytest

from casework.api.serializers import HOW_IT_ENDED
from casework.gates import GateFinding, gates
from casework.models import Transition
from organization.models import PhaseKind, User
from tests.clients.asking import MISSING, ending, faults, move_to, sent, trail

pytestmark = pytest.mark.django_db

DETOX, INPATIENT, OUTPATIENT, AFTERCARE = PhaseKind


@pytest.fixture
def ana(house, api):
    api.force_authenticate(house.ana)
    return api


# ── Discharge ────────────────────────────────────────────────────────────────────────────────────


def test_a_discharge_ends_the_episode_and_with_it_the_counselor_s_access(house, ana):
    client = house.client()
    episode = house.admitted(client)
    answer = ana.post(
        f"/api/v1/episodes/{episode.pk}/discharge/", ending(house, detail="moved in with a sister")
    )
    assert answer.status_code == 200
    shown = answer.json()
    assert shown["discharged_at"] is not None
    assert shown["current_phase"] is None
    assert shown["phases"][0]["ended_at"] == shown["discharged_at"]
    assert (shown["discharge_reason"], shown["discharge_detail"], shown["naloxone_offered"]) == (
        "completed", "moved in with a sister", "refused",
    )  # fmt: skip
    assert shown["follow_up_consent"] is False
    assert ana.get(f"/api/v1/episodes/{episode.pk}/").status_code == 404
    ana.force_authenticate(house.intake)
    told = {name: value for name, value in shown.items() if name not in HOW_IT_ENDED}
    assert ana.get(f"/api/v1/episodes/{episode.pk}/").json() == told
    assert ana.get(f"/api/v1/clients/{client.pk}/").json()["primary_counselor"] is None
    refused = ana.post(f"/api/v1/episodes/{episode.pk}/discharge/", ending(house))
    assert faults(refused)[:2] == (403, "capability_missing")


@pytest.mark.parametrize(
    ("details", "fault"),
    [
        ({"last_contact_on": "2020-01-01"}, ("last_contact_on", "out_of_range")),
        ({"last_contact_on": "2190-01-01"}, ("last_contact_on", "out_of_range")),
        ({"reason": "graduated"}, ("reason", "invalid_choice")),
        ({"naloxone_offered": "maybe"}, ("naloxone_offered", "invalid_choice")),
        ({"follow_up_consent": None}, ("follow_up_consent", "null")),
        ({"at": dt.timedelta(days=-11)}, ("at", "before_phase")),
    ],
    ids=str,
)
def test_a_discharge_that_makes_no_sense_is_refused_by_field(house, ana, details, fault):
    episode = house.admitted(house.client())
    answer = ana.post(f"/api/v1/episodes/{episode.pk}/discharge/", ending(house) | sent(details))
    assert (answer.status_code, faults(answer)[2]) == (400, [fault])
    episode.refresh_from_db()
    assert episode.discharged_at is None


def test_a_discharge_says_everything_that_is_asked(house, ana):
    episode = house.admitted(house.client())
    answer = ana.post(f"/api/v1/episodes/{episode.pk}/discharge/", {})
    assert faults(answer)[2] == [
        ("reason", "required"), ("last_contact_on", "required"),
        ("naloxone_offered", "required"), ("follow_up_consent", "required"),
    ]  # fmt: skip


# ── Gates ────────────────────────────────────────────────────────────────────────────────────────


def test_the_gates_tell_the_moves_there_are_and_their_reasons(house, ana):
    episode = house.admitted(house.client(), INPATIENT)
    house.programs[AFTERCARE].change(active=False)
    moves = ana.get(f"/api/v1/episodes/{episode.pk}/gates/").json()["moves"]
    forward = ["client_request", "clinical_need", "goals_met", "other", "planned"]
    outpatient = {
        "id": str(house.programs[OUTPATIENT].pk), "name": "Outpatient program", "gates": [],
    }  # fmt: skip
    assert moves == [
        {"phase": "outpatient", "reasons": forward, "programs": [outpatient]},
        {"phase": "aftercare", "reasons": forward, "programs": []},
    ]


def test_an_unmet_gate_is_told_before_and_refuses_the_move(house, ana, monkeypatch):
    def bed(episode, program):
        return GateFinding(program.phase == INPATIENT, False, "No free bed.")

    monkeypatch.setitem(gates._answers, "bed", bed)
    episode = house.admitted(house.client(), DETOX)
    path = f"/api/v1/episodes/{episode.pk}"
    moves = ana.get(f"{path}/gates/").json()["moves"]
    assert {move["phase"]: move["programs"][0]["gates"] for move in moves} == {
        "inpatient": [{"name": "bed", "met": False, "explanation": "No free bed."}],
        "outpatient": [],
        "aftercare": [],
    }
    answer = ana.post(f"{path}/transitions/", move_to(house, INPATIENT))
    assert faults(answer) == (409, "gate_not_met", [])
    assert answer.json()["gates"] == {"bed": "No free bed."}


def test_a_discharged_episode_goes_nowhere(house, ana):
    episode = house.admitted(house.client())
    ana.post(f"/api/v1/episodes/{episode.pk}/discharge/", ending(house))
    ana.force_authenticate(house.intake)
    assert ana.get(f"/api/v1/episodes/{episode.pk}/gates/").json() == {"moves": []}


# ── Lists and the trail ──────────────────────────────────────────────────────────────────────────


def test_a_list_is_narrowed_by_client_and_by_going_on(house, ana):
    sam, kim = house.client(), house.client(name="Kim")
    gone, on = house.admitted(sam), house.admitted(kim, days_ago=3)
    ana.post(f"/api/v1/episodes/{gone.pk}/discharge/", ending(house))
    ana.force_authenticate(house.intake)

    def found(**filters):
        rows = ana.get("/api/v1/episodes/", filters).json()["results"]
        return [row["id"] for row in rows]

    assert found() == [str(on.pk), str(gone.pk)]
    assert found(active="true") == [str(on.pk)]
    assert found(active="false") == [str(gone.pk)]
    assert found(client=sam.pk) == [str(gone.pk)]
    assert found(client=MISSING) == []
    assert faults(ana.get("/api/v1/episodes/", {"client": "Sam"}))[2] == [("client", "invalid")]


def test_a_list_takes_the_same_number_of_queries_for_two_and_for_twelve(
    house, ana, django_assert_num_queries, django_assert_max_num_queries
):
    for number in range(2):
        house.admitted(house.client(name=f"Sam{number}"))
    ana.force_authenticate(User.objects.get(pk=house.ana.pk))
    with django_assert_max_num_queries(10) as two:
        ana.get("/api/v1/episodes/")
    for number in range(10):
        house.admitted(house.client(name=f"Kim{number}"))
    ana.force_authenticate(User.objects.get(pk=house.ana.pk))
    with django_assert_num_queries(len(two)):
        assert len(ana.get("/api/v1/episodes/").json()["results"]) == 12


def test_a_move_is_one_event_with_what_was_done_and_shown(house, ana):
    client = house.client()
    episode = house.admitted(client, DETOX)
    moved = ana.post(
        f"/api/v1/episodes/{episode.pk}/transitions/", move_to(house, INPATIENT, note="a bed")
    ).json()
    event = trail().get()
    assert event.route == "POST /api/v1/episodes/<uuid:episode_id>/transitions/"
    assert event.actor_id == house.ana.pk
    assert event.changes == [{"action": "episode.planned", "id": moved["id"]}]
    assert event.reads == {"transition": [moved["id"]]}
    assert event.clients == [client.pk]
    assert "a bed" not in str(vars(event))


def test_a_refused_move_leaves_no_event_and_changes_nothing(house, api):
    episode = house.admitted(house.client(), DETOX)
    path = f"/api/v1/episodes/{episode.pk}/transitions/"
    for name, status in (("nurse", 403), ("intake", 403), ("cleo", 404), ("oak_counselor", 404)):
        api.force_authenticate(getattr(house, name))
        assert api.post(path, move_to(house, INPATIENT)).status_code == status
    assert trail().count() == 0
    assert Transition.objects.count() == 1


def test_looking_at_the_gates_is_a_read_of_the_episode(house, ana):
    episode = house.admitted(house.client())
    ana.get(f"/api/v1/episodes/{episode.pk}/gates/")
    assert trail().get().reads == {"episode": [str(episode.pk)]}
