"""The demo's clock: while it is held, it is whatever time the demo has come to."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager

from django.utils import timezone


class HeldClock:
    """The time that `common.clock.now()` and every `created_at` take while the clock is held."""

    def __init__(self, moment: dt.datetime) -> None:
        self.moment = moment

    def read(self) -> dt.datetime:
        """The time it shows."""
        return self.moment


@contextmanager
def held(clock: HeldClock) -> Iterator[None]:
    """Have the whole process see this clock. For one command of one thread, never for a server."""
    real = timezone.now
    timezone.now = clock.read
    try:
        yield
    finally:
        timezone.now = real
