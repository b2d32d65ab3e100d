"""Where Celery enters: putting possible duplicates before who sees both."""

from celery import shared_task

from clients.services import readers


@shared_task
def find_readers() -> None:
    """Find who is to look at the pairs of records that were kept since."""
    readers.find_readers()
