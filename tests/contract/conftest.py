"""Names for generated tests."""

import pytest
from _pytest.nodeid import NodeId


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """Each by its operation: schemathesis gives all of a test's items one id, and pytest-xdist runs
    what has one id once."""
    for item in items:
        if not item.nodeid.endswith(item.name):
            item._id = NodeId.parse(f"{item.nodeid.rpartition('::')[0]}::{item.name}")
