"""The committed description is the API's own, names everything, and shows an example of everything."""

import re

import jsonschema
from django.core.management import call_command

from tests.contract.document import PATH, committed

DOCUMENT = committed()
OPERATIONS = {
    operation["operationId"]: (path, operation)
    for path, methods in DOCUMENT["paths"].items()
    for operation in methods.values()
}
SAID_BY_ALL = DOCUMENT["components"]["responses"]


def contents():
    """Everything that is sent or answered: where, and its media types."""
    for name, (_, operation) in OPERATIONS.items():
        if "requestBody" in operation:
            yield f"{name} request", operation["requestBody"]["content"]
        for status, answer in operation["responses"].items():
            if "content" in answer:
                yield f"{name} {status}", answer["content"]
    for name, answer in SAID_BY_ALL.items():
        yield name, answer["content"]


def examples():
    for where, content in contents():
        for kind, media in content.items():
            if kind.endswith("json"):
                for name, example in media["examples"].items():
                    yield f"{where} {name}", media["schema"], example["value"]


def references(node):
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def test_it_is_what_the_code_says(tmp_path):
    made = tmp_path / "openapi.yaml"
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(made))
    assert made.read_text() == PATH.read_text(), "docs/openapi.yaml is out of date: `make schema`"


def test_everything_sent_or_answered_has_an_example():
    lacking = [
        where
        for where, content in contents()
        for media in content.values()
        if not media.get("examples")
    ]
    assert lacking == []


def faults(schema, value):
    validator = jsonschema.Draft202012Validator(
        schema | {"components": DOCUMENT["components"]},
        format_checker=jsonschema.FormatChecker(),
    )
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]


def test_each_example_keeps_to_its_schema():
    found = {where: faults(schema, value) for where, schema, value in examples()}
    assert len(found) > len(OPERATIONS)
    assert {where: wrong for where, wrong in found.items() if wrong} == {}


def test_a_wrong_example_would_be_found():
    room = {"$ref": "#/components/schemas/RoomOutput"}
    assert "$.id: 'Room 2' is not a 'uuid'" in faults(room, {"id": "Room 2"})


def test_operations_have_names_of_their_own():
    count = sum(len(methods) for methods in DOCUMENT["paths"].values())
    assert len(OPERATIONS) == count
    assert [name for name in OPERATIONS if not re.fullmatch(r"[a-z]+(_[a-z]+)+", name)] == []


def test_enumerations_have_names_of_their_own():
    named = [name for name in DOCUMENT["components"]["schemas"] if name.endswith("Enum")]
    assert [name for name in named if re.search(r"[0-9a-fA-F]{3}Enum", name)] == []
    assert "PhaseKindEnum" in named


def test_every_tag_is_described_and_used():
    described = {tag["name"] for tag in DOCUMENT["tags"] if tag["description"]}
    assert {tag for _, operation in OPERATIONS.values() for tag in operation["tags"]} == described


def test_every_operation_and_parameter_says_what_it_is():
    silent = [
        (name, parameter["name"])
        for name, (_, operation) in OPERATIONS.items()
        for parameter in operation.get("parameters", [])
        if not parameter.get("description")
    ]
    assert silent == []
    assert [name for name, (_, operation) in OPERATIONS.items() if not operation["summary"]] == []


def test_every_reference_leads_somewhere():
    for reference in set(references(DOCUMENT)):
        found = DOCUMENT
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]


def test_one_signs_in_by_token_or_session():
    schemes = DOCUMENT["components"]["securitySchemes"]
    assert {name: (s["in"], s["name"]) for name, s in schemes.items()} == {
        "token": ("header", "Authorization"),
        "session": ("cookie", "sessionid"),
    }
    open_to_all = [n for n, (_, o) in OPERATIONS.items() if {} in o.get("security", [{}])]
    assert open_to_all == ["auth_token_create"]


def test_versions_and_repeats_are_described_where_they_hold():
    _, booking = OPERATIONS["appointments_create"]
    _, change = OPERATIONS["appointments_partial_update"]
    _, cancelling = OPERATIONS["appointments_cancellation"]
    _, shown = OPERATIONS["appointments_retrieve"]
    headers = {
        name: sorted(p["name"] for p in operation.get("parameters", []) if p["in"] == "header")
        for name, operation in (
            ("booking", booking), ("change", change), ("cancelling", cancelling), ("shown", shown),
        )
    }  # fmt: skip
    assert headers == {
        "booking": ["Idempotency-Key"],
        "change": ["If-Match"],
        "cancelling": ["Idempotency-Key", "If-Match"],
        "shown": ["If-None-Match"],
    }
    assert sorted(booking["responses"]["201"]["headers"]) == ["ETag", "Idempotent-Replayed"]
    assert "304" in shown["responses"]
    assert "412" in change["responses"]
    assert "412" not in booking["responses"]
    assert list(SAID_BY_ALL["TooMany"]["headers"]) == ["Retry-After"]


def test_what_a_role_may_not_read_is_not_promised():
    schemas = DOCUMENT["components"]["schemas"]
    for schema, field in (
        ("ClientOutput", "current_phase"), ("AttendanceOutput", "phase"),
        ("AppointmentOutput", "remark"), ("AppointmentOutput", "cancel_reason"),
        ("ReminderOutput", "address"), ("InboundDetailOutput", "sender"),
        ("CareTeamOutput", "reason"), ("StaffOutput", "memberships"),
        ("PaginatedClientOutputList", "voided"), ("PaginatedClientOutputList", "until"),
    ):  # fmt: skip
        assert field in schemas[schema]["properties"]
        assert field not in schemas[schema].get("required", []), (schema, field)
