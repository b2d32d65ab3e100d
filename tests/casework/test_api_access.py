"""Who gets which answer from the endpoints about courses of treatment."""

from zoneinfo import ZoneInfo

import pytest

from common.clock import now
from tests.clients.access import OAK, Scene, answers, expected

pytestmark = pytest.mark.django_db

SEE_CASE = "ana ben supervisor nurse intake"


@pytest.fixture
def scene(house, next_tuesday):
    return Scene.build(house, next_tuesday)


def one(scene, method, path, body=None):
    return answers(scene, method, path.format(e=scene.episode.pk, move=scene.move.pk), body)


@pytest.mark.parametrize(
    "path", ["episodes/{e}/", "episodes/{e}/phases/", "episodes/{e}/transitions/",
             "episodes/{e}/gates/"],
)  # fmt: skip
def test_who_sees_a_course_of_treatment(scene, path):
    assert one(scene, "get", path) == expected(s200=SEE_CASE)


def test_a_list_is_for_everybody_and_holds_an_episode_for_who_sees_it(scene, api):
    assert one(scene, "get", "episodes/") == expected(200)
    found = {}
    for name in expected():
        if name != "anonymous":
            api.force_authenticate(getattr(scene.house, name))
            found[name] = len(api.get("/api/v1/episodes/").json()["results"])
    assert {name for name, rows in found.items() if rows} == set(SEE_CASE.split())


def test_who_moves_a_phase(scene):
    programs = {p.phase: str(p.pk) for p in scene.house.programs.values()}
    body = {"program": programs["inpatient"], "reason": "planned"}
    # Where the program is hidden too, the episode is what is said to be missing.
    assert one(scene, "post", "episodes/{e}/transitions/", body) == expected(
        s201="ana ben supervisor", s403="nurse intake"
    )


def test_who_undoes_a_move(scene):
    assert one(scene, "post", "episodes/{e}/transitions/{move}/undo/", {}) == expected(
        s200="ana ben supervisor", s403="nurse intake"
    )


def test_who_discharges(scene):
    today = now().astimezone(ZoneInfo(scene.house.elm.zone)).date()
    body = {
        "reason": "completed",
        "last_contact_on": today.isoformat(),
        "naloxone_offered": "yes",
        "follow_up_consent": True,
    }
    assert one(scene, "post", "episodes/{e}/discharge/", body) == expected(
        s200="ana ben supervisor", s403="nurse intake"
    )


def test_who_admits_and_to_whom_the_client_does_not_exist(scene):
    body = {
        "client": str(scene.kim.pk),
        "program": str(next(iter(scene.house.programs.values())).pk),
        "referral_source": 1,
    }
    assert one(scene, "post", "episodes/", body) == expected(
        400, s201="ana ben supervisor intake", s403="front_desk"
    )


def test_a_transition_belongs_to_the_episode_of_its_address(scene, api):
    other = scene.house.admitted(scene.kim)
    api.force_authenticate(scene.house.ana)
    answer = api.post(f"/api/v1/episodes/{other.pk}/transitions/{scene.move.pk}/undo/")
    assert answer.status_code == 404


def test_another_facility_s_staff_see_nothing_even_by_the_exact_id(scene, api):
    for name in OAK.split():
        api.force_authenticate(getattr(scene.house, name))
        assert api.get("/api/v1/episodes/", {"client": scene.sam.pk}).json()["results"] == []
