"""Contact points, consents and care teams through the API."""

import pytest

from clients.models import CareRole
from clients.services import add_contact_point, join_care_team
from organization.models import User
from organization.roles import Role
from organization.services.staff import hire
from tests.clients.asking import faults

pytestmark = pytest.mark.django_db


# ── Contact points and consents ──────────────────────────────────────────────────────────────────


def test_a_contact_point_comes_with_its_consent_in_one_act(house, ana):
    client = house.client()
    answer = ana.post(
        f"/api/v1/clients/{client.pk}/contact-points/",
        {"kind": "phone", "value": "(217) 555-0134", "position": 1, "valid_until": "2027-01-31",
         "safe_to_leave_voicemail": True, "consent": {"method": "written"}},
    )  # fmt: skip
    assert answer.status_code == 201
    shown = answer.json()
    consent = shown.pop("consent")
    assert {k: v for k, v in shown.items() if k not in ("id", "created_at", "updated_at")} == {
        "client": str(client.pk),
        "kind": "phone",
        "value": "+12175550134",
        "channel": "sms",
        "position": 1,
        "safe_to_leave_voicemail": True,
        "valid_until": "2027-01-31",
        "undeliverable_since": None,
        "undeliverable_code": "",
    }
    assert (consent["method"], consent["wording_version"]) == ("written", "2026-11")
    assert consent["granted_by"] == {"id": str(house.ana.pk), "full_name": "Ana Lopez"}
    assert ana.get(f"/api/v1/contact-points/{shown['id']}/").json()["consent"] == consent


def test_without_a_consent_there_is_none(house, ana):
    client = house.client()
    body = {"kind": "email", "value": "Sam@Example.org "}
    shown = ana.post(f"/api/v1/clients/{client.pk}/contact-points/", body).json()
    assert (shown["value"], shown["consent"]) == ("sam@example.org", None)


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({"kind": "phone", "value": "12"}, ("value", "invalid_number")),
        ({"kind": "phone", "value": "sam@example.org"}, ("value", "invalid_number")),
        ({"kind": "email", "value": "sam@"}, ("value", "invalid_email")),
        ({"kind": "fax", "value": "217 555 0134"}, ("kind", "invalid_choice")),
        ({"kind": "phone", "value": "217 555 0134", "position": -1}, ("position", "min_value")),
        (
            {"kind": "phone", "value": "217 555 0134", "consent": {"method": "guessed"}},
            ("consent.method", "invalid_choice"),
        ),
        (
            {"kind": "phone", "value": "217 555 0134", "consent": {"method": "verbal", "by": "me"}},
            ("consent.by", "unknown_field"),
        ),
        (
            {"kind": "phone", "value": "217 555 0134", "consent": None},
            ("consent", "null"),
        ),
    ],
)
def test_a_contact_point_that_makes_no_sense_is_refused(house, ana, body, fault):
    client = house.client()
    answer = ana.post(f"/api/v1/clients/{client.pk}/contact-points/", body)
    assert faults(answer)[2] == [fault]
    assert answer.status_code == 400
    assert client.contact_points.count() == 0


def test_the_same_address_twice_is_a_conflict_however_it_is_written(house, ana):
    client = house.client(phone="217 555 0134")
    answer = ana.post(
        f"/api/v1/clients/{client.pk}/contact-points/", {"kind": "phone", "value": "+12175550134"}
    )
    assert faults(answer) == (
        409, "duplicate_contact_point", [("value", "duplicate_contact_point")],
    )  # fmt: skip


def test_contact_points_are_listed_as_they_are_tried_and_in_constant_queries(
    house, ana, django_assert_num_queries, django_assert_max_num_queries
):
    client = house.client(phone="217 555 0134", email="sam@example.org")
    path = f"/api/v1/clients/{client.pk}/contact-points/"
    with django_assert_max_num_queries(10) as two:
        ana.get(path)
    for number in range(3):
        add_contact_point(
            client=client, kind="phone", value=f"217 555 014{number}", by=house.ana,
            position=9 - number, consent={"method": "verbal"},
        )  # fmt: skip
    with django_assert_num_queries(len(two)):
        rows = ana.get(path).json()["results"]
    assert [row["value"] for row in rows] == [
        "+12175550134", "sam@example.org", "+12175550142", "+12175550141", "+12175550140",
    ]  # fmt: skip


