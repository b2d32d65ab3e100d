"""The Celery app and the beat table.

Redis carries ticks, never the schedule: every tick asks PostgreSQL what is due, so a tick that is
lost, doubled or late changes nothing. Hence early acks, no results, and ticks that expire before
the next one is made. Intervals only, in UTC: a local-time crontab stops on the days that clocks
change.
"""

import os
import ssl
from pathlib import Path

from celery import Celery
from celery.signals import after_task_publish, task_success
from kombu import Queue

from config.faults.given import read

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

TICK_SECONDS = 1.0
BROKER = read(os.environ).values.get("REDIS_URL", "redis://127.0.0.1:6379/0")

app = Celery("casework")
app.conf.update(
    broker_url=BROKER,
    # Without this Celery speaks TLS to whoever answers.
    broker_use_ssl={"ssl_cert_reqs": ssl.CERT_REQUIRED} if BROKER.startswith("rediss:") else None,
    broker_transport_options={
        "socket_connect_timeout": 2,
        "socket_timeout": 10,
        "socket_keepalive": True,
        "visibility_timeout": 3600,
        "max_retries": 1,
    },
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    result_backend=None,
    task_ignore_result=True,
    task_acks_late=False,
    task_publish_retry=False,
    task_serializer="json",
    accept_content=["json"],
    task_soft_time_limit=50,
    task_time_limit=55,
    task_create_missing_queues=False,
    task_default_queue="ticks",
    task_queues=[
        Queue(name)
        for name in ("ticks", "drain-email", "drain-sms", "planning", "imports", "upkeep")
    ],
    worker_prefetch_multiplier=1,
    worker_send_task_events=False,
    worker_hijack_root_logger=False,
    timezone="UTC",
    enable_utc=True,
    beat_schedule={
        "tick": {
            "task": "messaging.tasks.tick",
            "schedule": TICK_SECONDS,
            "options": {"queue": "ticks", "expires": TICK_SECONDS * 0.9},
        },
        "replan": {
            "task": "appointments.tasks.replan",
            "schedule": TICK_SECONDS,
            "options": {"queue": "planning", "expires": TICK_SECONDS * 0.9},
        },
        "sweep": {
            "task": "messaging.tasks.sweep",
            "schedule": 10.0,
            "options": {"queue": "upkeep", "expires": 9},
        },
        "resolve-doubt": {
            "task": "messaging.tasks.resolve_doubt",
            "schedule": 30.0,
            "options": {"queue": "upkeep", "expires": 29},
        },
        "forget-words": {
            "task": "messaging.tasks.forget",
            "schedule": 3600.0,
            "options": {"queue": "upkeep", "expires": 600},
        },
        "heartbeat": {
            "task": "messaging.tasks.heartbeat",
            "schedule": 10.0,
            "options": {"queue": "ticks", "expires": 9},
        },
        "watch": {
            "task": "messaging.tasks.watch",
            "schedule": 15.0,
            "options": {"queue": "ticks", "expires": 14},
        },
        "import": {
            "task": "interop.tasks.run_import",
            "schedule": 2.0,
            "options": {"queue": "imports", "expires": 1.8},
        },
        "compare-due": {
            "task": "clients.tasks.compare_due",
            "schedule": 5.0,
            "options": {"queue": "upkeep", "expires": 4.5},
        },
        "find-readers": {
            "task": "clients.tasks.find_readers",
            "schedule": 5.0,
            "options": {"queue": "upkeep", "expires": 4.5},
        },
        "old-import-reports": {
            "task": "interop.tasks.remove_old_reports",
            "schedule": 3600.0,
            "options": {"queue": "upkeep", "expires": 600},
        },
        "forget-old-keys": {
            "task": "organization.tasks.forget_old_keys",
            "schedule": 3600.0,
            "options": {"queue": "upkeep", "expires": 600},
        },
    },
)
app.autodiscover_tasks(["organization", "clients", "messaging", "appointments", "interop"])


def show_life(**_: object) -> None:
    """Touch the file that a health check looks at: a task succeeded here, or was sent from here."""
    Path(os.environ["LIFE_FILE"]).touch()


if os.environ.get("LIFE_FILE"):
    task_success.connect(show_life)
    after_task_publish.connect(show_life)
