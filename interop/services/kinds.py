"""What a row of each kind becomes: found, checked, and handed to the service that makes it."""

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from django.db.models import Count

from appointments.models import Attendance
from appointments.services.booking import book_appointment
from appointments.states import AppointmentStatus
from clients.models import Client
from clients.services import add_contact_point, register_client
from common.clock import at_wall_clock, now
from common.database import lock_subjects
from common.errors import Conflict, Invalid
from interop.models import ExternalReference, Import
from interop.services.people import Clients, Staff
from interop.states import ImportKind
from organization.models import Room
from organization.roles import Capability

Row = dict[str, Any]

MOST_LOCKED = 3_000
"""People and rooms that one file locks: PostgreSQL has room for some thousands of locks in all, and
where it has none left, everybody else's transactions fail as well."""


class Kind(Protocol):
    """One import's way of taking its rows."""

    def __init__(self, job: Import) -> None: ...

    def prepare(self, rows: Sequence[Row]) -> None:
        """Fetch what the next rows need, for all of them at once."""

    def take(self, row: Row) -> bool:
        """Write one row; False if it was imported before, and then nothing changes.

        Raises a domain error if the row is refused.
        """


class ClientRows:
    """New clients. A number that is known already is a client who was imported before."""

    def __init__(self, job: Import) -> None:
        self.job = job
        self.staff = Staff(job)
        self.met: set[str] = set()
        self.known: set[str] = set()

    def prepare(self, rows: Sequence[Row]) -> None:
        refs = [row["external_ref"] for row in rows]
        known = ExternalReference.objects.filter(
            facility=self.job.facility, system=self.job.system, ref__in=refs
        )
        self.known = set(known.values_list("ref", flat=True))

    def take(self, row: Row) -> bool:
        ref = row["external_ref"]
        if ref in self.met:
            raise Invalid(
                "An earlier row has this reference. Each client has one of their own.",
                code="repeated_reference",
                field="external_ref",
            )
        self.met.add(ref)
        if ref in self.known:
            return False
        details = {name: value for name, value in row.items() if name != "external_ref"}
        (counselor,) = self.staff.named([details.pop("primary_counselor")], "primary_counselor")
        if details.get("zone") == self.job.facility.zone:
            del details["zone"]
        if "languages" in details:
            details["languages"] = list(details["languages"])
        client = self._registered(
            told_apart=details.pop("not_a_duplicate", False),
            facility=self.job.facility,
            by=self.job.by,
            primary_counselor=counselor,
            waits=False,
            **details,
        )
        ExternalReference.objects.create(
            facility=self.job.facility, system=self.job.system, ref=ref, client=client
        )
        return True

    def _registered(self, *, told_apart: bool, **details: Any) -> Client:
        """The new record; beside those that are like it, where the file says that they differ."""
        try:
            return register_client(**details)
        except Conflict as error:
            if not (told_apart and error.code == "possible_duplicates"):
                raise
            others = [uuid.UUID(candidate["id"]) for candidate in error.extra["candidates"]]
        return register_client(not_duplicate_of=others, **details)


class ContactRows:
    """Telephones and mailboxes, with the consents that the file says were given, and no others."""

    def __init__(self, job: Import) -> None:
        self.job = job
        self.clients = Clients(job, Capability.VIEW_CONTACTS)

    def prepare(self, rows: Sequence[Row]) -> None:
        self.clients.look_up(rows)

    def take(self, row: Row) -> bool:
        (client,) = self.clients.of(row)
        voicemail = row.get("safe_to_leave_voicemail", False)
        try:
            add_contact_point(
                client=client, kind=row["kind"], value=row["value"], by=self.job.by,
                consent=self._consent(row), safe_to_leave_voicemail=voicemail,
            )  # fmt: skip
        except Conflict as error:
            if error.code != "duplicate_contact_point":
                raise
            # Its consent stays as it is too: it may have been withdrawn since the file was made.
            return False
        return True

    def _consent(self, row: Row) -> Row | None:
        given = {name for name in row if name.startswith("consent_")}
        if not given:
            return None
        if len(given) < 3:
            raise Invalid(
                "A consent has consent_method, consent_date and consent_wording. Leave all three empty where "
                "none was given.",
                code="incomplete_consent",
                field="consent_method",
            )
        granted_at = at_wall_clock(row["consent_date"], dt.time(), self.job.facility.zone)
        if granted_at > now():
            raise Invalid(
                "A consent was given today or earlier.", code="in_the_future", field="consent_date"
            )
        return {
            "method": row["consent_method"],
            "granted_at": granted_at,
            "wording_version": row["consent_wording"],
        }


