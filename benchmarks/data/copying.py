"""Rows into tables by COPY, through every constraint and trigger, in the order of foreign keys.

Columns come from the models: what a caller leaves out has the model's default, so that a column
that is new fills itself.
"""

import datetime as dt
import json
import uuid
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import psycopg
from django.contrib.postgres.fields import ArrayField
from django.db import connection, models, transaction
from psycopg import sql

Row = tuple[Any, ...]
Encoder = Callable[[Any], Any]
MADE = {"id", "created_at", "updated_at"}
"""Given for every row; a table that has no such column leaves it out."""


def _array(values: Iterable[object]) -> str:
    return "{" + ",".join(str(value) for value in values) + "}"


def _encoder(field: "models.Field[Any, Any]") -> Encoder | None:
    """How a value becomes COPY's text; None where psycopg does it."""
    if isinstance(field, models.JSONField):
        return json.dumps
    if isinstance(field, ArrayField):
        return _array
    return None


def _default(field: "models.Field[Any, Any]") -> Any:
    value = field.get_default()
    encode = _encoder(field)
    return encode(value) if encode and value is not None else value


class Table:
    """One model's rows, waiting to be copied."""

    def __init__(self, model: type[models.Model]) -> None:
        fields = [f for f in model._meta.concrete_fields if not getattr(f, "generated", False)]
        self.name = model._meta.db_table
        self.columns = [f.column for f in fields]
        self.encoders = [(f.attname, _encoder(f)) for f in fields]
        self.defaults = {
            f.attname: _default(f)
            for f in fields
            if not f.primary_key and not isinstance(f, models.DateTimeField)
        }
        self.defaults |= {f.attname: None for f in fields if isinstance(f, models.DateTimeField)}
        self.rows: list[Row] = []

    def add(self, values: dict[str, Any]) -> None:
        """Take one row; a column that isn't there is somebody's mistake."""
        if not values.keys() <= self.defaults.keys() | MADE:
            raise KeyError(f"{self.name} has no {sorted(values.keys() - self.defaults.keys())}")
        given = self.defaults | values
        self.rows.append(
            tuple(
                encode(given[name]) if encode and name in values else given[name]
                for name, encode in self.encoders
            )
        )

    def copy(self, link: "psycopg.Connection[Any]") -> int:
        """Write the waiting rows; how many they were."""
        if not self.rows:
            return 0
        columns = sql.Composed([sql.Identifier(str(name)) for name in self.columns]).join(",")
        statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(self.name), columns)
        with link.cursor() as cursor, cursor.copy(statement) as copy:
            for row in self.rows:
                copy.write_row(row)
        count, self.rows = len(self.rows), []
        return count


class Batch:
    """Rows of many tables; `copy` writes them in one transaction."""

    def __init__(self, models_in_order: Sequence[type[models.Model]]) -> None:
        self.tables = {model: Table(model) for model in models_in_order}

    def add(
        self, model: type[models.Model], pk: uuid.UUID, made: dt.datetime, **values: Any
    ) -> uuid.UUID:
        """Take a row made at that time; its id."""
        self.tables[model].add({"id": pk, "created_at": made, "updated_at": made} | values)
        return pk

    def copy(self) -> int:
        """Write everything that waits; how many rows."""
        with transaction.atomic():
            connection.ensure_connection()
            link: psycopg.Connection[Any] = connection.connection
            return sum(table.copy(link) for table in self.tables.values())
