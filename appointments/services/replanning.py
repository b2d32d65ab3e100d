"""Planning anew when something about a client or a policy changed: asked for here, drained here."""

import datetime as dt
import logging
import uuid
from collections.abc import Iterable

from django.db import transaction

from appointments.models import Appointment, Attendance, ReplanRequest
from appointments.services.planning import plan_reminders
from appointments.states import AppointmentStatus, AttendanceStatus
from clients.models import ContactPoint
from common.clock import now
from common.events import (
    ContactPermissionChanged,
    EpisodeDischarged,
    OptedOut,
    OptOutLifted,
    PhaseChanged,
)
from organization.models import Facility

log = logging.getLogger(__name__)

CLIENTS_AT_ONCE = 200
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


def replan_facility(facility: Facility) -> None:
    """A facility's policy changed: everyone with a coming appointment there is planned anew."""
    coming = Attendance.objects.filter(
        appointment__facility=facility,
        appointment__starts_at__gt=now(),
        appointment__status=AppointmentStatus.BOOKED,
        status=AttendanceStatus.EXPECTED,
    )
    request_replan(coming.values_list("client", flat=True).distinct())


def replan_due(*, clients: int = CLIENTS_AT_ONCE) -> int:
    """Plan anew for up to so many clients, each in a transaction of its own; how many."""
    waiting = ReplanRequest.objects.filter(not_before__lte=now()).order_by("not_before")
    done: set[uuid.UUID] = set()
    for client_id in list(waiting.values_list("client", flat=True)[: clients * 2]):
        if client_id not in done and len(done) < clients:
            done.add(client_id)
            _replan(client_id)
    return len(done)


def _replan(client_id: uuid.UUID) -> None:
    """One client: a fault is put off and stops nobody else."""
    try:
        with transaction.atomic():
            _replan_client(client_id)
    except Exception:
        log.exception("replan.failed client=%s", client_id)
        ReplanRequest.objects.filter(client=client_id).update(not_before=now() + AFTER_A_FAULT)


def _replan_client(client_id: uuid.UUID) -> None:
    """Take the requests that are there now, then plan. One made meanwhile is not among them."""
    taken = ReplanRequest.objects.filter(client=client_id).select_for_update(skip_locked=True)
    ids = list(taken.values_list("pk", flat=True))
    if not ids:
        return
    ReplanRequest.objects.filter(pk__in=ids).delete()
    coming = Appointment.objects.filter(starts_at__gt=now())
    for pk in Attendance.objects.filter(client=client_id, appointment__in=coming).values_list(
        "pk", flat=True
    ):
        plan_reminders(pk)
