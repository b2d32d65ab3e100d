"""Where Celery enters: planning anew what was asked for."""

from celery import shared_task

from appointments.services.replanning import replan_due


@shared_task
def replan() -> None:
    """Plan anew for the clients about whom something changed."""
    replan_due()
