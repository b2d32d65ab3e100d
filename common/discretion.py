"""Words that tell a passer-by what a person is being helped with. No text to a client holds one.

The list is data (`common/disclosure_words.txt`): a stem a line, English and Spanish, matched at the
start of a word without regard to case or accents, so that inflections are caught. A line ending in
`=` matches the whole word only.
"""

import functools
import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path

from django.core.exceptions import ValidationError

WORDS_FILE = Path(__file__).with_name("disclosure_words.txt")
WORD = re.compile(r"[^\W_]+(?:['-][^\W_]+)*")
NAME_WORD = re.compile(r"[^\W_]+")
NO_WORD, NEVER = r"[\W_]+", r"(?!)"


def plain(text: str) -> str:
    """`text` without accents, in lower case."""
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(c for c in decomposed if not unicodedata.combining(c)).casefold()


class _Plainly(dict[int, str]):
    """For `str.translate`: each letter and digit as `plain` has it, all else as it stands."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        self[code] = plain(character) if WORD.fullmatch(character) else character
        return self[code]


PLAINLY = _Plainly()


@functools.cache
def _words() -> tuple[tuple[str, ...], frozenset[str]]:
    lines = [plain(line.split("#")[0].strip()) for line in WORDS_FILE.read_text().splitlines()]
    stems = tuple(line for line in lines if line and not line.endswith("="))
    whole = frozenset(line[:-1] for line in lines if line.endswith("="))
    return stems, whole


@functools.cache
def _anything_disclosing() -> re.Pattern[str]:
    """Finds something in every text that discloses, and rarely in another one."""
    stems, whole = _words()
    longer = "|".join(map(re.escape, stems))
    alone = "|".join(map(re.escape, sorted(whole)))
    return re.compile(rf"(?<![^\W_])(?:{longer}|(?:{alone})(?![^\W_]))")


def disclosing_words(text: str) -> list[str]:
    """The words of `text` that disclose, as written, in order; empty when it is discreet."""
    normal = unicodedata.normalize("NFKC", text)
    # One pass says of nearly every text that it is discreet; only else is each word looked at.
    if not _anything_disclosing().search(normal.translate(PLAINLY)):
        return []
    stems, whole = _words()
    found = []
    for match in WORD.finditer(normal):
        parts = [plain(match.group()), *(plain(p) for p in re.split(r"['-]", match.group()))]
        if any(part in whole or part.startswith(stems) for part in parts):
            found.append(match.group())
    return found


def names_in(text: str, names: Iterable[str]) -> list[str]:
    """Those of these names that the text holds, as whole words, whatever the case and the accents."""
    names = tuple(names)
    said = unicodedata.normalize("NFKC", text).translate(PLAINLY)
    if not _any_of(names).search(said):  # as nearly always
        return []
    return [name for name in names if _any_of((name,)).search(said)]


@functools.lru_cache(maxsize=1024)
def _any_of(names: tuple[str, ...]) -> re.Pattern[str]:
    words = (NAME_WORD.findall(plain(name)) for name in names)
    patterns = [NO_WORD.join(parts) for parts in words if parts]
    return re.compile(rf"(?<![^\W_])(?:{'|'.join(patterns)})(?![^\W_])" if patterns else NEVER)


def validate_discreet(value: str) -> None:
    """Refuse a name or a text for messages that holds a disclosing word."""
    words = disclosing_words(value)
    if words:
        raise ValidationError(
            f"“{words[0]}” could tell a stranger what this is about. Choose neutral words.",
            code="not_discreet",
        )
