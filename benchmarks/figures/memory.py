"""R6: what the worker has grown by when it has sent a hundred thousand messages."""

import os

from benchmarks.figures.demo import WORKER, memory_by_kind
from benchmarks.figures.mail import all_by_email, choose, drained, undo
from benchmarks.results import Measured

FEW, MANY, A_RUN = 1_000, 100_000, 16_000


def growth(*, less: int) -> Measured:
    """In per cent of what its processes hold after a thousand: their shared pages counted once."""
    all_by_email()
    drained(choose(FEW // less, "email"), "email")
    undo()
    before = memory_by_kind(os.getpid())[WORKER]
    found = choose(A_RUN // less, "email")
    runs = -(-MANY // less // found)
    for _ in range(runs):
        drained(found, "email")
    undo()
    after = memory_by_kind(os.getpid())[WORKER]
    note = f"{before:.0f} MB after {FEW // less}, {after:.0f} MB after {runs * found} more e-mails."
    return Measured("R6", [(after - before) / before * 100], "—", [note])
