"""Staff over the API: who may do what to whom, and what is shown of them."""

from urllib.parse import quote

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from common.clock import now
from organization.models import Membership, OneTimeLink, User
from organization.roles import Role
from organization.services.accounts import deactivate
from organization.services.staff import give_role, hire
from tests.people import PASSWORD

pytestmark = pytest.mark.django_db

PEOPLE = [
    "ana",
    "ben",
    "cleo",
    "supervisor",
    "nurse",
    "intake",
    "front_desk",
    "manager",
    "privacy",
    "administrator",
    "oak_counselor",
    "oak_intake",
    "otto",
]
DEEDS = {
    "invitation": {},
    "password-reset": {},
    "deactivation": {"reason": "left"},
    "reactivation": {},
}


def answers(house, otto, method, path, body=None) -> dict[str, int]:
    """The status that each person gets; each one's changes are undone."""
    found = {"anonymous": status(APIClient(), method, path, body)}
    for name in PEOPLE:
        api = APIClient()
        user = otto if name == "otto" else getattr(house, name)
        api.force_authenticate(User.objects.get(pk=user.pk))
        found[name] = status(api, method, path, body)
    return found


def status(api, method, path, body) -> int:
    with transaction.atomic():
        code = getattr(api, method)(f"/api/v1/{path}", body).status_code
        transaction.set_rollback(True)
    return code


def expected(administrator: int, *, colleagues: int = 403, oak: int = 404) -> dict[str, int]:
    elm = dict.fromkeys(PEOPLE, colleagues)
    return elm | {
        "anonymous": 401, "administrator": administrator,
        "oak_counselor": oak, "oak_intake": oak, "otto": oak,
    }  # fmt: skip


@pytest.fixture
def as_ada(ada) -> APIClient:
    api = APIClient()
    api.force_authenticate(ada)
    return api


def invitation(house, **changes) -> dict:
    body = {
        "email": "nils@casework.example",
        "full_name": "Nils Holt",
        "facility": str(house.elm.pk),
        "role": "nurse",
    }
    return body | changes


def test_only_elm_streets_administrator_invites_to_elm_street(house, otto):
    found = answers(house, otto, "post", "staff/", invitation(house))
    assert found == expected(201, oak=400)  # the facility does not exist for them


@pytest.mark.parametrize(
    ("deed", "code"),
    [("invitation", 409), ("password-reset", 200), ("deactivation", 200), ("reactivation", 409)],
)
def test_only_elm_streets_administrator_does_things_to_its_staff(house, otto, deed, code):
    found = answers(house, otto, "post", f"staff/{house.ben.pk}/{deed}/", DEEDS[deed])
    assert found == expected(code)


def test_only_elm_streets_administrator_gives_and_ends_roles_there(house, otto):
    body = {"facility": str(house.elm.pk), "role": "intake"}
    found = answers(house, otto, "post", f"staff/{house.ben.pk}/memberships/", body)
    assert found == expected(201)
    role = Membership.objects.get(user=house.ben)
    found = answers(house, otto, "post", f"memberships/{role.pk}/ending/", {})
    assert found == expected(200, colleagues=404)  # roles are shown to those alone who manage them


def test_what_was_refused_changed_nothing(house, otto, api):
    before = list(User.objects.order_by("pk").values())
    for user in (house.ana, house.manager, otto):
        api.force_authenticate(user)
        for deed, body in DEEDS.items():
            api.post(f"/api/v1/staff/{house.ben.pk}/{deed}/", body)
        api.post("/api/v1/staff/", invitation(house))
    assert list(User.objects.order_by("pk").values()) == before
    assert not OneTimeLink.objects.exists()


def test_an_administrator_invites_and_sees_the_state(house, as_ada, mailoutbox):
    answer = as_ada.post(
        "/api/v1/staff/",
        invitation(house, credential="RN", supervisor=str(house.supervisor.pk)),
    )
    assert answer.status_code == 201
    shown = answer.json()
    role = Membership.objects.get(user=shown["id"])
    assert shown == {
        "id": shown["id"],
        "full_name": "Nils Holt",
        "languages": ["en"],
        "email": "nils@casework.example",
        "is_active": True,
        "has_password": False,
        "deactivated_at": None,
        "deactivated_because": "",
        "memberships": [
            {
                "id": str(role.pk),
                "facility": str(house.elm.pk),
                "role": "nurse",
                "credential": "RN",
                "supervisor": str(house.supervisor.pk),
                "since": role.since.isoformat().replace("+00:00", "Z"),
                "until": None,
            }
        ],
    }
    assert [mail.to for mail in mailoutbox] == [["nils@casework.example"]]
    again = as_ada.post(f"/api/v1/staff/{shown['id']}/invitation/")
    assert (again.status_code, len(mailoutbox)) == (200, 2)


