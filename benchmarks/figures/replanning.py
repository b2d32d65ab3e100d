"""R5: a policy changes, and the reminders of all who are concerned are planned anew by the workers."""

import statistics
import time
from collections.abc import Iterable

from appointments.models import Attendance, ReminderRule, ReplanRequest
from appointments.services.replanning import replan_facility
from appointments.states import AppointmentStatus, AttendanceStatus
from benchmarks.figures.mail import choose, undo
from benchmarks.figures.texts import late_texts
from benchmarks.results import Measured
from common.clock import now
from dev.console import Trouble
from organization.models import Facility

THREE_DAYS, TWO_DAYS = 4320, 2880
TEN_THOUSAND = 10_000
LONGEST_SECONDS = 600.0


def replanned(*, runs: int) -> Measured:
    """The first reminder moves from three days before to two, then back; until nobody waits."""
    appointments = _coming(Facility.objects.all())
    took = [_run() for _ in range(runs)]
    note = (
        f"{appointments} coming appointments in {statistics.median(took):.1f} s, by 2 worker"
        " processes that also take the ticks; scaled to 10,000. Nothing else was due."
    )
    return Measured("R5", [seconds * TEN_THOUSAND / appointments for seconds in took], "—", [note])


def late_meanwhile(*, runs: int, messages: int) -> Measured:
    """How late texts go that fall due at one facility while the others' reminders are planned anew,
    again as soon as that is done."""
    at, *others = Facility.objects.all()
    found = choose(messages, "sms", [at.pk])
    rounds = 0

    def plan_anew() -> None:
        nonlocal rounds
        if not ReplanRequest.objects.exists():
            rounds += 1
            _change(others)

    late = [late_texts(found, meanwhile=plan_anew) for _ in range(runs)]
    undo()
    _until_planned()
    p50 = statistics.median(each for each, _ in late)
    note = (
        f"{found} texts over a minute, 200 ms each, p50 {p50:.2f} s; meanwhile"
        f" {_coming(others)} appointments were planned anew {rounds} times in {runs} runs."
    )
    return Measured("R5.late", [p99 for _, p99 in late], "—", [note])


def _coming(facilities: Iterable[Facility]) -> int:
    coming = Attendance.objects.filter(
        appointment__facility__in=facilities,
        appointment__starts_at__gt=now(),
        appointment__status=AppointmentStatus.BOOKED,
        status=AttendanceStatus.EXPECTED,
    )
    return coming.values("appointment").distinct().count()


def _run() -> float:
    begun = time.monotonic()
    _change(Facility.objects.all())
    _until_planned()
    return time.monotonic() - begun


def _change(facilities: Iterable[Facility]) -> None:
    there = ReminderRule.objects.filter(retired_at=None, policy__facility__in=facilities)
    three = there.filter(minutes_before=THREE_DAYS).exists()
    old, new = (THREE_DAYS, TWO_DAYS) if three else (TWO_DAYS, THREE_DAYS)
    there.filter(minutes_before=old).update(minutes_before=new)
    for facility in facilities:
        replan_facility(facility)


def _until_planned() -> None:
    begun = time.monotonic()
    while ReplanRequest.objects.exists():
        if time.monotonic() - begun > LONGEST_SECONDS:
            raise Trouble(f"After {LONGEST_SECONDS:.0f} s some are not planned anew.")
        time.sleep(0.1)
