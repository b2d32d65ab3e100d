"""A real Celery worker that is killed (SIGKILL, by itself) at the point `CRASH_AT` names.

`celery -A tests.safety.crashing worker`: the drain's own steps, unchanged, with death after one.
"""

import os
import signal

import django

django.setup()

from config.celery import app  # noqa: E402
from messaging.services import drain  # noqa: E402

POINTS = {
    "after_claim": "claim",
    "after_arming": "prepare",
    "after_hand_over": "hand_over",
    "after_record": "settle",
}


def die_after(step: str) -> None:
    original = getattr(drain, step)

    def dying(*args, **kwargs):
        original(*args, **kwargs)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(drain, step, dying)


if os.environ.get("CRASH_AT"):
    die_after(POINTS[os.environ["CRASH_AT"]])

__all__ = ["app"]
