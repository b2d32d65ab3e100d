"""Two records that may be of one person, and two that were made one."""

from typing import Self

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from clients.models.records import Client
from common.rows import Row
from organization.models import User
from organization.roles import Capability


class Ground(models.TextChoices):
    """Why two records may be of one person."""

    SAME_NAME = "same_name", "The same name"
    SIMILAR_NAME = "similar_name", "A similar name"
    SAME_BIRTH_DATE = "same_birth_date", "The same birth date"
    SIMILAR_BIRTH_DATE = "similar_birth_date", "A birth date that differs in one part"
    SAME_CONTACT = "same_contact", "The same telephone number or e-mail address"


class Settlement(models.TextChoices):
    MERGED = "merged", "Merged"
    DISMISSED = "dismissed", "Not the same person"


class PossibleDuplicateQuerySet(models.QuerySet["PossibleDuplicate"]):
    def open(self) -> Self:
        return self.filter(settlement="")

    def unread(self) -> Self:
        """Open ones for which nobody who sees both was looked for yet."""
        return self.open().filter(reader_sought_at=None)

    def visible_to(self, user: User) -> Self:
        """Pairs of whom this person may change both. Of one alone nothing is told."""
        seen = Client.objects.visible_to(user, Capability.EDIT_CLIENT)
        return self.filter(first__in=seen, second__in=seen)


class PossibleDuplicate(Row):
    """A pair of records that may be of one person, until somebody says whether they are.

    `first` has the lower id, so that a pair has one row.
    """

    first = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    second = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    why = ArrayField(models.CharField(max_length=24, choices=Ground.choices))
    reader_sought_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="When somebody who sees both was looked for; null to have it looked at again.",
    )
    settlement = models.CharField(max_length=12, choices=Settlement.choices, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = PossibleDuplicateQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="pair_once"),
            models.CheckConstraint(name="pair_in_order", condition=Q(first__lt=F("second"))),
            models.CheckConstraint(
                name="pair_settled_at_a_time",
                condition=Q(settlement="", settled_at__isnull=True)
                | (~Q(settlement="") & Q(settled_at__isnull=False)),
            ),
        ]
        indexes = [
            # Serves `find_readers`, which asks every few seconds for the next pairs to look at.
            models.Index(
                fields=["created_at"],
                condition=Q(settlement="", reader_sought_at__isnull=True),
                name="pair_unread",
            ),
        ]

    def __str__(self) -> str:
        return f"pair {self.pk}"


class MergeQuerySet(models.QuerySet["Merge"]):
    def visible_to(self, user: User) -> Self:
        """Those into clients whose records this person may merge."""
        return self.filter(survivor__in=Client.objects.visible_to(user, Capability.MERGE_CLIENTS))


class Merge(Row):
    """One record became part of another: who did it, why, and which rows changed hands.

    `moved` lists `{"model", "ids", "before", "after"}`: ids, codes and times only, by which an undo
    finds out whether the rows are still as they were left, and puts them back.
    """

    survivor = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="merges")
    other = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=200)
    moved = models.JSONField(default=list)
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = MergeQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["other"], condition=Q(undone_at__isnull=True), name="merged_away_once"
            ),
            models.CheckConstraint(name="merge_of_two", condition=~Q(survivor=F("other"))),
        ]
        triggers = [
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="only_undone",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange(exclude=["undone_at", "undone_by", "updated_at"]),
            ),
        ]

    def __str__(self) -> str:
        return f"merge {self.pk}"
