"""What bounds every request before anything reads it."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from common.api.problems import plain_problem


class BodyBoundMiddleware:
    """Refuses a body over the bound by its declared length; without one, WSGI reads none."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        declared = request.META.get("CONTENT_LENGTH") or "0"
        if declared.isdecimal() and int(declared) > settings.BODY_BOUND_BYTES:
            return plain_problem(
                413,
                code="body_too_large",
                detail=f"A request may have at most {settings.BODY_BOUND_BYTES} bytes.",
            )
        return self.get_response(request)
