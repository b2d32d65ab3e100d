"""What a double received: the newest in memory, and in a file so that a restart keeps them."""

import json
import threading
from collections import deque
from pathlib import Path
from typing import Any

KEPT = 2000

Entry = dict[str, Any]


class Journal:
    """Entries with rising ids, newest last; safe to use from several threads."""

    def __init__(self, path: Path | None = None, kept: int = KEPT) -> None:
        self._path, self._kept = path, kept
        self._lock = threading.Lock()
        self._entries: deque[Entry] = deque(maxlen=kept)
        self._last_id = 0
        self._lines = 0
        if path is not None:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._load(path)
            self._rewrite()

    def add(self, entry: Entry) -> Entry:
        """Keep an entry under the next id."""
        with self._lock:
            self._last_id += 1
            kept = {"id": self._last_id, **entry}
            self._entries.append(kept)
            self._append(kept)
        return kept

    def change(self, entry: Entry, **values: Any) -> None:
        """Set values of an entry that is kept; the file learns them too."""
        with self._lock:
            entry.update(values)
            self._append(entry)

    def after(self, number: int = 0) -> list[Entry]:
        """The entries with a higher id."""
        with self._lock:
            return [dict(entry) for entry in self._entries if entry["id"] > number]

    def find(self, name: str, value: str) -> Entry | None:
        """The newest entry whose `name` is `value`."""
        with self._lock:
            return next((one for one in reversed(self._entries) if one[name] == value), None)

    def clear(self) -> None:
        """Forget all of them; ids go on rising."""
        with self._lock:
            self._entries.clear()
            self._rewrite()

    def _append(self, entry: Entry) -> None:
        if self._path is None:
            return
        if self._lines >= 3 * self._kept:
            self._rewrite()
            return
        with self._path.open("a") as file:
            file.write(json.dumps(entry) + "\n")
        self._lines += 1

    def _load(self, path: Path) -> None:
        """Read the file; a last line cut by a kill is passed over, later lines win over earlier."""
        found: dict[int, Entry] = {}
        for line in path.read_text().splitlines() if path.exists() else []:
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            found[entry["id"]] = entry
        self._entries.extend(found[number] for number in sorted(found))
        self._last_id = max(found, default=0)

    def _rewrite(self) -> None:
        if self._path is None:
            return
        draft = self._path.with_suffix(".draft")
        draft.touch(mode=0o600)
        draft.write_text("".join(json.dumps(entry) + "\n" for entry in self._entries))
        draft.rename(self._path)
        self._lines = len(self._entries)
