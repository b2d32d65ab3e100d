"""Lists of clients, and searching for them."""

import base64

import pytest

from clients.models import KnownReason
from clients.services import make_known_at
from organization.models import User
from organization.roles import Role
from organization.services.staff import hire
from tests.clients.asking import faults

pytestmark = pytest.mark.django_db


def test_a_list_goes_in_pages_and_either_way(house, ana):
    made = [str(house.client(name=name).pk) for name in ("Abe", "Bea", "Cy")]
    first = ana.get("/api/v1/clients/", {"ordering": "created_at", "page_size": 2}).json()
    second = ana.get(first["next"]).json()
    assert [row["id"] for row in first["results"] + second["results"]] == made
    assert second["next"] is None
    newest = ana.get("/api/v1/clients/").json()["results"]
    assert [row["id"] for row in newest] == made[::-1]


@pytest.mark.parametrize("raw", ["p=abc", "p=\x00", "p=2026-02-30T00:00:00Z", "o=x"])
def test_a_made_up_cursor_points_nowhere(ana, raw):
    cursor = base64.b64encode(raw.encode()).decode()
    told = faults(ana.get("/api/v1/clients/", {"cursor": cursor}))
    assert told == (400, "invalid", [("cursor", "unknown_cursor")])


def test_no_name_stands_in_the_address_of_a_page(house, ana):
    for name in ("Abe", "Bea"):
        house.client(name=name)
    by_name = ana.get("/api/v1/clients/", {"ordering": "legal_last_name", "page_size": 1})
    assert faults(by_name) == (400, "invalid", [("ordering", "invalid_choice")])
    by_time = ana.get("/api/v1/clients/", {"ordering": "-updated_at", "page_size": 1}).json()
    assert by_time["results"][0]["legal_first_name"] == "Bea"
    assert "Bea" not in str(
        base64.b64decode(by_time["next"].split("cursor=")[1].split("&")[0] + "==")
    )


def test_a_list_takes_the_same_number_of_queries_for_two_and_for_twelve(
    house, ana, django_assert_num_queries, django_assert_max_num_queries
):
    for number in range(2):
        house.admitted(house.client(name=f"Sam{number}"))
    user = User.objects.get(pk=house.ana.pk)
    ana.force_authenticate(user)
    with django_assert_max_num_queries(12) as two:
        ana.get("/api/v1/clients/")
    for number in range(10):
        house.admitted(house.client(name=f"Kim{number}"))
    ana.force_authenticate(User.objects.get(pk=house.ana.pk))
    with django_assert_num_queries(len(two)):
        rows = ana.get("/api/v1/clients/").json()["results"]
    assert len(rows) == 12
    assert {row["current_phase"]["kind"] for row in rows} == {"outpatient"}


def test_a_list_is_narrowed_by_facility_and_by_primary_counselor(house, api):
    anas, bens = house.client(), house.client(by=house.ben)
    api.force_authenticate(house.intake)

    def found(**filters):
        return {row["id"] for row in api.get("/api/v1/clients/", filters).json()["results"]}

    assert found(facility=house.elm.pk) == {str(anas.pk), str(bens.pk)}
    assert found(primary_counselor=house.ben.pk) == {str(bens.pk)}
    assert found(phase="detox") == set()
    malformed = api.get("/api/v1/clients/", {"facility": "elm", "phase": "limbo"})
    assert faults(malformed)[2] == [("facility", "invalid"), ("phase", "invalid_choice")]


def test_the_filter_by_facility_does_not_tell_that_a_client_goes_elsewhere_too(house, ana):
    client = house.client()
    make_known_at(client=client, facility=house.oak, reason=KnownReason.REFERRAL, by=house.ana)
    assert ana.get("/api/v1/clients/", {"facility": house.oak.pk}).json()["results"] == []
    hire(
        email=house.ana.email, full_name="", facility=house.oak, role=Role.COUNSELOR,
    )  # fmt: skip
    ana.force_authenticate(User.objects.get(pk=house.ana.pk))
    there = ana.get("/api/v1/clients/", {"facility": house.oak.pk}).json()["results"]
    assert [row["id"] for row in there] == [str(client.pk)]


@pytest.mark.parametrize(
    "text",
    ["sam", "SAM", "Rivera", "iver", "sam rivera", "rivera sam", "+1 217-555-0134", "2175550134",
     "Sam@Example.org"],
)  # fmt: skip
def test_a_client_is_found_by_parts_of_names_and_whole_addresses(house, ana, text):
    client = house.client(phone="217 555 0134", email="sam@example.org")
    house.client(name="Kim", phone="217 555 0135").change(legal_last_name="Ash")
    answer = ana.post("/api/v1/clients/searches/", {"text": text})
    assert answer.status_code == 200
    assert [row["id"] for row in answer.json()["results"]] == [str(client.pk)]


@pytest.mark.parametrize(
    "text", ["Rivers", "sam kim", "217 555", "555-0134", "example.org", "C9999999", "%am", "ri__ra"]
)
def test_other_words_find_nobody(house, ana, text):
    house.client(phone="217 555 0134", email="sam@example.org")
    house.client(name="Kim")
    assert ana.post("/api/v1/clients/searches/", {"text": text}).json() == {
        "results": [], "more": False,
    }  # fmt: skip


def test_a_record_number_finds_exactly_its_client(house, ana):
    client = house.client()
    house.client()
    found = ana.post("/api/v1/clients/searches/", {"text": client.record_number.lower()}).json()
    assert [row["id"] for row in found["results"]] == [str(client.pk)]


def test_a_search_answers_twenty_five_at_most_and_takes_as_many_queries_as_for_one(
    house, ana, django_assert_num_queries, django_assert_max_num_queries
):
    house.client(name="Sam0")
    ana.force_authenticate(User.objects.get(pk=house.ana.pk))
    with django_assert_max_num_queries(12) as one:
        ana.post("/api/v1/clients/searches/", {"text": "sam"})
    for number in range(26):
        house.client(name=f"Sam{number + 1}")
    ana.force_authenticate(User.objects.get(pk=house.ana.pk))
    with django_assert_num_queries(len(one)):
        found = ana.post("/api/v1/clients/searches/", {"text": "sam"}).json()
    assert (len(found["results"]), found["more"]) == (25, True)


def test_a_search_needs_two_letters_and_bounds_its_text(house, ana):
    for text, code in (("s", "min_length"), ("  ", "blank"), ("s" * 255, "max_length")):
        answer = ana.post("/api/v1/clients/searches/", {"text": text})
        assert faults(answer) == (400, "invalid", [("text", code)])
    for text in ("%%", "__", "s m", "''"):
        answer = ana.post("/api/v1/clients/searches/", {"text": text})
        assert faults(answer) == (400, "too_short", [("text", "too_short")])
