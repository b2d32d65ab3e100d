"""What becomes of tasks when two records become one."""

from clients.merging import Ledger, MergePart, nothing_forbids
from clients.models import Client
from common.clock import now
from organization.models import User
from worklist.models import Task, TaskKind, TaskState
from worklist.services import primary_counselor


def _move(ledger: Ledger, survivor: Client, other: Client, by: User) -> None:
    """All go with the client. Whoever isn't the primary counselor of both has nothing to accept."""
    accepting = Task.objects.open().filter(client=other, kind=TaskKind.ACCEPT_CLIENT)
    obsolete = accepting.exclude(assignee=primary_counselor(survivor))
    ledger.change(obsolete, state=TaskState.WITHDRAWN, ended_at=now())
    ledger.change(Task.objects.filter(client=other), client=survivor)


TASKS = MergePart(
    moves=frozenset({"worklist.Task.client"}),
    stays={},
    obstacles=nothing_forbids,
    move=_move,
)
