"""Where Celery enters: carrying out imports, and removing old reports."""

from celery import shared_task

from interop.services import running

HOUR_SECONDS = 3600


@shared_task(soft_time_limit=HOUR_SECONDS, time_limit=HOUR_SECONDS + 60)
def run_import() -> None:
    """Carry out the next import, if one waits."""
    running.run_next()


@shared_task
def remove_old_reports() -> None:
    """Remove reports of refused rows whose time is over."""
    running.remove_old_reports()
