"""What is found, in which order, and by which indexes."""

import datetime as dt

import pytest
from django.db import connection

from clients.models import Client
from clients.search import search_clients
from clients.services import create_client
from common.errors import Invalid

pytestmark = pytest.mark.django_db


def named(house, first, last, chosen="", by=None):
    return create_client(
        facility=house.elm, by=by or house.ana, legal_first_name=first, legal_last_name=last,
        chosen_name=chosen, birth_date=dt.date(1990, 5, 17),
    )  # fmt: skip


def found(house, text, by=None):
    return [client.name for client in search_clients(by or house.ana, text).clients]


def test_whole_names_come_before_beginnings_and_those_before_parts(house):
    for first, last in (("Joanna", "Bell"), ("Ann", "Zorn"), ("Anna", "Adler"), ("Hanna", "Cole")):
        named(house, first, last)
    assert found(house, "ann") == ["Ann Zorn", "Anna Adler", "Joanna Bell", "Hanna Cole"]


def test_an_exact_number_comes_first(house):
    client = named(house, "Kim", "Ash")
    digits = client.record_number[1:]
    named(house, digits, "Adler")
    assert found(house, client.record_number)[0] == "Kim Ash"
    assert "Kim Ash" in found(house, digits[-3:])


@pytest.mark.parametrize(
    "text",
    ["nunez", "NÚÑEZ", "obrien", "O'Brien", "o\u2019brien nu", "mary ann", "mary-ann", "max"],
)
def test_accents_hyphens_and_apostrophes_make_no_difference(house, text):
    named(house, "Mary-Ann", "O\u2019Brien Núñez", chosen="Max")
    assert found(house, text) == ["Max O\u2019Brien Núñez"]


def test_two_letters_find_the_beginnings_of_names_alone(house):
    named(house, "Ana", "Bell")
    named(house, "Joan", "Cole")
    assert found(house, "an") == ["Ana Bell"]
    assert found(house, "j co") == ["Joan Cole"]


def test_too_little_is_refused_with_the_way_out(house):
    for text in ("a", "a b", "..", "'"):
        with pytest.raises(Invalid, match="at least two letters"):
            search_clients(house.ana, text)


def test_of_a_client_who_is_not_seen_a_search_knows_nothing(house):
    hidden = named(house, "Robin", "Ash", by=house.cleo)
    for text in ("robin", "Robin Ash", hidden.record_number, hidden.record_number[-4:]):
        assert found(house, text) == []
    assert found(house, "robin", by=house.cleo) == ["Robin Ash"]


@pytest.mark.parametrize(
    ("condition", "index"),
    [
        ("names LIKE '%amir%'", "client_search"),
        ("names LIKE '% am%'", "client_search"),
        ("record_number LIKE '%0123'", "client_search"),
        ("name_key IN ('robin|ash', 'ash|robin')", "client_name_key"),
        ("birth_date = '1990-05-17'", "client_birth_date"),
    ],
)
def test_every_condition_has_its_index(house, condition, index):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN SELECT id FROM clients_client WHERE {condition}")
        plan = " ".join(line for (line,) in cursor.fetchall())
    assert f"Bitmap Index Scan on {index}" in plan or f"using {index}" in plan
    assert Client.objects.count() == 0
