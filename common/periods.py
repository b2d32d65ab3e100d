"""Rows that hold from a moment until another: memberships, care teams, where a client is known."""

from typing import Self, TypeVar

from django.db import models
from django.db.models import F, Q

from common.clock import now
from common.present import PRESENT
from common.rows import Row

PeriodType = TypeVar("PeriodType", bound="Period", covariant=True)


class PeriodQuerySet(models.QuerySet[PeriodType]):
    def current(self) -> Self:
        """Those in force when the query runs."""
        return self.filter(Q(until__isnull=True) | Q(until__gt=PRESENT), since__lte=PRESENT)


class Period(Row):
    """In force from `since` up to, not including, `until`; an empty `until` is open."""

    since = models.DateTimeField(default=now)
    until = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                name="%(class)s_ends_after_it_starts",
                condition=Q(until__isnull=True) | Q(until__gte=F("since")),
            )
        ]
