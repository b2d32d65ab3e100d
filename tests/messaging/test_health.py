"""What `/health/queue` says, and that somebody is told."""

import datetime as dt
import logging
import uuid

import pytest
from django.core.management import call_command

from appointments.models import ReplanRequest
from appointments.states import RuleChannel
from clients.models import Channel
from common.clock import now
from messaging.models import Attempt, ChannelState, Heartbeat, Message
from messaging.queries import HEART, Doubt, Lateness, Outcomes, doubt, lateness, outcomes
from messaging.services.progress import tell
from messaging.services.watching import watch
from messaging.states import AttemptState, MessageState, Reason
from messaging.tasks import heartbeat
from organization.roles import Role
from worklist.models import Task, TaskKind, TaskState

pytestmark = pytest.mark.django_db
QUEUES = dict.fromkeys(("ticks", "drain-email", "drain-sms", "planning", "imports", "upkeep"), 0)


def seconds(count):
    return dt.timedelta(seconds=count)


@pytest.fixture
def message(house, next_tuesday):
    house.rules((24, RuleChannel.SMS))
    house.booked(house.client(phone="217 555 0134"), next_tuesday)
    return Message.objects.get()


def waiting_since(message, count):
    message.change(send_at=now() - seconds(count))


def test_a_turning_engine_with_nothing_due_is_ok(browser):
    heartbeat()
    answer = browser.get("/health/queue")
    shown = answer.json()
    assert 0 <= shown.pop("heartbeat_age_seconds") < 5
    nothing = {"backlog": 0, "oldest_due_age_seconds": 0.0, "paused": False}
    assert (answer.status_code, shown) == (
        200,
        {
            "status": "ok",
            "channels": {"sms": nothing, "email": nothing},
            "lateness": {
                "messages": 0, "p50_seconds": None, "p95_seconds": None, "p99_seconds": None,
            },
            "last_hour": {"attempts": 0, "error_rate": 0.0, "errors": {}},
            "unknown": 0,
            "unknown_without_task": 0,
            "redis": "up",
            "queues": QUEUES,
        },
    )  # fmt: skip
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.parametrize(("age", "status"), [(50, "ok"), (61, "silent")])
def test_an_engine_without_a_beat_is_silent(browser, age, status):
    Heartbeat.objects.create(name=HEART, at=now() - seconds(age))
    answer = browser.get("/health/queue")
    assert answer.json()["status"] == status
    assert answer.status_code == (200 if status == "ok" else 503)


def test_an_engine_that_never_beat_is_silent(browser):
    answer = browser.get("/health/queue")
    assert (answer.status_code, answer.json()["status"]) == (503, "silent")


@pytest.mark.parametrize(("age", "status"), [(110, "ok"), (121, "late")])
def test_something_that_waits_too_long_is_late(browser, message, age, status):
    heartbeat()
    waiting_since(message, age)
    shown = browser.get("/health/queue").json()
    assert shown["status"] == status
    assert shown["channels"]["sms"]["backlog"] == 1
    assert age <= shown["channels"]["sms"]["oldest_due_age_seconds"] < age + 5
    assert shown["channels"]["email"]["backlog"] == 0


def test_what_a_lost_worker_holds_too_long_is_late_as_well(browser, message):
    heartbeat()
    Message.objects.update(
        state=MessageState.SENDING, lease=uuid.uuid4(), lease_until=now() - seconds(121)
    )
    shown = browser.get("/health/queue").json()
    assert (shown["status"], shown["channels"]["sms"]["backlog"]) == ("late", 1)


@pytest.mark.parametrize(("minutes", "status"), [(14, "ok"), (16, "late")])
def test_what_is_not_planned_anew_for_a_quarter_of_an_hour_is_late(
    browser, message, minutes, status
):
    heartbeat()
    waiting_since(message, -60)
    ReplanRequest.objects.create(client=message.client)
    ReplanRequest.objects.update(created_at=now() - seconds(60 * minutes))
    assert browser.get("/health/queue").json()["status"] == status


def test_the_bounds_are_settings(browser, settings, message):
    settings.ENGINE_LATE_SECONDS, settings.ENGINE_SILENT_SECONDS = 300, 300
    Heartbeat.objects.create(name=HEART, at=now() - seconds(200))
    waiting_since(message, 200)
    assert browser.get("/health/queue").json()["status"] == "ok"


def test_a_paused_channel_is_named(browser):
    heartbeat()
    ChannelState.objects.create(channel=Channel.EMAIL, paused_until=now() + seconds(30))
    channels = browser.get("/health/queue").json()["channels"]
    assert {name: one["paused"] for name, one in channels.items()} == {"sms": False, "email": True}


