"""What providers' codes mean for a message. The table is data: `codes.csv`, each row with its source."""

import csv
import functools
from dataclasses import dataclass
from pathlib import Path

from messaging.channels.base import DeliveryError, Fate

TABLE = Path(__file__).with_name("codes.csv")
FATE_OF_KIND = {
    "permanent": Fate.PERMANENT,
    "transient": Fate.TRANSIENT,
    "account": Fate.CHANNEL,
    "ambiguous": Fate.UNKNOWN,
}


@dataclass(frozen=True)
class CodeMeaning:
    """What one code says: the message's fate, what it marks, and the same in words of ours."""

    code: str
    fate: Fate
    dead_address: bool
    opted_out: bool
    words: str

    def as_error(self, *, words: str = "") -> DeliveryError:
        """The failure that it stands for, with what the provider said."""
        return DeliveryError(
            self.fate, code=self.code, words=words, dead_address=self.dead_address,
            opted_out=self.opted_out,
        )  # fmt: skip


@functools.cache
def meanings() -> dict[tuple[str, str], CodeMeaning]:
    """The whole table, by provider and code."""
    with TABLE.open(newline="") as lines:
        return {
            (row["provider"], row["code"]): CodeMeaning(
                code=row["code"],
                fate=FATE_OF_KIND[row["kind"]],
                dead_address=row["marks"] == "dead_address",
                opted_out=row["marks"] == "opted_out",
                words=row["meaning"],
            )
            for row in csv.DictReader(lines)
        }


def meaning(provider: str, code: str) -> CodeMeaning | None:
    """What this provider's code means; None where the table does not have it."""
    return meanings().get((provider, code))
