"""Where Celery enters: finding possible duplicates, and putting them before who sees both."""

import time

from celery import shared_task

from clients.services import duplicates, readers

COMPARING_SECONDS = 4.0


@shared_task
def compare_due() -> None:
    """Compare the records that were imported since with all others."""
    ends = time.monotonic() + COMPARING_SECONDS
    while duplicates.compare_due() and time.monotonic() < ends:
        pass


@shared_task
def find_readers() -> None:
    """Find who is to look at the pairs of records that were kept since."""
    readers.find_readers()
