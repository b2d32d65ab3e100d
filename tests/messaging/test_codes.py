"""The table of providers' codes is whole, and says what the channels rely on."""

import csv
from urllib.parse import urlsplit

import pytest

from messaging.channels.base import Fate
from messaging.channels.codes import FATE_OF_KIND, TABLE, meaning


@pytest.fixture(scope="module")
def rows():
    with TABLE.open(newline="") as lines:
        return list(csv.DictReader(lines))


def test_it_has_at_least_sixty_codes_and_none_twice(rows):
    keys = [(row["provider"], row["code"]) for row in rows]
    assert len(keys) >= 60
    assert len(set(keys)) == len(keys)


def test_every_row_is_complete_and_of_a_known_kind(rows):
    for row in rows:
        assert row["kind"] in FATE_OF_KIND, row
        assert row["marks"] in {"", "dead_address", "opted_out"}, row
        assert row["meaning"].endswith("."), row
        assert urlsplit(row["source"]).scheme == "https", row


def test_every_kind_and_mark_occurs(rows):
    assert {row["kind"] for row in rows} == set(FATE_OF_KIND)
    assert {row["marks"] for row in rows} == {"", "dead_address", "opted_out"}


def test_only_what_is_refused_for_good_marks_an_address(rows):
    assert {row["kind"] for row in rows if row["marks"]} == {"permanent"}


def test_an_enhanced_code_of_class_4_is_never_permanent(rows):
    found = {row["kind"] for row in rows if row["code"].startswith("4.")}
    assert found == {"transient", "account"}


def test_a_code_is_looked_up_by_its_provider():
    gone = meaning("twilio", "30005")
    assert gone is not None
    assert (gone.fate, gone.dead_address) == (Fate.PERMANENT, True)
    assert meaning("smtp", "30005") is None
