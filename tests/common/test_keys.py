"""A key is 32 bytes in strict base64; whatever merely resembles one seals nothing."""

import base64

import pytest

from common.crypto import blind_index, encrypt
from common.keys import key_bytes, looks_random

KEY = base64.b64encode(bytes(range(32))).decode()


def test_a_key_is_its_32_bytes():
    assert key_bytes(KEY) == bytes(range(32))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "has 0 bytes instead of 32"),
        (base64.b64encode(bytes(range(16))).decode(), "has 16 bytes instead of 32"),
        (base64.b64encode(bytes(range(33))).decode(), "has 33 bytes instead of 32"),
        (KEY.rstrip("="), "is not base64"),
        (f"{KEY}\n", "is not base64"),
        (f"{KEY[:20]} {KEY[20:]}", "is not base64"),
        (f"{KEY[:-2]}9=", "is not base64"),  # bits behind the last byte
        (KEY.replace("A", "_"), "is not base64"),
        ("é" * 44, "is not base64"),
    ],
)
def test_what_is_no_key_is_refused_and_not_repeated(settings, text, words):
    with pytest.raises(ValueError, match=f"^{words}$"):
        key_bytes(text)
    settings.FIELD_KEYS, settings.BLIND_INDEX_KEY = {"k1": text}, text
    with pytest.raises(ValueError, match=words):
        encrypt("kept", "a.b:1")
    with pytest.raises(ValueError, match=words):
        blind_index("kept", "address")


def test_zeros_and_repeated_words_do_not_look_random():
    assert looks_random(bytes(range(32)))
    assert not looks_random(bytes(32))
    assert not looks_random(b"casework" * 4)
