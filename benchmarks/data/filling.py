"""Filling a migrated database: counselor by counselor, a few thousand rows a transaction."""

import datetime as dt
from random import Random

from django.db import connection

from appointments.models import (
    Appointment,
    AppointmentStaff,
    Attendance,
    Occupancy,
    Reminder,
    ReminderChange,
    ReminderPolicy,
    ReminderRule,
)
from audit.models import AuditEvent
from benchmarks.data.calendars import Booking
from benchmarks.data.caseloads import Scheduling, shared_out
from benchmarks.data.clients import Registering
from benchmarks.data.copying import Batch
from benchmarks.data.courses import Treating
from benchmarks.data.organization import Founding
from benchmarks.data.progress import Progress
from benchmarks.data.sizes import Size
from benchmarks.data.trails import Trailing
from casework.models import Episode, Phase, Transition
from clients.models import CareTeamMember, Client, ContactConsent, ContactPoint, KnownAt
from messaging.models import Attempt, Link, Message, OptOut
from organization.models import Facility, Membership, Program, Room, User
from worklist.models import Task

IN_ORDER = (
    Facility, Program, Room, User, Membership, ReminderPolicy, ReminderRule,
    Client, KnownAt, ContactPoint, ContactConsent, OptOut, CareTeamMember,
    Episode, Phase, Transition,
    Appointment, AppointmentStaff, Attendance, Occupancy,
    Message, Attempt, Link, Reminder, ReminderChange,
    Task, AuditEvent,
)  # fmt: skip
"""A table stands after those that its foreign keys name."""
COUNSELORS_A_BATCH = 10


def fill(size: Size, *, now: dt.datetime, seed: int = 1) -> Progress:
    """Write everything; the same seed and time give the same rows (but for the seals' nonces)."""
    rng = Random(seed)
    batch = Batch(IN_ORDER)
    counselors = Founding(batch, size, now, rng).found()
    scheduling = Scheduling(size, now, rng)
    registering, treating = Registering(batch, now, rng), Treating(batch, now, rng)
    booking, trailing = Booking(batch, now, rng), Trailing(batch, now, rng)
    among = len(counselors)
    shares = zip(
        counselors,
        shared_out(size.clients, among),
        shared_out(size.appointments, among),
        shared_out(size.audit_rows, among),
        strict=True,
    )
    progress = Progress(size.name, size.clients)
    waiting, analyzed_at = 0, COUNSELORS_A_BATCH
    for number, (counselor, clients, appointments, audit_rows) in enumerate(shares, start=1):
        caseload = scheduling.caseload(counselor, clients, appointments)
        for case in caseload.cases:
            registering.register(case)
            treating.treat(case)
        booking.book(caseload)
        trailing.trail(caseload, audit_rows)
        waiting += clients
        if number % COUNSELORS_A_BATCH == 0 or number == among:
            progress.add(done=waiting, rows=batch.copy())
            waiting = 0
        if number == analyzed_at:
            analyze()  # triggers' plans were made while the tables were empty
            analyzed_at *= 4
    return progress


def analyze() -> None:
    """Let the planner know what is there by now."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def finish() -> None:
    """Let record numbers go on after ours, and the planner know what is there now."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT setval('client_record_number', (SELECT count(*) FROM clients_client))"
        )
        cursor.execute("VACUUM (ANALYZE)")


def database_megabytes() -> int:
    """The size on disk, indexes included."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database()) / 1000000")
        return int(cursor.fetchone()[0])
