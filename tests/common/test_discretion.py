"""No text to a client tells a stranger what it is about."""

import datetime as dt

import pytest

from appointments.texts import reminder_texts
from clients.models import Channel
from common.discretion import disclosing_words
from messaging.texts import HELP_TEXT, OPT_OUT_TEXT
from organization.models import Language

GSM7 = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("your REHAB visit", ["REHAB"]),
        ("tratamiento", ["tratamiento"]),
        ("Clínica Central", ["Clínica"]),
        ("\uff44\uff45\uff54\uff4f\uff58 unit", ["detox"]),  # full-width letters
        ("post-detox group", ["post-detox"]),
        ("counselor's office", ["counselor's"]),
        ("methadone dosing", ["methadone", "dosing"]),
        ("Elm St", []),
        ("Metha Ann, Addison, Mattie, Court St", []),
        ("see you at the library", []),
    ],
)
def test_disclosing_words_are_found_whatever_their_form(text, words):
    assert disclosing_words(text) == words


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("channel", list(Channel))
@pytest.mark.parametrize("link", [False, True])
def test_the_default_reminders_disclose_nothing_on_any_day(language, channel, link):
    for day in range(366):
        subject, text = reminder_texts(
            channel=channel, language=language, greeting_name="Sam", discreet_place="Elm St",
            starts_at=dt.datetime(2028, 1, 1, 20, 30, tzinfo=dt.UTC) + dt.timedelta(days=day),
            zone="America/Chicago", sms_has_link=link,
        )  # fmt: skip
        assert disclosing_words(f"{subject} {text}") == []


@pytest.mark.parametrize("language", list(Language))
def test_a_default_text_message_is_one_gsm_segment_for_ordinary_names(language):
    for day in range(366):
        _, text = reminder_texts(
            channel=Channel.SMS, language=language, greeting_name="Alexandra",
            discreet_place="Oak Ave", zone="America/Chicago", sms_has_link=False,
            starts_at=dt.datetime(2028, 1, 1, 20, 30, tzinfo=dt.UTC) + dt.timedelta(days=day),
        )  # fmt: skip
        assert set(text) <= GSM7
        assert len(text) <= 160


def test_a_reminder_says_day_time_place_and_how_to_answer_and_no_more():
    _, text = reminder_texts(
        channel=Channel.SMS, language=Language.ENGLISH, greeting_name="Sam",
        starts_at=dt.datetime(2026, 11, 24, 20, 30, tzinfo=dt.UTC), zone="America/Chicago",
        discreet_place="Elm St", sms_has_link=False,
    )  # fmt: skip
    assert text == (
        "Hi Sam, you have an appointment Tue, Nov 24 2:30 PM at Elm St. "
        "Reply 1 to confirm, 2 to change. STOP to opt out."
    )


@pytest.mark.parametrize("texts", [OPT_OUT_TEXT, HELP_TEXT])
def test_the_outbox_own_answers_disclose_nothing_and_are_plain(texts):
    for text in texts.values():
        assert disclosing_words(text) == []
        assert set(text.replace("{", "").replace("}", "")) <= GSM7
