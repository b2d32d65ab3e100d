"""Querysets compiled once, where building one anew takes many times longer than running it."""

import datetime as dt
import re
import uuid
from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Model, QuerySet
from django.db.models.expressions import RawSQL
from psycopg.sql import Literal

from common.database import run
from common.present import Present

MOST_KEPT = 1024
NOBODY = "SELECT NULL::uuid WHERE FALSE"

Row = tuple[Any, ...]


class Compiled(NamedTuple):
    """SQL and its values, among which `ASKED` stands for what is asked for this time."""

    sql: str
    values: tuple[Any, ...]

    def rows(self, asked: Any = None) -> list[Row]:
        """What the database answers."""
        return run(self.sql, [asked if value is ASKED else value for value in self.values])


ASKED = object()
ONE = RawSQL("SELECT %s::uuid", [ASKED])
MANY = RawSQL("SELECT unnest(%s::uuid[])", [ASKED])


def select_ids(rows: "QuerySet[Any, Any]") -> Compiled:
    """The select of these rows' ids, to stand within another."""
    try:
        return Compiled(*rows.order_by().values("pk").query.sql_with_params())
    except EmptyResultSet:  # so the ORM says that there can be none
        return Compiled(NOBODY, ())


def values_of(rows: "QuerySet[Any, Any]") -> tuple[Any, ...]:
    """The values that a queryset's statement holds."""
    try:
        return rows.query.sql_with_params()[1]
    except EmptyResultSet:
        return ()


class Prepared:
    """A queryset of `values_list` about some ids. Nothing else in it may change: no time, no person."""

    def __init__(self, about: Callable[[RawSQL], "QuerySet[Any, Any]"]) -> None:
        self._about = about

    def rows(self, ids: Iterable[uuid.UUID]) -> list[Row]:
        """Its rows for these ids."""
        many = list(ids)
        # One by itself, as in `common.database.among`.
        return self._of_one.rows(many[0]) if len(many) == 1 else self._of_many.rows(many)

    @cached_property
    def _of_one(self) -> Compiled:
        return with_constants(*self._about(ONE).query.sql_with_params())

    @cached_property
    def _of_many(self) -> Compiled:
        return with_constants(*self._about(MANY).query.sql_with_params())


def with_constants(sql: str, values: Sequence[Any]) -> Compiled:
    """With all values written into the statement but the one asked for and the present.

    Of a parameter PostgreSQL supposes little, so a plan for any value looks dearer than one for these
    values, and it plans anew each time. Of what stands in the statement it always knows the same.
    """
    connection.ensure_connection()
    kept: list[Any] = []
    given = iter(values)

    def write(found: re.Match[str]) -> str:
        if found.group() != "%s":
            return found.group()
        value = next(given)
        if value is ASKED or isinstance(value, Present):
            kept.append(value)
            return "%s"
        return Literal(value).as_string(connection.connection).replace("%", "%%")

    return Compiled(re.sub("%%|%s", write, sql), tuple(kept))


class ById:
    """A model's rows of one queryset, by id: whole rows, without what they point to."""

    def __init__(self, rows: "QuerySet[Any]", ids: RawSQL) -> None:
        query = rows.filter(pk__in=ids).order_by().query
        compiler = query.get_compiler(connection=connection)
        self._model: type[Model] = rows.model
        self._names = [field.attname for field in rows.model._meta.concrete_fields]
        try:
            self.compiled = Compiled(*compiler.as_sql())
        except EmptyResultSet:
            self.compiled = Compiled(NOBODY, ())
            self._read: Any = {}
            return
        columns = [column for column, _, _ in compiler.select or ()]
        if len(columns) != len(self._names):
            raise TypeError(f"{rows.model.__name__}: of these rows there is more to read")
        self._read = compiler.get_converters(columns)
        self._converted: Callable[[list[Row], Any], Iterable[Sequence[Any]]] = (
            compiler.apply_converters
        )

    def find(self, asked: Any) -> dict[uuid.UUID, Any]:
        """Those that are asked for, as far as there are."""
        rows: Iterable[Sequence[Any]] = self.compiled.rows(asked)
        if self._read:
            rows = self._converted(list(rows), self._read)  # type: ignore[arg-type]
        found = (self._model.from_db(connection.alias, self._names, row) for row in rows)
        return {row.pk: row for row in found}


class Kept:
    """What was made of a query for a key, for who asks with the same key again.

    The key must name everything that the query depends on. A query that depends on the time has to
    say so by `PRESENT`: one that holds a moment is made anew each time. One that is made of what
    another query answered would be kept although the answer changes, and is refused.
    """

    def __init__(self, most: int = MOST_KEPT) -> None:
        self._most = most
        self._kept: dict[Hashable, Any] = {}

    def get(self, key: Hashable, make: Callable[[], Any], values: Callable[[Any], Any]) -> Any:
        """What is kept, or made now; `values` says which values it holds."""
        found = self._kept.get(key)
        if found is None:
            with connection.execute_wrapper(_refuse):
                found = make()
            if not holds_a_moment(values(found)):
                if len(self._kept) >= self._most:
                    self._kept.clear()
                self._kept[key] = found
        return found


def _refuse(*statement: Any) -> None:
    raise RuntimeError("A query that is kept can't be made of what another one answers.")


def holds_a_moment(values: Collection[Any]) -> bool:
    """Whether a date or time is among these, or in a list among them."""
    return any(
        holds_a_moment(value)
        if isinstance(value, list | tuple)
        else isinstance(value, dt.date) and not isinstance(value, Present)
        for value in values
    )
