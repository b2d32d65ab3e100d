"""What lists of clients ask: where each stands, and what of them may be shown."""

import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db import connection
from django.db.models import Prefetch, Q, QuerySet

from clients.models import Client, ContactConsent
from clients.phases import CurrentPhase, clients_in_phase, phases_now
from common.clock import now
from organization.models import PhaseKind, User
from organization.roles import Capability


def still_sees(user: User, client_ids: Collection[uuid.UUID]) -> bool:
    """Whether this person sees every one of these clients, or the record that each is part of now."""
    rows = Client.objects.filter(pk__in=client_ids).order_by()
    wanted = {into or pk for pk, into in rows.values_list("pk", "merged_into")}
    return Client.objects.visible_to(user).filter(pk__in=wanted).count() == len(wanted)


def cases_seen(user: User, client_ids: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    """Those of these clients, whom this person sees, whose course of treatment they may see too."""
    if user.access.reaches_alike(Capability.VIEW_CLIENT, Capability.VIEW_CASE):
        return set(client_ids)
    seen = Client.objects.visible_to(user, Capability.VIEW_CASE)
    return set(seen.filter(pk__in=list(client_ids)).values_list("pk", flat=True))


def notes_read(user: User, client_ids: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    """Those of these clients, whose course of treatment this person sees, of whom they read why."""
    if user.access.reaches_alike(Capability.VIEW_CASE, Capability.READ_CASE_NOTES):
        return set(client_ids)
    if not user.access.can(Capability.READ_CASE_NOTES):
        return set()
    read = Client.objects.visible_to(user, Capability.READ_CASE_NOTES)
    return set(read.filter(pk__in=list(client_ids)).values_list("pk", flat=True))


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


@dataclass(frozen=True)
class Beside:
    """What a record shows of other rows: its primary counselor, and the numbers of its parts."""

    counselor_id: uuid.UUID | None
    counselor_name: str | None
    former_record_numbers: list[str]


BESIDE = """
SELECT c.id, t.user_id, u.full_name,
       ARRAY(SELECT part.record_number FROM clients_client part
              WHERE part.merged_into_id = c.id ORDER BY part.record_number)
  FROM unnest(%(clients)s::uuid[]) AS c(id)
  LEFT JOIN clients_careteammember t
         ON t.client_id = c.id AND t."primary" AND t.since <= %(now)s
        AND (t.until IS NULL OR t.until > %(now)s)
  LEFT JOIN organization_user u ON u.id = t.user_id
"""
"""Every list of clients asks it: written by hand, for its speed."""


def beside(client_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Beside]:
    """That of each of these clients; one query."""
    with connection.cursor() as cursor:
        cursor.execute(BESIDE, {"clients": list(client_ids), "now": now()})
        return {client: Beside(*rest) for client, *rest in cursor.fetchall()}


def consents_in_force() -> "Prefetch[str, QuerySet[ContactConsent], str]":
    """To fetch with contact points: `in_force`, the consent in force in a list."""
    consents = ContactConsent.objects.filter(withdrawn_at=None)
    related = consents.select_related("granted_by", "withdrawn_by")
    return Prefetch("consents", related, to_attr="in_force")
