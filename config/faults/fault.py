"""What a fault is."""

from collections.abc import Mapping
from dataclasses import dataclass

Values = Mapping[str, str]
"""The environment with every `NAME_FILE` read, and nothing that is empty."""


@dataclass(frozen=True)
class Fault:
    """A setting that is wrong, and what to do. Holds no setting's value: it may be a secret."""

    name: str
    words: str

    def __str__(self) -> str:
        return f"{self.name} {self.words}"
