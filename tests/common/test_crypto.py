"""Sealed columns: they open in their own place only, and never by accident."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.models import ContactPoint
from common.crypto import DecryptionError, blind_index, decrypt, encrypt


@given(st.text(max_size=300))
def test_what_was_sealed_opens_in_its_place_only(text):
    sealed = encrypt(text, "table.column:1")
    assert decrypt(sealed, "table.column:1") == text
    for elsewhere in ("table.column:2", "table.other:1", "other.column:1"):
        with pytest.raises(DecryptionError):
            decrypt(sealed, elsewhere)


def test_the_same_text_is_never_sealed_the_same_way_twice():
    assert encrypt("+12175550134", "a.b:1") != encrypt("+12175550134", "a.b:1")


def test_a_value_of_an_earlier_key_opens_after_the_key_was_changed(settings):
    old = encrypt("kept", "a.b:1")
    settings.FIELD_KEYS = {"k2": "A" * 43 + "=", **settings.FIELD_KEYS}
    assert decrypt(old, "a.b:1") == "kept"
    assert encrypt("new", "a.b:1")[1:3] == b"k2"


def test_without_its_key_a_value_does_not_open_and_says_which_key_is_missing(settings):
    sealed = encrypt("kept", "a.b:1")
    settings.FIELD_KEYS = {"k9": "A" * 43 + "="}
    with pytest.raises(DecryptionError, match="k1"):
        decrypt(sealed, "a.b:1")


def test_a_blind_index_is_the_same_for_equal_values_of_one_purpose_only():
    assert blind_index("+12175550134", "address") == blind_index("+12175550134", "address")
    assert blind_index("+12175550134", "address") != blind_index("+12175550134", "member")


@pytest.fixture
def point(house):
    return house.client(phone="217 555 0134").contact_points.get()


def test_a_row_reads_its_own_value_and_the_table_holds_none_of_it(point):
    assert ContactPoint.objects.get(pk=point.pk).value == "+12175550134"
    sealed = ContactPoint.objects.values_list("value", flat=True).get()
    assert b"5550134" not in sealed.stored
    assert repr(sealed) == "<sealed>"
    with pytest.raises(TypeError):
        str(sealed)


def test_a_value_copied_to_another_row_does_not_open(house, point):
    other = house.client(name="Kim", phone="217 555 0135").contact_points.get()
    sealed = ContactPoint.objects.values_list("value", flat=True).get(pk=point.pk)
    ContactPoint.objects.filter(pk=other.pk).update(value=sealed)
    with pytest.raises(DecryptionError):
        _ = ContactPoint.objects.get(pk=other.pk).value


def test_updates_and_filters_by_plain_value_raise(point):
    with pytest.raises(TypeError, match="sealed"):
        ContactPoint.objects.filter(pk=point.pk).update(value="+12175550199")
    with pytest.raises(TypeError, match="sealed"):
        ContactPoint.objects.filter(value="+12175550134").exists()


def test_saving_a_row_that_was_only_read_keeps_its_value(point):
    again = ContactPoint.objects.get(pk=point.pk)
    again.position = 3
    again.save()
    assert ContactPoint.objects.get(pk=point.pk).value == "+12175550134"


def test_a_deferred_value_is_fetched_when_it_is_read(point):
    assert ContactPoint.objects.defer("value").get(pk=point.pk).value == "+12175550134"