def test_redis_away_is_told_within_two_seconds_and_the_rest_is_still_told(browser, settings):
    heartbeat()
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    answer = browser.get("/health/queue")
    shown = answer.json()
    assert (answer.status_code, shown["redis"], shown["queues"]) == (503, "down", None)
    assert shown["status"] == "ok"


def test_lateness_is_of_what_was_sent_in_the_last_quarter_of_an_hour(message):
    moment = now()
    for late, sent_ago in ((2, 10), (4, 20), (100, 60), (500, 16 * 60)):
        sent_at = moment - seconds(sent_ago)
        Message.objects.create(
            purpose="reminder", channel=Channel.SMS, contact_point=message.contact_point,
            address_index="x", state=MessageState.SENT, send_at=sent_at, sent_at=sent_at,
            due_at=sent_at - seconds(late), expires_at=moment,
        )  # fmt: skip
    assert lateness() == Lateness(3, 4.0, 90.4, 98.08)


def test_errors_of_the_last_hour_are_counted_by_family(message):
    for state, code, ago in (
        (AttemptState.REFUSED, "21610", 1),
        (AttemptState.REFUSED, "21611", 1),
        (AttemptState.DEFERRED, "421", 1),
        (AttemptState.UNKNOWN, "worker_lost", 1),
        (AttemptState.REFUSED, "30003", 61),
    ):
        Attempt.objects.create(
            message=message, number=1, state=state, code=code,
            started_at=now() - dt.timedelta(minutes=ago),
        )  # fmt: skip
    assert outcomes() == Outcomes(4, 1.0, {"21xxx": 2, "4xx": 1, "worker_lost": 1})


def test_what_is_in_doubt_for_half_an_hour_with_nobody_to_look_after_it_is_counted(message):
    half_an_hour_ago = now() - dt.timedelta(minutes=31)
    message.change(state=MessageState.UNKNOWN, reason=Reason.MAY_HAVE_ARRIVED)
    attempt = Attempt.objects.create(
        message=message, number=1, state=AttemptState.UNKNOWN, started_at=now()
    )
    assert doubt() == Doubt(1, 0)
    attempt.change(started_at=half_an_hour_ago)
    assert doubt() == Doubt(1, 1)
    tell([(message.pk, str(message.state), str(message.reason))])
    assert Task.objects.get(kind=TaskKind.CALL_CLIENT).source == f"message:{message.pk}"
    assert doubt() == Doubt(1, 0)


# ── Somebody is told ──────────────────────────────────────────────────────────────────────────


def engine_tasks():
    return list(
        Task.objects.filter(kind=TaskKind.ENGINE_LATE).values_list("state", "role", "facility")
    )


def test_one_task_for_administrators_while_late_and_none_afterwards(message, caplog):
    heartbeat()
    assert (watch(), engine_tasks()) == ("ok", [])
    waiting_since(message, 130)
    with caplog.at_level(logging.WARNING):
        assert [watch(), watch()] == ["late", "late"]
        assert engine_tasks() == [(TaskState.OPEN, Role.ADMINISTRATOR, None)]
        waiting_since(message, 0)
        assert [watch(), watch()] == ["ok", "ok"]
    assert engine_tasks() == [(TaskState.WITHDRAWN, Role.ADMINISTRATOR, None)]
    assert [r.getMessage() for r in caplog.records if r.name == "messaging.services.watching"] == [
        "engine.late status=late",
        "engine.well",
    ]


def test_the_administrator_sees_the_task_and_a_counselor_does_not(house, api):
    assert watch() == "silent"
    seen = {}
    for person in (house.administrator, house.ana):
        api.force_authenticate(person)
        seen[person] = [t["kind"] for t in api.get("/api/v1/tasks/").json()["results"]]
    assert seen == {house.administrator: ["engine_late"], house.ana: []}


def test_whoever_says_that_it_is_done_is_left_alone_for_half_an_hour(db):
    watch()
    task = Task.objects.get()
    task.change(state=TaskState.DONE, ended_at=now() - dt.timedelta(minutes=29))
    watch()
    assert Task.objects.count() == 1
    task.change(ended_at=now() - dt.timedelta(minutes=31))
    watch()
    assert Task.objects.count() == 2


def test_the_watcher_beside_the_engine_needs_no_redis(settings, capsys):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    call_command("watch_engine", "--once")
    assert capsys.readouterr().out == "The engine is silent.\n"
    assert engine_tasks() == [(TaskState.OPEN, Role.ADMINISTRATOR, None)]
