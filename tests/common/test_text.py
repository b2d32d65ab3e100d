"""Texts of one line: what is kept, and what is refused."""

import unicodedata

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from common.text import JOINERS, TURNING_ROUND, plain_line, validate_plain_line


def refusal(value):
    with pytest.raises(ValidationError) as refused:
        validate_plain_line(value)
    return refused.value.code


@pytest.mark.parametrize(
    "name",
    [
        "Robin",
        "O\u2019Brien",
        "Mary-Ann",
        "Núñez",
        "Ji-woo 지우",
        "عمر",
        "नमन‍",
        "Ó Súilleabháin",
        "李小龍",
        "\u0645\u06cc\u200c\u062e\u0648",
        "Ben Okafor Jr.",
    ],
)
def test_names_of_every_script_are_taken(name):
    validate_plain_line(name)


@pytest.mark.parametrize("end", ["\n", "\r", "\v", "\f", "\x85", "\u2028", "\u2029"])
def test_a_line_break_is_refused(end):
    assert refusal(f"Robin{end}Ash") == "line_break"


@pytest.mark.parametrize("code", [0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)])
def test_every_mark_that_turns_the_direction_round_is_refused(code):
    assert refusal(f"Robin{chr(code)}") == "direction_mark"


@pytest.mark.parametrize("nothing", ["", " ", "\u00a0", "\u200b", " \u200d\ufeff "])
def test_what_shows_nothing_is_refused(nothing):
    assert refusal(nothing) == "blank"


def test_a_control_character_is_refused():
    assert refusal("Ro\x07bin") == "control_character"


@pytest.mark.parametrize(
    "unseen", ["\u200b", "\u00ad", "\u061c", "\ufeff", "\ue000", "\U000e0001", "\u0378", "\ud800"]
)
def test_a_character_that_nobody_sees_is_refused_within_a_name(unseen):
    assert refusal(f"Ro{unseen}bin") == "unseen_character"


def test_it_is_kept_composed_and_without_space_around_it():
    assert plain_line("  Nu\u0301n\u0303ez \u00a0") == "Núñez"


@given(st.text(max_size=30))
def test_what_is_accepted_holds_nothing_that_misleads(value):
    try:
        validate_plain_line(value)
    except ValidationError:
        return
    assert not TURNING_ROUND.intersection(value)
    assert len(value.splitlines()) == 1
    shown = {unicodedata.category(character) for character in value if character not in JOINERS}
    assert shown.isdisjoint({"Cc", "Cf", "Cs", "Co", "Cn"})
