"""Serializers that only show: REST framework's description of a field, without its price for each value.

REST framework builds every field anew for each request and walks through it for each value; of a list
of 25 rows that is most of the time (`benchmarks/`, F1). What is shown here is worked out once a class.
"""

import datetime as dt
from collections.abc import Callable
from operator import attrgetter
from typing import Any, ClassVar

from django.db.models import Manager
from rest_framework import serializers
from rest_framework.fields import SkipField

Shower = Callable[[Any, Any], Any]
Step = tuple[str, Callable[[Any], Any] | None, Shower]
"""A field's name, its column if it shows one as it is, and how it is shown if not."""

AS_IT_IS = (
    serializers.BooleanField,
    serializers.CharField,
    serializers.ChoiceField,
    serializers.DateField,
    serializers.IntegerField,
    serializers.JSONField,
    serializers.TimeField,
    serializers.UUIDField,
)
"""The JSON encoder writes these values as their fields would."""


class _Quick(serializers.BaseSerializer[Any]):
    """Shows what the same serializer without it would, and takes nothing in.

    A dict in the place of a row is shown as it is: its query has made it ready.
    """

    _plans: ClassVar[dict[type, list[Step]]] = {}

    def to_representation(self, instance: Any) -> dict[str, Any]:
        if type(instance) is dict:
            return instance
        shown = {}
        for name, column, show in self._plan():
            if column is not None:
                shown[name] = column(instance)
                continue
            try:
                shown[name] = show(self, instance)
            except SkipField:
                continue
        return shown

    def _plan(self) -> list[Step]:
        plan = self._plans.get(type(self))
        if plan is None:
            made: Any = type(self)()  # of no request: its fields outlive this one
            fields = made.fields
            plan = [
                (name, _column_of(field), _shower(name, field))
                for name, field in fields.items()
                if not field.write_only
            ]
            self._plans[type(self)] = plan
        return plan

    def nested(self, name: str, kind: type[serializers.BaseSerializer[Any]]) -> Any:
        """This request's serializer of what stands in a field."""
        made = self.__dict__.setdefault("_nested", {})
        if name not in made:
            made[name] = kind(context=self.context)
        return made[name]


class ModelOutput(_Quick, serializers.ModelSerializer[Any]):
    """What a model's rows show."""


class PlainOutput(_Quick, serializers.Serializer[Any]):
    """What something else shows."""


def _shower(name: str, field: Any) -> Shower:
    if isinstance(field, serializers.SerializerMethodField):
        method = field.method_name
        return lambda serializer, row: getattr(serializer, method)(row)
    if isinstance(field, serializers.ListSerializer):
        return _of_many(name, field)
    if isinstance(field, serializers.BaseSerializer):
        return _of_one(name, field)
    if type(field) is serializers.PrimaryKeyRelatedField and _is_column(field):
        return _value_of(field, f"{field.source}_id")
    if type(field) is serializers.DateTimeField:
        value = _value_of(field, str(field.source))
        return lambda serializer, row: _in_utc(value(serializer, row))
    if type(field) in AS_IT_IS or _is_plain_list(field):
        return _value_of(field, field.source)
    return lambda serializer, row: _as_the_field_does(field, row)


def _column_of(field: Any) -> Callable[[Any], Any] | None:
    """How to have a column of the model that is shown as it is; None for whatever else."""
    model = getattr(getattr(field.parent, "Meta", None), "model", None)
    if model is None or not (type(field) in AS_IT_IS or _is_plain_list(field)):
        return None
    columns = {each.attname for each in model._meta.concrete_fields}
    return attrgetter(field.source) if field.source in columns else None


def _is_column(field: Any) -> bool:
    model = field.parent.Meta.model
    return any(f.name == field.source and f.many_to_one for f in model._meta.concrete_fields)


def _is_plain_list(field: Any) -> bool:
    return type(field) is serializers.ListField and type(field.child) in AS_IT_IS


def _in_utc(moment: dt.datetime | None) -> dt.datetime | None:
    return moment if moment is None or moment.tzinfo is dt.UTC else moment.astimezone(dt.UTC)


def _value_of(field: Any, source: str) -> Shower:
    """What stands at the end of a dotted path; None where a step on the way is missing."""
    straight = attrgetter(source)
    *way, last = source.split(".")

    def value(serializer: Any, row: Any) -> Any:
        try:
            found = straight(row)
        except AttributeError:
            return step_by_step(row)
        return found() if callable(found) else found

    def step_by_step(row: Any) -> Any:
        for step in way:
            row = getattr(row, step)
            if row is None:
                return None
        if not hasattr(row, last):
            return _as_the_field_does(field, row)
        found = getattr(row, last)
        return found() if callable(found) else found

    return value


def _of_many(name: str, field: Any) -> Shower:
    source, kind = field.source, type(field.child)

    def values(serializer: Any, row: Any) -> Any:
        rows = getattr(row, source)
        child = serializer.nested(name, kind)
        rows = rows.all() if isinstance(rows, Manager) else rows
        return [child.to_representation(each) for each in rows]

    return values


def _of_one(name: str, field: Any) -> Shower:
    value, kind = _value_of(field, field.source), type(field)

    def one(serializer: Any, row: Any) -> Any:
        found = value(serializer, row)
        return None if found is None else serializer.nested(name, kind).to_representation(found)

    return one


def _as_the_field_does(field: Any, row: Any) -> Any:
    value = field.get_attribute(row)
    return None if value is None else field.to_representation(value)
