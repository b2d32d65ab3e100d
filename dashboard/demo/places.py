"""The demo's facilities with programs, rooms and staff. All made up; `.example` takes no mail."""

import datetime as dt
from dataclasses import dataclass

from organization.models import AsamEdition, PhaseKind
from organization.roles import Role

SEED = 20261122
PASSWORD = "elm oak harbor 2026"  # noqa: S105 (development only, printed by `demo_data --who`)


@dataclass(frozen=True)
class Offer:
    """A program: the level-of-care code means something in its edition only."""

    name: str
    phase: PhaseKind
    level: str
    days: int
    residential: bool = False


@dataclass(frozen=True)
class Member:
    """A member of staff. Who supervises a counselor is the facility's clinical supervisor."""

    name: str
    role: Role
    credential: str = ""
    languages: tuple[str, ...] = ("en",)


@dataclass(frozen=True)
class Site:
    """A facility. `quiet` is from when until when nothing is sent; none: messages go at any hour."""

    key: str
    legal_name: str
    discreet_name: str
    zone: str
    area_codes: tuple[str, ...]
    edition: AsamEdition
    quiet: tuple[dt.time, dt.time] | None
    offers: tuple[Offer, ...]
    rooms: tuple[tuple[str, int], ...]
    staff: tuple[Member, ...]

    @property
    def domain(self) -> str:
        """The domain of its staff's addresses."""
        return f"{self.key}.example"

    def email(self, member: Member) -> str:
        """The address that a member of staff signs in with."""
        return f"{member.name.split()[0].lower()}@{self.domain}"

    def of_role(self, role: Role) -> list[str]:
        """The addresses of those who have a role here."""
        return [self.email(m) for m in self.staff if m.role == role]


NIGHT = (dt.time(20), dt.time(8))
BOTH = ("en", "es")

# Without quiet hours, so that the first reminders arrive at whatever hour the demo is started.
ELM = Site(
    key="elmst",
    legal_name="Elm Street Treatment Center",
    discreet_name="Elm St",
    zone="America/Chicago",
    area_codes=("217", "309", "312", "618", "815"),
    edition=AsamEdition.THIRD,
    quiet=None,
    offers=(
        Offer("Detox unit", PhaseKind.DETOX, "3.7-WM", 7, residential=True),
        Offer("Residential, 30 days", PhaseKind.INPATIENT, "3.5", 30, residential=True),
        Offer("Intensive outpatient", PhaseKind.OUTPATIENT, "2.1", 90),
        Offer("Outpatient", PhaseKind.OUTPATIENT, "1", 90),
        Offer("Continuing care", PhaseKind.AFTERCARE, "1", 365),
    ),
    rooms=(("Room 1", 2), ("Room 2", 2), ("Room 3", 2), ("Room 4", 2), ("Hall", 12)),
    staff=(
        Member("Ana Lopez", Role.COUNSELOR, "LCPC", BOTH),
        Member("Ben Okafor", Role.COUNSELOR, "CADC"),
        Member("Chidi Warren", Role.COUNSELOR, "LCSW"),
        Member("Delia Ramos", Role.COUNSELOR, "CADC", BOTH),
        Member("Sol Reyes", Role.SUPERVISOR, "LCSW", BOTH),
        Member("Nia Brandt", Role.NURSE, "RN"),
        Member("Ines Moreau", Role.INTAKE, "", BOTH),
        Member("Finn Doyle", Role.FRONT_DESK),
        Member("Mara Quist", Role.MANAGER),
        Member("Pia Novak", Role.PRIVACY),
        Member("Ada Stone", Role.ADMINISTRATOR),
    ),
)
OAK = Site(
    key="oakave",
    legal_name="Oak Avenue Counseling",
    discreet_name="Oak Ave",
    zone="America/Phoenix",
    area_codes=("602", "480", "520", "623", "928"),
    edition=AsamEdition.FOURTH,
    quiet=NIGHT,
    offers=(
        Offer("Ambulatory detox", PhaseKind.DETOX, "1.7", 7),
        Offer("Intensive outpatient", PhaseKind.OUTPATIENT, "2.1", 90),
        Offer("Outpatient therapy", PhaseKind.OUTPATIENT, "1.5", 90),
        Offer("Remission monitoring", PhaseKind.AFTERCARE, "1.0", 365),
    ),
    rooms=(("Room A", 2), ("Room B", 2), ("Room C", 2), ("Circle room", 10)),
    staff=(
        Member("Omar Vance", Role.COUNSELOR, "LAC"),
        Member("Lucia Ibarra", Role.COUNSELOR, "LPC", BOTH),
        Member("Teo Salas", Role.COUNSELOR, "LAC", BOTH),
        Member("Ruth Abara", Role.SUPERVISOR, "LPC"),
        Member("Jun Park", Role.NURSE, "RN"),
        Member("Olga Petrov", Role.INTAKE),
        Member("Kai Begay", Role.FRONT_DESK),
    ),
)
HARBOR = Site(
    key="harborrd",
    legal_name="Harbor Road Recovery House",
    discreet_name="Harbor Rd",
    zone="America/New_York",
    area_codes=("207", "603", "802", "413", "860"),
    edition=AsamEdition.FOURTH,
    quiet=NIGHT,
    offers=(
        Offer("Medically managed unit", PhaseKind.DETOX, "3.7", 7, residential=True),
        Offer("Residential, 30 days", PhaseKind.INPATIENT, "3.5", 30, residential=True),
        Offer("High-intensity outpatient", PhaseKind.OUTPATIENT, "2.5", 90),
        Offer("Outpatient therapy", PhaseKind.OUTPATIENT, "1.5", 90),
        Offer("Remission monitoring", PhaseKind.AFTERCARE, "1.0", 365),
    ),
    rooms=(("Room 10", 2), ("Room 11", 2), ("Room 12", 2), ("Bay room", 10)),
    staff=(
        Member("Gwen Tally", Role.COUNSELOR, "LADC"),
        Member("Hugo Marsh", Role.COUNSELOR, "LCSW"),
        Member("Yara Haddad", Role.COUNSELOR, "LADC"),
        Member("Ivo Lindqvist", Role.SUPERVISOR, "LCSW"),
        Member("Tess Moran", Role.NURSE, "RN"),
        Member("Bea Fontaine", Role.INTAKE),
        Member("Cal Rooney", Role.FRONT_DESK),
    ),
)
SITES = (ELM, OAK, HARBOR)

EVERYWHERE = (Role.MANAGER, Role.PRIVACY, Role.ADMINISTRATOR)
"""Elm St's people of these roles have them at every facility."""