def test_no_answer_holds_a_link(house, as_ada):
    said = as_ada.post("/api/v1/staff/", invitation(house)).content.decode()
    assert "accounts/link" not in said
    assert OneTimeLink.objects.get().token_digest not in said


def test_colleagues_see_a_name_and_no_more(house, api):
    api.force_authenticate(house.ana)
    shown = api.get(f"/api/v1/staff/{house.ben.pk}/").json()
    assert shown == {"id": str(house.ben.pk), "full_name": "Ben Okafor", "languages": ["en"]}


def test_closed_accounts_are_shown_to_who_manages_them_alone(house, ada, as_ada, api):
    deactivate(user=house.ben, reason="left", by=ada)
    api.force_authenticate(house.ana)
    path = f"/api/v1/staff/{house.ben.pk}/"
    assert api.get(path).status_code == 404
    shown = as_ada.get(path).json()
    assert (shown["is_active"], shown["deactivated_because"]) == (False, "left")
    closed = as_ada.get("/api/v1/staff/?is_active=false").json()["results"]
    assert [person["full_name"] for person in closed] == ["Ben Okafor"]
    assert api.get("/api/v1/staff/?is_active=false").json()["results"] == []


def test_roles_elsewhere_are_not_told(house, ada, as_ada, otto):
    give_role(user=house.oak_counselor, facility=house.elm, role=Role.NURSE, by=ada)
    shown = as_ada.get(f"/api/v1/staff/{house.oak_counselor.pk}/").json()
    assert [role["facility"] for role in shown["memberships"]] == [str(house.elm.pk)]
    there = as_ada.get(f"/api/v1/staff/?facility={house.oak.pk}").json()["results"]
    assert there == []


def test_who_left_stays_visible_to_the_administrator(house, as_ada):
    role = Membership.objects.get(user=house.ben)
    assert as_ada.post(f"/api/v1/memberships/{role.pk}/ending/").json()["until"] is not None
    shown = as_ada.get(f"/api/v1/staff/{house.ben.pk}/").json()
    assert [past["until"] is None for past in shown["memberships"]] == [False]


def test_a_name_of_two_lines_is_refused_by_field(house, as_ada):
    answer = as_ada.post("/api/v1/staff/", invitation(house, full_name="Nils\u202eHolt"))
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "full_name"


def test_nobody_is_closed_without_a_reason(house, as_ada):
    for body in ({}, {"reason": ""}):
        answer = as_ada.post(f"/api/v1/staff/{house.ben.pk}/deactivation/", body)
        assert answer.status_code == 400


def test_more_staff_take_no_more_queries(house, as_ada):
    def queries() -> int:
        with CaptureQueriesContext(connection) as made:
            assert as_ada.get("/api/v1/staff/").status_code == 200
        return len(made)

    as_ada.get("/api/v1/staff/")
    before = queries()
    for number in range(5):
        hire(
            email=f"more{number}@casework.example", full_name="More", facility=house.elm,
            role=Role.NURSE,
        )  # fmt: skip
    assert queries() == before


def test_what_changed_among_staff_is_told_and_who_left_by_id_alone(house, ada, as_ada, api):
    api.force_authenticate(house.ana)
    begun = now().isoformat()
    give_role(user=house.cleo, facility=house.elm, role=Role.NURSE, by=ada)
    deactivate(user=house.ben, reason="left", by=ada)
    path = f"/api/v1/staff/?updated_after={quote(begun)}"
    with_ana, with_ada = api.get(path).json(), as_ada.get(path).json()
    assert [person["full_name"] for person in with_ana["results"]] == ["Cleo Hart"]
    assert with_ana["voided"] == [str(house.ben.pk)]
    shown = {person["full_name"]: person["is_active"] for person in with_ada["results"]}
    assert shown == {"Cleo Hart": True, "Ben Okafor": False}
    assert with_ada["voided"] == []


def test_who_is_voided_is_known_from_ones_own_facility(house, ada, otto, api):
    api.force_authenticate(otto)
    begun = now().isoformat()
    deactivate(user=house.ben, reason="left", by=ada)
    assert api.get(f"/api/v1/staff/?updated_after={quote(begun)}").json()["voided"] == []


def test_of_somebody_who_left_a_manager_reads_no_state_and_no_reason(house, api):
    left = house.oak_counselor
    Membership.objects.create(user=left, facility=house.elm, role=Role.COUNSELOR)
    Membership.objects.filter(user=left, facility=house.elm).update(until=now())
    oaks = hire(
        email="oaks@casework.example", full_name="Odo Lane", facility=house.oak,
        role=Role.ADMINISTRATOR, password=PASSWORD,
    )  # fmt: skip
    deactivate(user=left, reason="left after an inquiry", by=oaks)
    api.force_authenticate(house.administrator)
    shown = api.get(f"/api/v1/staff/{left.pk}/").json()
    assert sorted(shown) == ["full_name", "id", "languages", "memberships"]
    assert [role["facility"] for role in shown["memberships"]] == [str(house.elm.pk)]
