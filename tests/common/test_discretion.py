"""No text to a client tells a stranger what it is about."""

import datetime as dt
import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appointments.texts import KEYS, message_texts
from clients.models import Channel
from common import discretion
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
        ("Clinton, Uriney, Abste, Orinda Ave, Uaine", []),
        (
            "Rehaberg, Soberanes St",
            ["Rehaberg", "Soberanes"],
        ),  # better a name too many than “Rehabworks”
        ("Clint, Adela, Terrance, Teresa, Dolores, Dosia, Mentor Ave", []),
        (
            "sober living, sobriety, relapsed, overdosing",
            ["sober", "sobriety", "relapsed", "overdosing"],
        ),
        (
            "Suboxone Vivitrol Narcan Brixadi naltrexone",
            ["Suboxone", "Vivitrol", "Narcan", "Brixadi", "naltrexone"],
        ),
        ("urine test, UA, AA, 12-step, on parole", ["urine", "UA", "AA", "12-step", "parole"]),
        (
            "rehabilitación, sobriedad, recaída, consejería",
            ["rehabilitación", "sobriedad", "recaída", "consejería"],
        ),
        (
            "buprenorfina, metanfetamina, libertad condicional",
            ["buprenorfina", "metanfetamina", "condicional"],
        ),
        ("see you at the library", []),
    ],
)
def test_disclosing_words_are_found_whatever_their_form(text, words):
    assert disclosing_words(text) == words


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("channel", list(Channel))
@pytest.mark.parametrize("link", [False, True])
def test_the_default_texts_disclose_nothing_on_any_day(key, language, channel, link):
    for day in range(366):
        subject, text, _ = message_texts(
            key=key,
            channel=channel, language=language, greeting_name="Sam", discreet_place="Elm St",
            starts_at=[dt.datetime(2028, 1, 1, 20, 30, tzinfo=dt.UTC) + dt.timedelta(days=day)],
            zone="America/Chicago", sms_has_link=link,
        )  # fmt: skip
        assert disclosing_words(f"{subject} {text}") == []


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("language", list(Language))
def test_a_default_text_message_is_one_gsm_segment_for_ordinary_names(key, language):
    for day in range(366):
        _, text, _ = message_texts(
            key=key,
            channel=Channel.SMS, language=language, greeting_name="Alexandra",
            discreet_place="Oak Ave", zone="America/Chicago", sms_has_link=False,
            starts_at=[dt.datetime(2028, 1, 1, 20, 30, tzinfo=dt.UTC) + dt.timedelta(days=day)],
        )  # fmt: skip
        assert set(text) <= GSM7
        assert len(text) <= 160


def test_a_reminder_says_day_time_place_and_how_to_answer_and_no_more():
    _, text, _ = message_texts(
        channel=Channel.SMS, language=Language.ENGLISH, greeting_name="Sam",
        starts_at=[dt.datetime(2026, 11, 24, 20, 30, tzinfo=dt.UTC)], zone="America/Chicago",
        discreet_place="Elm St", sms_has_link=False,
    )  # fmt: skip
    assert text == (
        "Hi Sam, you have an appointment Tue, Nov 24 2:30 PM at Elm St. "
        "Reply 1 to confirm, 2 to change. STOP to opt out."
    )


def test_several_visits_of_a_day_are_told_with_all_their_times():
    _, text, _ = message_texts(
        channel=Channel.SMS, language=Language.SPANISH, greeting_name="Sam",
        starts_at=[dt.datetime(2026, 11, 24, hour, 30, tzinfo=dt.UTC) for hour in (15, 20)],
        zone="America/Chicago", discreet_place="Elm St", sms_has_link=False,
    )  # fmt: skip
    assert text == (
        "Hola Sam, tiene una cita mar 24 nov 9:30, 14:30 en Elm St. "
        "Responda 1 para confirmar, 2 para cambiar. STOP para no recibir."
    )


@pytest.mark.parametrize("texts", [OPT_OUT_TEXT, HELP_TEXT])
def test_the_outbox_own_answers_disclose_nothing_and_are_plain(texts):
    for text in texts.values():
        assert disclosing_words(text) == []
        assert set(text.replace("{", "").replace("}", "")) <= GSM7


def word_by_word(text):
    """The rule without its shortcut: every word, and every part of one, plainly."""
    stems, whole = discretion._words()
    found = []
    for match in discretion.WORD.finditer(unicodedata.normalize("NFKC", text)):
        word = match.group()
        parts = [discretion.plain(part) for part in (word, *re.split(r"['-]", word))]
        if any(part in whole or part.startswith(stems) for part in parts):
            found.append(word)
    return found


STEMS, WHOLE = discretion._words()
PIECES = [
    *STEMS, *sorted(WHOLE), "Sam", "Confirm", "\u0301", "\u0338", "'", "-", "_", "\uff44etox", "Clínica",
    "ß", "\u0130", "\ufb01", "\u0149", "\uac00", "x", "12",
]  # fmt: skip


@given(st.lists(st.tuples(st.sampled_from(PIECES), st.sampled_from(["", " ", "-", "'", "_", "\u0301", "x"])),
                min_size=1, max_size=5), st.booleans())  # fmt: skip
@settings(max_examples=1000, deadline=None)
def test_the_quick_look_finds_what_looking_word_by_word_finds(pieces, upper):
    text = "".join(word + between for word, between in pieces)
    text = text.upper() if upper else text
    assert disclosing_words(text) == word_by_word(text)
