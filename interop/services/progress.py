"""How far an import is, and that it is still ours: told while its transaction is open."""

import datetime as dt
import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections

from common.clock import now
from common.errors import DomainError, FieldFault
from interop.columns import COLUMNS
from interop.models import Import, RefusedRow
from interop.states import ImportKind

EVERY_SECONDS = 1.0
LONGEST_SECONDS = 3300.0
MOST_REPORTED = 1_000
DETAIL_LENGTH = 300
# How the services call what the file calls otherwise.
COLUMN_OF = {"ends_at": "duration_minutes", "clients": "external_ref"}
# Where a service's own words would repeat a part of what the cell says, or fit a form, not a file.
WORDS_OF = {
    "not_discreet": "A word in it could tell a stranger what this is about.",
    "possible_duplicates": "A record, or an earlier row, may be of this person: its name and birth date are "
    "alike. Remove the row; or, if this is somebody else, write yes under not_a_duplicate.",
}

TELL = """
UPDATE interop_import
   SET rows_done = %(rows_done)s, rows_good = %(rows_good)s, rows_known = %(rows_known)s,
       rows_refused = %(rows_refused)s, lease_until = %(until)s, updated_at = %(now)s
 WHERE id = %(id)s AND state = 'running' AND lease = %(lease)s
"""


class Stopped(Exception):
    """The import was cancelled, or another worker has taken it over."""


class TooLong(Exception):
    """It takes longer than is reasonable."""


@dataclass
class Outcome:
    """What became of the rows so far."""

    good: int = 0
    known: int = 0
    refused: int = 0
    faults: list[tuple[int, FieldFault]] = field(default_factory=list)

    def add(self, line: int, became: bool | DomainError) -> None:  # noqa: FBT001
        """A row became new (True), was known before (False), or was refused."""
        if not isinstance(became, DomainError):
            self.good += became
            self.known += not became
            return
        self.refused += 1
        if self.refused <= MOST_REPORTED:
            found = became.faults or (FieldFault("", became.code, became.detail),)
            self.faults += [(line, fault) for fault in found]

    @property
    def counts(self) -> dict[str, int]:
        """The import's columns that count."""
        return {
            "rows_done": self.good + self.known + self.refused,
            "rows_good": self.good,
            "rows_known": self.known,
            "rows_refused": self.refused,
        }

    def report(self, job: Import) -> list[RefusedRow]:
        """The refused rows, in the file's words, the first thousand of them."""
        known = {column.name for column in COLUMNS[ImportKind(job.kind)]}
        rows = []
        for number, (line, fault) in enumerate(self.faults, 1):
            name = COLUMN_OF.get(fault.field, fault.field)
            words = WORDS_OF.get(fault.code, fault.detail)
            rows.append(
                RefusedRow(
                    of=job,
                    number=number,
                    line=line,
                    field=name if name in known else "",
                    code=fault.code[:40],
                    detail=words[:DETAIL_LENGTH],
                )
            )
        return rows


class Progress:
    """Writes how far an import is, about once a second, and renews its lease.

    On a connection of its own: what the import's transaction writes nobody sees before its end.
    """

    def __init__(self, job: Import) -> None:
        self._job = job
        self._link = connections.create_connection(DEFAULT_DB_ALIAS)
        self._begun = self._told = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._link.close()

    def tell(self, outcome: Outcome) -> None:
        """Raises `Stopped` if the import isn't ours any more, `TooLong` if its time is over."""
        tick = time.monotonic()
        if tick - self._told < EVERY_SECONDS:
            return
        self._told = tick
        if tick - self._begun > LONGEST_SECONDS:
            raise TooLong
        moment = now()
        until = moment + dt.timedelta(seconds=settings.LEASE_SECONDS)
        ours = {"id": self._job.pk, "lease": self._job.lease, "now": moment, "until": until}
        with self._link.cursor() as cursor:
            cursor.execute(TELL, {**outcome.counts, **ours})
            if cursor.rowcount == 0:
                raise Stopped
