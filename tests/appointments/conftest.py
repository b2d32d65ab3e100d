"""Sam's visit with Ana, and Ana signed in to the API."""

import pytest


@pytest.fixture
def sam(house):
    return house.client(phone="217 555 0134")


@pytest.fixture
def as_ana(house, api):
    api.force_authenticate(house.ana)
    return api


@pytest.fixture
def visit(house, sam, next_tuesday):
    return house.booked(sam, next_tuesday)
