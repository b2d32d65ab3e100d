"""Who asks, and about whom: counselors with a caseload and people at intake, each with a token."""

import datetime as dt
import uuid
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.db.models import Count
from knox.models import AuthToken

from appointments.models import Appointment
from clients.models import CareTeamMember, Client
from common.clock import now
from organization.models import Membership, Room, User
from organization.roles import Role

PAGE = 25


@dataclass(frozen=True)
class Asker:
    """A member of staff with a token, and the facility where they work."""

    user: User
    token: str
    facility: uuid.UUID
    zone: str


def _askers(role: Role, users: list[uuid.UUID] | None, count: int) -> list[Asker]:
    rows = Membership.objects.current().filter(role=role).select_related("user", "facility")
    if users is not None:
        rows = rows.filter(user__in=users)
    found = {row.facility_id: row for row in rows.order_by("-user__created_at", "user")}
    everyone = [*found.values(), *(row for row in rows if row not in found.values())]
    return [
        Asker(row.user, AuthToken.objects.create(row.user)[1], row.facility_id, row.facility.zone)
        for row in everyone[:count]
    ]


def counselors(count: int = 8) -> list[Asker]:
    """Those who have at least a page of clients, of as many facilities as there are."""
    cases = CareTeamMember.objects.current().values("user").annotate(clients=Count("client"))
    busy = list(cases.filter(clients__gte=PAGE).values_list("user", flat=True))
    return _askers(Role.COUNSELOR, busy, count)


def intake(count: int = 8) -> list[Asker]:
    """Those who see a facility's whole calendar, with phases."""
    return _askers(Role.INTAKE, None, count)


def clients_of(asker: Asker) -> list[uuid.UUID]:
    """Their caseload."""
    return list(Client.objects.visible_to(asker.user).values_list("pk", flat=True))


def own_clients_of(asker: Asker) -> list[uuid.UUID]:
    """Those whose primary counselor they are: nobody else books for these."""
    own = CareTeamMember.objects.current().filter(user=asker.user, primary=True)
    return list(own.values_list("client", flat=True))


def office_of(asker: Asker) -> uuid.UUID:
    """The room where a counselor usually is."""
    used = Room.objects.filter(appointments__staff=asker.user, name__startswith="Office")
    return used.values_list("pk", flat=True)[0]


def full_day(asker: Asker) -> tuple[dt.datetime, dt.datetime]:
    """A coming day on which their facility has at least a page of appointments."""
    zone = ZoneInfo(asker.zone)
    today = now().astimezone(zone).date()
    for ahead in range(1, 10):
        starts = dt.datetime.combine(today + dt.timedelta(days=ahead), dt.time(), tzinfo=zone)
        day = (starts, starts + dt.timedelta(days=1))
        here = Appointment.objects.filter(facility=asker.facility, starts_at__range=day)
        if here.count() > PAGE:
            return day
    raise LookupError("No coming day has a page of appointments: take a larger size.")
