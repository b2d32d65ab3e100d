"""The session that docs/api.md shows: its addresses, methods and bodies are the description's."""

import json
import re

from tests.contract.document import PATH, committed
from tests.contract.test_document import faults

DOCUMENT = committed()
IN_BRACES = re.compile(r"\{\w+\}")


def commands():
    text = (PATH.parent / "api.md").read_text()
    session = re.search(r"## A first session by curl.*?```sh\n(.*?)```", text, re.DOTALL).group(1)
    for found in re.finditer(r"\$api(/\S*)([^$]*)", session):
        address, rest = found.groups()
        line = session[session.rfind("\n", 0, found.start()) + 1 : found.start()]
        body = re.search(r"-d '(.*?)'", rest, re.DOTALL)
        method = "delete" if "-X DELETE" in line else "post" if body else "get"
        yield method, f"/api/v1{address}", json.loads(body.group(1)) if body else None


def described(method, address):
    """The operation at this address; a word of the address goes before an id."""
    for path, methods in sorted(DOCUMENT["paths"].items(), key=lambda item: "{" in item[0]):
        if re.fullmatch(IN_BRACES.sub("[^/]+", path), address):
            return methods[method]
    raise AssertionError(address)


def test_every_command_of_the_first_session_is_one_that_the_api_knows():
    found = list(commands())
    assert [method for method, _, _ in found] == ["post", "get", "post", "post", "get", "delete"]
    for method, address, body in found:
        operation = described(method, address)
        if body is not None:
            schema = operation["requestBody"]["content"]["application/json"]["schema"]
            assert faults(schema, body) == [], address
