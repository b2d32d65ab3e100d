"""Named people for tests: Ana has the case, Ben is on the same team, Cleo has nothing to do with it."""

import datetime as dt
from dataclasses import dataclass

from appointments.services.booking import book_appointment
from appointments.services.policies import RuleWish, set_rules
from appointments.states import AppointmentKind, RuleChannel, RuleWhen
from casework.moves import ReferralSource
from casework.services import admit
from clients.models import ConsentMethod, ContactKind
from clients.services import add_contact_point, create_client, grant_consent
from organization.models import Facility, PhaseKind, Program, Room, User
from organization.roles import Role
from organization.services.staff import hire

PASSWORD = "a long word of passage"


@dataclass
class House:
    """Elm St and, in another city, Oak Ave. Staff of Elm St unless said."""

    elm: Facility
    oak: Facility
    programs: dict[PhaseKind, Program]
    oak_program: Program
    room: Room
    ana: User
    ben: User
    cleo: User
    supervisor: User
    nurse: User
    intake: User
    front_desk: User
    manager: User
    privacy: User
    administrator: User
    oak_counselor: User
    oak_intake: User

    @classmethod
    def build(cls) -> "House":
        elm = _facility("Elm Street Treatment Center", "Elm St")
        oak = _facility("Oak Avenue Recovery House", "Oak Ave", zone="America/Phoenix")
        supervisor = _staff("Sol Reyes", elm, Role.SUPERVISOR)
        programs = {
            kind: Program.objects.create(
                facility=elm,
                name=f"{kind.label} program",
                phase=kind,
                residential=kind in (PhaseKind.DETOX, PhaseKind.INPATIENT),
                level_of_care="3.7" if kind in (PhaseKind.DETOX, PhaseKind.INPATIENT) else "2.1",
                level_of_care_edition="3",
                planned_days=days,
            )
            for kind, days in zip(PhaseKind, (7, 30, 90, 365), strict=True)
        }
        return cls(
            elm=elm,
            oak=oak,
            programs=programs,
            oak_program=Program.objects.create(
                facility=oak, name="Outpatient", phase=PhaseKind.OUTPATIENT, residential=False,
                level_of_care="1", level_of_care_edition="3", planned_days=90,
            ),
            room=Room.objects.create(facility=elm, name="Room 2", capacity=4),
            ana=_staff("Ana Lopez", elm, Role.COUNSELOR, supervisor),
            ben=_staff("Ben Okafor", elm, Role.COUNSELOR, supervisor),
            cleo=_staff("Cleo Hart", elm, Role.COUNSELOR),
            supervisor=supervisor,
            nurse=_staff("Nia Brandt", elm, Role.NURSE),
            intake=_staff("Ines Moreau", elm, Role.INTAKE),
            front_desk=_staff("Finn Doyle", elm, Role.FRONT_DESK),
            manager=_staff("Mara Quist", elm, Role.MANAGER),
            privacy=_staff("Pia Novak", elm, Role.PRIVACY),
            administrator=_staff("Ada Stone", elm, Role.ADMINISTRATOR),
            oak_counselor=_staff("Omar Vance", oak, Role.COUNSELOR),
            oak_intake=_staff("Olga Petrov", oak, Role.INTAKE),
        )  # fmt: skip

    def client(
        self, *, by: User | None = None, name: str = "Sam", phone: str = "", email: str = ""
    ):
        """A client of Ana's (or of `by`) at Elm St, with consents for what is given."""
        by = by or self.ana
        client = create_client(
            facility=self.elm,
            by=by,
            legal_first_name=name,
            legal_last_name="Rivera",
            birth_date=dt.date(1990, 5, 17),
        )
        for kind, value in ((ContactKind.PHONE, phone), (ContactKind.EMAIL, email)):
            if value:
                point = add_contact_point(client=client, kind=kind, value=value, by=by)
                grant_consent(point=point, method=ConsentMethod.WRITTEN, by=by)
        return client

    def admitted(self, client, kind: PhaseKind = PhaseKind.OUTPATIENT, *, days_ago: int = 10):
        """The client's new episode, in that phase since some days ago."""
        from common.clock import now

        return admit(
            client=client,
            program=self.programs[kind],
            referral_source=ReferralSource.INDIVIDUAL,
            by=self.ana,
            at=now() - dt.timedelta(days=days_ago),
        )

    def booked(self, client, starts_at: dt.datetime, *, minutes: int = 50, **details):
        """An individual appointment of Ana's with the client."""
        values = {
            "facility": self.elm,
            "kind": AppointmentKind.INDIVIDUAL,
            "starts_at": starts_at,
            "ends_at": starts_at + dt.timedelta(minutes=minutes),
            "staff": [self.ana],
            "clients": [client],
            "by": self.ana,
        }
        return book_appointment(**(values | details))

    def rules(self, *rules: tuple[int | None, RuleChannel] | RuleWish) -> None:
        """Have Elm St's policy hold just these: hours before (None: booked late) and channel."""
        set_rules(facility=self.elm, rules=[_wish(rule) for rule in rules], by=self.manager)


def _wish(rule: tuple[int | None, RuleChannel] | RuleWish) -> RuleWish:
    if isinstance(rule, RuleWish):
        return rule
    hours, channel = rule
    if hours is None:
        return RuleWish(RuleWhen.BOOKED_LATE, channel)
    return RuleWish(RuleWhen.OFFSET, channel, hours * 60)


def _facility(legal_name: str, discreet_name: str, zone: str = "America/Chicago") -> Facility:
    return Facility.objects.create(
        legal_name=legal_name,
        discreet_name=discreet_name,
        discreet_phone="(217) 555-0100",
        zone=zone,
    )


def _staff(name: str, facility: Facility, role: Role, supervisor: User | None = None) -> User:
    email = f"{name.split()[0].lower()}@casework.example"
    return hire(
        email=email, full_name=name, facility=facility, role=role, password=PASSWORD,
        supervisor=supervisor,
    )  # fmt: skip
