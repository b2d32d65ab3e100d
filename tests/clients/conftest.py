"""What the tests of clients share."""

import pytest


@pytest.fixture
def ana(house, api):
    """The API, with Ana signed in."""
    api.force_authenticate(house.ana)
    return api
