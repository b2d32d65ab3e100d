"""What every resource of the API is made of: find what this person may see, parse, call one service, answer.

A view here decides nothing. Querysets decide what exists for a person (`visible_to`), services decide
what may be done, `common.api.problems` says how an error looks.
"""

import uuid
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, cast

from django.db.models import Model, QuerySet
from rest_framework import serializers, status
from rest_framework.relations import MANY_RELATION_KWARGS
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from audit.services import note_read
from common.errors import Missing
from organization.models import User

MOST_REFERENCES = 200


class BoundedMany(serializers.ManyRelatedField):
    """Refuses a long list before it asks the database about its first item."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, list) and len(data) > MOST_REFERENCES:
            raise serializers.ValidationError(f"At most {MOST_REFERENCES}.", code="too_many")
        return super().to_internal_value(data)


class VisibleField(serializers.PrimaryKeyRelatedField):  # type: ignore[type-arg]
    """A reference to a row that the person may see: any other is said not to exist."""

    def __init__(self, model: type[Model] | None = None, **kwargs: Any) -> None:
        self.model = model
        if not kwargs.get("read_only") and model is not None:
            kwargs.setdefault("queryset", model._default_manager.none())
        kwargs.setdefault("pk_field", serializers.UUIDField())
        super().__init__(**kwargs)

    @classmethod
    def many_init(cls, *args: Any, **kwargs: Any) -> "BoundedMany":
        """A list of such references, bounded before any is looked up."""
        own = {k: v for k, v in kwargs.items() if k in MANY_RELATION_KWARGS}
        inner = {k: v for k, v in kwargs.items() if k not in ("many", "validators", "allow_empty")}
        return BoundedMany(child_relation=cls(*args, **inner), **own)

    def get_queryset(self) -> Any:
        return self.seen_by(self.context["request"].user)

    def seen_by(self, user: User) -> QuerySet[Any]:
        """The rows that may be named."""
        return self.model._default_manager.visible_to(user)  # type: ignore[union-attr, no-any-return]


class StaffField(VisibleField):
    """A reference to a colleague."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(User, **kwargs)

    def seen_by(self, user: User) -> QuerySet[Any]:
        return User.objects.colleagues_of(user)


class Resource(GenericViewSet[Any]):
    """One resource. `model` has `visible_to`; `kind` names it in the audit trail.

    `output` is the serializer of its rows; `related` what a row's output reads, to be fetched with
    it. `client_path` leads from a row to its client's id; empty if it concerns none.
    """

    model: ClassVar[type[Model]]
    output: ClassVar[type[serializers.BaseSerializer[Any]]]
    kind: ClassVar[str] = ""
    client_path: ClassVar[str] = ""
    related: ClassVar[tuple[str, ...]] = ()
    orderings: ClassVar[dict[str, tuple[str, ...]]] = {}
    lookup_value_converter = "uuid"

    @property
    def user(self) -> User:
        """Who asks."""
        return cast(User, self.request.user)

    def get_queryset(self) -> QuerySet[Any]:
        if getattr(self, "swagger_fake_view", False):
            return self.model._default_manager.none()
        rows = self.model._default_manager.visible_to(self.user)  # type: ignore[attr-defined]
        return cast("QuerySet[Any]", rows.select_related(*self.related))

    def get_serializer_class(self) -> Any:
        return self.output

    # ── find ──────────────────────────────────────────────────────────────────────────────────

    def find(self, rows: QuerySet[Any] | None = None, pk: uuid.UUID | None = None) -> Any:
        """The row that the address names, if it exists for this person; else `Missing`."""
        rows = self.get_queryset() if rows is None else rows
        row = rows.filter(pk=pk or self.kwargs["pk"]).first()
        if row is None:
            raise Missing("There is nothing here for you.")
        return row

    # ── parse ─────────────────────────────────────────────────────────────────────────────────

    def parse(self, form: type[serializers.BaseSerializer[Any]], **options: Any) -> dict[str, Any]:
        """The request's body, checked by a serializer."""
        given = form(data=self.request.data, context=self.get_serializer_context(), **options)
        given.is_valid(raise_exception=True)
        return dict(given.validated_data)

    # ── answer ────────────────────────────────────────────────────────────────────────────────

    def shown(self, rows: Sequence[Any]) -> None:
        """Note in the audit trail that these rows were shown."""
        if self.kind:
            note_read(self.kind, [row.pk for row in rows], self._clients(rows))

    def _clients(self, rows: Iterable[Any]) -> list[uuid.UUID]:
        if not self.client_path:
            return []
        found = []
        for row in rows:
            value = row
            for step in self.client_path.split("."):
                value = getattr(value, step)
            if value is not None:
                found.append(value)
        return found

    def fill_in(self, rows: Sequence[Any]) -> None:
        """Fetch what the output shows beyond its rows, for all of them at once."""

    def answer(self, row: Any, *, code: int = status.HTTP_200_OK) -> Response:
        """One row."""
        self.fill_in([row])
        self.shown([row])
        data = self.output(row, context=self.get_serializer_context()).data
        return Response(data, status=code)

    def answer_list(self, rows: QuerySet[Any]) -> Response:
        """A page of rows."""
        page = self.paginate_queryset(rows) or []
        self.fill_in(page)
        self.shown(page)
        serializer = self.output(page, many=True, context=self.get_serializer_context())
        return self.get_paginated_response(serializer.data)


class Listed(Resource):
    """A resource that can be listed."""

    def list(self, request: Request, **kwargs: Any) -> Response:
        return self.answer_list(self.filter_queryset(self.get_queryset()))


class Retrieved(Resource):
    """A resource of which one can be had by id."""

    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        return self.answer(self.find())
