"""Hand-overs under way. Threads speak with the provider and do nothing else: whoever started them
keeps the books, on the one database connection.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from types import TracebackType
from typing import Self

from messaging.channels.base import Outgoing
from messaging.statements import Outcome

HandOver = Callable[[Sequence[Outgoing]], list[Outcome]]


class Flight:
    """Up to `slots` messages on their way at the same time; with one slot, one batch after another."""

    def __init__(self, hand_over: HandOver, *, slots: int, batch: int) -> None:
        self._hand_over = hand_over
        self._slots = slots
        self._batch = batch
        self._threads = ThreadPoolExecutor(slots) if slots > 1 else None
        self._under_way: set[Future[list[Outcome]]] = set()
        self._landed: list[Outcome] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._threads:
            self._threads.shutdown()

    def __bool__(self) -> bool:
        return bool(self._under_way or self._landed)

    @property
    def free(self) -> int:
        """How many more may be armed now."""
        if self._threads is None:
            return 0 if self._landed else self._batch
        return self._slots - len(self._under_way)

    def start(self, messages: Sequence[Outgoing]) -> None:
        """Send these on their way."""
        if self._threads is None:
            self._landed += self._hand_over(messages)
            return
        self._under_way |= {self._threads.submit(self._hand_over, [one]) for one in messages}

    def landed(self) -> list[Outcome]:
        """What came back since; waits until something has. Empty only if nothing is under way."""
        done, self._under_way = wait(self._under_way, return_when=FIRST_COMPLETED)
        outcomes = self._landed + [outcome for one in done for outcome in one.result()]
        self._landed = []
        return outcomes

    def all_landed(self) -> list[Outcome]:
        """What came back, when nothing is under way any more: within the providers' time-outs."""
        wait(self._under_way)
        return self.landed()
