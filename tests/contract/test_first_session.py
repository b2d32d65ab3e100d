"""The session that docs/api.md shows: its addresses, methods and bodies are the description's."""

import json
import re

from tests.contract.document import PATH, committed
from tests.contract.test_document import faults

DOCUMENT = committed()
IN_BRACES = re.compile(r"\{\w+\}")


AN_ID = "019abf00-0000-7000-8000-00000000c001"
FROM_EARLIER = {
    '$(echo "$visit" | jq -r .id)': AN_ID,
    "'$facility'": AN_ID,
    "'$client'": AN_ID,
    "'$me'": AN_ID,
    "'$day'": "2027-01-05",
    "$day": "2027-01-05",
    "=$me": f"={AN_ID}",
}
"""What the shell fills in from the answers before."""


def commands():
    text = (PATH.parent / "api.md").read_text()
    session = re.search(r"## A first session by curl.*?```sh\n(.*?)```", text, re.DOTALL).group(1)
    for variable, value in FROM_EARLIER.items():
        assert variable in session
        session = session.replace(variable, value)
    for found in re.finditer(r"\$api(/\S*)([^$]*)", session):
        address, rest = found.groups()
        address = address.rstrip(')"').partition("?")[0]
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
    methods = ["post", "get", "get", "get", "post", "post", "get", "delete"]
    assert [method for method, _, _ in found] == methods
    for method, address, body in found:
        operation = described(method, address)
        if body is not None:
            schema = operation["requestBody"]["content"]["application/json"]["schema"]
            assert faults(schema, body) == [], address
