"""Names as they are compared: lower case, without accents, apostrophes, hyphens or points.

PostgreSQL keeps them so in columns that it generates itself; `plain_name` makes comparable by the
same rules what is looked for. How alike two names are is what `pg_trgm` says: the share of their
groups of three letters that they have in common, whatever the order of the words.
"""

import re
import unicodedata

from django.db.models import Func, TextField

UNHEARD = re.compile("[\u0300-\u036f'\u2019.-]")
SIMILAR = 0.5
"""Two names this much alike may be one person's: Robin and Robyn Ash are (0.54), Sam and Kim Rivera
(0.47), who may be twins, are not."""


class PlainNames(Func):
    """Several names in one text, a space before and after each."""

    template = (
        r"regexp_replace(lower(normalize(' ' || %(expressions)s || ' ', NFKD)),"
        r" '[\u0300-\u036f''\u2019.\-]', '', 'g')"
    )
    arg_joiner = " || ' ' || "
    output_field = TextField()


class NameKey(Func):
    """First and last name in one word: two people of the same name have the same."""

    template = (
        r"regexp_replace(lower(normalize(%(expressions)s, NFKD)),"
        r" '[\u0300-\u036f''\u2019.\-[:space:]]', '', 'g')"
    )
    arg_joiner = " || '|' || "
    output_field = TextField()


def plain_name(name: str) -> str:
    """A name as it is compared."""
    return UNHEARD.sub("", unicodedata.normalize("NFKD", name).lower())


def name_key(first: str, last: str) -> str:
    """What `NameKey` makes of the two."""
    return "|".join("".join(plain_name(name).split()) for name in (first, last))


def likeness(one: str, other: str) -> float:
    """How alike two plain names are, from 0 to 1, as `pg_trgm` counts it."""
    mine, theirs = _trigrams(one), _trigrams(other)
    return len(mine & theirs) / len(mine | theirs) if mine and theirs else 0.0


def _trigrams(name: str) -> set[str]:
    padded = [f"  {word} " for word in re.findall(r"[^\W_]+", name)]
    return {word[at : at + 3] for word in padded for at in range(len(word) - 2)}
