"""Opening tasks, and ending them."""

import datetime as dt
import uuid
from collections.abc import Collection
from typing import Any

from django.db import connection, transaction
from django.db.models import Q

from audit.services import note_change
from clients.models import CareTeamMember, Client, KnownAt
from clients.services import standing
from common.clock import now
from common.errors import Conflict, Forbidden, Invalid
from common.events import (
    PossibleDuplicateFound,
    PossibleDuplicateSettled,
    PrimaryCounselorLeft,
    PrimaryCounselorNamed,
    StaffLeft,
    StaffReturned,
)
from organization.models import Facility, Membership, User
from organization.roles import Role
from worklist.models import Priority, Task, TaskKind, TaskState

ONE_WORKING_DAY = dt.timedelta(days=1)

# In SQL, because every ten messages that were sent ask for it. The state stands in the text: so the
# planner sees that the index of open tasks serves.
WITHDRAW = """
UPDATE worklist_task SET state = 'withdrawn', ended_at = %(now)s, updated_at = %(now)s
 WHERE state = 'open' AND source = ANY(%(sources)s::text[]) AND kind = ANY(%(kinds)s::text[])
"""


def primary_counselor(client: Client) -> User | None:
    """Who is the client's primary counselor now, if they still work as one."""
    primary = CareTeamMember.objects.current().filter(client=client, primary=True)
    member = primary.select_related("user").first()
    if member is None or not Membership.objects.counseling(member.user_id).exists():
        return None
    return member.user


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
    if client is not None:
        client = standing(client)
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
    """Say that it is done and what came of it: whom it is due from, or who covers for them."""
    if not Task.objects.endable_by(by).filter(pk=task.pk).exists():
        raise Forbidden(
            "This is due from somebody else. They end it, or one of the client's care team.",
            code="due_from_another",
        )
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
    with connection.cursor() as cursor:
        cursor.execute(WITHDRAW, {"sources": [*sources], "kinds": [*kinds], "now": now()})
        return int(cursor.rowcount)


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
        source=_case(event.client_id, event.counselor_id),
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
        sources=[_case(event.client_id, event.former_id)],
        kinds=(TaskKind.ACCEPT_CLIENT, TaskKind.NAME_COUNSELOR),
    )


def ask_for_successors(event: StaffLeft) -> None:
    """Where somebody counsels no longer: what was due from them is due from others.

    For each client whose primary counselor they are, intake is asked to have the next one named;
    until then that is what they stay, on paper.
    """
    counsels_at = Membership.objects.counseling(event.user_id).values("facility")
    if counsels_at.filter(facility=event.facility_id).exists():
        return
    facility = Facility.objects.get(pk=event.facility_id)
    known = KnownAt.objects.current()
    here = known.filter(facility=facility).values("client")
    cases = CareTeamMember.objects.current().filter(
        user=event.user_id, primary=True, client__in=here
    )
    left = cases.exclude(client__in=known.filter(facility__in=counsels_at).values("client"))
    for case in left.select_related("client"):
        withdraw_tasks(
            sources=[_case(case.client_id, case.user_id)], kinds=(TaskKind.ACCEPT_CLIENT,)
        )
        open_task(
            kind=TaskKind.NAME_COUNSELOR,
            source=_case(case.client_id, case.user_id),
            client=case.client,
            facility=facility,
            role=Role.INTAKE,
            priority=Priority.HIGH,
        )
    theirs = Task.objects.open().filter(
        Q(facility=facility) | Q(facility=None, client__in=here), assignee=event.user_id
    )
    about_nobody = theirs.filter(client=None)
    about_nobody.update(assignee=None, role=Role.ADMINISTRATOR, updated_at=now())
    theirs.update(assignee=None, role=Role.INTAKE, updated_at=now())


def stop_asking_for_successors(event: StaffReturned) -> None:
    """They counsel again: nobody needs to be named in their stead."""
    if not Membership.objects.counseling(event.user_id).filter(facility=event.facility_id).exists():
        return
    asked = Task.objects.open().filter(kind=TaskKind.NAME_COUNSELOR, facility=event.facility_id)
    theirs = asked.filter(source__endswith=f":{event.user_id}")
    withdraw_tasks(
        sources=list(theirs.values_list("source", flat=True)), kinds=(TaskKind.NAME_COUNSELOR,)
    )


def _case(client_id: uuid.UUID, counselor_id: uuid.UUID) -> str:
    return f"client:{client_id}:{counselor_id}"


def ask_about_duplicate(event: PossibleDuplicateFound) -> None:
    """Two records may be of one person. The task names neither: who may see both finds the pair."""
    open_task(
        kind=TaskKind.POSSIBLE_DUPLICATE,
        source=f"pair:{event.pair_id}",
        client=None,
        facility=Facility.objects.get(pk=event.facility_id),
        assignee=User.objects.filter(pk=event.assignee_id).first(),
        role=event.role,
    )


def stop_asking_about_duplicates(event: PossibleDuplicateSettled) -> None:
    """Somebody said whether they are of one person."""
    sources = [f"pair:{pair_id}" for pair_id in event.pair_ids]
    withdraw_tasks(sources=sources, kinds=(TaskKind.POSSIBLE_DUPLICATE,))
