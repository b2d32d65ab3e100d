"""How far the copying is: a bar in a terminal, plain lines elsewhere."""

import sys
import time

from dev.console import say

BAR = 30
LINE_EVERY_SECONDS = 10.0


class Progress:
    """Counts towards a known number of clients, and the rows written on the way."""

    def __init__(self, label: str, whole: int) -> None:
        self.label, self.whole = label, whole
        self.done = self.rows = 0
        self.begun = time.monotonic()
        self.said = 0.0
        self.terminal = sys.stdout.isatty()

    def add(self, *, done: int, rows: int) -> None:
        """So much more is written."""
        self.done += done
        self.rows += rows
        self._say()

    def finish(self) -> float:
        """Say the last word; the seconds it took."""
        seconds = time.monotonic() - self.begun
        say(
            f"{self._clear()}  {self.label}: {self.rows:,} rows in {seconds:.1f} s"
            f" ({self.rows / max(seconds, 0.001):,.0f} a second)"
        )
        return seconds

    def _say(self) -> None:
        seconds = time.monotonic() - self.begun
        if not self.terminal and seconds - self.said < LINE_EVERY_SECONDS:
            return
        self.said = seconds
        share = self.done / self.whole
        left = seconds / share * (1 - share) if share else 0
        words = (
            f"{self.label} {share:4.0%}, {self.rows:,} rows,"
            f" {self.rows / max(seconds, 0.001):,.0f} a second, {left:.0f} s to go"
        )
        if self.terminal:
            full = round(BAR * share)
            say(f"{self._clear()}  [{'#' * full}{'.' * (BAR - full)}] {words}", end="")
        else:
            say(f"  {words}")

    def _clear(self) -> str:
        return "\r\033[K" if self.terminal else ""
