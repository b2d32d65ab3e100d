"""Length, encoding and parts of a text message, against the standard's own numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.segments import BASIC, EXTENDED, Measure, measure, not_gsm

GSM = st.text(alphabet=sorted(BASIC | EXTENDED))
ANY = st.text(alphabet=st.characters(exclude_categories=["Cs"]))


def test_the_alphabet_has_the_standards_size():
    assert len(BASIC) == 127  # 128 places, one of which is the escape
    assert len(EXTENDED) == 10
    assert not BASIC & EXTENDED


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Measure("GSM-7", 0, 1, 160, 160)),
        ("a" * 160, Measure("GSM-7", 160, 1, 160, 0)),
        ("a" * 161, Measure("GSM-7", 161, 2, 153, 145)),
        ("a" * 306, Measure("GSM-7", 306, 2, 153, 0)),
        ("a" * 307, Measure("GSM-7", 307, 3, 153, 152)),
        ("€" * 80, Measure("GSM-7", 160, 1, 160, 0)),
        ("ñ" * 160, Measure("GSM-7", 160, 1, 160, 0)),
        ("á" * 70, Measure("UCS-2", 70, 1, 70, 0)),
        ("á" * 71, Measure("UCS-2", 71, 2, 67, 63)),
        ("á" * 134, Measure("UCS-2", 134, 2, 67, 0)),
        ("😀" * 35, Measure("UCS-2", 70, 1, 70, 0)),
        ("a" * 159 + "á", Measure("UCS-2", 160, 3, 67, 41)),
    ],
)
def test_known_lengths(text, expected):
    assert measure(text) == expected


def test_an_escaped_character_is_not_cut_in_two():
    # 152 and a pair: the pair goes to the second part whole, and so the third is needed.
    assert measure("a" * 152 + "€" + "a" * 152) == Measure("GSM-7", 306, 3, 153, 152)
    assert measure("a" * 153 + "€" + "a" * 151) == Measure("GSM-7", 306, 2, 153, 0)


def test_a_surrogate_pair_is_not_cut_in_two():
    assert measure("á" * 66 + "😀" + "á" * 66) == Measure("UCS-2", 134, 3, 67, 66)
    assert measure("á" * 67 + "😀" + "á" * 65) == Measure("UCS-2", 134, 2, 67, 0)


def test_what_forces_the_longer_encoding_is_named_once_in_order():
    assert not_gsm("Cita el miércoles, mañana: sábado, qué") == ["á"]
    assert not_gsm("“Hi” … “you”") == ["“", "”", "…"]
    assert not_gsm("[{€}]") == []


@given(GSM)
def test_the_alphabets_own_characters_never_force_it(text):
    assert measure(text).encoding == "GSM-7"


@given(ANY)
def test_the_parts_hold_the_text_and_none_is_too_many(text):
    found = measure(text)
    assert (found.encoding == "UCS-2") == bool(not_gsm(text))
    if found.encoding == "UCS-2":
        assert found.units == len(text.encode("utf-16-le")) // 2
    if found.segments == 1:
        assert found.left == found.per_segment - found.units
    else:
        room = found.segments * found.per_segment
        assert found.units + found.left <= room
        # At most one unit of each part but the last is lost to a pair that did not fit.
        assert found.units + found.left >= room - (found.segments - 1)
        assert 0 <= found.left < found.per_segment


@given(GSM, st.sampled_from(sorted(BASIC | EXTENDED)))
def test_more_text_never_takes_fewer_parts(text, more):
    assert measure(text + more).segments >= measure(text).segments
