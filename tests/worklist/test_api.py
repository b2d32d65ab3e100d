"""Tasks through the API: whose they are, narrowing them, and saying that one is done."""

import datetime as dt

import pytest

from audit.models import AuditEvent
from clients.models import CareRole
from clients.services import join_care_team
from common.clock import now
from organization.models import User
from organization.roles import Role
from organization.services.staff import hire
from tests.clients.access import Scene, answers, expected
from worklist.models import Task, TaskKind
from worklist.services import open_task, withdraw_tasks

pytestmark = pytest.mark.django_db

SEE_TASKS = "ana ben supervisor nurse intake"


def task_about(house, client, *, source="test:1", days=1, **details):
    return open_task(
        kind=TaskKind.CALL_CLIENT, source=source, client=client, facility=house.elm,
        due_at=now() + dt.timedelta(days=days), **details,
    )  # fmt: skip


def ids(answer):
    return [row["id"] for row in answer.json()["results"]]


# ── Who ───────────────────────────────────────────────────────────────────────────────────────


def test_who_sees_and_completes_a_task_about_a_client(house, next_tuesday):
    scene = Scene.build(house, next_tuesday)
    path = f"tasks/{scene.task.pk}/"
    done = {"outcome": "reached by phone"}
    assert answers(scene, "get", "tasks/") == expected(200)
    assert answers(scene, "get", path) == expected(s200=SEE_TASKS)
    assert answers(scene, "post", f"{path}completion/", done) == expected(
        s200="ana ben supervisor", s403="nurse intake"
    )


def test_a_task_about_no_client_is_seen_by_its_role_at_its_facility(house, api):
    everywhere = open_task(kind=TaskKind.CHANNEL_DOWN, source="a", client=None, facility=None)
    at_oak = open_task(kind=TaskKind.CHANNEL_DOWN, source="b", client=None, facility=house.oak)
    seen = {}
    for name in ("administrator", "ana", "intake", "oak_intake"):
        api.force_authenticate(getattr(house, name))
        seen[name] = ids(api.get("/api/v1/tasks/"))
    assert seen == {"administrator": [str(everywhere.pk)], "ana": [], "intake": [],
                    "oak_intake": []}  # fmt: skip
    hire(email=house.administrator.email, full_name="", facility=house.oak, role=Role.COUNSELOR)
    api.force_authenticate(User.objects.get(pk=house.administrator.pk))
    assert api.get(f"/api/v1/tasks/{at_oak.pk}/").status_code == 404


def test_mine_are_those_assigned_to_me_or_to_a_role_of_mine_there(house, api):
    client = house.client()
    join_care_team(
        client=client, user=house.ben, role=CareRole.COUNSELOR, reason="group", by=house.ana
    )
    anas = task_about(house, client)
    intakes = task_about(house, client, source="test:2", role=Role.INTAKE)
    mine = {}
    for name in ("ana", "ben", "intake"):
        api.force_authenticate(getattr(house, name))
        mine[name] = ids(api.get("/api/v1/tasks/", {"mine": "true"}))
        assert ids(api.get("/api/v1/tasks/")) == [str(anas.pk), str(intakes.pk)]
    assert mine == {"ana": [str(anas.pk)], "ben": [], "intake": [str(intakes.pk)]}


def test_who_ends_a_task_are_those_it_is_due_from_and_the_team_that_covers(
    house, api, next_tuesday
):
    """Each sees all of these; what is due from another's role is theirs or the team's to end."""
    scene = Scene.build(house, next_tuesday)
    tasks = {
        "ana's": scene.task,
        "intake's": task_about(house, scene.sam, source="test:2", role=Role.INTAKE),
        "the nurse's": task_about(house, scene.sam, source="test:3", role=Role.NURSE),
        "intake's own": task_about(house, scene.sam, source="test:4", assignee=house.intake),
    }
    ended = {
        whose: {
            name
            for name, status in answers(
                scene, "post", f"tasks/{task.pk}/completion/", {"outcome": "reached"}
            ).items()
            if status == 200
        }
        for whose, task in tasks.items()
    }
    team = {"ana", "ben", "supervisor"}
    assert ended == {
        "ana's": team,
        "intake's": team | {"intake"},
        "the nurse's": team | {"nurse"},
        "intake's own": team | {"intake"},
    }
    api.force_authenticate(house.nurse)
    refused = api.post(f"/api/v1/tasks/{scene.task.pk}/completion/", {"outcome": "reached"})
    assert refused.json()["code"] == "due_from_another"


# ── What ──────────────────────────────────────────────────────────────────────────────────────


