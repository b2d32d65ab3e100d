"""Clients' records through the API, and requests that are none."""

import pytest

from clients.models import Client
from tests.clients.asking import MISSING, faults, new_client, trail
from worklist.models import Task

pytestmark = pytest.mark.django_db


# ── Records ──────────────────────────────────────────────────────────────────────────────────────


def test_a_counselor_who_creates_a_client_is_primary_from_the_start(house, ana):
    answer = ana.post(
        "/api/v1/clients/",
        new_client(house, chosen_name="Ro", language="es", languages=["es", "en"],
                   zone="America/Denver", preferred_channel="email", messages_on_unit=True),
    )  # fmt: skip
    assert answer.status_code == 201
    shown = answer.json()
    client = Client.objects.get()
    assert shown.pop("created_at")
    assert shown.pop("updated_at")
    assert shown == {
        "id": str(client.pk),
        "record_number": client.record_number,
        "former_record_numbers": [],
        "legal_first_name": "Robin",
        "legal_last_name": "Ash",
        "chosen_name": "Ro",
        "greeting_name": "Ro",
        "birth_date": "1988-02-29",
        "language": "es",
        "languages": ["es", "en"],
        "zone": "America/Denver",
        "preferred_channel": "email",
        "messages_on_unit": True,
        "quiet_from": None,
        "quiet_until": None,
        "deceased_on": None,
        "primary_counselor": {"id": str(house.ana.pk), "full_name": "Ana Lopez"},
        "current_phase": None,
    }


def test_intake_names_a_counselor_who_gets_a_task_and_sees_the_record(house, api):
    api.force_authenticate(house.intake)
    body = new_client(house, primary_counselor=str(house.ben.pk))
    client = api.post("/api/v1/clients/", body).json()
    assert client["primary_counselor"]["full_name"] == "Ben Okafor"
    task = Task.objects.get()
    assert (task.kind, task.assignee) == ("accept_client", house.ben)
    api.force_authenticate(house.ben)
    assert api.get(f"/api/v1/clients/{client['id']}/").status_code == 200


def test_the_current_phase_says_what_and_until_when(house, ana):
    client = house.client()
    phase = house.admitted(client).current_phase()
    shown = ana.get(f"/api/v1/clients/{client.pk}/").json()["current_phase"]
    assert shown == {
        "id": str(phase.pk),
        "kind": "outpatient",
        "program": str(phase.program_id),
        "started_at": phase.started_at.isoformat().replace("+00:00", "Z"),
        "planned_end": phase.planned_end.isoformat(),
    }


def test_a_change_changes_what_is_given_and_nothing_else(house, ana):
    client = house.client()
    before = ana.get(f"/api/v1/clients/{client.pk}/").json()
    answer = ana.patch(f"/api/v1/clients/{client.pk}/", {"zone": "America/Denver"})
    assert answer.status_code == 200
    after = answer.json()
    assert after.pop("updated_at") > before.pop("updated_at")
    assert after == before | {"zone": "America/Denver"}


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"zone": "Mars/Olympus"}, ("zone", "unknown_zone")),
        ({"greeting_name": "Sober Sam"}, ("greeting_name", "not_discreet")),
        ({"greeting_name": ""}, ("greeting_name", "blank")),
        ({"legal_first_name": "x" * 81}, ("legal_first_name", "max_length")),
        ({"legal_last_name": "Ri\x07vera"}, ("legal_last_name", "control_character")),
        ({"birth_date": "2190-01-01"}, ("birth_date", "in_the_future")),
        ({"birth_date": "1899-12-31"}, ("birth_date", "too_long_ago")),
        ({"legal_last_name": "Ri\nvera"}, ("legal_last_name", "line_break")),
        ({"legal_first_name": "\u202emaS"}, ("legal_first_name", "direction_mark")),
        ({"chosen_name": "\u200b"}, ("chosen_name", "blank")),
        ({"birth_date": "1990-02-30"}, ("birth_date", "invalid")),
        ({"birth_date": None}, ("birth_date", "null")),
        ({"deceased_on": "1970-01-01"}, ("deceased_on", "out_of_range")),
        ({"deceased_on": "2190-01-01"}, ("deceased_on", "out_of_range")),
        ({"language": "tlh"}, ("language", "invalid_choice")),
        ({"languages": []}, ("languages", "empty")),
        ({"preferred_channel": "pigeon"}, ("preferred_channel", "invalid_choice")),
        ({"record_number": "C000001"}, ("record_number", "unknown_field")),
        ({"facility": MISSING}, ("facility", "unknown_field")),
    ],
)
def test_a_change_that_makes_no_sense_is_refused_by_field(house, ana, change, fault):
    client = house.client()
    before = Client.objects.values().get()
    answer = ana.patch(f"/api/v1/clients/{client.pk}/", change)
    status, _, found = faults(answer)
    assert (status, found) == (400, [fault])
    assert Client.objects.values().get() == before
    assert trail().count() == 0


