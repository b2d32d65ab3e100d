"""The schema says what is true of every operation: its name, its headers, its errors, an example."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import get_lib_doc_excludes
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.serializers import BaseSerializer, ListSerializer

from common.api import answers
from common.api.output import ModelOutput
from common.api.problems import CONTENT_TYPE
from common.api.serializers import StrictSerializer

STANDARD_ACTIONS = {"list", "create", "retrieve", "update", "partial_update", "destroy"}
SUCCESSES = (200, 201, 202)


@dataclass(frozen=True)
class Header:
    """A header, which operations understand or answer with it, and what it is for."""

    name: str
    of: Callable[["Schema"], bool]
    words: str
    response: tuple[int, ...] = ()
    pattern: str | None = None

    def parameter(self) -> OpenApiParameter:
        """As the schema shows it."""
        return OpenApiParameter(
            self.name,
            OpenApiTypes.STR,
            OpenApiParameter.HEADER,
            description=self.words,
            pattern=self.pattern,
            response=list(self.response) or False,
        )


def _is_resource(schema: "Schema") -> bool:
    return hasattr(schema.view, "only_reads")


def _action(schema: "Schema") -> str | None:
    return getattr(schema.view, "action", None)


def _is_repeatable(schema: "Schema") -> bool:
    reads: frozenset[str] = getattr(schema.view, "only_reads", frozenset())
    return _is_resource(schema) and schema.method == "POST" and _action(schema) not in reads


def _acts_on_one(schema: "Schema") -> bool:
    """PATCH and PUT of one, and its actions: all that a version can be named for."""
    if not _is_resource(schema) or "{" not in schema.path:
        return False
    is_action = _is_repeatable(schema) and _action(schema) != "create"
    return is_action or schema.method in {"PATCH", "PUT"}


def _shows_one(schema: "Schema") -> bool:
    return _is_resource(schema) and schema.method == "GET" and _action(schema) == "retrieve"


HEADERS = (
    Header(
        "Idempotency-Key",
        _is_repeatable,
        "1 to 255 visible ASCII characters, such as a random UUID. The same request with the same"
        " key within a day gets the first answer again and is not carried out again.",
        pattern="^[!-~]{1,255}$",
    ),
    Header("If-Match", _acts_on_one, "Do this only to this version of it (its `ETag`)."),
    Header("If-None-Match", _shows_one, "Versions that you have; answered 304 if one is in force."),
    Header(
        "ETag",
        lambda schema: _shows_one(schema) or _acts_on_one(schema) or _is_repeatable(schema),
        "The version of what is shown, for `If-Match` and `If-None-Match`.",
        response=SUCCESSES,
    ),
    Header(
        "Idempotent-Replayed",
        _is_repeatable,
        "`true` if this is the first answer again.",
        response=SUCCESSES,
    ),
)
PATH_WORDS = {
    "id": "Which one.",
    "attendance_id": "Which of the appointment's attendances.",
    "client_id": "Which client.",
    "episode_id": "Which course of treatment.",
    "import_id": "Which import.",
    "transition_id": "Which of the episode's transitions.",
}


def example_of(serializer: Any) -> Any | None:
    """What such a serializer takes in or shows; None if nobody wrote one.

    It stands in the app's `api/examples.py`, by the serializer's name: declared once, shown wherever
    the serializer is. A problem's stand there by its codes.
    """
    kind = serializer if isinstance(serializer, type) else type(serializer)
    if not issubclass(kind, BaseSerializer):
        return None
    module = f"{kind.__module__.rpartition('.')[0]}.examples"
    if find_spec(module) is None:
        return None
    return import_module(module).EXAMPLES.get(kind.__name__)


class Schema(AutoSchema):
    """What REST framework can't know of our operations."""

    # ── what it is called ─────────────────────────────────────────────────────────────────────

    def get_operation_id(self) -> str:
        """Of the address and, where that says only what is meant, of what is done with it.

        `appointments_list`, `appointments_create`, `appointments_cancellation`.
        """
        name = super().get_operation_id()
        action = _action(self) or "create"
        return name if action in STANDARD_ACTIONS else name.rpartition("_")[0]

    def get_summary(self) -> str | None:
        """The docstring's first line."""
        lines: list[str] = self.get_description().splitlines()
        return lines[0].rstrip(".") if lines else None

    def get_tags(self) -> list[str]:
        """The address's first word; `extend_schema(tags=…)` says otherwise."""
        return [self._tokenize_path()[0]]

    # ── what it understands ───────────────────────────────────────────────────────────────────

    def get_override_parameters(self) -> list[Any]:
        """The headers that every resource understands."""
        return [header.parameter() for header in HEADERS if header.of(self)]

    def _resolve_path_parameters(self, variables: Any) -> Any:
        found: Any = super()._resolve_path_parameters(variables)  # type: ignore[no-untyped-call]
        for parameter in found:
            parameter["description"] = PATH_WORDS[parameter["name"]]
        return found

    # ── what it answers ───────────────────────────────────────────────────────────────────────

    def _get_response_bodies(self, direction: Any = "response") -> Any:
        """What is declared, and then the problems: a declared answer of the same status stays."""
        found = super()._get_response_bodies(direction)
        if _shows_one(self):
            found["304"] = {"description": "`If-None-Match` names the version in force."}
        self.resolve_serializer(answers.Problem, direction)
        for answer in self._problems():
            found.setdefault(str(answer.status), answer.reference)
        return found

    def _problems(self) -> list[answers.Answer]:
        found = [answers.NOT_SIGNED_IN]
        if self.view.get_throttles():
            found.append(answers.TOO_MANY)
        if "{" in self.path or _is_repeatable(self):
            found.append(answers.MISSING)
        if self.method == "GET":
            return [*found, answers.INVALID_PARAMETER, answers.FORBIDDEN]
        if self.method != "DELETE":
            found += [answers.INVALID, answers.TOO_LARGE, answers.NOT_READ_HERE]
        if _is_resource(self):
            found.append(answers.CONFLICT)
        if _acts_on_one(self):
            found.append(answers.STALE)
        return [*found, answers.FORBIDDEN]

    # ── examples ──────────────────────────────────────────────────────────────────────────────

    def _get_examples(
        self,
        serializer: Any,
        direction: Any,
        media_type: Any,
        status_code: Any = None,
        extras: Any = None,
    ) -> Any:
        """Those of the view, if it has any for this; else the one of the serializer."""
        given = super()._get_examples(  # type: ignore[no-untyped-call]
            serializer, direction, media_type, status_code, extras
        )
        is_many = isinstance(serializer, ListSerializer)
        value = example_of(serializer.child if is_many else serializer)
        if given or value is None or media_type not in {"application/json", CONTENT_TYPE}:
            return given
        if media_type == CONTENT_TYPE:
            return {code: {"value": body} for code, body in value.items()}
        if direction == "response" and self._is_list_view(serializer):
            value = {"next": None, "previous": None, "results": [value]}
        return {"example": {"value": value}}


def undescriptive() -> list[type]:
    """Bases whose own docstrings say nothing of what is built on them."""
    excluded: list[type] = get_lib_doc_excludes()  # type: ignore[no-untyped-call]
    return [*excluded, ModelOutput, StrictSerializer]


def shared_answers(result: Any, generator: Any, **kwargs: Any) -> Any:
    """The problems that operations refer to: a hook of drf-spectacular's."""
    schema = {"$ref": "#/components/schemas/Problem"}
    result["components"]["responses"] = {
        answer.name: answer.component(schema) for answer in answers.ANSWERS
    }
    return result


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # registers itself
    """How the session is described."""

    target_class = "common.api.authentication.SessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": settings.SESSION_COOKIE_NAME,
            "description": "For browsers that are signed in to the pages. All but GET also takes"
            f" the `{settings.CSRF_COOKIE_NAME}` cookie's value as `X-CSRFToken`.",
        }
