"""Making the demo: the same people and the same kind of weeks, laid around the present moment.

What happened of late, and what is to come, happens once more through the services
(`dashboard.demo.history`); the appointments of the months before are written down at once
(`dashboard.demo.archive`).
"""

import datetime as dt
from collections.abc import Callable

from django.db import transaction

from appointments.models import Appointment, Attendance, Reminder
from appointments.services.replanning import request_replan
from appointments.states import AttendanceStatus
from casework.models import Episode
from clients.models import Client, PossibleDuplicate
from clients.services.readers import find_readers
from common.clock import now
from dashboard.demo.acts import Cases
from dashboard.demo.archive import Archive
from dashboard.demo.calendar import Calendar
from dashboard.demo.clock import HeldClock, held
from dashboard.demo.founding import found
from dashboard.demo.history import History, Provider
from dashboard.demo.past import earlier_visits
from dashboard.demo.people import cast
from dashboard.demo.places import SITES
from dashboard.demo.script import Script
from messaging.models import InboundMessage, Message
from organization.models import Facility
from worklist.models import Task

YEARS_STANDING = dt.timedelta(days=6 * 365)
LIVED = 0.9
"""The share of the work that living through the past weeks is."""

Say = Callable[[str], None]
Told = Callable[[float], None]


def is_made() -> bool:
    """Whether the demo is there already."""
    return Facility.objects.filter(legal_name__in=[site.legal_name for site in SITES]).exists()


@transaction.atomic
def make(clients: int, say: Say, told: Told) -> None:
    """Make everything, or nothing. `told` hears what share of the work is done."""
    moment = now()
    clock = HeldClock(moment - YEARS_STANDING)
    with held(clock):
        places = found()
        say(f"{len(places.facilities)} facilities, {len(places.programs)} programs, "
            f"{len(places.staff)} members of staff")  # fmt: skip
        people = cast(moment, clients)
        history = History(clock, moment, Provider())
        cases = Cases(places, history)
        calendar = Calendar(cases, history)
        history.told = calendar.told
        Script(people, moment, history, cases, calendar).schedule()
        history.live(lambda share: told(LIVED * share))
        archive = Archive(places, cases.clients)
        for visit in earlier_visits(people, moment):
            archive.add(visit)
        archive.write()
        # Who missed visits in those months is reminded once more.
        request_replan(Attendance.objects.filter(status=AttendanceStatus.NO_SHOW)
                       .values_list("client", flat=True).distinct())  # fmt: skip
        history.live(lambda share: None)
        find_readers(pairs=PossibleDuplicate.objects.unread().count())
    told(1)
    _tell(say)


def _tell(say: Say) -> None:
    courses = Episode.objects.count()
    present = Episode.objects.active().count()
    say(f"{Client.objects.count()} clients, {courses} courses of treatment, "
        f"{present} of them going on")  # fmt: skip
    coming = Appointment.objects.filter(starts_at__gt=now()).count()
    say(f"{Appointment.objects.count()} appointments, {coming} of them to come")
    say(f"{Reminder.objects.count()} reminders, {Message.objects.count()} messages, "
        f"{InboundMessage.objects.count()} replies")  # fmt: skip
    say(f"{Task.objects.count()} tasks, {Task.objects.open().count()} of them open")
