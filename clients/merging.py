"""When two records become one: each app says which of its rows move, and what forbids it.

Every foreign key to a client is named here by its app, as one that moves or as one that stays and
why (`tests/clients/test_merge_parts.py` holds that), so that a new one can't be forgotten.
"""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db.models import Model, QuerySet

from clients.models import CareTeamMember, Client, ContactConsent, ContactPoint, KnownAt
from common.clock import now
from common.registry import Registry
from common.rows import Row
from organization.models import User

Kept = str | int | bool | None

NEVER_SINCE: tuple[type[Row], ...] = (ContactPoint, ContactConsent, CareTeamMember, KnownAt)
"""Rows that an undo leaves alone if they were written at all since the merge: changed and changed
back is a last word too, and consent or sight of a record must not come back against it."""


@dataclass(frozen=True)
class Obstacle:
    """Why two records can't be merged: a code, and a sentence that tells the way out."""

    code: str
    detail: str


@dataclass
class Ledger:
    """What a merge changes, with what was there before, so that it can be put back."""

    entries: list[dict[str, Any]] = field(default_factory=list)
    at: dt.datetime = field(default_factory=now)

    def change(self, rows: QuerySet[Any], **values: Any) -> None:
        """Set these columns on all of these rows, and write down what each held."""
        model = rows.model
        columns = {model._meta.get_field(name).attname: value for name, value in values.items()}
        after = {name: _kept(value) for name, value in columns.items()}
        held: dict[tuple[Kept, ...], list[uuid.UUID]] = defaultdict(list)
        locked = rows.order_by("pk").select_for_update(of=("self",))
        for pk, *before in locked.values_list("pk", *columns):
            held[tuple(_kept(value) for value in before)].append(pk)
        for values_before, ids in held.items():
            _write(model, ids, {}, columns, at=self.at)
            self.entries.append(
                {
                    "model": model._meta.label_lower,
                    "ids": [str(pk) for pk in ids],
                    "before": dict(zip(columns, values_before, strict=True)),
                    "after": after,
                    "at": self.at.isoformat(),
                }
            )


def put_back(entries: Iterable[dict[str, Any]]) -> list[str]:
    """Undo what a ledger says, the latest first; the names of what is not as it was left.

    Whatever is named was changed since; then the caller has to leave everything as it is.
    """
    entries = list(entries)
    changed = _written_since(entries)
    if changed:
        return changed
    moment = now()
    for entry in reversed(entries):
        model = apps.get_model(entry["model"])
        before, after = (_restored(model, entry[when]) for when in ("before", "after"))
        if _write(model, entry["ids"], after, before, at=moment) < len(entry["ids"]):
            changed.append(str(model._meta.verbose_name))
    return sorted(set(changed))


def _written_since(entries: Iterable[dict[str, Any]]) -> list[str]:
    """The names of what was written since of what must not be; nobody writes it from now on."""
    left: dict[str, dict[str, dt.datetime]] = defaultdict(dict)
    for entry in entries:
        moment = dt.datetime.fromisoformat(entry["at"])
        left[entry["model"]].update(dict.fromkeys(entry["ids"], moment))
    changed = []
    for model in NEVER_SINCE:
        moments = left[model._meta.label_lower]
        if not moments:
            continue
        rows = model._default_manager.filter(pk__in=moments).order_by("pk")
        locked = rows.select_for_update(of=("self",)).values_list("pk", "updated_at")
        if {str(pk): moment for pk, moment in locked} != moments:
            changed.append(str(model._meta.verbose_name))
    return sorted(changed)


def _write(
    model: type[Model],
    ids: Iterable[Any],
    only_if: Mapping[str, Any],
    values: Mapping[str, Any],
    *,
    at: dt.datetime,
) -> int:
    rows = model._default_manager.filter(pk__in=ids, **only_if)
    return rows.update(**values, updated_at=at)


def _kept(value: Any) -> Kept:
    if isinstance(value, Model):
        return str(value.pk)
    if isinstance(value, dt.date):
        return value.isoformat()
    return str(value) if isinstance(value, uuid.UUID) else value


def _restored(model: type[Model], kept: Mapping[str, Kept]) -> dict[str, Any]:
    columns: dict[str, Any] = {name: model._meta.get_field(name) for name in kept}
    return {name: columns[name].to_python(value) for name, value in kept.items()}


@dataclass(frozen=True)
class MergePart:
    """One app's rows.

    `obstacles(survivor, other)` looks and changes nothing; `move(ledger, survivor, other, by)`
    changes rows through the ledger alone. Both are called with the two clients locked, when nobody
    can add rows to either. `moves` and `stays` name every column that refers to a client.
    """

    moves: frozenset[str]
    stays: Mapping[str, str]
    obstacles: Callable[[Client, Client], Iterable[Obstacle]]
    move: Callable[[Ledger, Client, Client, User], None]


merge_parts: Registry[MergePart] = Registry("which rows move when two records become one?")


def nothing_forbids(survivor: Client, other: Client) -> list[Obstacle]:
    """For an app whose rows may always move."""
    return []
