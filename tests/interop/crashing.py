"""A real Celery worker that is killed, or asked to stop (by itself), when it has taken some rows of an import.

`celery -A tests.interop.crashing worker`: everything unchanged but for `CRASH_AFTER` rows, after which
it sends itself `CRASH_SIGNAL`, SIGKILL unless set.
"""

import os
import signal

import django

django.setup()

from config.celery import app  # noqa: E402
from interop.services import progress  # noqa: E402

if os.environ.get("CRASH_AFTER"):
    told = progress.Progress.tell

    def tell(self, outcome):
        told(self, outcome)
        if outcome.counts["rows_done"] == int(os.environ["CRASH_AFTER"]):
            os.kill(os.getpid(), signal.Signals[os.environ.get("CRASH_SIGNAL", "SIGKILL")])

    progress.EVERY_SECONDS = 0.0
    progress.Progress.tell = tell

__all__ = ["app"]
