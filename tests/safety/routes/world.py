"""Two facilities alike, each with somebody of every kind and one of every thing to ask for."""

import datetime as dt
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.test import Client as Browser
from knox.models import AuthToken

from appointments.models import Appointment
from appointments.services.booking import book_appointment
from appointments.services.templates import Words, save_template
from appointments.states import AppointmentKind
from casework.moves import ReferralSource, TransitionReason
from casework.services import admit, move_phase
from clients.models import (
    CareRole,
    Channel,
    Client,
    ConsentMethod,
    ContactKind,
    ContactPoint,
    PossibleDuplicate,
)
from clients.services import (
    add_contact_point,
    create_client,
    grant_consent,
    join_care_team,
    leave_care_team,
    merge_clients,
)
from clients.services.duplicates import look_for_duplicates
from common.clock import now
from common.crypto import token_digest
from interop.models import RefusedRow
from interop.services.submitting import submit_import
from interop.states import ImportKind
from messaging.models import InboundMessage, Link, Message
from messaging.services.inbound import handle_inbound, store_inbound
from messaging.services.optout import opt_out
from messaging.states import MessageState
from organization.models import (
    Facility,
    Language,
    LinkPurpose,
    Membership,
    PhaseKind,
    Program,
    Room,
    User,
)
from organization.roles import Role
from organization.services.accounts import deactivate
from organization.services.links import make_link
from organization.services.staff import end_role, hire
from tests.people import PASSWORD
from worklist.models import TaskKind
from worklist.services import open_task

ROLES = {
    "own": Role.COUNSELOR,
    "team": Role.COUNSELOR,
    "cleo": Role.COUNSELOR,
    "ended": Role.COUNSELOR,
    "left": Role.COUNSELOR,
    "closed": Role.COUNSELOR,
    "invited": Role.COUNSELOR,
    "supervisor": Role.SUPERVISOR,
    "other_sup": Role.SUPERVISOR,
    "nurse": Role.NURSE,
    "intake": Role.INTAKE,
    "desk": Role.FRONT_DESK,
    "manager": Role.MANAGER,
    "privacy": Role.PRIVACY,
    "admin": Role.ADMINISTRATOR,
}
FILE = (
    "external_ref,legal_first_name,legal_last_name,birth_date,primary_counselor\r\n"
    "4711,Robin,Ash,1988-02-29,{email}\r\n"
)
HOUR = dt.timedelta(hours=1)


