"""What the providers truly did: written before they answer, one line each, flushed at once."""

import json
import threading
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Asked:
    """One hand-over as the provider saw it. `key`: the attempt of a text, the message of a mail."""

    channel: str
    key: str
    mode: str
    accepted: bool
    address: str


class Ledger:
    """A file to which lines are only added; several threads may."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._file = path.open("a")

    def add(self, asked: Asked) -> None:
        """On record before the provider says a word."""
        with self._lock:
            self._file.write(json.dumps(asdict(asked)) + "\n")
            self._file.flush()

    def all(self) -> list[Asked]:
        """Everything so far, oldest first."""
        with self._lock:
            lines = self._path.read_text().splitlines()
        return [Asked(**json.loads(line)) for line in lines]

    def clear(self) -> None:
        """Another run begins."""
        with self._lock:
            self._file.truncate(0)

    def close(self) -> None:
        """Nothing more will come."""
        self._file.close()
