"""Names of people and places: one line, read in the order in which it was written."""

import unicodedata

from django.core.exceptions import ValidationError

UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
JOINERS = "\u200c\u200d"
"""Shape letters in some scripts; they move nothing."""


def validate_name(value: str) -> None:
    """Refuse line breaks, control characters, and marks that turn the direction of reading.

    With them a name can look like another, or a mail's subject or a printed line become two.
    """
    if any(unicodedata.category(c) in UNSEEN and c not in JOINERS for c in value):
        raise ValidationError(
            "A name is one line, without characters that can't be seen. Type it anew.",
            code="unseen_characters",
        )
