"""`manage.py dispatch_due --once`: plan, send and sweep what is due, without Redis or Celery."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from appointments.services.replanning import replan_due
from clients.models import Channel
from messaging.services.drain import drain
from messaging.services.sweep import sweep


class Command(BaseCommand):
    """Does by hand what the beat's ticks do."""

    help = "Send what is due now, without Redis or Celery."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="Until nothing is due, then stop.")
        parser.add_argument("--seconds", type=float, default=60, help="At most so long a channel.")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["once"]:
            raise CommandError("Say --once: for sending all the time, run the worker and beat.")
        self.stdout.write(f"{replan_due()} clients planned anew")
        swept = sweep()
        for channel in Channel:
            tried = drain(channel, seconds=options["seconds"])
            self.stdout.write(f"{channel.label}: {tried} tried")
        self.stdout.write(", ".join(f"{name} {count}" for name, count in swept.items() if count))