def test_a_task_says_what_is_due_from_whom(house, api):
    client = house.client()
    task = task_about(house, client)
    api.force_authenticate(house.ana)
    shown = api.get(f"/api/v1/tasks/{task.pk}/").json()
    assert {k: v for k, v in shown.items() if k not in ("created_at", "updated_at")} == {
        "id": str(task.pk),
        "kind": "call_client",
        "source": "test:1",
        "client": str(client.pk),
        "facility": str(house.elm.pk),
        "assignee": {"id": str(house.ana.pk), "full_name": "Ana Lopez"},
        "role": "",
        "priority": 2,
        "due_at": task.due_at.isoformat().replace("+00:00", "Z"),
        "state": "open",
        "outcome": "",
        "ended_at": None,
        "ended_by": None,
    }


def test_tasks_are_listed_by_due_time_and_narrowed(house, api):
    sam, kim = house.client(), house.client(name="Kim")
    late = task_about(house, sam, source="test:1", days=3)
    soon = task_about(house, kim, source="test:2", days=1)
    gone = task_about(house, kim, source="test:3", days=2)
    withdraw_tasks(sources=["test:3"], kinds=(TaskKind.CALL_CLIENT,))
    api.force_authenticate(house.ana)

    def found(**filters):
        return ids(api.get("/api/v1/tasks/", filters))

    assert found() == [str(t.pk) for t in (soon, gone, late)]
    assert found(ordering="-due_at") == [str(t.pk) for t in (late, gone, soon)]
    assert found(state="open") == [str(soon.pk), str(late.pk)]
    assert found(state="withdrawn") == [str(gone.pk)]
    assert found(client=sam.pk) == [str(late.pk)]
    assert found(kind="read_reply") == []
    assert found(assignee=house.ben.pk) == []
    assert found(assignee=house.ana.pk, client=sam.pk) == [str(late.pk)]
    refused = api.get("/api/v1/tasks/", {"state": "lost", "client": "Sam"})
    assert refused.status_code == 400
    assert [(e["field"], e["code"]) for e in refused.json()["errors"]] == [
        ("state", "invalid_choice"), ("client", "invalid"),
    ]  # fmt: skip


def test_a_task_is_completed_once_with_what_came_of_it(house, api):
    task = task_about(house, house.client())
    path = f"/api/v1/tasks/{task.pk}/completion/"
    api.force_authenticate(house.ana)
    done = api.post(path, {"outcome": " reached by phone "}).json()
    assert (done["state"], done["outcome"], done["ended_by"]["full_name"]) == (
        "done", "reached by phone", "Ana Lopez",
    )  # fmt: skip
    again = api.post(path, {"outcome": "once more"})
    assert (again.status_code, again.json()["code"]) == (409, "task_ended")
    task.refresh_from_db()
    assert task.outcome == "reached by phone"


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({}, ("outcome", "required")),
        ({"outcome": "   "}, ("outcome", "blank")),
        ({"outcome": "x" * 201}, ("outcome", "max_length")),
        ({"outcome": "done", "state": "open"}, ("state", "unknown_field")),
    ],
    ids=str,
)
def test_a_completion_says_what_came_of_it(house, api, body, fault):
    task = task_about(house, house.client())
    api.force_authenticate(house.ana)
    answer = api.post(f"/api/v1/tasks/{task.pk}/completion/", body)
    assert answer.status_code == 400
    assert [(e["field"], e["code"]) for e in answer.json()["errors"]] == [fault]
    assert Task.objects.get().state == "open"


def test_a_list_takes_the_same_number_of_queries_for_two_and_for_twelve(
    house, api, django_assert_num_queries, django_assert_max_num_queries
):
    client = house.client()
    for number in range(2):
        task_about(house, client, source=f"test:{number}")
    api.force_authenticate(User.objects.get(pk=house.ana.pk))
    with django_assert_max_num_queries(8) as two:
        api.get("/api/v1/tasks/")
    for number in range(10):
        task_about(house, client, source=f"more:{number}")
    api.force_authenticate(User.objects.get(pk=house.ana.pk))
    with django_assert_num_queries(len(two)):
        assert len(ids(api.get("/api/v1/tasks/"))) == 12


def test_a_completion_is_one_event_and_a_refused_one_is_none(house, api):
    client = house.client()
    task = task_about(house, client)
    path = f"/api/v1/tasks/{task.pk}/completion/"
    trail = AuditEvent.objects.filter(source="api")
    api.force_authenticate(house.cleo)
    assert api.post(path, {"outcome": "x"}).status_code == 404
    assert trail.count() == 0
    api.force_authenticate(house.ana)
    api.post(path, {"outcome": "reached by phone"})
    event = trail.get()
    assert event.actor_id == house.ana.pk
    assert event.changes == [{"action": "task.completed", "id": str(task.pk)}]
    assert event.reads == {"task": [str(task.pk)]}
    assert event.clients == [client.pk]
