"""Where clients stand in treatment. Lists of clients ask; the course of treatment's app says.

The Protocol is all that is known here of a phase, so that this floor needs nothing from above.
"""

import datetime as dt
import uuid
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from django.db.models import Q

from common.registry import Registry
from organization.models import PhaseKind


class CurrentPhase(Protocol):
    """The phase that a client is in now."""

    @property
    def id(self) -> uuid.UUID: ...
    @property
    def kind(self) -> str: ...
    @property
    def program_id(self) -> uuid.UUID: ...
    @property
    def started_at(self) -> dt.datetime: ...
    @property
    def planned_end(self) -> dt.date: ...


phases_now: Registry[Callable[[Iterable[uuid.UUID]], Mapping[uuid.UUID, CurrentPhase]]] = Registry(
    "which phase is each of these clients in now?"
)
clients_in_phase: Registry[Callable[[PhaseKind], Q]] = Registry("which clients are in this phase?")
