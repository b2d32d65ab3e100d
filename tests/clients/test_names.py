"""Names made comparable: the database and the code do the same, and alike means alike."""

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clients.models import Client
from clients.names import SIMILAR, likeness, name_key, plain_name

NAMES = ["O\u2019Brien", "O'Brien", "Mary-Ann", "Núñez", "ÅSE", "Nu\u0301n\u0303ez", "Straße", "St. John", "Šimůnek"]  # fmt: skip
WORDS = st.text("abc de", min_size=1, max_size=12)


@pytest.mark.django_db
@pytest.mark.parametrize("name", NAMES)
def test_the_database_and_the_code_compare_names_alike(house, name):
    client = house.client(name=name)
    stored = Client.objects.get(pk=client.pk)
    assert stored.names == f" {plain_name(name)} rivera  "
    assert stored.name_key == name_key(name, "Rivera")


@pytest.mark.django_db
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(one=WORDS, other=WORDS)
def test_likeness_is_what_pg_trgm_says(db, one, other):
    with connection.cursor() as cursor:
        cursor.execute("SELECT similarity(%s, %s)", [one, other])
        (told,) = cursor.fetchone()
    assert likeness(one, other) == pytest.approx(told, abs=1e-6)


@pytest.mark.parametrize(
    ("one", "other", "similar"),
    [
        ("robin ash", "robin ash", True),
        ("robin ash", "ash robin", True),
        ("robin ash", "robyn ash", True),
        ("catherine moore", "katherine moore", True),
        ("maria del carmen lopez", "maria lopez", True),
        ("sam rivera", "kim rivera", False),
        ("robin ash", "robin oak", False),
        ("", "robin ash", False),
    ],
)
def test_which_names_are_similar(one, other, similar):
    assert (likeness(one, other) >= SIMILAR) is similar
