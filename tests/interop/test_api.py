"""Imports over the API: sending a file, reading how far it is, what was refused, calling it off."""

import pytest
from django.conf import settings
from rest_framework.test import APIClient

from audit.models import AuditEvent
from clients.models import Client
from interop.models import Import
from interop.services.running import run_next
from interop.states import ImportState
from tests.clients.asking import MISSING, faults
from tests.interop.files import CLIENT, people, sent, table
from tests.people import PASSWORD

pytestmark = pytest.mark.django_db

IMPORTS = "/api/v1/imports/"
STAFF = [
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
]


@pytest.fixture
def intake(house, api):
    api.force_authenticate(house.intake)
    return api


def post(api, house, body, content_type="text/csv", **parameters):
    asked = {"kind": "clients", "facility": str(house.elm.pk), "dry_run": "false"} | parameters
    asked = {name: value for name, value in asked.items() if value is not None}
    return api.generic("POST", IMPORTS, body, content_type=content_type, query_params=asked)


def test_a_file_is_taken_in_carried_out_and_told_of(house, intake):
    answer = post(intake, house, table(*people(2)))
    assert answer.status_code == 202
    job = answer.json()
    assert (job["state"], job["rows_total"], job["rows_done"]) == ("waiting", 2, 0)
    assert (job["system"], job["dry_run"], job["ended_at"]) == ("previous", False, None)
    assert run_next()
    after = intake.get(f"{IMPORTS}{job['id']}/").json()
    assert (after["state"], after["rows_done"], after["rows_good"]) == ("finished", 2, 2)
    assert (after["failure"], after["failure_detail"]) == ("", "")
    assert Client.objects.count() == 2
    assert [row["id"] for row in intake.get(IMPORTS).json()["results"]] == [job["id"]]


def test_refused_rows_are_told_in_the_files_order_and_say_nothing_of_whom_they_are_about(
    house, intake
):
    job = post(intake, house, table(*people(3, birth_date="17.5.1990"))).json()
    run_next()
    assert intake.get(f"{IMPORTS}{job['id']}/").json()["state"] == "refused"
    rows = intake.get(f"{IMPORTS}{job['id']}/rows/").json()["results"]
    assert [(row["line"], row["field"], row["code"]) for row in rows] == [
        (line, "birth_date", "unclear_date") for line in (2, 3, 4)
    ]
    assert rows[0]["detail"].startswith("Write dates as year-month-day")
    assert set(rows[0]) == {"line", "field", "code", "detail"}
    first = intake.get(f"{IMPORTS}{job['id']}/rows/", {"page_size": 2}).json()
    rest = intake.get(first["next"]).json()
    assert [row["line"] for row in first["results"] + rest["results"]] == [2, 3, 4]


def test_an_older_programs_file_says_its_encoding_in_the_content_type(house, intake):
    body = table(CLIENT | {"legal_first_name": "Zoë"}).encode("cp1252")
    assert faults(post(intake, house, body)) == (
        400, "wrong_encoding", [("file", "wrong_encoding")],
    )  # fmt: skip
    answer = post(intake, house, body, content_type="text/csv; charset=windows-1252")
    assert answer.status_code == 202
    run_next()
    assert Client.objects.get().legal_first_name == "Zoë"


