"""`manage.py reminders explain ID` and `reminders tomorrow`: why, and what will be. Names nobody."""

import datetime as dt
import uuid
from argparse import ArgumentParser
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from django.core.management.base import BaseCommand, CommandError

from appointments.models import Appointment, Attendance, Reminder
from appointments.queries import forecast, why, with_reasons
from clients.models import Channel
from common.clock import now
from messaging.states import Reason
from organization.models import Facility


class Command(BaseCommand):
    """Ids, times and reasons only: no name and no address leaves the database here."""

    help = "Tell why reminders were or weren't sent, or what will go tomorrow. Changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        explain = acts.add_parser("explain", help="Every reminder of an appointment, and why.")
        explain.add_argument("appointment", type=uuid.UUID)
        tomorrow = acts.add_parser("tomorrow", help="What will go on a day, and what will not.")
        tomorrow.add_argument("--facility", type=uuid.UUID, help="Only this one's.")
        tomorrow.add_argument("--day", type=dt.date.fromisoformat, help="Another day: YYYY-MM-DD.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["act"] == "explain":
            self._explain(options["appointment"])
        else:
            self._tomorrow(options["facility"], options["day"])

    def _explain(self, appointment_id: uuid.UUID) -> None:
        if not Appointment.objects.filter(pk=appointment_id).exists():
            raise CommandError("There is no appointment with this id.")
        attendances = Attendance.objects.filter(appointment=appointment_id)
        ledger = Reminder.objects.filter(attendance__in=attendances)
        rows = with_reasons(ledger, Attendance.objects.all()).prefetch_related("changes")
        for attendance_id, theirs in groupby(
            rows.order_by("attendance", "created_at", "id"), lambda row: row.attendance_id
        ):
            self.stdout.write(f"attendance {attendance_id}")
            for row in theirs:
                self._row(row)
        if not rows:
            self.stdout.write("Nothing was ever planned for it.")

    def _row(self, row: Reminder) -> None:
        code, sentence = why(row, case_seen=True)
        state = f"{row.channel} {row.state}"
        self.stdout.write(f"  {state:16} {code:20} {sentence}")
        zone = ZoneInfo(row.attendance.appointment.facility.zone)
        for change in row.changes.all():
            at = change.created_at.astimezone(zone)
            self.stdout.write(
                f"    {at:%Y-%m-%d %H:%M:%S %Z} {change.state} {change.reason}".rstrip()
            )

    def _tomorrow(self, facility_id: uuid.UUID | None, day: dt.date | None) -> None:
        facilities = Facility.objects.order_by("created_at", "id")
        if facility_id:
            facilities = facilities.filter(pk=facility_id)
        if not facilities:
            raise CommandError("There is no such facility.")
        for facility in facilities:
            today = now().astimezone(ZoneInfo(facility.zone)).date()
            self._forecast(facility, day or today + dt.timedelta(days=1))

    def _forecast(self, facility: Facility, day: dt.date) -> None:
        going, not_going = forecast(facility, day)
        self.stdout.write(
            f"facility {facility.pk}, {day} ({facility.zone}): {len(going)} to go,"
            f" {len(not_going)} not"
        )
        for (hour, channel), messages in groupby(going, lambda one: (one.hour, one.channel)):
            some = list(messages)
            self.stdout.write(f"  {hour:02d}:00 {Channel(channel).label}: {len(some)}")
            for one in some:
                visits = " ".join(str(pk) for pk in one.appointment_ids)
                self.stdout.write(f"    message {one.message_id} of appointment {visits}")
        for (reason, channel), reminders in groupby(
            not_going, lambda one: (one.reason, one.channel)
        ):
            skipped = list(reminders)
            self.stdout.write(
                f"  not by {channel}, {reason}: {len(skipped)}. {Reason(reason).label}"
            )
            for no in skipped:
                self.stdout.write(f"    appointment {no.appointment_id}")
