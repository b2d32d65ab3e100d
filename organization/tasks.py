"""Where Celery enters: what has had its day is removed."""

from celery import shared_task

from organization import repeats


@shared_task
def forget_old_keys() -> None:
    """Remove idempotency keys whose day is over."""
    repeats.forget_old_keys()
