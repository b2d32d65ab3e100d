"""Whether what was asked to be planned anew is."""

import datetime as dt

from appointments.models import ReplanRequest
from common.clock import now

TOO_LONG = dt.timedelta(minutes=15)
"""A facility of thousands is planned anew in a minute or two; what waits longer is stuck."""


def replanning_is_late() -> bool:
    """Whether something that changed a quarter of an hour ago has changed no reminder yet."""
    return ReplanRequest.objects.filter(created_at__lt=now() - TOO_LONG).exists()
