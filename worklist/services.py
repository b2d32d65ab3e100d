"""Opening tasks, and ending them."""

import datetime as dt
from collections.abc import Collection
from typing import Any

from django.db import transaction

from audit.services import note_change
from clients.models import CareTeamMember, Client
from common.clock import now
from common.errors import Conflict, Invalid
from common.events import PrimaryCounselorLeft, PrimaryCounselorNamed
from organization.models import Facility, User
from organization.roles import Role
from worklist.models import Priority, Task, TaskKind, TaskState

ONE_WORKING_DAY = dt.timedelta(days=1)


def primary_counselor(client: Client) -> User | None:
    """Who is the client's primary counselor now."""
    primary = CareTeamMember.objects.current().filter(client=client, primary=True)
    member = primary.select_related("user").first()
    return member.user if member else None


@transaction.atomic
def open_task(
    *,
    kind: TaskKind,
    source: str,
    client: Client | None,
    facility: Facility | None,
    due_at: dt.datetime | None = None,
    assignee: User | None = None,
    role: Role | str = "",
    priority: Priority = Priority.NORMAL,
) -> Task:
    """Open a task; if one of this kind and source is open already, that one stands.

    Without an assignee or a role it is the client's primary counselor's, and where there is none,
    intake's. A task about no client is the administrators'.
    """
    if client is not None and assignee is None and not role:
        assignee = primary_counselor(client)
        role = "" if assignee else Role.INTAKE
    if client is None and assignee is None and not role:
        role = Role.ADMINISTRATOR
    wanted = Task(
        kind=kind,
        source=source,
        client=client,
        facility=facility,
        due_at=due_at or now() + ONE_WORKING_DAY,
        assignee=assignee,
        role=role,
        priority=priority,
    )
    # Of two that open the same one at once, the database lets one through; the other finds it.
    Task.objects.bulk_create([wanted], ignore_conflicts=True)
    task = Task.objects.open().get(kind=kind, source=source)
    if task == wanted:
        note_change("task.opened", task.pk, by=None, clients=[client.pk] if client else [])
    return task


@transaction.atomic
def complete_task(*, task: Task, outcome: str, by: User) -> Task:
    """Say that it is done and what came of it."""
    if not outcome.strip():
        raise Invalid("Say in a few words what came of it.", code="required", field="outcome")
    _end(task, TaskState.DONE, outcome=outcome.strip(), ended_by=by)
    note_change(
        "task.completed", task.pk, by=by.pk, clients=[task.client_id] if task.client_id else []
    )
    return task


def withdraw_tasks(*, sources: Collection[str], kinds: Collection[TaskKind]) -> int:
    """The causes are gone: end the open tasks of these kinds that they had. Returns how many."""
    if not sources:
        return 0
    return (
        Task.objects.open()
        .filter(source__in=sources, kind__in=kinds)
        .update(state=TaskState.WITHDRAWN, ended_at=now(), updated_at=now())
    )


def _end(task: Task, state: TaskState, **values: Any) -> None:
    moment = now()
    ended = (
        Task.objects.open()
        .filter(pk=task.pk)
        .update(state=state, ended_at=moment, updated_at=moment, **values)
    )
    if not ended:
        raise Conflict("This task has been ended already.", code="task_ended")
    task.refresh_from_db()


def ask_to_accept_client(event: PrimaryCounselorNamed) -> None:
    """Somebody was named primary counselor by another: a task asks them to take the client on."""
    open_task(
        kind=TaskKind.ACCEPT_CLIENT,
        source=f"client:{event.client_id}:{event.counselor_id}",
        client=Client.objects.get(pk=event.client_id),
        facility=Facility.objects.get(pk=event.facility_id),
        assignee=User.objects.get(pk=event.counselor_id),
    )


def hand_tasks_over(event: PrimaryCounselorLeft) -> None:
    """What was due from a primary counselor about a client is due from the next one, else intake."""
    theirs = Task.objects.open().filter(client=event.client_id, assignee=event.former_id)
    theirs.exclude(kind=TaskKind.ACCEPT_CLIENT).update(
        assignee=event.successor_id,
        role="" if event.successor_id else Role.INTAKE,
        updated_at=now(),
    )
    withdraw_tasks(
        sources=[f"client:{event.client_id}:{event.former_id}"], kinds=(TaskKind.ACCEPT_CLIENT,)
    )