def test_a_client_who_died_is_said_to_have(house, ana):
    client = house.client()
    answer = ana.patch(f"/api/v1/clients/{client.pk}/", {"deceased_on": "2020-03-01"})
    assert answer.json()["deceased_on"] == "2020-03-01"


def test_creating_names_each_field_that_is_missing(house, ana):
    assert faults(ana.post("/api/v1/clients/", {})) == (
        400, "invalid",
        [("legal_first_name", "required"), ("legal_last_name", "required"),
         ("birth_date", "required"), ("facility", "required")],
    )  # fmt: skip


@pytest.mark.parametrize("other", ["hidden", "missing"])
def test_another_facility_does_not_exist_just_like_a_missing_one(house, ana, other):
    named = str(house.oak.pk) if other == "hidden" else MISSING
    answer = ana.post("/api/v1/clients/", new_client(house, facility=named))
    assert answer.json()["errors"] == [
        {
            "field": "facility",
            "code": "does_not_exist",
            "detail": f"There is none with the id {named} that you may name here.",
        }
    ]


def test_the_primary_counselor_counsels_at_the_facility(house, api):
    api.force_authenticate(house.intake)
    body = new_client(house, primary_counselor=str(house.nurse.pk))
    assert faults(api.post("/api/v1/clients/", body)) == (
        400, "not_a_counselor", [("primary_counselor", "not_a_counselor")],
    )  # fmt: skip
    body["primary_counselor"] = str(house.oak_counselor.pk)
    assert faults(api.post("/api/v1/clients/", body)) == (
        400, "invalid", [("primary_counselor", "does_not_exist")],
    )  # fmt: skip
    assert Client.objects.count() == 0


# ── What is not even a request ───────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("content_type", "raw", "status", "code"),
    [
        ("application/json", "{", 400, "parse_error"),
        ("application/json", '{"text": NaN}', 400, "parse_error"),
        ("application/json", "[1]", 400, "invalid"),
        ("application/json", '{"text": "\\ud800x"}', 400, "parse_error"),
        ("application/json", '{"\\ud800": 1}', 400, "parse_error"),
        ("application/json", '{"text": ["Sam"]}', 400, "invalid"),
        ("application/json", "[" * 100_000, 400, "parse_error"),
        ("application/json", '{"text": ' + "9" * 5000 + "}", 400, "parse_error"),
        ("application/json", b'{"text": "\xff\xfe"}', 400, "parse_error"),
        ("application/json", '"text"', 400, "invalid"),
        ("application/json", "null", 400, "invalid"),
        ("text/plain", "text", 415, "unsupported_media_type"),
        ("application/x-www-form-urlencoded", "text=Sam", 415, "unsupported_media_type"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_malformed_body_is_said_to_be(house, ana, content_type, raw, status, code):
    answer = ana.generic("POST", "/api/v1/clients/searches/", raw, content_type=content_type)
    assert faults(answer)[:2] == (status, code)


@pytest.mark.parametrize(
    "path",
    ["clients/1/", "clients/not-an-id/contact-points/", "contact-points/%00/", "care-team/x/"],
)
def test_a_malformed_id_is_not_there(house, ana, path):
    assert faults(ana.get(f"/api/v1/{path}")) == (404, "not_found", [])


def test_what_a_resource_does_not_do_is_said(house, ana):
    client = house.client()
    assert faults(ana.delete(f"/api/v1/clients/{client.pk}/"))[:2] == (405, "method_not_allowed")
    assert faults(ana.put(f"/api/v1/clients/{client.pk}/", {}))[:2] == (405, "method_not_allowed")
