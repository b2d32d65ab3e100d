"""What is wired to what: every handler, registry and queue by name, so that a change is seen."""

import ast
from pathlib import Path

from django.conf import settings

from appointments.tasks import replan
from casework.gates import gates
from casework.undo import written_on_phase
from clients.access import beyond_care_teams
from clients.merging import merge_parts
from clients.phases import clients_in_phase, phases_now
from clients.tasks import compare_due, find_readers
from common.events import handlers
from config.celery import app
from interop.tasks import remove_old_reports, run_import
from messaging.late import late
from messaging.purposes import purposes
from messaging.tasks import drain, forget, heartbeat, resolve_doubt, sweep, tick, watch
from organization.repeats import still_seen
from organization.tasks import forget_old_keys

APPS = (
    "common", "audit", "organization", "clients", "worklist", "messaging", "casework",
    "appointments", "interop", "dashboard", "config",
)  # fmt: skip


def test_every_handler_of_every_event():
    replanning = "appointments.services.replanning"
    shown = "clients.services.records.shows_another_phase"
    assert handlers() == {
        "PrimaryCounselorNamed": ["worklist.services.ask_to_accept_client"],
        "PrimaryCounselorLeft": ["worklist.services.hand_tasks_over"],
        "StaffLeft": ["worklist.services.ask_for_successors"],
        "StaffReturned": ["worklist.services.stop_asking_for_successors"],
        "ContactPermissionChanged": [
            "messaging.services.permissions.end_what_lost_consent",
            f"{replanning}.client_changed",
        ],
        "PossibleDuplicateFound": ["worklist.services.ask_about_duplicate"],
        "PossibleDuplicateSettled": ["worklist.services.stop_asking_about_duplicates"],
        "PhaseChanged": [shown, f"{replanning}.client_changed"],
        "EpisodeDischarged": [shown, f"{replanning}.client_changed"],
        "OptedOut": [f"{replanning}.address_changed"],
        "OptOutLifted": [f"{replanning}.address_changed"],
        "FacilityChanged": ["appointments.services.replanning.facility_changed"],
        "MessagesProgressed": ["appointments.services.ledger.follow_messages"],
    }


def test_every_answer_in_every_registry():
    assert purposes.names() == [
        "account", "auto_answer", "help_answer", "notice", "opt_out_acknowledgement", "reminder",
    ]  # fmt: skip
    assert beyond_care_teams.names() == [
        "appointments: the calendar",
        "casework: the nurse's unit",
    ]
    assert written_on_phase.names() == ["appointments: attendance"]
    assert (phases_now.names(), clients_in_phase.names()) == (["casework"], ["casework"])
    assert late.names() == ["appointments: planning anew"]
    assert gates.names() == []
    assert still_seen.names() == ["clients"]
    assert merge_parts.names() == [
        "appointments", "casework", "clients", "interop", "messaging", "worklist",
    ]  # fmt: skip


def test_every_beat_entry_is_a_task_with_a_queue_and_an_expiry_below_its_period():
    own = (
        tick, drain, sweep, heartbeat, watch, replan, forget_old_keys, run_import, remove_old_reports,
        find_readers, compare_due, resolve_doubt, forget,
    )  # fmt: skip
    tasks = {task.name for task in own}
    queues = {queue.name for queue in app.conf.task_queues}
    for entry in app.conf.beat_schedule.values():
        assert entry["task"] in tasks
        assert entry["options"]["queue"] in queues
        assert 0 < entry["options"]["expires"] < entry["schedule"]
    assert {f"drain-{channel}" for channel in ("email", "sms")} < queues


def test_celery_is_set_to_lose_nothing_and_double_nothing():
    conf = app.conf
    assert (conf.task_acks_late, conf.task_ignore_result, conf.result_backend) == (
        False,
        True,
        None,
    )
    assert conf.worker_prefetch_multiplier == 1
    assert conf.broker_connection_max_retries is None
    assert conf.task_soft_time_limit < conf.task_time_limit
    assert conf.broker_transport_options["socket_keepalive"] is True


def test_no_eta_no_countdown_and_no_signals_anywhere():
    for name in APPS:
        for path in Path(settings.BASE_DIR, name).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.keyword):
                    assert node.arg not in {"eta", "countdown"}, path
                if isinstance(node, ast.ImportFrom):
                    assert node.module != "django.db.models.signals", path
