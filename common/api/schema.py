"""The schema says what is true of every operation: its errors, and what it is called."""

from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers

from common.api.problems import CONTENT_TYPE


class FaultOutput(serializers.Serializer[Any]):
    """One field's fault."""

    field = serializers.CharField(help_text="Its name; a path such as `rules.0.channel` if nested.")
    code = serializers.CharField()
    detail = serializers.CharField(help_text="What is wrong, and the way out.")


class Problem(serializers.Serializer[Any]):
    """RFC 9457 problem details."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.CharField(help_text="For programs: stable.")
    errors = FaultOutput(many=True)  # type: ignore[assignment]  # RFC 9457 names it so


def problem_of(words: str) -> OpenApiResponse:
    """A documented error answer."""
    return OpenApiResponse(Problem, description=words)


ALWAYS = {
    401: "Not signed in.",
    429: "Too many requests; `Retry-After` says when again.",
}
WITH_ID = {404: "Not there, or not yours to see."}
WITH_BODY = {
    400: "Malformed, or a field is invalid.",
    403: "You may see this, but not do that.",
    409: "The present state doesn't allow it.",
    413: "The body is too large.",
    415: "Not JSON.",
}


class Schema(AutoSchema):
    """Adds the problem answers to every operation, as `application/problem+json`."""

    def _get_response_bodies(self, direction: Any = "response") -> Any:
        """What is declared, and then the problems: a declared answer of the same status stays."""
        answers = super()._get_response_bodies(direction)
        for status, words in self._problems().items():
            code = str(status)
            if code not in answers:
                answers[code] = self._get_response_for_code(  # type: ignore[no-untyped-call]
                    problem_of(words), code, [CONTENT_TYPE], direction
                )
        return answers

    def _problems(self) -> dict[int, str]:
        errors = dict(ALWAYS)
        if "{" in self.path:
            errors |= WITH_ID
        if self.method != "GET":
            return errors | WITH_BODY
        return errors | {400: "A filter is malformed.", 403: "You may not see this."}

    def get_summary(self) -> str | None:
        """The docstring's first line."""
        lines: list[str] = self.get_description().splitlines()
        return lines[0].rstrip(".") if lines else None


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # registers itself
    """How the session is described."""

    target_class = "common.api.authentication.SessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME}
