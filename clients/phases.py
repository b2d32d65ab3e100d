"""Where clients stand in treatment. Lists of clients ask; the course of treatment's app says."""

import datetime as dt
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from django.db.models import Q

from common.registry import Registry
from organization.models import PhaseKind


@dataclass(frozen=True)
class CurrentPhase:
    """The phase that a client is in now."""

    id: uuid.UUID
    kind: str
    program_id: uuid.UUID
    started_at: dt.datetime
    planned_end: dt.date


phases_now: Registry[Callable[[Iterable[uuid.UUID]], Mapping[uuid.UUID, CurrentPhase]]] = Registry(
    "which phase is each of these clients in now?"
)
clients_in_phase: Registry[Callable[[PhaseKind], Q]] = Registry("which clients are in this phase?")
