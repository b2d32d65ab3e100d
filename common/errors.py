"""The domain's errors: what went wrong, in words for people, and a code for programs.

Services raise them; `common.api.problems` turns them into HTTP in one place.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What sort of fault it is, without saying how HTTP calls it."""

    INVALID = "invalid"
    FORBIDDEN = "forbidden"
    MISSING = "missing"
    CONFLICT = "conflict"
    STALE = "stale"


@dataclass(frozen=True)
class FieldFault:
    """One field's fault: its name, a code, and a sentence that tells the way out."""

    field: str
    code: str
    detail: str


class DomainError(Exception):
    """A rule was broken. `extra` holds what helps to go on (free slots, allowed moves)."""

    kind = Kind.INVALID
    code = "invalid"
    title = "This can't be done as asked"

    def __init__(
        self,
        detail: str,
        *,
        code: str | None = None,
        field: str | None = None,
        faults: tuple[FieldFault, ...] = (),
        extra: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code or self.code
        self.faults = faults or ((FieldFault(field, self.code, detail),) if field else ())
        self.extra = extra or {}


class Invalid(DomainError):
    """What was sent does not make sense; nothing about the state forbids it."""


class Forbidden(DomainError):
    """The person may see this, but not do that."""

    kind = Kind.FORBIDDEN
    code = "forbidden"
    title = "You may not do this"


class Missing(DomainError):
    """Not there, or not theirs to see: the two are never told apart."""

    kind = Kind.MISSING
    code = "not_found"
    title = "Not found"


class Conflict(DomainError):
    """It made sense, but the present state forbids it."""

    kind = Kind.CONFLICT
    code = "conflict"
    title = "The present state doesn't allow this"


class Stale(DomainError):
    """It was changed since the version that the person speaks of."""

    kind = Kind.STALE
    code = "stale"
    title = "It has changed since you read it"
