"""Lists in pages, by cursor: no table is ever counted, and a page stays put while rows are added."""

from typing import Any

from django.core.exceptions import ValidationError
from rest_framework.exceptions import NotFound
from rest_framework.pagination import CursorPagination
from rest_framework.response import Response


class TimeOrderedPagination(CursorPagination):
    """`{"next", "previous", "results"}`; `page_size` up to 100, `ordering` where a view allows it."""

    page_size = 25
    page_size_query_param = "page_size"
    max_page_size = 100
    ordering = ("-created_at", "-id")

    def paginate_queryset(self, queryset: Any, request: Any, view: Any = None) -> Any:
        """A page; a cursor that no answer of ours contained points nowhere."""
        try:
            return super().paginate_queryset(queryset, request, view)
        except (ValidationError, ValueError):
            raise NotFound(self.invalid_cursor_message) from None

    def get_ordering(self, request: Any, queryset: Any, view: Any) -> tuple[str, ...]:
        """What was asked for, if the view allows it; else the view's own; always with the id."""
        allowed: dict[str, tuple[str, ...]] = getattr(view, "orderings", {})
        asked = request.query_params.get("ordering", "")
        return allowed.get(asked) or getattr(view, "ordering", None) or self.ordering

    def get_paginated_response(self, data: Any) -> Response:
        return Response(
            {"next": self.get_next_link(), "previous": self.get_previous_link(), "results": data}
        )

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """In OpenAPI 3.1's words: REST framework's own are 3.0's, where null is said otherwise."""
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": link, "previous": link, "results": schema},
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """With `ordering`, where the view has a choice."""
        parameters: list[dict[str, Any]] = [*super().get_schema_operation_parameters(view)]
        if allowed := sorted(getattr(view, "orderings", {})):
            ordering = {"name": "ordering", "in": "query", "required": False}
            parameters.append(ordering | {"schema": {"type": "string", "enum": allowed}})
        return parameters