@dataclass(eq=False)
class Side:
    """A facility. `things` has an id by name; `far` has what the nurse and the desk don't see.

    Near is a client in detox who has an appointment. Far is one in outpatient care, and where there
    must be an appointment, one in outpatient care who has one.
    """

    facility: Facility
    number: int
    people: dict[str, User] = field(default_factory=dict)
    things: dict[str, str] = field(default_factory=dict)
    far: dict[str, str] = field(default_factory=dict)
    sessions: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)

    @classmethod
    def build(cls, number: int, name: str, zone: str) -> "Side":
        facility = Facility.objects.create(
            legal_name=f"{name} Treatment Center", discreet_name=name,
            discreet_phone="(217) 555-0100", zone=zone,
        )  # fmt: skip
        side = cls(facility, number)
        side._hire()
        side._furnish()
        clients = side._clients()
        side._calendar(clients)
        side._courses(clients)
        side._mail(clients)
        side._records(clients)
        side._part_ways()
        return side

    def _hire(self) -> None:
        for name, role in ROLES.items():
            self.people[name] = hire(
                email=f"{name}{self.number}@casework.example", full_name=f"{name.title()} Reyes",
                facility=self.facility, role=role,
                password=None if name == "invited" else PASSWORD,
            )  # fmt: skip
        for name, supervisor in (
            ("own", "supervisor"), ("team", "supervisor"), ("cleo", "other_sup"),
        ):  # fmt: skip
            theirs = Membership.objects.filter(user=self.people[name])
            theirs.update(supervisor=self.people[supervisor])

    def _of(self, *names: str) -> list[User]:
        return [self.people[name] for name in names]

    def _furnish(self) -> None:
        for kind in PhaseKind:
            self.things[f"{kind}_program"] = self._note(
                Program.objects.create(
                    facility=self.facility, name=kind.label, phase=kind, planned_days=30,
                    residential=kind in (PhaseKind.DETOX, PhaseKind.INPATIENT),
                    level_of_care="3.7", level_of_care_edition="3",
                )
            )  # fmt: skip
        self.things |= {
            "facility": self._note(self.facility),
            "policy": self._note(self.facility),
            "room": self._note(Room.objects.create(facility=self.facility, name="Room 2")),
            "me": self._note(self.people["own"]),
            "colleague": self._note(self.people["cleo"]),
            "teammate": self._note(self.people["team"]),
            "closed": self._note(self.people["closed"]),
            "invited": self._note(self.people["invited"]),
            "role": self._note(Membership.objects.get(user=self.people["cleo"])),
        }

    @staticmethod
    def _note(row: object) -> str:
        return str(row.pk)  # type: ignore[attr-defined]

    def _clients(self) -> dict[str, Client]:
        own, team, ended = self._of("own", "team", "ended")
        names = {"sam": "Rivera", "kim": "Okoye", "lee": "Lindqvist", "pat": "Marchetti"}
        clients = {}
        for index, (first, last) in enumerate(names.items()):
            client = create_client(
                facility=self.facility, by=own, legal_first_name=first.title(),
                legal_last_name=f"{last} {'Oak' if self.number else 'Elm'}",
                birth_date=dt.date(1960 + 7 * index + 20 * self.number % 11, 3 + index, 4 + index),
            )  # fmt: skip
            member, gone = (
                join_care_team(
                    client=client, user=user, role=CareRole.COUNSELOR, reason="group", by=own
                )
                for user in (team, ended)
            )
            leave_care_team(member=gone, reason="moved on", by=own)
            point = self._reachable(client, ContactKind.PHONE, self._phone(index))
            clients[first] = client
            self._keep(first, client=client, member=member, point=point)
        return clients

    def _phone(self, index: int) -> str:
        return f"+1217555{self.number}13{index}"

    def _reachable(self, client: Client, kind: ContactKind, value: str) -> ContactPoint:
        own = self.people["own"]
        point = add_contact_point(client=client, kind=kind, value=value, by=own)
        grant_consent(point=point, method=ConsentMethod.WRITTEN, by=own)
        return point

    def _keep(self, whose: str, **rows: object) -> None:
        """Sam's things are near, Kim's and Lee's far."""
        kept = {"sam": self.things, "kim": self.far, "lee": self.far}.get(whose)
        if kept is not None and not (whose == "lee" and "client" in rows):
            kept |= {name: self._note(row) for name, row in rows.items()}

    def _calendar(self, clients: dict[str, Client]) -> None:
        """One ahead and one that has begun, of Sam's and of Lee's."""
        hour = now().replace(minute=0, second=0, microsecond=0) + dt.timedelta(days=2)
        for shift, whose in enumerate(("sam", "lee")):
            ahead, begun = (
                book_appointment(
                    facility=self.facility, kind=AppointmentKind.INDIVIDUAL, starts_at=start,
                    ends_at=start + HOUR, staff=self._of("own"), clients=[clients[whose]],
                    by=self.people["own"],
                )
                for start in (hour + shift * HOUR, hour + (3 + shift) * HOUR)
            )  # fmt: skip
            # Nobody books the past: this one was booked for a time that has come since.
            Appointment.objects.filter(pk=begun.pk).update(starts_at=now(), ends_at=now() + HOUR)
            attendance, started = ahead.attendances.get(), begun.attendances.get()
            self._keep(whose, visit=ahead, begun=begun, attendance=attendance, started=started)
            message = Message.objects.filter(client=clients[whose]).earliest("send_at")
            message.change(state=MessageState.SENT, sent_at=now())
            self._keep(whose, message=message)
        self.things["free_time"] = (hour + 8 * HOUR).isoformat()
        here = now().astimezone(ZoneInfo(self.facility.zone))
        self.things["today"] = here.date().isoformat()

    def _courses(self, clients: dict[str, Client]) -> None:
        """Each has moved once, Sam to detox; Pat isn't in treatment and can be admitted."""
        for whose, at, to, reason in (
            ("sam", PhaseKind.OUTPATIENT, PhaseKind.DETOX, TransitionReason.RETURN_TO_USE),
            ("lee", PhaseKind.INPATIENT, PhaseKind.OUTPATIENT, TransitionReason.PLANNED),
            ("kim", PhaseKind.INPATIENT, PhaseKind.OUTPATIENT, TransitionReason.PLANNED),
        ):
            own = self.people["own"]
            episode = admit(
                client=clients[whose], program=self._program(at), by=own,
                referral_source=ReferralSource.INDIVIDUAL, at=now() - dt.timedelta(days=9),
            )  # fmt: skip
            move = move_phase(episode=episode, program=self._program(to), reason=reason, by=own)
            self._keep(whose, episode=episode, move=move)

    def _program(self, kind: PhaseKind) -> Program:
        return Program.objects.get(pk=self.things[f"{kind}_program"])

    def _mail(self, clients: dict[str, Client]) -> None:
        for index, whose in ((0, "sam"), (1, "kim")):
            stored = store_inbound(
                provider_id=f"SM{self.number}{index}", sender=self._phone(index), body="see you"
            )
            handle_inbound(stored.pk)
            self._keep(whose, inbound=InboundMessage.objects.get(pk=stored.pk))
            task = open_task(
                kind=TaskKind.CALL_CLIENT, source=f"test:{self.number}{index}",
                client=clients[whose], facility=self.facility,
            )  # fmt: skip
            self._keep(whose, task=task)
            address = f"{whose}{self.number}@example.org"
            gone = self._reachable(clients[whose], ContactKind.EMAIL, address)
            opt_out(address_index=gone.address_index, channel="email")
            self._keep(whose, opted_out=gone)
        message = Message.objects.get(pk=self.things["message"])
        self.things["link"] = f"{self.number}" * 32
        Link.objects.create(
            message=message, token_digest=token_digest(self.things["link"]),
            good_until=message.expires_at,
        )  # fmt: skip

    def _records(self, clients: dict[str, Client]) -> None:
        sam, own, supervisor = clients["sam"], *self._of("own", "supervisor")
        same = {
            "legal_first_name": sam.legal_first_name, "legal_last_name": sam.legal_last_name,
            "birth_date": sam.birth_date,
        }  # fmt: skip
        twin = create_client(facility=self.facility, by=own, **same)
        join_care_team(
            client=twin, user=self.people["team"], role=CareRole.COUNSELOR, reason="group", by=own
        )
        look_for_duplicates(twin)
        pair = PossibleDuplicate.objects.get(second=twin)
        for whose in ("sam", "kim"):
            merged = create_client(
                facility=self.facility, by=own, legal_first_name="Pam", legal_last_name=whose,
                birth_date=dt.date(1999, 9, 9),
            )  # fmt: skip
            merge = merge_clients(
                survivor=clients[whose], other=merged, reason="same card", by=supervisor
            )
            self._keep(whose, merged=merged, merge=merge)
        job = submit_import(
            kind=ImportKind.CLIENTS, facility=self.facility, charset="utf-8", system="previous",
            content=FILE.format(email="nobody@casework.example").encode(), dry_run=True,
            by=self.people["intake"],
        )  # fmt: skip
        RefusedRow.objects.create(of=job, number=1, line=2, code="required", detail="Required.")
        template = save_template(
            facility=self.facility, by=self.people["manager"],
            words=Words("reminder", Channel.SMS, Language.ENGLISH, "See you {day} {time}."),
        )  # fmt: skip
        rows = {
            "twin": twin, "pair": pair, "import": job, "newcomer": clients["pat"],
            "template": template,
        }  # fmt: skip
        self.things |= {name: self._note(row) for name, row in rows.items()}
        self.things["name"] = sam.legal_last_name
        self.things["record_number"] = sam.record_number

    def _part_ways(self) -> None:
        """One's role ends, another's account is closed; tokens and sessions are left over."""
        left, closed, admin = self._of("left", "closed", "admin")
        end_role(membership=Membership.objects.get(user=left), by=admin)
        deactivate(user=closed, reason="left", by=admin)
        mailed = make_link(user=self.people["invited"], purpose=LinkPurpose.INVITATION, by=admin)
        self.things["mailed"] = mailed.removeprefix(settings.PUBLIC_URL).split("/")[-2]
        for name, user in self.people.items():
            self.tokens[name] = AuthToken.objects.create(user=user)[1]
            browser = Browser()
            browser.force_login(user)
            self.sessions[name] = browser.cookies[settings.SESSION_COOKIE_NAME].value
        own = self.people["own"]
        own.refresh_from_db()
        self.things["email"] = own.email
        self.things["key"] = f"{user_pk_to_url_str(own)}-{default_token_generator.make_token(own)}"


@dataclass
class World:
    """Elm and Oak know nothing of each other."""

    elm: Side
    oak: Side

    @classmethod
    def build(cls) -> "World":
        return cls(
            Side.build(0, "Elm St", "America/Chicago"), Side.build(1, "Oak Ave", "America/Phoenix")
        )
