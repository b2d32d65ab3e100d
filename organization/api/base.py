"""What every resource of the API is made of: find what this person may see, parse, call one service, answer.

A view here decides nothing. Querysets decide what exists for a person (`visible_to`), services decide
what may be done, `common.api.problems` says how an error looks. Every resource has versions (`ETag`,
`If-Match`), every list tells what changed (`updated_after`), every POST may be repeated.
"""

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, ClassVar, cast

from django.db.models import Model, QuerySet
from rest_framework import serializers, status
from rest_framework.exceptions import ErrorDetail
from rest_framework.permissions import SAFE_METHODS
from rest_framework.relations import MANY_RELATION_KWARGS
from rest_framework.request import Request
from rest_framework.response import Response

from audit.services import note_read
from common.api.pagination import UPDATED_AFTER
from common.api.problems import problem
from common.api.serializers import MomentField, unknown
from common.api.versions import names, version_of
from common.database import settled_until
from common.errors import Missing, Stale
from organization.api.repeating import Repeatable
from organization.models import User
from organization.seen import Seen

MOST_REFERENCES = 200


@cache
def visible(model: type[Model]) -> Seen:
    """The rows of a model that a person may see."""
    return Seen(model._default_manager.visible_to)  # type: ignore[attr-defined]


class BoundedMany(serializers.ManyRelatedField):
    """Refuses a long list before it asks the database, and asks once about all of its items."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, list):
            self.fail("not_a_list", input_type=type(data).__name__)
        if not data and not self.allow_empty:
            self.fail("empty")
        if len(data) > MOST_REFERENCES:
            raise serializers.ValidationError(f"At most {MOST_REFERENCES}.", code="too_many")
        field = cast(VisibleField, self.child_relation)
        pk_field = cast(serializers.UUIDField, field.pk_field)
        wanted = [pk_field.to_internal_value(item) for item in data]
        found = field.find(set(wanted))
        for pk in wanted:
            if pk not in found:
                field.fail("does_not_exist", pk_value=pk)
        return [found[pk] for pk in wanted]


class VisibleField(serializers.PrimaryKeyRelatedField):  # type: ignore[type-arg]
    """A reference to a row that the person may see: any other is said not to exist."""

    default_error_messages = {
        "does_not_exist": "There is none with the id {pk_value} that you may name here.",
    }

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

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """REST framework takes an empty text for null, as a form sends it: here it names nothing."""
        return self.to_internal_value(data) if data == "" else super().run_validation(data)

    def to_internal_value(self, data: Any) -> Any:
        pk = cast(serializers.UUIDField, self.pk_field).to_internal_value(data)
        found = self.find({pk}).get(pk)
        if found is None:
            self.fail("does_not_exist", pk_value=pk)
        return found

    def find(self, ids: set[uuid.UUID]) -> dict[uuid.UUID, Any]:
        """Those of these rows that may be named."""
        return self.seen().find(self.context["request"].user, ids)

    def seen(self) -> Seen:
        """The rows that may be named."""
        return visible(cast(type[Model], self.model))


COLLEAGUES = Seen(User.objects.colleagues_of)


class StaffField(VisibleField):
    """A reference to a colleague."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(User, **kwargs)

    def seen(self) -> Seen:
        return COLLEAGUES

    def find(self, ids: set[uuid.UUID]) -> dict[uuid.UUID, Any]:
        """Most name themselves: who asks is there already."""
        asker = self.context["request"].user
        return {asker.pk: asker} if ids == {asker.pk} else super().find(ids)


