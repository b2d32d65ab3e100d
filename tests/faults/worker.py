"""The Celery app that the fault harness runs, worker and beat: ours, with time made shorter.

`CRASH_AT` (as `tests.safety.crashing`): it dies at that commit. `WITHOUT`: one guard of
`tests.faults.without` is taken away, to show that the oracle would see it. `TICKS`: each tick so often.
"""

import datetime as dt
import importlib
import os

from django.conf import settings

from tests.safety.crashing import app

SHORTER = {
    "messaging.services.outcomes.FIRST_PAUSE": dt.timedelta(seconds=0.5),
    "messaging.services.outcomes.LONGEST_PAUSE": dt.timedelta(seconds=3),
    "messaging.services.drain.LONGEST_HAND_OVER_SECONDS": 5,
    "messaging.services.circuit.PAUSE": dt.timedelta(seconds=2),
    "messaging.services.authorise.RETRY_A_FAULT_OF_OURS": dt.timedelta(seconds=3),
    "messaging.channels.sms.READ_SECONDS": 1,
}
EVERY_SECONDS = {"sweep": 2.0, "heartbeat": 1.0}


def shorten() -> None:
    """A name that is gone is an error here: the run would last for hours and say nothing."""
    for path, value in SHORTER.items():
        module, _, name = path.rpartition(".")
        owner = importlib.import_module(module)
        getattr(owner, name)
        setattr(owner, name, value)
    settings.EMAIL_TIMEOUT = 2
    for name, seconds in EVERY_SECONDS.items():
        entry = app.conf.beat_schedule[name]
        entry |= {"schedule": seconds, "options": entry["options"] | {"expires": seconds * 0.9}}


def deliver_each_tick(times: int) -> None:
    """As a broker that redelivers: the same tick comes several times."""
    schedule = app.conf.beat_schedule
    for name in ("tick", "sweep"):
        for number in range(1, times):
            schedule[f"{name} again {number}"] = dict(schedule[name])


shorten()
deliver_each_tick(int(os.environ.get("TICKS", "1")))
if os.environ.get("WITHOUT"):
    from tests.faults import without

    without.GUARDS[os.environ["WITHOUT"]]()

__all__ = ["app"]
