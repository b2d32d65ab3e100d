"""What will go on a day, and what will not: a dry run of what is planned now. Names nobody."""

import datetime as dt
import uuid
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from appointments.models import Reminder
from appointments.states import WAITING, ReminderState
from common.clock import at_wall_clock
from organization.models import Facility


class Going(NamedTuple):
    """A message that is to go: the hour on the facility's clock, how, and the visits it tells of."""

    hour: int
    channel: str
    message_id: uuid.UUID
    appointment_ids: tuple[uuid.UUID, ...]


class NotGoing(NamedTuple):
    """A reminder of one of the day's visits that was skipped, and why."""

    reason: str
    channel: str
    appointment_id: uuid.UUID


class Forecast(NamedTuple):
    """What goes, by hour and channel; what doesn't, by reason and channel."""

    going: list[Going]
    not_going: list[NotGoing]


def forecast(facility: Facility, day: dt.date) -> Forecast:
    """What a facility will send on a day of its own clock, and what its visits of the day won't get.

    As planned now: what changes before then changes it, and each is looked at again when it is due.
    """
    begins = at_wall_clock(day, dt.time(), facility.zone)
    ends = at_wall_clock(day + dt.timedelta(days=1), dt.time(), facility.zone)
    here = Reminder.objects.filter(attendance__appointment__facility=facility)
    waiting = here.filter(
        state__in=WAITING, message__send_at__gte=begins, message__send_at__lt=ends
    )
    skipped = here.filter(
        state=ReminderState.SKIPPED,
        attendance__appointment__starts_at__gte=begins,
        attendance__appointment__starts_at__lt=ends,
    )
    return Forecast(_going(waiting, ZoneInfo(facility.zone)), _not_going(skipped))


def _going(waiting: QuerySet[Reminder], zone: ZoneInfo) -> list[Going]:
    carried: dict[tuple[int, str, uuid.UUID], list[uuid.UUID]] = {}
    for pk, channel, at, appointment in waiting.order_by(
        "attendance__appointment__starts_at", "attendance__appointment"
    ).values_list("message", "channel", "message__send_at", "attendance__appointment"):
        visits = carried.setdefault((at.astimezone(zone).hour, channel, pk), [])
        if appointment not in visits:
            visits.append(appointment)
    return [Going(*key, tuple(visits)) for key, visits in sorted(carried.items())]


def _not_going(skipped: QuerySet[Reminder]) -> list[NotGoing]:
    found = skipped.values_list("reason", "channel", "attendance__appointment").distinct()
    return [
        NotGoing(*row) for row in found.order_by("reason", "channel", "attendance__appointment")
    ]
