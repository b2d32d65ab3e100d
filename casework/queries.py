"""What upper floors and lists ask about the course of treatment."""

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

from django.db import connection
from django.db.models import Case, Exists, OuterRef, Prefetch, Q, QuerySet, Subquery, When

from casework.gates import GateFinding, findings
from casework.models import Episode, Phase
from casework.moves import TransitionReason, reasons_for
from clients.models import Client
from clients.phases import CurrentPhase
from organization.access import Access
from organization.models import PhaseKind, Program
from organization.roles import Capability

ON_THE_UNIT = (PhaseKind.DETOX, PhaseKind.INPATIENT)


def clients_on_the_unit(access: Access, capability: Capability) -> Q | None:
    """A nurse sees the clients of her facility whose current phase is detox or inpatient."""
    there = access.where(Capability.SEE_UNIT, capability)
    if not there:
        return None
    present = Phase.objects.current().filter(kind__in=ON_THE_UNIT, program__facility__in=there)
    return Q(pk__in=present.values("episode__client"))


def clients_now_in(kind: PhaseKind) -> Q:
    """A filter on clients: those whose current phase is of this kind."""
    return Q(pk__in=Phase.objects.current().filter(kind=kind).values("episode__client"))


def current_phases(client_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Phase]:
    """The current phase of each of these clients who is in treatment, with its program; one query."""
    phases = Phase.objects.current().filter(episode__client__in=list(client_ids))
    return {p.episode.client_id: p for p in phases.select_related("program", "episode")}


PHASES_TOLD = """
SELECT e.client_id, p.id, p.kind, p.program_id, p.started_at, p.planned_end
  FROM casework_episode e
  JOIN casework_phase p ON p.episode_id = e.id AND p.ended_at IS NULL AND NOT p.void
 WHERE e.client_id = ANY(%(clients)s::uuid[])
"""
"""Every list of clients asks it: written by hand, for its speed."""


def phases_told(client_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, CurrentPhase]:
    """As `current_phases`, with no more than lists of clients show."""
    with connection.cursor() as cursor:
        cursor.execute(PHASES_TOLD, {"clients": list(client_ids)})
        return {client: CurrentPhase(*row) for client, *row in cursor.fetchall()}


def when_left(client: OuterRef) -> Case:
    """An expression: when a client who was in treatment and is in none now left it, else null."""
    theirs = Episode.objects.filter(client=client)
    last = theirs.order_by("-discharged_at").values("discharged_at")[:1]
    return Case(When(~Exists(theirs.filter(discharged_at=None)), then=Subquery(last)))


def left_treatment_at(client_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, dt.datetime]:
    """When each of these clients who were in treatment and are in none now left it; one query."""
    clients = Client.objects.filter(pk__in=list(client_ids)).order_by()
    left = clients.annotate(left_at=when_left(OuterRef("pk"))).filter(left_at__isnull=False)
    return dict(left.values_list("pk", "left_at"))


def phases_that_count() -> "Prefetch[str, QuerySet[Phase], str]":
    """To fetch with episodes: `valid_phases`, those not undone, in order."""
    return Prefetch("phases", Phase.objects.filter(void=False), to_attr="valid_phases")


@dataclass(frozen=True)
class PossibleMove:
    """A phase that may follow: why, into which programs, and what each one's gates say."""

    phase: PhaseKind
    reasons: list[TransitionReason]
    programs: list[tuple[Program, dict[str, GateFinding]]]


def possible_moves(episode: Episode) -> list[PossibleMove]:
    """Where an episode can go from its current phase; nowhere after discharge."""
    current = episode.current_phase()
    if current is None:
        return []
    here = Program.objects.filter(facility=episode.facility_id, active=True)
    offered = cast("QuerySet[Program]", here)
    return [
        PossibleMove(
            phase=kind,
            reasons=sorted(reasons_for(PhaseKind(current.kind), kind)),
            programs=[
                (program, findings(episode, program)) for program in offered.filter(phase=kind)
            ],
        )
        for kind in current.allowed_moves()
    ]
