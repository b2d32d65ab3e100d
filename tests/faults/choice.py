"""Which fault comes next: by the seed, the address and how often it was asked, never by timing.

Two runs with one seed give the same answers to the same questions, in whatever order they come.
"""

import random
import threading
from collections import Counter
from collections.abc import Mapping


class Choice:
    """Draws one of the weighted modes for the next question about an address."""

    def __init__(self, seed: int, weights: Mapping[str, float], *, usual: str) -> None:
        self.weights = dict(weights)
        self._seed, self._usual = seed, usual
        self._asked: Counter[str] = Counter()
        self._lock = threading.Lock()

    def draw(self, address: str) -> str:
        """The mode for this question; what no weight covers is as usual."""
        with self._lock:
            self._asked[address] += 1
            number = self._asked[address]
        at = random.Random(f"{self._seed}:{address}:{number}").random()
        for mode, weight in self.weights.items():
            at -= weight
            if at < 0:
                return mode
        return self._usual
