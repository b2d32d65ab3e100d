"""Making the demo: the same people and the same kind of weeks, laid around the present moment."""

import datetime as dt
from collections.abc import Callable

from django.db import transaction

from appointments.models import Appointment, Reminder
from casework.models import Episode
from clients.models import Client
from common.clock import now
from dashboard.demo.acts import Cases
from dashboard.demo.calendar import Calendar
from dashboard.demo.clock import HeldClock, held
from dashboard.demo.founding import found
from dashboard.demo.history import History, Provider
from dashboard.demo.people import cast
from dashboard.demo.places import SITES
from dashboard.demo.script import Script
from messaging.models import InboundMessage, Message
from organization.models import Facility
from worklist.models import Task

YEARS_STANDING = dt.timedelta(days=3 * 365)

Say = Callable[[str], None]


def is_made() -> bool:
    """Whether the demo is there already."""
    return Facility.objects.filter(legal_name__in=[site.legal_name for site in SITES]).exists()


@transaction.atomic
def make(say: Say) -> None:
    """Make everything, or nothing."""
    moment = now()
    clock = HeldClock(moment - YEARS_STANDING)
    with held(clock):
        places = found()
        say(f"{len(places.facilities)} facilities, {len(places.programs)} programs, "
            f"{len(places.staff)} members of staff")  # fmt: skip
        people = cast(moment)
        history = History(clock, moment, Provider())
        cases = Cases(places, history)
        calendar = Calendar(cases, history)
        history.told = calendar.told
        Script(people, moment, history, cases, calendar).schedule()
        history.live()
    _tell(say)


def _tell(say: Say) -> None:
    say(f"{Client.objects.count()} clients, {Episode.objects.count()} courses of treatment")
    coming = Appointment.objects.filter(starts_at__gt=now()).count()
    say(f"{Appointment.objects.count()} appointments, {coming} of them to come")
    say(f"{Reminder.objects.count()} reminders, {Message.objects.count()} messages, "
        f"{InboundMessage.objects.count()} replies")  # fmt: skip
    say(f"{Task.objects.count()} tasks, {Task.objects.open().count()} of them open")
