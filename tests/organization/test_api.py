"""Signing in for a token, and what is seen of the organization."""

import pytest

from tests.people import PASSWORD

pytestmark = pytest.mark.django_db


def test_a_token_is_given_for_email_and_password_and_opens_me(house, api):
    given = api.post("/api/v1/auth/token/", {"email": "ana@casework.example", "password": PASSWORD})
    assert given.status_code == 201
    api.credentials(HTTP_AUTHORIZATION=f"Token {given.json()['token']}")
    me = api.get("/api/v1/me/").json()
    assert me["full_name"] == "Ana Lopez"
    assert [m["role"] for m in me["memberships"]] == ["counselor"]


def test_a_wrong_password_is_a_problem_with_one_message_for_all_reasons(house, api):
    for email in ("ana@casework.example", "nobody@casework.example"):
        answer = api.post("/api/v1/auth/token/", {"email": email, "password": "wrong"})
        assert answer.status_code == 401
        assert answer["Content-Type"] == "application/problem+json"
        assert answer.json()["code"] == "wrong_credentials"
        assert answer.json()["detail"] == "E-mail and password don't match."


def test_a_revoked_token_opens_nothing(house, api):
    given = api.post("/api/v1/auth/token/", {"email": "ana@casework.example", "password": PASSWORD})
    api.credentials(HTTP_AUTHORIZATION=f"Token {given.json()['token']}")
    assert api.delete("/api/v1/auth/token/").status_code == 204
    assert api.get("/api/v1/me/").status_code == 401


def test_facilities_are_those_where_one_works(house, api):
    api.force_authenticate(house.ana)
    names = [f["discreet_name"] for f in api.get("/api/v1/facilities/").json()["results"]]
    assert names == ["Elm St"]
    assert api.get(f"/api/v1/facilities/{house.oak.pk}/").status_code == 404


def test_an_unknown_field_is_refused_by_name(house, api):
    answer = api.post("/api/v1/auth/token/", {"email": "a@b.example", "password": "x", "otp": "1"})
    assert answer.status_code == 400
    assert answer.json()["errors"] == [
        {
            "field": "otp",
            "code": "unknown_field",
            "detail": "This field isn't known here. Known are: email, password.",
        }
    ]
