"""What the built-in texts say, for each kind of message, language and channel."""

import datetime as dt

import pytest

from appointments.texts import ANSWERED, KEYS, VERSION, message_texts
from clients.models import Channel
from common.discretion import disclosing_words
from messaging.segments import measure
from messaging.wording import Wording
from organization.models import Language

WEDNESDAY = dt.datetime(2026, 11, 25, 16, 30, tzinfo=dt.UTC)  # 10:30 in Chicago
LATER = dt.datetime(2026, 11, 25, 18, 15, tzinfo=dt.UTC)  # 12:15
EVERY = [(key, language) for key in KEYS for language in Language]


def said(key, channel, language, **changes):
    values = {
        "key": key, "channel": channel, "language": language, "greeting_name": "Sam",
        "starts_at": [WEDNESDAY], "zone": "America/Chicago", "discreet_place": "Elm St",
        "sms_has_link": False, "wording": None,
    }  # fmt: skip
    return message_texts(**(values | changes))


@pytest.mark.parametrize(("key", "language"), EVERY)
def test_a_text_message_is_one_gsm_part_for_the_longest_names_and_two_times(key, language):
    _, text, _ = said(
        key, Channel.SMS, language, greeting_name="N" * 20, discreet_place="P" * 20,
        starts_at=[WEDNESDAY, LATER],
    )  # fmt: skip
    found = measure(text)
    assert (found.encoding, found.segments) == ("GSM-7", 1), (found.units, text)


@pytest.mark.parametrize(("key", "language"), EVERY)
@pytest.mark.parametrize("channel", Channel)
@pytest.mark.parametrize("link", [False, True])
def test_the_texts_disclose_nothing(key, language, channel, link):
    subject, text, _ = said(key, channel, language, sms_has_link=link)
    assert disclosing_words(f"{subject} {text}") == []


@pytest.mark.parametrize(("key", "language"), EVERY)
def test_only_what_can_be_answered_says_how(key, language):
    _, text, _ = said(key, Channel.SMS, language, sms_has_link=True)
    _, mail, _ = said(key, Channel.EMAIL, language)
    answered = key in ANSWERED
    assert ("1" in text.replace("10:30", ""), "{link}" in text, "{link}" in mail) == (
        answered, answered, answered,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("booked", "Hi Sam, your appointment is Wed, Nov 25 10:30 AM at Elm St.{answer}"),
        ("moved", "Hi Sam, your appointment is now Wed, Nov 25 10:30 AM at Elm St.{answer}"),
        ("cancelled", "Hi Sam, your appointment Wed, Nov 25 10:30 AM at Elm St is cancelled."),
        ("no_show", "Hi Sam, we missed you Wed, Nov 25 10:30 AM at Elm St. Call us for another time."),
    ],
)  # fmt: skip
def test_notices_as_they_read(key, text):
    whole = text.replace("{answer}", " Reply 1 to confirm, 2 to change.") + " STOP to opt out."
    assert said(key, Channel.SMS, Language.ENGLISH) == ("", whole, VERSION)


def test_one_days_visits_are_told_in_their_order():
    both = {"starts_at": [LATER, WEDNESDAY]}
    _, english, _ = said("reminder", Channel.SMS, Language.ENGLISH, **both)
    _, spanish, _ = said("reminder", Channel.SMS, Language.SPANISH, **both)
    assert "Wed, Nov 25 10:30 AM, 12:15 PM at Elm St." in english
    assert "mie 25 nov 10:30, 12:15 en Elm St." in spanish


def test_a_facilitys_own_words_take_the_built_in_ones_place():
    own = Wording("See you {day}", "{greeting_name}: {day} {time}, {link}", "own-3")
    assert said("reminder", Channel.EMAIL, Language.ENGLISH, wording=own) == (
        "See you Wed, Nov 25", "Sam: Wed, Nov 25 10:30 AM, {link}", "own-3",
    )  # fmt: skip
