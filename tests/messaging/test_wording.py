"""Words that staff write hold the known fields, by their bare names, and reach nothing else."""

import pytest

from messaging.wording import BadField, field_faults, fields_in, fill


@pytest.mark.parametrize(
    "text",
    [
        "{greeting_name.__class__}", "{day[0]}", "{0}", "{}", "{day!r}", "{day:>9}", "{day:{time}}",
        "{day", "day}", "{ day }",
    ],
)  # fmt: skip
def test_braces_hold_a_bare_name_and_nothing_else(text):
    with pytest.raises(BadField):
        fields_in(text)
    with pytest.raises(BadField):
        fill(text, {"day": "Tue", "time": "9:00 AM", "greeting_name": "Sam"})
    [fault] = field_faults(text, field="body")
    assert (fault.field, fault.code) == ("body", "bad_field")
    assert fault.detail == (
        "Braces hold a field's bare name, and nothing else. "
        "The fields are {greeting_name}, {day}, {time}, {discreet_place}, {link}."
    )


def test_an_unknown_field_is_named_once_with_those_there_are():
    [fault] = field_faults("{name} {day} {name}", field="subject", allowed={"day", "time"})
    assert (fault.field, fault.code) == ("subject", "unknown_field")
    assert fault.detail == "There is no field {name} here, only {day}, {time}."
    assert field_faults("{day} {time}", field="subject", allowed={"day", "time"}) == []


def test_what_is_filled_in_is_not_read_as_words_again():
    values = {"greeting_name": "{day}", "day": "Tue"}
    assert fill("Hi {greeting_name}, {{see}} you {day}", values) == "Hi {day}, {see} you Tue"


def test_a_field_without_a_value_is_a_fault():
    with pytest.raises(KeyError):
        fill("{day}", {})
