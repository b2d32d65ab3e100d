"""Names are one line, and read as they were written."""

import pytest
from django.core.exceptions import ValidationError

from common.names import validate_name


@pytest.mark.parametrize(
    "name",
    [
        "Ana López",
        "Zoë O\u2019Neil-Núñez",
        "李小龍",
        "\u0645\u062d\u0645\u062f",
        "\u0645\u06cc\u200c\u062e\u0648",
        "Ben Okafor Jr.",
    ],
)
def test_names_of_many_scripts_are_taken(name):
    validate_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "Ana\nBcc: all@example.org",
        "Ana\rLopez",
        "Ana\x00",
        "Ana\u2028Lopez",
        "Ana\u202ezepoL",
        "\u2066Ana\u2069",
        "Ana\u200fLopez",
        "Ana\ue000",
    ],
)
def test_line_breaks_and_marks_that_turn_reading_around_are_refused(name):
    with pytest.raises(ValidationError) as refused:
        validate_name(name)
    assert refused.value.code == "unseen_characters"
