"""Taking a file in, and calling an import off."""

from django.db import IntegrityError, transaction

from audit.services import note_change
from common.clock import now
from common.crypto import blind_index
from common.database import broken_constraint
from common.errors import Conflict
from common.rows import check_row
from interop.columns import COLUMNS
from interop.models import Import, ImportFile
from interop.reading import decoded, read_table
from interop.states import UNDER_WAY, ImportKind, ImportState
from organization.models import Facility, User
from organization.roles import Capability

MOST_ROWS = {
    ImportKind.CLIENTS: 50_000,
    ImportKind.CONTACT_POINTS: 50_000,
    # While these are written nobody else books the same people: a minute, not a quarter of an hour.
    ImportKind.APPOINTMENTS: 2_000,
}


@transaction.atomic
def submit_import(
    *,
    kind: ImportKind,
    facility: Facility,
    content: bytes,
    charset: str,
    system: str,
    dry_run: bool,
    by: User,
) -> Import:
    """Keep a file, sealed, and have its rows imported by a worker.

    Raises `Invalid` where the file as a whole can't be read; `Conflict` if it waits here already.
    """
    by.access.require(Capability.IMPORT_DATA, facility.pk)
    text = decoded(content, charset)
    lines = read_table(text, COLUMNS[kind], most_rows=MOST_ROWS[kind])
    job = Import(
        kind=kind,
        facility=facility,
        by=by,
        system=system,
        dry_run=dry_run,
        digest=blind_index(text, "import"),
        rows_total=len(lines),
    )
    check_row(job, leave_out=("facility", "by"))
    try:
        with transaction.atomic():
            job.save(force_insert=True)
    except IntegrityError as error:
        if broken_constraint(error) != "import_file_once":
            raise
        raise Conflict(
            "This very file is being imported already. Wait for that import, or cancel it.",
            code="already_under_way",
        ) from None
    ImportFile.objects.create(of=job, text=text)
    note_change("import.submitted", job.pk, by=by.pk)
    return job


@transaction.atomic
def cancel_import(*, job: Import, by: User) -> Import:
    """Call an import off. Running, it is stopped within seconds and leaves nothing written."""
    moment = now()
    ended = Import.objects.filter(pk=job.pk, state__in=UNDER_WAY).update(
        state=ImportState.CANCELLED, ended_at=moment, lease=None, lease_until=None,
        updated_at=moment,
    )  # fmt: skip
    job.refresh_from_db()
    if not ended:
        raise Conflict(
            f"This import has ended: {job.get_state_display().split(':')[0].lower()}.",
            code="import_ended",
        )
    ImportFile.objects.filter(of=job).delete()
    note_change("import.cancelled", job.pk, by=by.pk)
    return job
