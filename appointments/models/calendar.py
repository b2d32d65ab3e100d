"""Appointments, who attends, and who and what is busy when.

PostgreSQL referees: occupancy never overlaps, capacity is never exceeded.
"""

from typing import Self

import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField
from django.db import models
from django.db.models import F, Q

from appointments.models.sight import STAFFED, OneOf, attended_by, staffed_by
from appointments.states import (
    NOT_COMING,
    AppointmentKind,
    AppointmentStatus,
    AttendanceStatus,
    CancelledBy,
    Response,
    ResponseSource,
)
from clients.models import Client
from common.prepared import select_ids
from common.rows import Row
from organization.models import Facility, Room, User
from organization.roles import Capability

_NOT_COMING_SQL = ", ".join(f"'{status}'" for status in NOT_COMING)

# Counting under the appointment's row lock: of two who take the last seat at once, one waits.
CAPACITY_CHECK = f"""
    IF NEW.status IN ({_NOT_COMING_SQL}) THEN RETURN NEW; END IF;
    SELECT capacity INTO seats FROM appointments_appointment
     WHERE id = NEW.appointment_id FOR UPDATE;
    SELECT count(*) INTO taken FROM appointments_attendance
     WHERE appointment_id = NEW.appointment_id AND id <> NEW.id
       AND status NOT IN ({_NOT_COMING_SQL});
    IF taken >= seats THEN
        RAISE EXCEPTION 'no seat left' USING ERRCODE = '23514',
              CONSTRAINT = 'attendance_within_capacity';
    END IF;
    RETURN NEW;
"""  # noqa: S608 (the statuses are our own enum)

# The exclusion constraint looks at rows without override only. A new one of those may not overlap
# an override either: that act was permitted for its own appointment, not for the next one. Two at
# once need no lock: the override may always come second.
OVERRIDE_CHECK = """
    IF NOT NEW.override AND EXISTS (
        SELECT 1 FROM appointments_occupancy o
         WHERE o.subject = NEW.subject AND o.during && NEW.during AND o.override AND o.id <> NEW.id
    ) THEN
        RAISE EXCEPTION 'busy by an override' USING ERRCODE = '23P01',
              CONSTRAINT = 'occupancy_no_overlap';
    END IF;
    RETURN NEW;
"""


class AppointmentQuerySet(models.QuerySet["Appointment"]):
    def visible_to(self, user: User) -> Self:
        """One's own; those of clients one sees; the whole calendar for who keeps it."""
        access = user.access
        calendars = access.where(Capability.SEE_CALENDAR) | access.where(
            Capability.SEE_FACILITY, Capability.VIEW_CALENDAR
        )
        ways = Q(facility__in=calendars)
        # Where one keeps the calendar, one sees by that alone all that the other ways show.
        here = access.where(Capability.VIEW_CALENDAR) - calendars
        if here:
            ways |= Q(pk__in=staffed_by(user.pk), facility__in=here)
        for facility in here:
            clients = Client.objects.visible_to(
                user, Capability.VIEW_CALENDAR, at=frozenset({facility})
            )
            ways |= Q(pk__in=attended_by(clients), facility=facility)
        return self.filter(ways)


