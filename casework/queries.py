"""What upper floors and lists ask about the course of treatment."""

import uuid
from collections.abc import Iterable

from django.db.models import Q

from casework.models import Episode, Phase
from organization.models import PhaseKind, User
from organization.roles import Capability

ON_THE_UNIT = (PhaseKind.DETOX, PhaseKind.INPATIENT)


def clients_on_the_unit(user: User, capability: Capability) -> Q | None:
    """A nurse sees the clients of her facility whose current phase is detox or inpatient."""
    there = user.access.where(Capability.SEE_UNIT, capability)
    if not there:
        return None
    present = Phase.objects.current().filter(kind__in=ON_THE_UNIT, program__facility__in=there)
    return Q(pk__in=present.values("episode__client"))


def current_phases(client_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Phase]:
    """The current phase of each of these clients who is in treatment, with its program; one query."""
    phases = Phase.objects.current().filter(episode__client__in=list(client_ids))
    return {p.episode.client_id: p for p in phases.select_related("program", "episode")}


def discharged(client_ids: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    """Those of these clients who have been in treatment here and are in none now."""
    episodes = Episode.objects.filter(client__in=list(client_ids))
    ended = set(episodes.values_list("client", flat=True))
    return ended - set(episodes.active().values_list("client", flat=True))