def test_a_contact_point_keeps_its_address(house, ana):
    point = house.client(phone="217 555 0134").contact_points.get()
    path = f"/api/v1/contact-points/{point.pk}/"
    changed = ana.patch(path, {"position": 2, "valid_until": None, "safe_to_leave_voicemail": True})
    assert (changed.json()["position"], changed.json()["safe_to_leave_voicemail"]) == (2, True)
    assert faults(ana.patch(path, {"value": "217 555 0135"})) == (
        400, "invalid", [("value", "unknown_field")],
    )  # fmt: skip


def test_consents_come_and_go_and_all_stay_on_record(house, ana):
    point = house.client(phone="217 555 0134").contact_points.get()
    path = f"/api/v1/contact-points/{point.pk}"
    assert ana.post(f"{path}/consent-withdrawal/").json()["withdrawn_by"]["full_name"] == (
        "Ana Lopez"
    )
    assert ana.get(f"{path}/").json()["consent"] is None
    given = {"method": "verbal", "wording_version": "2026-12"}
    again = ana.post(f"{path}/consents/", given)
    assert again.status_code == 201
    assert ana.post(f"{path}/consents/", given).json()["id"] == again.json()["id"]
    rows = ana.get(f"{path}/consents/").json()["results"]
    assert [(row["method"], row["withdrawn_at"] is None) for row in rows] == [
        ("verbal", True), ("written", False),
    ]  # fmt: skip


# ── Care team ────────────────────────────────────────────────────────────────────────────────────


def test_somebody_joins_a_care_team_once_and_leaves_it_once(house, ana):
    client = house.client()
    body = {"user": str(house.cleo.pk), "role": "peer", "reason": "holiday"}
    joined = ana.post(f"/api/v1/clients/{client.pk}/care-team/", body)
    assert joined.status_code == 201
    assert joined.json()["user"] == {"id": str(house.cleo.pk), "full_name": "Cleo Hart"}
    again = ana.post(f"/api/v1/clients/{client.pk}/care-team/", body)
    assert faults(again) == (409, "already_on_team", [])
    path = f"/api/v1/care-team/{joined.json()['id']}/departure/"
    left = ana.post(path, {"reason": "back from holiday"})
    assert (left.status_code, left.json()["ended_because"]) == (200, "back from holiday")
    assert faults(ana.post(path, {"reason": "again"})) == (409, "already_left", [])


def test_who_works_elsewhere_cannot_join(house, ana):
    client = house.client()
    elsewhere = {"user": str(house.oak_counselor.pk), "role": "peer", "reason": "x"}
    answer = ana.post(f"/api/v1/clients/{client.pk}/care-team/", elsewhere)
    assert faults(answer) == (400, "invalid", [("user", "does_not_exist")])


def test_a_primary_counselor_does_not_leave_but_is_replaced(house, api):
    client = house.client()
    join_care_team(
        client=client, user=house.ben, role=CareRole.COUNSELOR, reason="group", by=house.ana
    )
    member = client.care_team.get(primary=True)
    api.force_authenticate(house.supervisor)
    refused = api.post(f"/api/v1/care-team/{member.pk}/departure/", {"reason": "x"})
    assert faults(refused) == (409, "primary_is_replaced", [])
    body = {"counselor": str(house.ben.pk), "facility": str(house.elm.pk), "reason": "moves away"}
    named = api.post(f"/api/v1/clients/{client.pk}/primary-counselor/", body).json()
    assert (named["user"]["full_name"], named["primary"], named["reason"]) == (
        "Ben Okafor", True, "moves away",
    )  # fmt: skip
    rows = api.get(f"/api/v1/clients/{client.pk}/care-team/").json()["results"]
    assert [(r["user"]["full_name"], r["primary"], r["until"] is None) for r in rows] == [
        ("Ben Okafor", True, True), ("Ben Okafor", False, False), ("Ana Lopez", True, False),
    ]  # fmt: skip


def test_a_primary_counselor_is_named_where_the_client_is_known_and_they_counsel(house, api):
    client = house.client()
    supervisor = hire(
        email=house.supervisor.email, full_name="", facility=house.oak, role=Role.SUPERVISOR
    )
    api.force_authenticate(User.objects.get(pk=supervisor.pk))
    path = f"/api/v1/clients/{client.pk}/primary-counselor/"
    at_oak = {"counselor": str(house.oak_counselor.pk), "facility": str(house.oak.pk)}
    assert faults(api.post(path, at_oak)) == (
        400, "not_known_here", [("facility", "not_known_here")],
    )  # fmt: skip
    nurse = {"counselor": str(house.nurse.pk), "facility": str(house.elm.pk)}
    assert faults(api.post(path, nurse)) == (
        400, "not_a_counselor", [("counselor", "not_a_counselor")],
    )  # fmt: skip
