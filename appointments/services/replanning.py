"""Planning anew when something about a client or a policy changed: asked for here, drained here."""

import datetime as dt
import logging
import uuid
from collections.abc import Iterable, Sequence

from django.db import transaction

from appointments.models import Attendance, ReplanRequest
from appointments.services.planning import plan_reminders
from appointments.states import AppointmentStatus, AttendanceStatus
from clients.models import ContactPoint
from common.clock import now
from common.database import lock_subjects
from common.events import (
    ContactPermissionChanged,
    EpisodeDischarged,
    FacilityChanged,
    OptedOut,
    OptOutLifted,
    PhaseChanged,
)
from organization.models import Facility

log = logging.getLogger(__name__)

CLIENTS_AT_ONCE = 200
CLIENTS_TOGETHER = 25
"""In one transaction: what it plans is locked no longer than a few of them take."""

AFTER_A_FAULT = dt.timedelta(minutes=1)


def request_replan(client_ids: Iterable[uuid.UUID]) -> None:
    """Have these clients' coming reminders planned anew."""
    ReplanRequest.objects.bulk_create([ReplanRequest(client_id=pk) for pk in client_ids])


def client_changed(
    event: ContactPermissionChanged | PhaseChanged | EpisodeDischarged,
) -> None:
    """What may be sent, or the phase, changed for one client."""
    request_replan([event.client_id])


def address_changed(event: OptedOut | OptOutLifted) -> None:
    """An address opted out or in again: that concerns everyone who has it."""
    points = ContactPoint.objects.filter(address_index=event.address_index)
    request_replan(points.values_list("client", flat=True).distinct())


def hold_policies(facility: Facility) -> None:
    """Wait for the bookings that are under way at a facility; those to come wait for us.

    One that planned by what was, and was not to be seen yet, would never be planned anew.
    """
    lock_subjects([facility.pk])


def replan_facility(facility: Facility) -> None:
    """A facility's policy changed: everyone with a coming appointment there is planned anew."""
    request_replan(coming_at(facility))


def facility_changed(event: FacilityChanged) -> None:
    """Its quiet hours may be others."""
    facility = Facility.objects.get(pk=event.facility_id)
    hold_policies(facility)
    replan_facility(facility)


def coming_at(facility: Facility) -> list[uuid.UUID]:
    """The clients with a visit before them at a facility, those with the nearest first."""
    coming = Attendance.objects.filter(
        appointment__facility=facility,
        appointment__starts_at__gt=now(),
        appointment__status=AppointmentStatus.BOOKED,
        status=AttendanceStatus.EXPECTED,
    )
    nearest_first = coming.order_by("appointment__starts_at", "pk")
    return list(dict.fromkeys(nearest_first.values_list("client", flat=True)))


def replan_due(*, clients: int = CLIENTS_AT_ONCE) -> int:
    """Plan anew for up to so many clients, some together in a transaction; how many."""
    waiting = ReplanRequest.objects.filter(not_before__lte=now()).order_by("not_before")
    first = waiting.values_list("client", flat=True)[: clients * 2]
    chosen = list(dict.fromkeys(first))[:clients]
    for n in range(0, len(chosen), CLIENTS_TOGETHER):
        _replan(chosen[n : n + CLIENTS_TOGETHER])
    return len(chosen)


def _replan(client_ids: Sequence[uuid.UUID]) -> None:
    """A fault in one is put off and stops nobody else: it undoes all of them, then each goes alone."""
    try:
        with transaction.atomic():
            _replan_clients(client_ids)
    except Exception:
        if len(client_ids) > 1:
            for client_id in client_ids:
                _replan([client_id])
            return
        log.exception("replan.failed client=%s", client_ids[0])
        faulty = ReplanRequest.objects.filter(client__in=client_ids)
        faulty.update(not_before=now() + AFTER_A_FAULT)


def _replan_clients(client_ids: Sequence[uuid.UUID]) -> None:
    """Take the requests that are there now, then plan. One made meanwhile is not among them."""
    waiting = ReplanRequest.objects.filter(client__in=client_ids)
    taken = dict(waiting.select_for_update(skip_locked=True).values_list("pk", "client"))
    ReplanRequest.objects.filter(pk__in=taken).delete()
    coming = Attendance.objects.filter(
        client__in=set(taken.values()), appointment__starts_at__gt=now()
    )
    plan_reminders(list(coming.values_list("pk", flat=True)))
