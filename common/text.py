"""Texts of one line that people type: names above all. What can't be seen is not accepted.

A line break, or a character that turns the direction of writing round, makes a name look like
another one: on a page, in a message, in a list that is exported.
"""

import unicodedata

from django.core.exceptions import ValidationError

TURNING_ROUND = frozenset(
    chr(code) for span in ((0x200E, 0x200F), (0x202A, 0x202E), (0x2066, 0x2069))
    for code in range(span[0], span[1] + 1)
)  # fmt: skip
LINE_ENDS = frozenset("\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029")
INVISIBLE = ("Cc", "Cf", "Zs", "Zl", "Zp")
"""Unicode's categories of what leaves no ink: controls, formats, spaces, line and paragraph ends."""
UNSEEN = ("Cf", "Cs", "Co", "Cn")
"""Of formats, halves of characters, private and unassigned ones nobody sees what they are."""
JOINERS = "\u200c\u200d"
"""Formats that shape letters in some scripts; they move nothing."""


def plain_line(value: str) -> str:
    """`value` as it is kept: composed (NFC), without space around it."""
    return unicodedata.normalize("NFC", value).strip()


def validate_plain_line(value: str) -> None:
    """Refuse line breaks, control characters, marks of direction, and what shows nothing.

    With them a name can look like another, or a mail's subject or a printed line become two.
    """
    if LINE_ENDS.intersection(value):
        raise ValidationError("Write it in one line.", code="line_break")
    if TURNING_ROUND.intersection(value):
        raise ValidationError(
            "It holds an invisible mark that turns the direction of writing round. Type it anew.",
            code="direction_mark",
        )
    if any(unicodedata.category(character) == "Cc" for character in value):
        raise ValidationError("Control characters aren't text.", code="control_character")
    if all(unicodedata.category(character) in INVISIBLE for character in value):
        raise ValidationError("Write something that can be seen.", code="blank")
    if any(unicodedata.category(c) in UNSEEN and c not in JOINERS for c in value):
        raise ValidationError(
            "It holds a character that can't be seen. Type it anew.", code="unseen_character"
        )
