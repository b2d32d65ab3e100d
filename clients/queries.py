"""What lists of clients ask: finding by words, where each stands, and what of them may be shown."""

import uuid
from collections.abc import Iterable

from django.db.models import Prefetch, Q, QuerySet

from clients.addresses import address_index, normal_email, normal_phone
from clients.models import CareTeamMember, Client, ContactConsent, ContactPoint
from clients.phases import CurrentPhase, clients_in_phase, phases_now
from common.errors import Invalid
from organization.models import PhaseKind, User
from organization.roles import Capability

MOST_FOUND = 25


def search_clients(user: User, text: str) -> QuerySet[Client]:
    """Visible clients by record number, by parts of names, or by an exact address; at most 25.

    An address finds only clients whose contact points this person sees.
    """
    found = Q(record_number__iexact=text) | _named(text)
    for address in _addresses(text):
        points = ContactPoint.objects.visible_to(user).filter(address_index=address_index(address))
        found |= Q(pk__in=points.values("client"))
    return Client.objects.visible_to(user).filter(found)[:MOST_FOUND]


def _named(text: str) -> Q:
    """Every word is part of one of the names."""
    every = Q()
    for word in text.split():
        every &= (
            Q(legal_first_name__icontains=word)
            | Q(legal_last_name__icontains=word)
            | Q(chosen_name__icontains=word)
        )
    return every


def _addresses(text: str) -> list[str]:
    found = []
    for normal in (normal_phone, normal_email):
        try:
            found.append(normal(text))
        except Invalid:
            continue
    return found


def cases_seen(user: User, client_ids: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    """Those of these clients whose course of treatment this person may see."""
    seen = Client.objects.visible_to(user, Capability.VIEW_CASE)
    return set(seen.filter(pk__in=list(client_ids)).values_list("pk", flat=True))


def current_phases(client_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, CurrentPhase]:
    """The current phase of each of these clients who is in treatment."""
    wanted = list(client_ids)
    return {client: phase for told in phases_now for client, phase in told(wanted).items()}


def in_phase(user: User, kind: PhaseKind) -> QuerySet[Client]:
    """Clients now in this phase, of those whose course of treatment this person may see."""
    fitting = Q(pk__in=[])
    for told in clients_in_phase:
        fitting |= told(kind)
    return Client.objects.visible_to(user, Capability.VIEW_CASE).filter(fitting)


def primary_counselors() -> "Prefetch[str, QuerySet[CareTeamMember], str]":
    """To fetch with clients: `primaries`, the current primary counselor in a list."""
    primaries = CareTeamMember.objects.current().filter(primary=True).select_related("user")
    return Prefetch("care_team", primaries, to_attr="primaries")


def consents_in_force() -> "Prefetch[str, QuerySet[ContactConsent], str]":
    """To fetch with contact points: `in_force`, the consent in force in a list."""
    consents = ContactConsent.objects.filter(withdrawn_at=None)
    related = consents.select_related("granted_by", "withdrawn_by")
    return Prefetch("consents", related, to_attr="in_force")
