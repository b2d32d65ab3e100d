"""The problems that operations share, as the schema shows them: each described once, with an example."""

from dataclasses import dataclass, field
from typing import Any

from rest_framework import serializers

from common.api.problems import CONTENT_TYPE, problem


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


@dataclass(frozen=True)
class Answer:
    """A problem that many operations answer with; `name` is its component's."""

    name: str
    status: int
    words: str
    examples: dict[str, dict[str, Any]]
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def reference(self) -> dict[str, str]:
        """What stands in an operation."""
        return {"$ref": f"#/components/responses/{self.name}"}

    def component(self, schema: dict[str, Any]) -> dict[str, Any]:
        """What stands among the components."""
        shown: dict[str, Any] = {"description": self.words}
        if self.headers:
            shown["headers"] = {
                name: {"description": words, "schema": {"type": "string"}}
                for name, words in self.headers.items()
            }
        examples = {code: {"value": value} for code, value in self.examples.items()}
        shown["content"] = {CONTENT_TYPE: {"schema": schema, "examples": examples}}
        return shown


def example(status: int, code: str, detail: str, **more: Any) -> dict[str, dict[str, Any]]:
    """A problem's example, by its code. Given a `field`, the fault is that field's."""
    named = more.pop("field", None)
    errors = [{"field": named, "code": more.pop("fault", code), "detail": detail}] if named else []
    detail = more.pop("words", detail)
    return {code: problem(status=status, code=code, detail=detail, errors=errors, **more)}


INVALID = Answer(
    "Invalid", 400, "Malformed, or a field is invalid: `errors` names each.",
    example(
        400, "invalid", "This field isn't known here.", field="colour", fault="unknown_field",
        words="Some fields need another value.",
    ),
)  # fmt: skip
INVALID_PARAMETER = Answer(
    "InvalidParameter", 400, "A parameter is unknown or malformed.",
    example(
        400, "invalid", "A page has between 1 and 100 rows.", field="page_size",
        fault="out_of_range", words="Some fields need another value.",
    ),
)  # fmt: skip
NOT_SIGNED_IN = Answer(
    "NotSignedIn", 401, "Not signed in, or no longer.",
    example(401, "not_authenticated", "Authentication credentials were not provided."),
    {"WWW-Authenticate": "How to sign in."},
)  # fmt: skip
FORBIDDEN = Answer(
    "Forbidden", 403, "You may see this, but not do that.",
    example(403, "not_permitted", "Your roles don't allow this."),
)  # fmt: skip
MISSING = Answer(
    "Missing", 404, "Not there, or not yours to see.",
    example(404, "not_found", "There is nothing here for you."),
)  # fmt: skip
CONFLICT = Answer(
    "Conflict", 409, "The present state doesn't allow it; `code` says why.",
    example(
        409, "idempotency_key_reused",
        "This key came with another request before. Give every request a key of its own.",
        field="Idempotency-Key",
    ),
)  # fmt: skip
STALE = Answer(
    "Stale", 412, "It has changed since the version that `If-Match` names.",
    example(
        412, "stale", "Read it again, and make your change to what it is now.", field="If-Match"
    ),
)  # fmt: skip
TOO_LARGE = Answer(
    "TooLarge", 413, "The body is too large.",
    example(413, "body_too_large", "A request may have at most 1048576 bytes."),
)  # fmt: skip
NOT_READ_HERE = Answer(
    "NotReadHere", 415, "Not in a form that is read here.",
    example(415, "unsupported_media_type", 'Unsupported media type "text/plain" in request.'),
)  # fmt: skip
TOO_MANY = Answer(
    "TooMany", 429, "Too many tries.",
    example(429, "throttled", "Request was throttled. Expected available in 37 seconds."),
    {"Retry-After": "In how many seconds to try again."},
)  # fmt: skip

ANSWERS = (
    INVALID, INVALID_PARAMETER, NOT_SIGNED_IN, FORBIDDEN, MISSING, CONFLICT, STALE, TOO_LARGE,
    NOT_READ_HERE, TOO_MANY,
)  # fmt: skip
