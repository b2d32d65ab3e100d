"""The course of treatment through the API: admission, moves, and undoing them."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from casework.models import Episode, Transition
from casework.undo import written_on_phase
from common.clock import now
from organization.models import PhaseKind, User
from organization.roles import Role
from organization.services.staff import hire
from tests.clients.asking import MISSING, admission, ending, faults, move_to, sent, trail

pytestmark = pytest.mark.django_db

DETOX, INPATIENT, OUTPATIENT, AFTERCARE = PhaseKind


@pytest.fixture
def ana(house, api):
    api.force_authenticate(house.ana)
    return api


# ── Admission ────────────────────────────────────────────────────────────────────────────────────


def test_an_admission_opens_an_episode_with_its_first_phase(house, ana):
    client = house.client()
    at = dt.datetime(2026, 3, 1, 22, 30, tzinfo=ZoneInfo("America/Chicago"))
    answer = ana.post("/api/v1/episodes/", admission(house, client, at=at.isoformat(), note="x"))
    assert answer.status_code == 201
    shown = answer.json()
    (phase,) = shown.pop("phases")
    assert shown.pop("current_phase") == phase
    episode = Episode.objects.get()
    assert shown == {
        "id": str(episode.pk),
        "client": str(client.pk),
        "facility": str(house.elm.pk),
        "admitted_at": "2026-03-02T04:30:00Z",
        "admitted_by": {"id": str(house.ana.pk), "full_name": "Ana Lopez"},
        "referral_source": 3,
        "prior_episodes": 0,
        "discharged_at": None,
        "discharge_reason": "",
        "discharge_detail": "",
        "last_contact_on": None,
        "naloxone_offered": "",
        "follow_up_consent": None,
    }
    assert {k: v for k, v in phase.items() if k != "id"} == {
        "episode": str(episode.pk),
        "kind": "detox",
        "program": str(house.programs[DETOX].pk),
        "level_of_care": "3.7",
        "level_of_care_edition": "3",
        "started_at": "2026-03-02T04:30:00Z",
        "planned_end": "2026-03-08",
        "ended_at": None,
        "void": False,
    }


@pytest.mark.parametrize(
    ("details", "fault"),
    [
        ({"at": dt.timedelta(hours=1)}, ("at", "in_the_future")),
        ({"at": "1989-12-31T12:00:00-06:00"}, ("at", "before_birth")),
        ({"at": "2026-03-01T10:00:00"}, ("at", "no_offset")),
        ({"at": "2026-03-01"}, ("at", "no_offset")),
        ({"at": "yesterday"}, ("at", "invalid")),
        ({"at": "0001-01-01T00:00:00+14:00"}, ("at", "overflow")),
        ({"referral_source": 99}, ("referral_source", "invalid_choice")),
        ({"client": MISSING}, ("client", "does_not_exist")),
        ({"client": "Sam"}, ("client", "invalid")),
        ({"program": MISSING}, ("program", "does_not_exist")),
        ({"note": "x" * 501}, ("note", "max_length")),
        ({"facility": MISSING}, ("facility", "unknown_field")),
    ],
    ids=str,
)
def test_an_admission_that_makes_no_sense_is_refused_by_field(house, ana, details, fault):
    answer = ana.post("/api/v1/episodes/", admission(house, house.client()) | sent(details))
    status, _, found = faults(answer)
    assert (status, found) == (400, [fault])
    assert Episode.objects.count() == 0
    assert trail().count() == 0


def test_an_admission_lies_after_the_discharge_before(house, ana):
    client = house.client()
    episode = house.admitted(client)
    ana.post(f"/api/v1/episodes/{episode.pk}/discharge/", ending(house))
    ana.force_authenticate(house.intake)
    answer = ana.post("/api/v1/episodes/", admission(house, client, at=dt.timedelta(days=-5)))
    assert faults(answer) == (400, "overlaps_earlier", [("at", "overlaps_earlier")])
    again = ana.post("/api/v1/episodes/", admission(house, client))
    assert (again.status_code, again.json()["prior_episodes"]) == (201, 1)


def test_a_program_of_a_facility_where_one_does_not_work_does_not_exist(house, ana):
    body = admission(house, house.client(), program=str(house.oak_program.pk))
    assert faults(ana.post("/api/v1/episodes/", body))[2] == [("program", "does_not_exist")]


def test_a_program_where_the_client_is_not_known_is_refused(house, ana):
    client = house.client()
    hire(email=house.ana.email, full_name="", facility=house.oak, role=Role.COUNSELOR)
    ana.force_authenticate(User.objects.get(pk=house.ana.pk))
    body = admission(house, client, program=str(house.oak_program.pk))
    assert faults(ana.post("/api/v1/episodes/", body)) == (
        400, "not_known_here", [("program", "not_known_here")],
    )  # fmt: skip


def test_a_second_episode_at_once_is_a_conflict(house, ana):
    client = house.client()
    assert ana.post("/api/v1/episodes/", admission(house, client)).status_code == 201
    assert faults(ana.post("/api/v1/episodes/", admission(house, client))) == (
        409, "episode_active", [],
    )  # fmt: skip
    assert Episode.objects.count() == 1


def test_a_client_seen_by_one_role_is_not_admitted_by_another(house, api, next_tuesday):
    client = house.client()
    house.booked(client, next_tuesday)
    hire(email=house.cleo.email, full_name="", facility=house.elm, role=Role.FRONT_DESK)
    api.force_authenticate(User.objects.get(pk=house.cleo.pk))
    assert api.get(f"/api/v1/clients/{client.pk}/").status_code == 200
    answer = api.post("/api/v1/episodes/", admission(house, client))
    assert faults(answer) == (403, "capability_missing", [])


# ── Moves ────────────────────────────────────────────────────────────────────────────────────────


def test_a_move_closes_one_phase_and_opens_the_next(house, ana):
    episode = house.admitted(house.client(), DETOX)
    path = f"/api/v1/episodes/{episode.pk}"
    at = (now() - dt.timedelta(days=2)).isoformat()
    moved = ana.post(f"{path}/transitions/", move_to(house, INPATIENT, at=at, note="bed 4"))
    assert moved.status_code == 201
    shown = moved.json()
    first, second = episode.phases.all()
    assert shown == {
        "id": shown["id"],
        "episode": str(episode.pk),
        "from_phase": str(first.pk),
        "to_phase": str(second.pk),
        "at": at.replace("+00:00", "Z"),
        "by": {"id": str(house.ana.pk), "full_name": "Ana Lopez"},
        "reason": "planned",
        "note": "bed 4",
        "gates": {},
        "undone_at": None,
        "undone_by": None,
    }
    assert ana.get(f"{path}/").json()["current_phase"]["kind"] == "inpatient"
    rows = ana.get(f"{path}/phases/").json()["results"]
    assert [(row["kind"], row["ended_at"]) for row in rows] == [
        ("detox", at.replace("+00:00", "Z")), ("inpatient", None),
    ]  # fmt: skip
    reasons = [row["reason"] for row in ana.get(f"{path}/transitions/").json()["results"]]
    assert reasons == ["admission", "planned"]


def test_a_move_that_is_not_allowed_tells_those_that_are(house, ana):
    episode = house.admitted(house.client(), INPATIENT)
    answer = ana.post(f"/api/v1/episodes/{episode.pk}/transitions/", move_to(house, DETOX))
    assert faults(answer) == (409, "phase_not_allowed", [("program", "phase_not_allowed")])
    assert answer.json()["allowed"] == ["outpatient", "aftercare"]
    assert answer.json()["detail"] == (
        "From inpatient a client moves to: outpatient, aftercare; not to detox."
    )


@pytest.mark.parametrize(
    ("details", "status", "fault"),
    [
        ({"reason": "return_to_use"}, 400, ("reason", "reason_not_allowed")),
        ({"reason": "admission"}, 400, ("reason", "invalid_choice")),
        ({"reason": "discharge"}, 400, ("reason", "invalid_choice")),
        ({"at": dt.timedelta(days=-11)}, 400, ("at", "before_phase")),
        ({"at": dt.timedelta(days=1)}, 400, ("at", "in_the_future")),
        ({"at": "2026-03-01T10:00:00"}, 400, ("at", "no_offset")),
        ({"program": MISSING}, 400, ("program", "does_not_exist")),
        ({"gates": {}}, 400, ("gates", "unknown_field")),
    ],
    ids=str,
)
def test_a_move_that_makes_no_sense_is_refused_by_field(house, ana, details, status, fault):
    episode = house.admitted(house.client(), DETOX)
    body = move_to(house, INPATIENT) | sent(details)
    answer = ana.post(f"/api/v1/episodes/{episode.pk}/transitions/", body)
    assert (answer.status_code, faults(answer)[2]) == (status, [fault])
    assert Transition.objects.count() == 1
    assert trail().count() == 0


def test_a_move_stays_in_its_facility(house, ana):
    episode = house.admitted(house.client(), DETOX)
    path = f"/api/v1/episodes/{episode.pk}/transitions/"
    body = {"program": str(house.oak_program.pk), "reason": "planned"}
    assert faults(ana.post(path, body))[2] == [("program", "does_not_exist")]
    hire(email=house.ana.email, full_name="", facility=house.oak, role=Role.COUNSELOR)
    ana.force_authenticate(User.objects.get(pk=house.ana.pk))
    assert faults(ana.post(path, body)) == (
        400, "other_facility", [("program", "other_facility")],
    )  # fmt: skip


def test_a_closed_program_takes_nobody(house, ana):
    episode = house.admitted(house.client(), DETOX)
    house.programs[INPATIENT].change(active=False)
    answer = ana.post(f"/api/v1/episodes/{episode.pk}/transitions/", move_to(house, INPATIENT))
    assert faults(answer) == (400, "program_closed", [("program", "program_closed")])


def test_a_move_is_undone_once_and_both_are_on_record(house, ana):
    episode = house.admitted(house.client(), DETOX)
    path = f"/api/v1/episodes/{episode.pk}"
    moved = ana.post(f"{path}/transitions/", move_to(house, INPATIENT)).json()
    undo = f"{path}/transitions/{moved['id']}/undo/"
    undone = ana.post(undo)
    assert (undone.status_code, undone.json()["undone_by"]["full_name"]) == (200, "Ana Lopez")
    assert faults(ana.post(undo)) == (409, "already_undone", [])
    shown = ana.get(f"{path}/").json()
    assert [phase["kind"] for phase in shown["phases"]] == ["detox"]
    assert shown["current_phase"]["ended_at"] is None
    rows = ana.get(f"{path}/phases/").json()["results"]
    assert [(row["kind"], row["void"]) for row in rows] == [("detox", False), ("inpatient", True)]


def test_a_move_with_something_written_since_stays(house, ana, monkeypatch):
    episode = house.admitted(house.client(), DETOX)
    path = f"/api/v1/episodes/{episode.pk}/transitions/"
    moved = ana.post(path, move_to(house, INPATIENT)).json()
    monkeypatch.setitem(written_on_phase._answers, "a note", lambda phase: True)
    assert faults(ana.post(f"{path}{moved['id']}/undo/")) == (409, "phase_in_use", [])
    admission_row = Transition.objects.get(reason="admission")
    assert faults(ana.post(f"{path}{admission_row.pk}/undo/")) == (409, "not_latest_move", [])