class Appointment(Row):
    """A block of time with staff, a room and one or more clients.

    What happened to a person stands on their attendance, never here; nor does any messaging state.
    """

    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="appointments")
    kind = models.CharField(max_length=12, choices=AppointmentKind.choices)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    room = models.ForeignKey(
        Room, on_delete=models.PROTECT, null=True, blank=True, related_name="appointments"
    )
    capacity = models.PositiveSmallIntegerField(default=1)
    status = models.CharField(
        max_length=20, choices=AppointmentStatus.choices, default=AppointmentStatus.BOOKED
    )
    cancelled_by = models.CharField(max_length=12, choices=CancelledBy.choices, blank=True)
    cancel_reason = models.CharField(max_length=200, blank=True)
    moved_from = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="moved_to"
    )
    remark = models.CharField(max_length=500, blank=True)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    staff = models.ManyToManyField(User, through="AppointmentStaff", related_name="appointments")

    objects = AppointmentQuerySet.as_manager()

    class Meta:
        ordering = ["starts_at", "id"]
        constraints = [
            models.CheckConstraint(
                name="appointment_ends_after_it_starts", condition=Q(ends_at__gt=F("starts_at"))
            ),
            models.CheckConstraint(name="appointment_has_a_seat", condition=Q(capacity__gt=0)),
            models.CheckConstraint(
                name="appointment_cancelled_by_somebody",
                condition=Q(status="cancelled") & ~Q(cancelled_by="")
                | ~Q(status="cancelled") & Q(cancelled_by=""),
            ),
        ]
        indexes = [
            # Serves the calendar of a facility.
            models.Index(fields=["facility", "starts_at"], name="appointment_calendar"),
            # Serves lists in time order.
            models.Index(fields=["starts_at", "id"], name="appointment_time"),
            # Serves `updated_after`.
            models.Index(fields=["updated_at", "id"], name="appointment_changes"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.starts_at:%Y-%m-%d %H:%M}"


class AppointmentStaff(Row):
    """Staff of an appointment; one leads."""

    appointment = models.ForeignKey(Appointment, on_delete=models.CASCADE, related_name="staffing")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="staffing")
    leads = models.BooleanField(default=False)

    class Meta:
        ordering = ["-leads", "created_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["appointment", "user"], name="staffed_once"),
            models.UniqueConstraint(
                fields=["appointment"], condition=Q(leads=True), name="one_leads"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} at {self.appointment_id}"


class AttendanceQuerySet(models.QuerySet["Attendance"]):
    def visible_to(self, user: User) -> Self:
        """Those of clients whose calendar one sees, and those of one's own appointments."""
        here = user.access.where(Capability.VIEW_CALENDAR)
        mine = OneOf("appointment", STAFFED, [user.pk])
        ways = Q(mine, appointment__facility__in=here)
        for facility in here:
            clients = Client.objects.visible_to(
                user, Capability.VIEW_CALENDAR, at=frozenset({facility})
            )
            ways |= Q(OneOf("client", *select_ids(clients)), appointment__facility=facility)
        return self.filter(ways)


class Attendance(Row):
    """A client in an appointment: what they answered, and what happened."""

    appointment = models.ForeignKey(
        Appointment, on_delete=models.PROTECT, related_name="attendances"
    )
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="attendances")
    status = models.CharField(
        max_length=20, choices=AttendanceStatus.choices, default=AttendanceStatus.EXPECTED
    )
    status_at = models.DateTimeField(null=True, blank=True)
    status_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    status_reason = models.CharField(max_length=200, blank=True)
    response = models.CharField(
        max_length=16, choices=Response.choices, default=Response.NEEDS_ACTION
    )
    responded_at = models.DateTimeField(null=True, blank=True)
    response_source = models.CharField(max_length=8, choices=ResponseSource.choices, blank=True)

    objects = AttendanceQuerySet.as_manager()

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["appointment", "client"], name="attends_once")
        ]
        indexes = [
            # Serves a client's appointments.
            models.Index(fields=["client", "appointment"], name="attendance_client")
        ]
        triggers = [
            pgtrigger.Trigger(
                name="within_capacity",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("status", "appointment_id"),  # type: ignore[no-untyped-call]
                declare=[("seats", "integer"), ("taken", "integer")],
                func=CAPACITY_CHECK,
            )
        ]

    def __str__(self) -> str:
        return f"{self.client_id} at {self.appointment_id}"


class OccupancyKind(models.TextChoices):
    STAFF = "staff", "Staff"
    ROOM = "room", "Room"
    CLIENT = "client", "Client"


class Occupancy(Row):
    """Who or what is busy when. Exists exactly while its appointment holds."""

    appointment = models.ForeignKey(
        Appointment, on_delete=models.CASCADE, related_name="occupancies"
    )
    kind = models.CharField(max_length=8, choices=OccupancyKind.choices)
    subject = models.UUIDField(help_text="The id of the user, room or client.")
    during = DateTimeRangeField()
    override = models.BooleanField(default=False)
    override_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="occupancy_no_overlap",
                expressions=[("subject", "="), ("during", "&&")],
                condition=Q(override=False),
            ),
            models.CheckConstraint(
                name="occupancy_override_has_reason",
                condition=Q(override=False) | ~Q(override_reason=""),
            ),
        ]
        indexes = [
            # Serves the trigger below, which looks for overrides in the way of each new row.
            models.Index(fields=["subject"], condition=Q(override=True), name="occupancy_override")
        ]
        triggers = [
            pgtrigger.Trigger(
                name="not_over_an_override",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func=OVERRIDE_CHECK,
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"
