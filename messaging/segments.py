"""How many parts a text message is sent in, counted as networks count.

The alphabet is the GSM 7 bit default alphabet with its extension table, 3GPP TS 23.038 §6.2.1 and
§6.2.1.1; one character outside of them and the whole text goes as UCS-2. A text that does not fit
one part loses room in each for the header that joins them (TS 23.040 §9.2.3.24.1).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = frozenset("\f^{}\\[~]|€")
"""Sent as two: an escape and a character."""

Encoding = Literal["GSM-7", "UCS-2"]
ALONE: dict[Encoding, int] = {"GSM-7": 160, "UCS-2": 70}
JOINED: dict[Encoding, int] = {"GSM-7": 153, "UCS-2": 67}


@dataclass(frozen=True)
class Measure:
    """What a text takes: `units` are septets or UTF-16 code units; `left` fit its last part."""

    encoding: Encoding
    units: int
    segments: int
    per_segment: int
    left: int


def not_gsm(text: str) -> list[str]:
    """The characters that make a text UCS-2, each once, in order."""
    return [c for c in dict.fromkeys(text) if c not in BASIC and c not in EXTENDED]


def measure(text: str) -> Measure:
    """The encoding, length and parts of a text. The empty one is one part, too."""
    encoding: Encoding = "UCS-2" if not_gsm(text) else "GSM-7"
    widths = [_width(character, encoding) for character in text]
    units = sum(widths)
    if units <= ALONE[encoding]:
        return Measure(encoding, units, 1, ALONE[encoding], ALONE[encoding] - units)
    segments, in_last = _packed(widths, JOINED[encoding])
    return Measure(encoding, units, segments, JOINED[encoding], JOINED[encoding] - in_last)


def _width(character: str, encoding: Encoding) -> int:
    if encoding == "GSM-7":
        return 2 if character in EXTENDED else 1
    return 2 if ord(character) > 0xFFFF else 1


def _packed(widths: Iterable[int], room: int) -> tuple[int, int]:
    """Parts, and what the last one holds: a character of two units is never cut in two."""
    segments, held = 1, 0
    for width in widths:
        if held + width > room:
            segments, held = segments + 1, 0
        held += width
    return segments, held
