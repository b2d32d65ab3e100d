"""What a person may see, as queries that are built once for each person's roles and kept.

Whatever a queryset of `rows` depends on must be in the person's access (or be the time, by `PRESENT`):
that is what it is kept for.
"""

import uuid
from collections.abc import Callable, Collection
from typing import Any

from django.db.models import QuerySet

from common.prepared import MANY, ONE, ById, Compiled, Kept, select_ids, values_of
from organization.models import User


class Seen:
    """The rows of one kind that a person may see."""

    def __init__(self, rows: Callable[[User], "QuerySet[Any]"]) -> None:
        self._rows = rows
        self._kept = Kept()

    def rows(self, user: User) -> "QuerySet[Any]":
        """These rows, to be narrowed further."""
        kept: QuerySet[Any] = self._kept.get(
            ("rows", user.access), lambda: self._rows(user), values_of
        )
        return kept.all()

    def ids(self, user: User) -> Compiled:
        """The select of their ids, to stand within another."""
        made: Compiled = self._kept.get(
            ("ids", user.access), lambda: select_ids(self._rows(user)), lambda made: made.values
        )
        return made

    def find(self, user: User, ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Any]:
        """Those of these that the person may see."""
        # One by itself, as in `common.database.among`.
        one = len(ids) == 1
        looked_up: ById = self._kept.get(
            (one, user.access),
            lambda: ById(self._rows(user), ONE if one else MANY),
            lambda made: made.compiled.values,
        )
        return looked_up.find(next(iter(ids)) if one else list(ids))
