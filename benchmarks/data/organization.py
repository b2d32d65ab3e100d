"""Facilities with programs, rooms and a reminder policy; fifty staff at each."""

import datetime as dt
import uuid
from dataclasses import dataclass, field
from random import Random

from appointments.models import ReminderPolicy, ReminderRule
from appointments.policies import DEFAULT_RULES
from appointments.states import RuleChannel, RuleWhen
from benchmarks.data import words
from benchmarks.data.copying import Batch
from benchmarks.data.moments import DAY, id_at
from benchmarks.data.sizes import Size
from organization.models import Facility, Membership, PhaseKind, Program, Room, User
from organization.roles import Role

OPENED = 1000 * DAY
COUNSELORS_A_SUPERVISOR = 10
COUNSELORS_A_GROUP_ROOM = 5
"""One for each day of the week."""
OTHERS = {
    Role.NURSE: 4,
    Role.INTAKE: 4,
    Role.FRONT_DESK: 4,
    Role.MANAGER: 2,
    Role.PRIVACY: 1,
    Role.ADMINISTRATOR: 2,
}
PLANNED_DAYS = {
    PhaseKind.DETOX: 7,
    PhaseKind.INPATIENT: 30,
    PhaseKind.OUTPATIENT: 90,
    PhaseKind.AFTERCARE: 365,
}
ON_A_UNIT = (PhaseKind.DETOX, PhaseKind.INPATIENT)
LEVELS = {
    PhaseKind.DETOX: "3.7",
    PhaseKind.INPATIENT: "3.5",
    PhaseKind.OUTPATIENT: "2.1",
    PhaseKind.AFTERCARE: "1",
}
NOBODY = "!"
"""No password: nobody signs in as them; the bench makes its own tokens."""


@dataclass
class Site:
    """A facility and what its calendar needs."""

    id: uuid.UUID
    zone: str
    discreet_name: str
    programs: dict[PhaseKind, uuid.UUID] = field(default_factory=dict)
    rules: dict[int | None, uuid.UUID] = field(default_factory=dict)
    group_rooms: list[uuid.UUID] = field(default_factory=list)
    intake: list[uuid.UUID] = field(default_factory=list)


@dataclass
class Counselor:
    """A member of staff with a caseload, and an office."""

    id: uuid.UUID
    site: Site
    office: uuid.UUID
    number: int
    colleagues: list[uuid.UUID] = field(default_factory=list)


class Founding:
    """Makes the organization; afterwards `counselors` is who has clients."""

    def __init__(self, batch: Batch, size: Size, now: dt.datetime, rng: Random) -> None:
        self.batch, self.size, self.now, self.rng = batch, size, now, rng
        self.opened = now - OPENED
        self.staff = 0
        self.counselors: list[Counselor] = []

    def found(self) -> list[Counselor]:
        """All facilities."""
        shares = [
            self.size.counselors // self.size.facilities
            + (n < self.size.counselors % self.size.facilities)
            for n in range(self.size.facilities)
        ]
        for number, share in enumerate(shares):
            self._staff_site(self._site(number, share), share)
        return self.counselors

    def _id(self) -> uuid.UUID:
        return id_at(self.opened, self.rng)

    def _site(self, number: int, share: int) -> Site:
        street = f"{words.STREETS[number % len(words.STREETS)]} St"
        block = "" if number < len(words.STREETS) else f"{number // len(words.STREETS)} "
        zone = words.ZONES[number % len(words.ZONES)]
        site = Site(self._id(), zone, block + street)
        self.batch.add(
            Facility, site.id, self.opened,
            legal_name=f"{block}{street} Recovery Services", discreet_name=site.discreet_name,
            discreet_phone=words.phone(number), zone=zone,
            quiet_from=dt.time(21), quiet_until=dt.time(8),
        )  # fmt: skip
        for kind, days in PLANNED_DAYS.items():
            site.programs[kind] = self.batch.add(
                Program, self._id(), self.opened, facility_id=site.id,
                name=f"{kind.label} program", phase=kind, residential=kind in ON_A_UNIT,
                level_of_care=LEVELS[kind], level_of_care_edition="3", planned_days=days,
            )  # fmt: skip
        for room in range(-(-share // COUNSELORS_A_GROUP_ROOM)):
            site.group_rooms.append(self._room(site, f"Group room {room + 1}", 14))
        self._policy(site)
        return site

    def _room(self, site: Site, name: str, capacity: int) -> uuid.UUID:
        return self.batch.add(
            Room, self._id(), self.opened, facility_id=site.id, name=name, capacity=capacity
        )

    def _policy(self, site: Site) -> None:
        self.batch.add(ReminderPolicy, site.id, self.opened, facility_id=site.id)
        for when, minutes, only_if in DEFAULT_RULES:
            if only_if:  # what only those get who miss visits
                continue
            site.rules[minutes if when == RuleWhen.OFFSET else None] = self.batch.add(
                ReminderRule, self._id(), self.opened, policy_id=site.id, when=when,
                minutes_before=minutes, channel=RuleChannel.PREFERRED,
                since=self.opened,
            )  # fmt: skip

    def _staff_site(self, site: Site, share: int) -> None:
        supervisor = None
        here: list[Counselor] = []
        for number in range(share):
            if number % COUNSELORS_A_SUPERVISOR == 0:
                supervisor = self._person(site, Role.SUPERVISOR, None)
            person = self._person(site, Role.COUNSELOR, supervisor)
            office = self._room(site, f"Office {number + 1}", 2)
            here.append(Counselor(person, site, office, number))
        for role, count in OTHERS.items():
            for _ in range(count):
                person = self._person(site, role, None)
                if role == Role.INTAKE:
                    site.intake.append(person)
        for counselor in here:
            counselor.colleagues = [other.id for other in here if other is not counselor]
        self.counselors += here

    def _person(self, site: Site, role: Role, supervisor: uuid.UUID | None) -> uuid.UUID:
        self.staff += 1
        first, last = words.first_name(self.rng), words.last_name(self.rng)
        person = self._id()
        self.batch.add(
            User, person, self.opened, email=f"staff-{self.staff}@example.org",
            full_name=f"{first} {last}", password=NOBODY,
        )  # fmt: skip
        self.batch.add(
            Membership, self._id(), self.opened, user_id=person, facility_id=site.id, role=role,
            since=self.opened, supervisor_id=supervisor,
        )  # fmt: skip
        return person
