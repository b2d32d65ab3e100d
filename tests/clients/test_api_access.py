"""Who gets which answer from the endpoints about clients."""

import pytest

from clients.services import withdraw_consent
from tests.clients.access import ELM_DESKS, OAK, Scene, answers, expected
from tests.clients.asking import MISSING, new_client

pytestmark = pytest.mark.django_db

SEE_SAM = "ana ben supervisor nurse intake front_desk"
REACH_SAM = "ana ben supervisor intake front_desk"


@pytest.fixture
def scene(house, next_tuesday):
    return Scene.build(house, next_tuesday)


def one(scene, method, path, body=None):
    paths = {"sam": scene.sam.pk, "point": scene.point.pk, "member": scene.ben_on_team.pk}
    return answers(scene, method, path.format(**paths), body)


def test_a_list_is_for_everybody_signed_in(scene):
    assert one(scene, "get", "clients/") == expected(200)
    assert one(scene, "post", "clients/searches/", {"text": "Rivera"}) == expected(200)


@pytest.mark.parametrize("search", [False, True])
def test_lists_and_searches_hold_a_client_only_for_who_sees_them(scene, api, search):
    found = {}
    for name in expected():
        if name == "anonymous":
            continue
        api.force_authenticate(getattr(scene.house, name))
        answer = (
            api.post("/api/v1/clients/searches/", {"text": scene.sam.record_number})
            if search
            else api.get("/api/v1/clients/")
        )
        found[name] = str(scene.sam.pk) in {row["id"] for row in answer.json()["results"]}
    assert {name for name, seen in found.items() if seen} == set(SEE_SAM.split())


