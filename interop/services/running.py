"""Carrying imports out: one after another, all rows of one in one transaction, or none.

1. Claim: what waits, or what a lost worker left, under a lease.
2. Take every row in a savepoint of its own, so that a refused one stops no other, and all are named.
3. Nothing refused and no dry run: the rows and the import's end are committed together, and only if
   the lease still holds. Else everything is undone and the report is written.
How far it is stands in the import meanwhile, written on a connection of its own.
"""

import datetime as dt
import logging
import uuid
from collections.abc import Iterator, Sequence

from django.conf import settings
from django.db import DataError, IntegrityError, OperationalError, transaction

from audit.models import Source
from audit.services import Trail, collected, note_change
from common.clock import now
from common.database import broken_constraint
from common.errors import Conflict, DomainError, Invalid
from interop.columns import COLUMNS, read_row
from interop.models import REPORT_KEPT, Import, ImportFile, RefusedRow
from interop.reading import Line, read_table
from interop.services.kinds import KINDS, Kind, Row
from interop.services.progress import Outcome, Progress, Stopped, TooLong
from interop.services.submitting import MOST_ROWS
from interop.states import Failure, ImportKind, ImportState
from organization.models import User
from organization.roles import Capability

log = logging.getLogger(__name__)

MOST_ATTEMPTS = 3
AT_ONCE = 2_000
"""Rows prepared together: never fewer than a file of appointments has, whose locks are taken in one order."""


class MayNot(Exception):
    """Whoever sent the file has lost the right to."""


def run_next() -> bool:
    """Carry out the import whose turn it is; False if there is none, or another one runs."""
    job = _claim()
    if job is None:
        return False
    try:
        with Progress(job) as progress:
            _carry_out(job, progress)
    except Stopped:
        log.info("import.stopped id=%s", job.pk)
    except OperationalError:
        # The connection or a lock was lost: the lease lapses, and it begins anew.
        log.exception("import.interrupted id=%s", job.pk)
    except MayNot:
        _fail(job, Failure.MAY_NOT)
    except TooLong:
        _fail(job, Failure.TOO_LONG)
    except Exception:
        log.exception("import.failed id=%s", job.pk)
        _fail(job, Failure.OUR_FAULT)
    return True


def remove_old_reports() -> int:
    """Remove reports of refused rows whose time is over; how many rows."""
    gone, _ = RefusedRow.objects.filter(of__ended_at__lt=now() - REPORT_KEPT).delete()
    return gone


@transaction.atomic
def _claim() -> Import | None:
    moment = now()
    if Import.objects.filter(state=ImportState.RUNNING, lease_until__gte=moment).exists():
        return None
    due = Import.objects.due().select_for_update(skip_locked=True, of=("self",))
    job = due.select_related("facility", "by").first()
    if job is None:
        return None
    if job.attempts >= MOST_ATTEMPTS:
        _end(job, ImportState.FAILED, Outcome(), failure=Failure.GAVE_UP)
        return None
    try:
        with transaction.atomic():
            job.change(
                state=ImportState.RUNNING,
                attempts=job.attempts + 1,
                lease=uuid.uuid4(),
                lease_until=moment + dt.timedelta(seconds=settings.LEASE_SECONDS),
                started_at=moment,
            )
    except IntegrityError as error:
        if broken_constraint(error) != "one_import_runs":
            raise
        return None
    note_change("import.started", job.pk, by=job.by_id)
    return job


def _carry_out(job: Import, progress: Progress) -> None:
    _require_right(job)
    kind = ImportKind(job.kind)
    lines = read_table(job.file.text, COLUMNS[kind], most_rows=MOST_ROWS[kind])
    with transaction.atomic():
        outcome = _take_all(job, lines, progress)
        written = not (job.dry_run or outcome.faults)
        if written:
            _require_right(job)
            _end(job, ImportState.FINISHED, outcome)
        else:
            transaction.set_rollback(True)
    if not written:
        _end(job, ImportState.REFUSED if outcome.faults else ImportState.FINISHED, outcome)


def _require_right(job: Import) -> None:
    user = User.objects.get(pk=job.by_id)
    if not (user.is_active and user.access.can(Capability.IMPORT_DATA, job.facility_id)):
        raise MayNot


# ── The rows ──────────────────────────────────────────────────────────────────────────────────


def _take_all(job: Import, lines: Sequence[Line], progress: Progress) -> Outcome:
    outcome = Outcome()
    kind = KINDS[ImportKind(job.kind)](job)
    for batch in _batches(lines):
        rows = [(line.number, _read(job, line)) for line in batch]
        kind.prepare([row for _, row in rows if not isinstance(row, Invalid)])
        for number, row in rows:
            outcome.add(number, row if isinstance(row, Invalid) else _take(job, kind, row))
            progress.tell(outcome)
    return outcome


def _batches(lines: Sequence[Line]) -> Iterator[Sequence[Line]]:
    for start in range(0, len(lines), AT_ONCE):
        yield lines[start : start + AT_ONCE]


def _read(job: Import, line: Line) -> Row | Invalid:
    if line.surplus:
        return Invalid(
            "This row has more cells than there are columns. Put cells that hold the delimiter in "
            "quotation marks.",
            code="too_many_cells",
        )
    try:
        return read_row(COLUMNS[ImportKind(job.kind)], line.cells)
    except Invalid as error:
        return error


def _take(job: Import, kind: Kind, row: Row) -> bool | DomainError:
    """Whether the row is new; or why it is refused, and then nothing of it stays."""
    try:
        with transaction.atomic(), collected(Trail(Source.SYSTEM, f"import {job.kind}")):
            return kind.take(row)
    except DomainError as error:
        return error
    except (IntegrityError, DataError) as error:
        log.warning("import.row_refused id=%s constraint=%s", job.pk, broken_constraint(error))
        return Conflict("The database doesn't take this row as it is.", code="not_possible")


# ── The end ───────────────────────────────────────────────────────────────────────────────────


@transaction.atomic
def _end(job: Import, state: ImportState, outcome: Outcome, *, failure: str = "") -> None:
    """End the import, its file with it. Raises `Stopped` if the lease isn't ours any more."""
    moment = now()
    ended = Import.objects.filter(pk=job.pk, state=ImportState.RUNNING, lease=job.lease).update(
        state=state, failure=failure, lease=None, lease_until=None, ended_at=moment,
        updated_at=moment, **outcome.counts,
    )  # fmt: skip
    if not ended:
        raise Stopped
    ImportFile.objects.filter(of=job).delete()
    RefusedRow.objects.bulk_create(outcome.report(job), batch_size=500)
    note_change(f"import.{state}", job.pk, by=job.by_id)


def _fail(job: Import, failure: Failure) -> None:
    try:
        _end(job, ImportState.FAILED, Outcome(), failure=failure)
    except Stopped:
        log.info("import.stopped id=%s", job.pk)
