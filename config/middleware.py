"""What bounds every request before anything reads it."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from common.api.problems import plain_problem

IMPORTS = "/api/v1/imports/"


class BodyBoundMiddleware:
    """Refuses a body over the bound by its declared length; without one, WSGI reads none."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        declared = request.META.get("CONTENT_LENGTH") or "0"
        # Only as CSV, which nothing here reads before the person is known or lays down in a file.
        is_file = request.path == IMPORTS and request.content_type == "text/csv"
        bound = settings.FILE_BOUND_BYTES if is_file else settings.BODY_BOUND_BYTES
        if declared.isdecimal() and int(declared) > bound:
            return plain_problem(
                413,
                code="body_too_large",
                detail=f"A request may have at most {bound} bytes.",
            )
        return self.get_response(request)