class Resource(Repeatable):
    """One resource. `model` has `visible_to`; `kind` names it in the audit trail.

    `output` is the serializer of its rows; `related` what a row's output reads, to be fetched with
    it. `client_path` leads from a row to its client's id; empty if it concerns none. `changed_field`
    holds when a row last changed; `voided_field` is set on rows that are void.
    """

    model: ClassVar[type[Model]]
    output: ClassVar[type[serializers.BaseSerializer[Any]]]
    kind: ClassVar[str] = ""
    client_path: ClassVar[str] = ""
    related: ClassVar[tuple[str, ...]] = ()
    orderings: ClassVar[dict[str, tuple[str, ...]]] = {}
    changed_field: ClassVar[str] = "updated_at"
    voided_field: ClassVar[str] = ""
    lookup_value_converter = "uuid"

    _version_checked = False

    @property
    def user(self) -> User:
        """Who asks."""
        return cast(User, self.request.user)

    def get_queryset(self) -> QuerySet[Any]:
        if getattr(self, "swagger_fake_view", False):
            return self.model._default_manager.none()
        rows = visible(self.model).rows(self.user)
        # Without names `select_related` would fetch everything that a row points to.
        return rows.select_related(*self.related) if self.related else rows

    def get_serializer_class(self) -> Any:
        return self.output

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if self.action is not None:  # None: a method that isn't known here, to be told so
            self._refuse_unknown(request)

    def _refuse_unknown(self, request: Request) -> None:
        """A misspelt filter that is passed over would show more than was asked for."""
        known: set[str] = set()
        if self.action == "list":
            known = {"cursor", "page_size", UPDATED_AFTER}
            known |= {"ordering"} if self.orderings else set()
            filters = getattr(self, "filterset_class", None)
            known |= set(filters.get_filters()) if filters else set()
        faults: dict[str, Any] = {
            name: [ErrorDetail(unknown("parameter", known), "unknown_parameter")]
            for name in request.query_params
            if name not in known
        }
        for name in self._empty(request) - set(faults):
            words = "Give this a value, or leave it out."
            faults[name] = [ErrorDetail(words, "empty_parameter")]
        if faults:
            raise serializers.ValidationError(faults)

    def _empty(self, request: Request) -> set[str]:
        """Filters pass an empty value over, which would show more than was asked for, too."""
        return {name for name, values in request.query_params.lists() if "" in values}

    # ── find ──────────────────────────────────────────────────────────────────────────────────

    def look_up(self, rows: QuerySet[Any] | None, pk: uuid.UUID | None) -> Any:
        """The row that the address names; None if there is none for this person."""
        rows = self.get_queryset() if rows is None else rows
        return rows.filter(pk=pk or self.kwargs["pk"]).first()

    def find(self, rows: QuerySet[Any] | None = None, pk: uuid.UUID | None = None) -> Any:
        """The row that the address names, if it exists for this person; else `Missing`.

        Where the request speaks of a version of it, that version is in force, or `Stale`.
        """
        row = self.look_up(rows, pk)
        if row is None:
            raise Missing("There is nothing here for you.")
        wanted = self.request.headers.get("If-Match")
        if wanted is None or self._version_checked or self.request.method in SAFE_METHODS:
            return row
        if not isinstance(row, self.model):
            return row
        # Locked first, so that nobody changes it between the look at its version and our change.
        self.hold(row)
        current = self.look_up(rows, pk)
        if current is None:
            raise Missing("There is nothing here for you.")
        if not names(wanted, version_of(self._data(current))):
            raise Stale("Read it again, and make your change to what it is now.", field="If-Match")
        self._version_checked = True
        return self.look_up(rows, pk)

    def hold(self, row: Any) -> None:
        """Lock the row, in the order in which services lock."""
        self.model._default_manager.select_for_update(of=("self",)).filter(pk=row.pk).first()

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

    def _data(self, row: Any) -> Any:
        self.fill_in([row])
        return self.output(row, context=self.get_serializer_context()).data

    def answer(self, row: Any, *, code: int = status.HTTP_200_OK) -> Response:
        """One row, and its version; nothing but that if the person has this version already."""
        data = self._data(row)
        self.shown([row])
        version = version_of(data)
        known = self.request.headers.get("If-None-Match")
        if known is not None and self.request.method in SAFE_METHODS and names(known, version):
            return Response(status=status.HTTP_304_NOT_MODIFIED, headers={"ETag": version})
        return Response(data, status=code, headers={"ETag": version})

    def answer_list(self, rows: QuerySet[Any]) -> Response:
        """A page of rows; with `updated_after`, of those that changed, and which of them are void."""
        since = self._updated_after()
        return self._page(rows) if since is None else self._changes(rows, since)

    def _page(self, rows: QuerySet[Any]) -> Response:
        page = self.paginate_queryset(rows) or []
        return self.get_paginated_response(self._shown_rows(page))

    def _shown_rows(self, rows: Sequence[Any]) -> Any:
        self.fill_in(rows)
        self.shown(rows)
        return self.output(rows, many=True, context=self.get_serializer_context()).data

    # ── what changed ──────────────────────────────────────────────────────────────────────────

    def with_void(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """These rows, and those that are void by now and of which this person is told so."""
        return rows

    def _is_void(self, row: Any) -> bool:
        return bool(self.voided_field) and getattr(row, self.voided_field) is not None

    def _updated_after(self) -> dt.datetime | None:
        given = self.request.query_params.get(UPDATED_AFTER)
        if given is None:
            return None
        try:
            return cast(dt.datetime, MomentField().run_validation(given.replace(" ", "+")))
        except serializers.ValidationError as error:
            raise serializers.ValidationError({UPDATED_AFTER: error.detail}) from None

    def _changes(self, rows: QuerySet[Any], since: dt.datetime) -> Response:
        until = settled_until()
        span = {f"{self.changed_field}__gt": since}
        page = self.paginate_queryset(self.with_void(rows).filter(**span)) or []
        live = [row for row in page if not self._is_void(row)]
        response = self.get_paginated_response(self._shown_rows(live))
        response.data["voided"] = [str(row.pk) for row in page if self._is_void(row)]
        response.data["until"] = until
        return response

    def finalize_response(
        self, request: Request, response: Any, *args: Any, **kwargs: Any
    ) -> Response:
        asked = "If-Match" in request.headers and request.method not in SAFE_METHODS
        if asked and not self._version_checked and response.status_code < 400:
            # Unkept, this promise would be worse than none: say so, and undo (status >= 400).
            words = "If-Match names a version of one resource; what is done here has none."
            body = problem(status=412, code="no_version_here", detail=words)
            response = Response(body, status=412, content_type="application/problem+json")
        return super().finalize_response(request, response, *args, **kwargs)


class Listed(Resource):
    """A resource that can be listed."""

    def list(self, request: Request, **kwargs: Any) -> Response:
        return self.answer_list(self.filter_queryset(self.get_queryset()))


class Retrieved(Resource):
    """A resource of which one can be had by id."""

    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        return self.answer(self.find())
