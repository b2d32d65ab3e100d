"""What is not understood is refused, never passed over or made to fit."""

import pytest

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana(house, api):
    api.force_authenticate(house.ana)
    return api


def faults(answer):
    assert answer.status_code == 400
    return [(e["field"], e["code"]) for e in answer.json()["errors"]]


@pytest.mark.parametrize("given", ["maybe", "null", "1", "yes"])
def test_a_filter_that_is_true_or_false_takes_nothing_else(ana, given):
    assert faults(ana.get("/api/v1/rooms/", {"active": given})) == [("active", "invalid")]


def test_a_filter_that_is_true_or_false_filters(ana, house):
    def names(given):
        return [room["name"] for room in ana.get("/api/v1/rooms/", given).json()["results"]]

    assert names({"active": "true"}) == names({}) == ["Room 2"]
    assert names({"active": "false"}) == []


@pytest.mark.parametrize(
    ("path", "name"),
    [("rooms/", "active"), ("appointments/", "client"), ("clients/", "cursor"), ("tasks/", "kind")],
)
def test_a_parameter_without_a_value_is_refused(ana, path, name):
    assert faults(ana.get(f"/api/v1/{path}", {name: ""})) == [(name, "empty_parameter")]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("chosen_name", 0), ("chosen_name", True), ("messages_on_unit", "true"),
        ("messages_on_unit", 1), ("primary_counselor", 5),
    ],
)  # fmt: skip
def test_a_value_of_another_kind_is_not_made_to_fit(ana, house, name, value):
    body = {
        "facility": str(house.elm.pk), "legal_first_name": "Sam", "legal_last_name": "Rivera",
        "birth_date": "1990-05-17",
    }  # fmt: skip
    (field, _), *others = faults(ana.post("/api/v1/clients/", body | {name: value}))
    assert (field, others) == (name, [])
    assert ana.post("/api/v1/clients/", body).status_code == 201


def test_a_number_in_quotation_marks_is_not_one(ana, house):
    answer = ana.post("/api/v1/appointments/", {"duration_minutes": "50"})
    told = {e["field"]: e["detail"] for e in answer.json()["errors"]}
    assert told == {"duration_minutes": "Give this as a number, without quotation marks."}


def test_a_method_that_is_not_done_there_is_said_to_be_none_whatever_the_parameters(ana):
    assert ana.delete("/api/v1/rooms/?colour=red").status_code == 405


@pytest.mark.parametrize("spaces", ["  ", "\t"])
def test_spaces_that_are_taken_off_count_as_the_description_counts(ana, spaces):
    path = "/api/v1/clients/duplicates/"
    given = {"legal_first_name": "Kim", "birth_date": "1980-05-17"}
    assert ana.post(path, given | {"legal_last_name": "x" * 80}).status_code == 200
    answer = ana.post(path, given | {"legal_last_name": spaces + "x" * 79 + spaces})
    assert faults(answer) == [("legal_last_name", "max_length")]


def test_an_empty_text_is_no_reference(ana, house):
    answer = ana.post(
        "/api/v1/appointments/",
        {
            "facility": str(house.elm.pk), "kind": "individual", "starts_at": "2027-01-04T10:00:00Z",
            "duration_minutes": 30, "staff": [str(house.ana.pk)],
            "clients": [str(house.client().pk)], "room": "",
        },
    )  # fmt: skip
    assert faults(answer) == [("room", "invalid")]