def test_who_may_send_a_file(house, api):
    found = {"anonymous": post(api, house, table(CLIENT)).status_code}
    for name in STAFF:
        api.force_authenticate(getattr(house, name))
        found[name] = post(api, house, table(CLIENT)).status_code
        Import.objects.all().delete()
    assert found == dict.fromkeys(STAFF, 403) | {
        "anonymous": 401, "intake": 202, "supervisor": 202,
        # Another facility's doesn't exist for them.
        "oak_counselor": 400, "oak_intake": 400,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("method", "path", "mine"),
    [("get", "", 200), ("get", "rows/", 200), ("post", "cancellation/", 200)],
)
def test_an_import_exists_for_who_sent_it_while_they_may_import_there(
    house, api, method, path, mine
):
    found = {"anonymous": getattr(api, method)(f"{IMPORTS}{MISSING}/{path}").status_code}
    for name in STAFF:
        job = sent(house, table(CLIENT))
        api.force_authenticate(getattr(house, name))
        found[name] = getattr(api, method)(f"{IMPORTS}{job.pk}/{path}").status_code
        listed = api.get(IMPORTS).json()["results"]
        assert [row["id"] for row in listed] == ([str(job.pk)] if name == "intake" else [])
        Import.objects.all().delete()
    assert found == dict.fromkeys(STAFF, 404) | {"anonymous": 401, "intake": mine}

    job = sent(house, table(CLIENT))
    house.intake.memberships.all().delete()
    del house.intake.access
    api.force_authenticate(house.intake)
    assert getattr(api, method)(f"{IMPORTS}{job.pk}/{path}").status_code == 404


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"kind": None}, ("kind", "required")),
        ({"kind": "notes"}, ("kind", "invalid_choice")),
        ({"facility": None}, ("facility", "required")),
        ({"facility": MISSING}, ("facility", "does_not_exist")),
        ({"dry_run": None}, ("dry_run", "required")),
        ({"dry_run": "perhaps"}, ("dry_run", "invalid")),
        ({"system": "x" * 41}, ("system", "max_length")),
        ({"system": "a\u202eb"}, ("system", "direction_mark")),
        ({"dryrun": "true"}, ("dryrun", "unknown_field")),
    ],
)
def test_what_is_asked_for_is_checked(house, intake, parameters, expected):
    status, _, found = faults(post(intake, house, table(CLIENT), **parameters))
    assert (status, found) == (400, [expected])
    assert Import.objects.count() == 0


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("", "empty_file"),
        (b"PK\x03\x04rest", "spreadsheet"),
        (table(CLIENT | {"shoe_size": "42"}), "unknown_column"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_at_once(house, intake, body, code):
    assert faults(post(intake, house, body)) == (400, code, [("file", code)])
    assert Import.objects.count() == 0


def test_only_csv_is_read_here_and_elsewhere_none_is(house, intake):
    assert post(intake, house, "{}", content_type="application/json").status_code == 415
    form = post(intake, house, "x", content_type="multipart/form-data; boundary=x")
    assert form.status_code == 415
    there = intake.generic("POST", "/api/v1/clients/", table(CLIENT), content_type="text/csv")
    assert there.status_code == 415


def blank(length):
    """Lines that say nothing, of at least this many bytes together."""
    return (" " * 1022 + "\r\n") * (length // 1024 + 1)


def test_a_file_may_be_larger_than_other_bodies_and_not_by_another_name(house, intake):
    row = table(CLIENT)
    body = row + blank(settings.BODY_BOUND_BYTES)
    assert len(body) > settings.BODY_BOUND_BYTES
    assert post(intake, house, body).status_code == 202
    for content_type in ("multipart/form-data; boundary=x", "application/json"):
        answer = post(intake, house, body, content_type=content_type)
        assert faults(answer)[:2] == (413, "body_too_large")
    too_large = row + blank(settings.FILE_BOUND_BYTES)
    assert faults(post(intake, house, too_large))[:2] == (413, "body_too_large")


def test_a_large_file_may_be_repeated_with_a_key(house, intake):
    body = table(CLIENT) + blank(settings.BODY_BOUND_BYTES)
    answers = [
        intake.generic(
            "POST", IMPORTS, body, content_type="text/csv",
            query_params={"kind": "clients", "facility": str(house.elm.pk), "dry_run": "true"},
            headers={"Idempotency-Key": "one"},
        )
        for _ in range(2)
    ]  # fmt: skip
    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].json() == answers[1].json()
    assert Import.objects.count() == 1


def test_the_same_file_twice_is_under_way_once(house, intake):
    assert post(intake, house, table(CLIENT)).status_code == 202
    assert faults(post(intake, house, table(CLIENT)))[:2] == (409, "already_under_way")
    assert post(intake, house, table(CLIENT), dry_run="true").status_code == 202
    while run_next():
        pass
    assert post(intake, house, table(CLIENT)).status_code == 202


def test_a_browsers_session_needs_its_token_and_with_it_may_send_a_file(house):
    browser = APIClient(enforce_csrf_checks=True)
    assert browser.login(email=house.intake.email, password=PASSWORD)
    assert post(browser, house, table(CLIENT)).status_code == 403
    browser.cookies["csrftoken"] = "x" * 32
    browser.credentials(HTTP_X_CSRFTOKEN="x" * 32)
    assert post(browser, house, table(CLIENT)).status_code == 202


def test_an_import_is_called_off_once(house, intake):
    job = post(intake, house, table(CLIENT)).json()
    answer = intake.post(f"{IMPORTS}{job['id']}/cancellation/")
    assert (answer.status_code, answer.json()["state"]) == (200, ImportState.CANCELLED)
    assert not run_next()
    again = intake.post(f"{IMPORTS}{job['id']}/cancellation/")
    assert faults(again)[:2] == (409, "import_ended")


def test_a_list_is_narrowed(house, intake):
    first = post(intake, house, table(CLIENT)).json()
    run_next()
    second = post(intake, house, table(CLIENT), dry_run="true").json()
    for asked, found in (
        ({"state": "finished"}, [first["id"]]),
        ({"kind": "appointments"}, []),
        ({"facility": str(house.elm.pk)}, [second["id"], first["id"]]),
    ):
        rows = intake.get(IMPORTS, asked).json()["results"]
        assert [row["id"] for row in rows] == found


def test_the_trail_tells_who_sent_a_file(house, intake):
    job = post(intake, house, table(CLIENT)).json()
    event = AuditEvent.objects.get(route="POST /api/v1/imports/")
    assert event.changes == [{"action": "import.submitted", "id": job["id"]}]
    assert event.actor_id == house.intake.pk
