"""R5: a policy changes, and the reminders of all who are concerned are planned anew by the workers."""

import statistics
import time

from appointments.models import Attendance, ReminderRule, ReplanRequest
from appointments.services.replanning import replan_facility
from appointments.states import AppointmentStatus, AttendanceStatus
from benchmarks.results import Measured
from common.clock import now
from dev.console import Trouble
from organization.models import Facility

THREE_DAYS, TWO_DAYS = 4320, 2880
TEN_THOUSAND = 10_000
LONGEST_SECONDS = 600.0


def replanned(*, runs: int) -> Measured:
    """The first reminder moves from three days before to two, then back; until nobody waits."""
    coming = Attendance.objects.filter(
        appointment__starts_at__gt=now(),
        appointment__status=AppointmentStatus.BOOKED,
        status=AttendanceStatus.EXPECTED,
    )
    appointments = coming.values("appointment").distinct().count()
    took = [_run() for _ in range(runs)]
    note = (
        f"{appointments} coming appointments in {statistics.median(took):.1f} s, by 2 worker"
        " processes that also take the ticks; scaled to 10,000. Nothing else was due."
    )
    return Measured("R5", [seconds * TEN_THOUSAND / appointments for seconds in took], "—", [note])


def _run() -> float:
    there = ReminderRule.objects.filter(retired_at=None, minutes_before=THREE_DAYS).exists()
    old, new = (THREE_DAYS, TWO_DAYS) if there else (TWO_DAYS, THREE_DAYS)
    ReminderRule.objects.filter(retired_at=None, minutes_before=old).update(minutes_before=new)
    begun = time.monotonic()
    for facility in Facility.objects.all():
        replan_facility(facility)
    while ReplanRequest.objects.exists():
        if time.monotonic() - begun > LONGEST_SECONDS:
            raise Trouble(f"After {LONGEST_SECONDS:.0f} s some are not planned anew.")
        time.sleep(0.1)
    return time.monotonic() - begun
