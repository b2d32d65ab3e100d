"""What becomes of the calendar when two records become one."""

from django.db.models import Exists, OuterRef, QuerySet

from appointments.models import Attendance, Occupancy
from appointments.states import NOT_COMING, AppointmentStatus
from clients.merging import Ledger, MergePart, Obstacle
from clients.models import Client
from common.clock import now
from organization.models import User


def _obstacles(survivor: Client, other: Client) -> list[Obstacle]:
    """One person is in one place at a time, and in one appointment once."""
    found = []
    coming = _in_both(survivor, other).exclude(status__in=NOT_COMING)
    if coming.filter(appointment__status=AppointmentStatus.BOOKED).exists():
        found.append(
            Obstacle(
                "same_appointment",
                "Both records are booked into the same appointment. Cancel one of the two first.",
            )
        )
    if _busy_twice(survivor, other).filter(during__endswith__gt=now()).exists():
        found.append(
            Obstacle(
                "overlapping_appointments",
                "Both records have an appointment at the same time. Cancel or move one first.",
            )
        )
    return found


def _in_both(survivor: Client, other: Client) -> QuerySet[Attendance]:
    """The other's attendances of appointments that the survivor attends, or was to attend, too."""
    own = Attendance.objects.filter(client=survivor).values("appointment")
    return Attendance.objects.filter(client=other, appointment__in=own)


def _busy_twice(survivor: Client, other: Client) -> QuerySet[Occupancy]:
    """When the other is busy in one appointment and the survivor in another one."""
    own = Occupancy.objects.filter(subject=survivor.pk, during__overlap=OuterRef("during"))
    elsewhere = own.exclude(appointment=OuterRef("appointment"))
    return Occupancy.objects.filter(Exists(elsewhere), subject=other.pk)


def _move(ledger: Ledger, survivor: Client, other: Client, by: User) -> None:
    """Attendances with their reminders, and the time they take.

    What was recorded of both at one past time stays with the record that it was written on.
    """
    both = _in_both(survivor, other).values("pk")
    ledger.change(
        Attendance.objects.filter(client=other).exclude(
            pk__in=list(both.values_list("pk", flat=True))
        ),
        client=survivor,
    )
    own = Occupancy.objects.filter(subject=survivor.pk, during__overlap=OuterRef("during"))
    free = Occupancy.objects.filter(~Exists(own), subject=other.pk)
    ledger.change(free, subject=survivor.pk)


CALENDAR = MergePart(
    moves=frozenset({"appointments.Attendance.client", "appointments.Occupancy.subject"}),
    stays={"appointments.ReplanRequest.client": "the survivor's reminders are asked for anew"},
    obstacles=_obstacles,
    move=_move,
)
