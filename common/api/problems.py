"""Every error as RFC 9457 `application/problem+json`, in one place.

`{"type", "title", "status", "detail", "code", "errors": [{"field", "code", "detail"}]}`, and what
a rule adds to go on (`free_slots`, `allowed`). Never a stack trace, never another person's data.
"""

import json
import logging
from collections.abc import Iterator
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from rest_framework import exceptions
from rest_framework.response import Response

from common.database import is_passing
from common.errors import DomainError, FieldFault, Kind

log = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"
STATUS = {
    Kind.INVALID: 400,
    Kind.FORBIDDEN: 403,
    Kind.MISSING: 404,
    Kind.CONFLICT: 409,
    Kind.STALE: 412,
}
TITLES = {
    400: "The request can't be understood",
    401: "Sign in first",
    403: "You may not do this",
    404: "Not found",
    405: "This is not done here",
    406: "Not available in that form",
    409: "The present state doesn't allow this",
    412: "It has changed since you read it",
    413: "The request is too large",
    415: "Not in a form that is read here",
    429: "Too many requests",
    500: "Something went wrong here",
    503: "Not at the moment",
}
WAYS_OUT = {
    "not_authenticated": "Send `Authorization: Token …`, with a token from POST /api/v1/auth/token/.",
    "unsupported_media_type": "Send JSON, and say so: `Content-Type: application/json`.",
    "parse_error": "The body can't be read as JSON. {said}",
}
"""What to do, where the framework's own words say only what went wrong."""
Fault = dict[str, str]


def problem(
    *,
    status: int,
    code: str,
    detail: str,
    title: str = "",
    errors: list[Fault] | None = None,
    extra: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """The body of a problem."""
    return {
        "type": f"urn:casework:problem:{code}",
        "title": title or TITLES.get(status, "Error"),
        "status": status,
        "detail": detail,
        "code": code,
        "errors": errors or [],
        **(extra or {}),
    }


def problem_response(error: Exception, context: dict[str, Any]) -> Response | None:
    """REST framework's exception handler."""
    body, headers = _described(error)
    if body is None:
        return None
    response = Response(body, status=body["status"], headers=headers)
    response.content_type = CONTENT_TYPE
    return response


def plain_problem(status: int, *, code: str, detail: str) -> HttpResponse:
    """A problem outside REST framework (middleware, webhooks, error pages of the API)."""
    body = problem(status=status, code=code, detail=detail)
    return HttpResponse(json.dumps(body), status=status, content_type=CONTENT_TYPE)


BUSY = "Somebody else is changing this at the moment. Nothing was changed; try again."


def busy_problem() -> HttpResponse:
    """The database gave it up for now: two were in each other's way, or it took too long."""
    response = plain_problem(503, code="busy", detail=BUSY)
    response.headers["Retry-After"] = "1"
    return response


def _described(error: Exception) -> tuple[dict[str, Any] | None, dict[str, str]]:
    if isinstance(error, DomainError):
        return _of_domain(error), {}
    if isinstance(error, Http404):
        return problem(status=404, code="not_found", detail="There is nothing here for you."), {}
    if isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    if isinstance(error, exceptions.ValidationError):
        return _of_validation(error), {}
    if isinstance(error, exceptions.APIException):
        return _of_framework(error)
    if isinstance(error, OperationalError) and is_passing(error):
        return problem(status=503, code="busy", detail=BUSY), {"Retry-After": "1"}
    return None, {}


def _of_domain(error: DomainError) -> dict[str, Any]:
    return problem(
        status=STATUS[error.kind],
        code=error.code,
        title=error.title,
        detail=error.detail,
        errors=[_fault(fault) for fault in error.faults],
        extra=error.extra,
    )


def _fault(fault: FieldFault) -> Fault:
    return {"field": fault.field, "code": fault.code, "detail": fault.detail}


def _of_validation(error: exceptions.ValidationError) -> dict[str, Any]:
    errors = list(_flattened(error.get_full_details(), ""))
    detail = "Some fields need another value." if errors else "Something needs another value."
    return problem(status=400, code="invalid", detail=detail, errors=errors)


def _flattened(details: Any, path: str) -> Iterator[Fault]:
    """Nested details as one list, with paths such as `rules.0.channel`."""
    if isinstance(details, dict) and isinstance(details.get("message"), str):
        yield {"field": path, "code": str(details["code"]), "detail": str(details["message"])}
    elif isinstance(details, dict):
        for key, value in details.items():
            name = "" if key == "non_field_errors" else str(key)
            yield from _flattened(value, ".".join(part for part in (path, name) if part))
    elif isinstance(details, list):
        nested = len(details) > 1 and any(not _is_message(item) for item in details)
        for index, item in enumerate(details):
            step = f"{path}.{index}" if nested or (not _is_message(item) and item) else path
            yield from _flattened(item, step)


def _is_message(item: Any) -> bool:
    return isinstance(item, dict) and isinstance(item.get("message"), str)


def _of_framework(error: exceptions.APIException) -> tuple[dict[str, Any], dict[str, str]]:
    headers: dict[str, str] = {}
    if isinstance(error, exceptions.NotAuthenticated | exceptions.AuthenticationFailed):
        headers["WWW-Authenticate"] = getattr(error, "auth_header", "Session")
    wait = getattr(error, "wait", None)
    if wait:
        headers["Retry-After"] = str(int(wait) + 1)
    given = error.get_codes()
    code = given if isinstance(given, str) else "error"
    detail = WAYS_OUT.get(code, "{said}").format(said=error.detail)
    return problem(status=error.status_code, code=code, detail=detail), headers


def json_404(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """For addresses below `/api/` that do not exist."""
    return plain_problem(404, code="not_found", detail="There is nothing at this address.")


def json_500(request: HttpRequest) -> HttpResponse:
    """For what nobody foresaw: said plainly, with no detail of ours."""
    return plain_problem(
        500, code="server_error", detail="The fault is on our side. Nothing was changed."
    )
