"""Where Celery enters: ticks in, services called. Nothing is decided here."""

from celery import shared_task

from clients.models import Channel
from common.clock import now
from messaging.models import Heartbeat
from messaging.queries import HEART, due_count
from messaging.services import doubt, retention, watching
from messaging.services import drain as draining
from messaging.services import sweep as sweeping

MOST_DRAINS = 4
MESSAGES_A_DRAIN = 200
DRAIN_EXPIRES_SECONDS = 2


@shared_task
def tick() -> None:
    """Look whether anything is due and how much, and ask for that many drains."""
    for channel in Channel:
        due = due_count(channel, at_most=MOST_DRAINS * MESSAGES_A_DRAIN)
        for _ in range(-(-due // MESSAGES_A_DRAIN)):
            drain.apply_async(
                (str(channel),), queue=f"drain-{channel}", expires=DRAIN_EXPIRES_SECONDS
            )


@shared_task
def drain(channel: str) -> None:
    """Send what is due on one channel."""
    draining.drain(Channel(channel))


@shared_task
def sweep() -> None:
    """Set right what is left over."""
    sweeping.sweep()


@shared_task
def watch() -> None:
    """Tell somebody when messages are late."""
    watching.watch()


@shared_task
def resolve_doubt() -> None:
    """Ask the provider what became of the texts that may have arrived."""
    doubt.resolve_doubt()


@shared_task
def forget() -> None:
    """Take away what is past its time."""
    retention.forget()


@shared_task
def heartbeat() -> None:
    """Prove that ticks still come through Redis and a worker."""
    Heartbeat.objects.update_or_create(name=HEART, defaults={"at": now()})
