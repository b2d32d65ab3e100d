"""Lists in pages, by cursor: no table is ever counted, and a page stays put while rows are added."""

from base64 import b64decode
from typing import Any
from urllib.parse import parse_qs

from django.core.exceptions import ValidationError as DjangoValidationError
from rest_framework.exceptions import ErrorDetail, NotFound, ValidationError
from rest_framework.pagination import CursorPagination
from rest_framework.response import Response

UPDATED_AFTER = "updated_after"


class TimeOrderedPagination(CursorPagination):
    """`{"next", "previous", "results"}`; `page_size` up to 100, `ordering` where a view allows it.

    With `updated_after`, in the order of the changes, and with `voided`: ids of what is void now.
    """

    page_size = 25
    page_size_query_param = "page_size"
    max_page_size = 100
    ordering = ("-created_at", "-id")

    def paginate_queryset(self, queryset: Any, request: Any, view: Any = None) -> Any:
        """A page; a cursor that no answer of ours contained points nowhere."""
        try:
            return super().paginate_queryset(queryset, request, view)
        except (DjangoValidationError, ValueError, NotFound):
            raise _fault(
                self.cursor_query_param,
                "unknown_cursor",
                "This cursor leads nowhere. Follow `next` and `previous`, or begin without one.",
            ) from None

    def decode_cursor(self, request: Any) -> Any:
        """REST framework passes over what isn't a cursor at all, and begins anew."""
        cursor = super().decode_cursor(request)
        given = request.query_params.get(self.cursor_query_param)
        if given is not None:
            told = parse_qs(b64decode(given).decode("ascii"), strict_parsing=True)
            if not told or not set(told) <= {"o", "r", "p"}:
                raise NotFound
        return cursor

    def get_page_size(self, request: Any) -> int | None:
        """What was asked for, within bounds."""
        asked = request.query_params.get(self.page_size_query_param, str(self.page_size))
        if not (asked.isascii() and asked.isdecimal() and 1 <= int(asked) <= self.max_page_size):
            raise _fault(
                self.page_size_query_param,
                "out_of_range",
                f"A page has between 1 and {self.max_page_size} rows.",
            )
        return int(asked)

    def get_ordering(self, request: Any, queryset: Any, view: Any) -> tuple[str, ...]:
        """What was asked for, if the view allows it; else the view's own; always with the id."""
        allowed: dict[str, tuple[str, ...]] = getattr(view, "orderings", {})
        asked = request.query_params.get("ordering")
        if UPDATED_AFTER in request.query_params:
            if asked is not None:
                raise _fault("ordering", "not_allowed", "Changes come in the order of their times.")
            return (view.changed_field, "id")
        if asked is not None and asked not in allowed:
            choice = ", ".join(sorted(allowed)) or "nothing"
            raise _fault("ordering", "invalid_choice", f"This list is ordered by {choice}.")
        return allowed.get(asked or "") or getattr(view, "ordering", None) or self.ordering

    def get_paginated_response(self, data: Any) -> Response:
        return Response(
            {"next": self.get_next_link(), "previous": self.get_previous_link(), "results": data}
        )

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """In OpenAPI 3.1's words: REST framework's own are 3.0's, where null is said otherwise."""
        link = {"type": ["string", "null"], "format": "uri"}
        voided = {
            "type": "array",
            "items": {"type": "string", "format": "uuid"},
            "description": "With `updated_after` only: what is void now, and kept no longer.",
        }
        until = {
            "type": "string",
            "format": "date-time",
            "description": "With `updated_after` only: the time to ask from when asking again.",
        }
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {
                "next": link,
                "previous": link,
                "results": schema,
                "voided": voided,
                "until": until,
            },
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """With `updated_after`, and with `ordering` where the view has a choice."""
        parameters: list[dict[str, Any]] = [*super().get_schema_operation_parameters(view)]
        for parameter in parameters:
            if parameter["name"] == self.page_size_query_param:
                bounds = {"minimum": 1, "maximum": self.max_page_size, "default": self.page_size}
                parameter["schema"] |= bounds
        changed = {"name": UPDATED_AFTER, "in": "query", "required": False}
        words = "Only what changed after this time, in that order. See `docs/api.md`."
        moment = {"type": "string", "format": "date-time"}
        parameters.append(changed | {"description": words, "schema": moment})
        if allowed := sorted(getattr(view, "orderings", {})):
            ordering = {"name": "ordering", "in": "query", "required": False}
            words = "In the order of this; with `-`, the other way round."
            schema = {"type": "string", "enum": allowed}
            parameters.append(ordering | {"description": words, "schema": schema})
        return parameters


def _fault(parameter: str, code: str, words: str) -> ValidationError:
    return ValidationError({parameter: [ErrorDetail(words, code)]})