@pytest.mark.parametrize(
    ("method", "path", "body", "table"),
    [
        ("get", "clients/{sam}/", None, expected(s200=SEE_SAM)),
        (
            "patch", "clients/{sam}/", {"chosen_name": "Sammy"},
            expected(s200="ana ben supervisor intake", s403="nurse front_desk"),
        ),
        ("get", "clients/{sam}/contact-points/", None, expected(s200=REACH_SAM)),
        (
            "post", "clients/{sam}/contact-points/",
            {"kind": "email", "value": "sam@example.org", "consent": {"method": "verbal"}},
            expected(s201=REACH_SAM, s403="nurse"),
        ),
        ("get", "contact-points/{point}/", None, expected(s200=REACH_SAM)),
        ("patch", "contact-points/{point}/", {"position": 3}, expected(s200=REACH_SAM)),
        ("get", "contact-points/{point}/consents/", None, expected(s200=REACH_SAM)),
        (
            "post", "contact-points/{point}/consents/", {"method": "written"},
            expected(s201=REACH_SAM),
        ),
        ("post", "contact-points/{point}/consent-withdrawal/", {}, expected(s200=REACH_SAM)),
        ("get", "clients/{sam}/care-team/", None, expected(s200=SEE_SAM)),
        (
            "post", "care-team/{member}/departure/", {"reason": "handed over"},
            expected(s200="ana supervisor intake", s403="ben nurse front_desk"),
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_who_sees_and_changes_what_belongs_to_a_client(scene, method, path, body, table):
    assert one(scene, method, path, body) == table


def test_who_puts_somebody_on_a_care_team(scene):
    body = {"user": str(scene.house.cleo.pk), "role": "counselor", "reason": "holiday"}
    assert one(scene, "post", "clients/{sam}/care-team/", body) == expected(
        s201="ana supervisor intake", s403="ben nurse front_desk"
    )


def test_who_names_a_primary_counselor(scene):
    body = {"counselor": str(scene.house.ben.pk), "facility": str(scene.house.elm.pk)}
    assert one(scene, "post", "clients/{sam}/primary-counselor/", body) == expected(
        s200="supervisor intake", s403="ana ben nurse front_desk"
    )


def test_who_creates_a_client_that_becomes_their_own(scene):
    assert one(scene, "post", "clients/", new_client(scene.house)) == expected(
        403, s201="ana ben cleo supervisor", s400=f"intake {OAK}"
    )


def test_who_creates_a_client_for_another_counselor(scene):
    body = new_client(scene.house, primary_counselor=str(scene.house.ben.pk))
    assert one(scene, "post", "clients/", body) == expected(
        403, s201="ben supervisor intake", s403=f"ana cleo nurse front_desk {ELM_DESKS}", s400=OAK
    )


def test_what_is_not_there_is_answered_like_what_may_not_be_seen(scene, api):
    api.force_authenticate(scene.house.cleo)
    for path in ("clients/{}/", "contact-points/{}/", "clients/{}/care-team/"):
        pk = scene.point.pk if path.startswith("contact") else scene.sam.pk
        hidden, absent = (api.get(f"/api/v1/{path.format(i)}") for i in (pk, MISSING))
        assert (hidden.status_code, hidden.json()) == (absent.status_code, absent.json())
        assert hidden.status_code == 404


def test_access_ends_with_the_time_on_the_care_team(scene, api):
    api.force_authenticate(scene.house.ana)
    left = api.post(f"/api/v1/care-team/{scene.ben_on_team.pk}/departure/", {"reason": "moved on"})
    assert left.json()["ended_because"] == "moved on"
    api.force_authenticate(scene.house.ben)
    assert api.get(f"/api/v1/clients/{scene.sam.pk}/").status_code == 404
    assert api.get(f"/api/v1/contact-points/{scene.point.pk}/").status_code == 404


def test_a_nurse_does_not_find_a_client_by_a_telephone_number_she_may_not_see(scene, api):
    found = {}
    for name in ("ana", "nurse"):
        api.force_authenticate(getattr(scene.house, name))
        answer = api.post("/api/v1/clients/searches/", {"text": "(217) 555-0134"})
        found[name] = [row["id"] for row in answer.json()["results"]]
    assert found == {"ana": [str(scene.sam.pk)], "nurse": []}


def test_the_phase_is_absent_where_the_case_is_not_seen_and_null_without_treatment(scene, api):
    shown = {}
    for name in ("ana", "nurse", "intake", "front_desk"):
        api.force_authenticate(getattr(scene.house, name))
        for client in (scene.sam, scene.kim):
            body = api.get(f"/api/v1/clients/{client.pk}/").json()
            phase = body.get("current_phase", "absent")
            shown[name, client.legal_first_name] = (
                phase["kind"] if isinstance(phase, dict) else phase
            )
    assert shown == {
        ("ana", "Sam"): "detox",
        ("ana", "Kim"): None,
        ("nurse", "Sam"): "detox",
        ("nurse", "Kim"): "absent",
        ("intake", "Sam"): "detox",
        ("intake", "Kim"): None,
        ("front_desk", "Sam"): "absent",
        ("front_desk", "Kim"): "absent",
    }


def test_the_front_desk_is_not_told_why_somebody_is_on_a_care_team(scene, api):
    api.force_authenticate(scene.house.front_desk)
    rows = api.get(f"/api/v1/clients/{scene.sam.pk}/care-team/").json()["results"]
    assert [set(row) for row in rows] == [
        {"id", "client", "user", "role", "primary", "since", "until"}
    ] * 2


def test_the_filter_by_phase_finds_nobody_whose_case_is_not_seen(scene, api):
    found = {}
    for name in ("ana", "intake", "nurse", "front_desk", "cleo"):
        api.force_authenticate(getattr(scene.house, name))
        answer = api.get("/api/v1/clients/", {"phase": "detox"})
        found[name] = [row["id"] for row in answer.json()["results"]]
    sam = [str(scene.sam.pk)]
    assert found == {"ana": sam, "intake": sam, "nurse": sam, "front_desk": [], "cleo": []}


def test_a_withdrawn_consent_is_no_consent_to_withdraw(scene, api):
    withdraw_consent(point=scene.point, by=scene.house.ana)
    api.force_authenticate(scene.house.ana)
    answer = api.post(f"/api/v1/contact-points/{scene.point.pk}/consent-withdrawal/")
    assert (answer.status_code, answer.json()["code"]) == (409, "no_consent")