class AppointmentRows:
    """Coming appointments. One that stands in the calendar, or stood there, was imported before."""

    def __init__(self, job: Import) -> None:
        self.job = job
        self.staff = Staff(job)
        self.clients = Clients(job, Capability.VIEW_CALENDAR)
        rooms = Room.objects.filter(facility=job.facility, active=True)
        self.rooms: dict[str, Any] = {room.name.casefold(): room for room in rooms}
        self.first_too_many: Row | None = None
        self.full = False

    def prepare(self, rows: Sequence[Row]) -> None:
        """Take every lock that booking these takes, in one order: no deadlock with other bookings.

        From the row on whose people would be too many, none is locked, and every row is refused.
        """
        self.clients.look_up(rows)
        subjects: set[uuid.UUID] = set()
        for row in rows:
            try:
                people = [*self.clients.of(row), *self.staff.named(row["staff"], "staff")]
                room = self._room(row)
            except Invalid:
                continue  # refused when its turn comes
            together = subjects | {person.pk for person in people} | ({room.pk} if room else set())
            if len(together) > MOST_LOCKED:
                self.first_too_many = row
                break
            subjects = together
        lock_subjects(subjects)

    def take(self, row: Row) -> bool:
        self.full = self.full or row is self.first_too_many
        if self.full:
            raise Invalid(
                f"With this row the file has more than {MOST_LOCKED:,} people and rooms. Split it "
                "before the first row that is refused so, and send one part after the other.",
                code="too_many_people",
            )
        clients = self.clients.of(row)
        starts_at = _moment(row["starts_at"], self.job.facility.zone)
        ends_at = starts_at + dt.timedelta(minutes=row["duration_minutes"])
        if self._stands(clients, starts_at, ends_at):
            return False
        book_appointment(
            facility=self.job.facility,
            kind=row["kind"],
            starts_at=starts_at,
            ends_at=ends_at,
            staff=self.staff.named(row["staff"], "staff"),
            clients=clients,
            by=self.job.by,
            room=self._room(row),
            remark=row.get("remark", ""),
        )
        return True

    def _room(self, row: Row) -> Room | None:
        if "room" not in row:
            return None
        room: Room | None = self.rooms.get(row["room"].casefold())
        if room is None:
            raise Invalid(
                "The facility has no room of this name.", code="unknown_room", field="room"
            )
        return room

    def _stands(
        self, clients: Sequence[Client], starts_at: dt.datetime, ends_at: dt.datetime
    ) -> bool:
        same = Attendance.objects.filter(
            client__in=clients,
            appointment__facility=self.job.facility,
            appointment__starts_at=starts_at,
            appointment__ends_at=ends_at,
        ).exclude(appointment__status=AppointmentStatus.ENTERED_IN_ERROR)
        together = same.values("appointment").annotate(of_these=Count("client"))
        return together.filter(of_these=len(clients)).exists()


def _moment(at: dt.datetime, zone: str) -> dt.datetime:
    """The moment that a file means. By a wall clock some times come twice a year, and some never."""
    if at.tzinfo is not None:
        return at.astimezone(dt.UTC)
    place = ZoneInfo(zone)
    first, second = (at.replace(tzinfo=place, fold=fold).astimezone(dt.UTC) for fold in (0, 1))
    if first.astimezone(place).replace(tzinfo=None) != at:
        raise Invalid(
            "The clocks skip this time that night. Choose another.",
            code="skipped_time",
            field="starts_at",
        )
    if first != second:
        raise Invalid(
            "The clocks show this time twice that night. Write it with an offset, such as "
            "2026-11-01T01:30-06:00.",
            code="repeated_time",
            field="starts_at",
        )
    return first


KINDS: dict[ImportKind, type[Kind]] = {
    ImportKind.CLIENTS: ClientRows,
    ImportKind.CONTACT_POINTS: ContactRows,
    ImportKind.APPOINTMENTS: AppointmentRows,
}
