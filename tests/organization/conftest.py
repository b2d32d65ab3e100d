"""What tests of accounts share."""

import re

import pytest

from organization.models import User
from organization.roles import Role
from organization.services.staff import hire
from tests.people import PASSWORD

TOKEN = re.compile(r"/accounts/link/([\w-]+)/")


@pytest.fixture
def ada(house) -> User:
    """Elm St's administrator."""
    return house.administrator


@pytest.fixture
def eve(house) -> User:
    """A second administrator of Elm St."""
    return hire(
        email="eve@casework.example", full_name="Eve Lund", facility=house.elm,
        role=Role.ADMINISTRATOR, password=PASSWORD,
    )  # fmt: skip


@pytest.fixture
def otto(house) -> User:
    """The administrator of Oak Ave."""
    return hire(
        email="otto@casework.example", full_name="Otto Berg", facility=house.oak,
        role=Role.ADMINISTRATOR, password=PASSWORD,
    )  # fmt: skip


@pytest.fixture
def token_in(mailoutbox):
    """The token of the link in the newest mail."""

    def newest() -> str:
        return TOKEN.search(mailoutbox[-1].body).group(1)

    return newest
