"""Somebody is told when messages are late, or the engine that sends them is silent.

Safe at any time, from any process, any number at once. Beat has it done, which is enough for what
is late; for an engine that is silent there is `manage.py watch_engine`, which needs no Redis.
"""

import datetime as dt
import logging

from django.db import transaction

from common.clock import now
from messaging.queries import Status, engine_status
from organization.roles import Role
from worklist.models import Priority, Task, TaskKind, TaskState
from worklist.services import open_task, withdraw_tasks

log = logging.getLogger(__name__)

SOURCE = "engine"
LEFT_ALONE = dt.timedelta(minutes=30)
"""Whoever says that it is done is working on it: so long no other task is opened."""


@transaction.atomic
def watch() -> Status:
    """Look, and keep one task open for the administrators while the engine is not well.

    A line is logged when the task is opened, and when it is withdrawn: not every time.
    """
    status = engine_status()
    known = Task.objects.filter(kind=TaskKind.ENGINE_LATE, source=SOURCE)
    if status == "ok":
        if withdraw_tasks(sources=[SOURCE], kinds=(TaskKind.ENGINE_LATE,)):
            log.warning("engine.well")
        return status
    in_hand = known.filter(state=TaskState.DONE, ended_at__gt=now() - LEFT_ALONE)
    if not (known.open() | in_hand).exists():
        open_task(
            kind=TaskKind.ENGINE_LATE,
            source=SOURCE,
            client=None,
            facility=None,
            role=Role.ADMINISTRATOR,
            priority=Priority.HIGH,
            due_at=now(),
        )
        log.error("engine.late status=%s", status)
    return status
