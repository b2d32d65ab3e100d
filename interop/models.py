"""Imports, the sealed files they read, what was refused, and the numbers that other systems use."""

import datetime as dt
from typing import Self

from django.db import models
from django.db.models import Q

from clients.models import Client
from common.clock import now
from common.crypto import EncryptedTextField
from common.rows import Row
from common.text import validate_plain_line
from interop.states import UNDER_WAY, Failure, ImportKind, ImportState
from organization.models import Facility, User
from organization.roles import Capability

REPORT_KEPT = dt.timedelta(days=7)
REF_LENGTH = 64
SYSTEM_LENGTH = 40


class ImportQuerySet(models.QuerySet["Import"]):
    def visible_to(self, user: User) -> Self:
        """One's own, where one still may import: they tell what another's file was about."""
        return self.filter(by=user, facility__in=user.access.where(Capability.IMPORT_DATA))

    def due(self) -> Self:
        """Those to be carried out now: lapsed ones first, then the one that waits longest."""
        lapsed = Q(state=ImportState.RUNNING, lease_until__lt=now())
        waiting = self.filter(lapsed | Q(state=ImportState.WAITING))
        return waiting.order_by(models.F("lease_until").asc(nulls_last=True), "created_at")


class Import(Row):
    """A file of rows to be written: all of them in one transaction, or none.

    Whoever carries it out holds the lease. A lease that lapsed was lost with its worker, and what
    was written under it with its transaction: the import begins anew.
    """

    kind = models.CharField(max_length=16, choices=ImportKind.choices)
    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="+")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    system = models.CharField(
        max_length=SYSTEM_LENGTH, validators=[validate_plain_line],
        help_text="The system whose numbers `external_ref` holds.",
    )  # fmt: skip
    dry_run = models.BooleanField(help_text="Do everything, report, and write nothing.")
    digest = models.CharField(max_length=64)
    state = models.CharField(
        max_length=12, choices=ImportState.choices, default=ImportState.WAITING
    )
    failure = models.CharField(max_length=12, choices=Failure.choices, blank=True)
    rows_total = models.PositiveIntegerField()
    rows_done = models.PositiveIntegerField(default=0)
    rows_good = models.PositiveIntegerField(default=0)
    rows_known = models.PositiveIntegerField(
        default=0, help_text="Imported before, and left as they are."
    )
    rows_refused = models.PositiveIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = ImportQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            # One after another: a second would take the last worker that sends reminders.
            models.UniqueConstraint(
                fields=["state"], condition=Q(state=ImportState.RUNNING), name="one_import_runs"
            ),
            models.UniqueConstraint(
                fields=["facility", "kind", "system", "dry_run", "digest"],
                condition=Q(state__in=UNDER_WAY),
                name="import_file_once",
            ),
            models.CheckConstraint(
                name="import_ended_or_under_way",
                condition=Q(ended_at__isnull=True, state__in=UNDER_WAY)
                | (Q(ended_at__isnull=False) & ~Q(state__in=UNDER_WAY)),
            ),
        ]
        indexes = [
            # Serves the tick's "is anything to be imported?"
            models.Index(
                fields=["created_at"], condition=Q(state__in=UNDER_WAY), name="import_under_way"
            ),
            # Serves a person's list of their own, newest first.
            models.Index(fields=["by", "-created_at", "-id"], name="import_own"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def report_kept_until(self) -> dt.datetime | None:
        """When the report of refused rows is removed; None while it isn't written."""
        return self.ended_at + REPORT_KEPT if self.ended_at else None


class ImportFile(Row):
    """An import's file, sealed, until the import has ended."""

    of = models.OneToOneField(Import, on_delete=models.CASCADE, related_name="file")
    text = EncryptedTextField()

    def __str__(self) -> str:
        return str(self.of_id)


class RefusedRowQuerySet(models.QuerySet["RefusedRow"]):
    def visible_to(self, user: User) -> Self:
        """Those of imports whom this person sees."""
        return self.filter(of__in=Import.objects.visible_to(user))


class RefusedRow(Row):
    """Why a row was refused: line, column and words, but nothing of what the row says."""

    of = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="refused")
    number = models.PositiveIntegerField(help_text="Its place in the report.")
    line = models.PositiveIntegerField()
    field = models.CharField(max_length=40, blank=True)
    code = models.CharField(max_length=40)
    detail = models.CharField(max_length=300)

    objects = RefusedRowQuerySet.as_manager()

    class Meta:
        ordering = ["number"]
        constraints = [
            # Serves the report, in the file's order, as well.
            models.UniqueConstraint(fields=["of", "number"], name="refused_row_place")
        ]

    def __str__(self) -> str:
        return f"line {self.line}: {self.code}"


class ExternalReference(Row):
    """The number by which another system knows a client, as a facility's files use it."""

    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="+")
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="external_references")
    system = models.CharField(max_length=SYSTEM_LENGTH)
    ref = models.CharField(max_length=REF_LENGTH, validators=[validate_plain_line])

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["facility", "system", "ref"], name="external_reference_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.system} {self.client_id}"
