"""`manage.py watch_engine`: notices from outside that the engine is late or silent; needs no Redis."""

import logging
import os
import signal
import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.db import DatabaseError, close_old_connections

from messaging.services.watching import watch

log = logging.getLogger(__name__)

SECONDS = 15.0


class Command(BaseCommand):
    """A process of its own: where workers are dead, nobody in them can tell of it."""

    help = "Open a task for the administrators while messages are late or the engine is silent."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="Look once, say it, and stop.")
        parser.add_argument("--seconds", type=float, default=SECONDS, help="Between two looks.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["once"]:
            self.stdout.write(f"The engine is {watch()}.")
            return
        for asked_to_end in (signal.SIGTERM, signal.SIGINT):
            signal.signal(asked_to_end, lambda *_: sys.exit(0))
        while True:
            self._look()
            time.sleep(options["seconds"])

    def _look(self) -> None:
        """While the database is away there is nobody to tell; what watches this process is."""
        close_old_connections()
        try:
            watch()
        except DatabaseError as error:
            log.warning("engine.unseen fault=%s", type(error).__name__)
            return
        if os.environ.get("LIFE_FILE"):
            Path(os.environ["LIFE_FILE"]).touch()
