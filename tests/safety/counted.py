"""Ana's clients, and of everything about them as many, for counting what rows cost."""

import datetime as dt
from dataclasses import dataclass

from knox.models import AuthToken
from rest_framework.test import APIClient

from appointments.models import Appointment
from appointments.states import AppointmentKind
from casework.services import move_phase
from clients.models import ContactKind, Merge, PossibleDuplicate
from clients.services import (
    add_contact_point,
    grant_consent,
    join_care_team,
    leave_care_team,
    merge_clients,
    withdraw_consent,
)
from clients.services.duplicates import look_for_duplicates
from common.clock import now
from interop.models import Import, RefusedRow
from messaging.models import InboundMessage, Message, Template
from messaging.services.inbound import handle_inbound, store_inbound
from messaging.services.optout import opt_out
from organization.models import Facility, PhaseKind, Program, Room, User
from organization.roles import Role
from organization.services.staff import hire
from tests.appointments.words import own_words
from tests.people import House
from worklist.models import Task


@dataclass
class Scene:
    """Ana's clients, and of everything about them as many; tokens for who asks."""

    house: House
    clients: list
    group: Appointment
    tokens: dict[str, APIClient]

    @classmethod
    def build(cls, house: House, count: int, when: dt.datetime) -> "Scene":
        clients = [_client(house, number, when) for number in range(count)]
        _places(house, count)
        for number in range(count):
            person = hire(
                email=f"p{number}@casework.example", full_name=f"P {_word(number)}",
                facility=house.elm, role=Role.COUNSELOR,
            )  # fmt: skip
            member = join_care_team(
                client=clients[0], user=person, role="counselor", reason="group", by=house.ana
            )
            leave_care_team(member=member, reason="over", by=house.ana)
        group = house.booked(
            None, when + dt.timedelta(days=3), kind=AppointmentKind.GROUP, clients=clients,
        )  # fmt: skip
        _records(house, clients)
        for number in range(count):
            own_words(house, key=f"word-{number}")
            own_words(house, key="word-0")
        asking = ("ana", "intake", "supervisor", "manager", "administrator")
        tokens = {name: _with_token(getattr(house, name)) for name in asking}
        return cls(house, clients, group, tokens)

    @property
    def ids(self) -> dict[str, object]:
        """What the addresses name."""
        sam = self.clients[0]
        return {
            "client": sam.pk,
            "point": sam.contact_points.get(kind="phone").pk,
            "episode": sam.episodes.get().pk,
            "visit": Appointment.objects.filter(attendances__client=sam).earliest("starts_at").pk,
            "group": self.group.pk,
            "message": Message.objects.filter(purpose="reminder").earliest("send_at").pk,
            "inbound": InboundMessage.objects.earliest("received_at").pk,
            "task": Task.objects.earliest("due_at").pk,
            "pair": PossibleDuplicate.objects.first().pk,
            "merge": Merge.objects.first().pk,
            "import": Import.objects.earliest("created_at").pk,
            "template": Template.objects.get(retired_at=None, key="word-0").pk,
            "facility": self.house.elm.pk,
            "program": self.house.programs[PhaseKind.DETOX].pk,
            "room": self.house.room.pk,
            "person": self.house.ben.pk,
        }


def _word(number: int) -> str:
    """A name that resembles no other's."""
    return "".join(chr(ord("a") + (number * 7 + 5 * place * number) % 26) for place in range(9))


def _client(house: House, number: int, when: dt.datetime):
    client = house.client(
        name=_word(number).title(), phone=f"217 555 01{number:02d}", email=f"c{number}@example.org"
    )
    client.change(legal_last_name=_word(number + 13).title())
    house.booked(client, when + number * dt.timedelta(hours=1))
    house.admitted(client)
    inbound = store_inbound(provider_id=f"SM{number}", sender=f"+12175550{100 + number}", body="?")
    handle_inbound(inbound.pk)
    opt_out(address_index=client.contact_points.get(kind="email").address_index, channel="email")
    return client


def _places(house: House, count: int) -> None:
    for number in range(count):
        facility = Facility.objects.create(
            legal_name=f"House {number}", discreet_name=f"House {number}",
            discreet_phone="(217) 555-0100", zone="America/Chicago",
        )  # fmt: skip
        hire(email=house.manager.email, full_name="", facility=facility, role=Role.MANAGER)
        Room.objects.create(facility=house.elm, name=f"Room {number + 10}")
        Program.objects.create(
            facility=house.elm, name=f"Program {number}", phase=PhaseKind.AFTERCARE,
            residential=False, level_of_care="1", level_of_care_edition="3", planned_days=90,
        )  # fmt: skip


def _records(house: House, clients: list) -> None:
    """Of one client many points, consents, moves; pairs, merges, imports with refused rows."""
    sam = clients[0]
    point = sam.contact_points.get(kind="phone")
    for number, client in enumerate(clients):
        add_contact_point(
            client=sam, kind=ContactKind.EMAIL, value=f"s{number}@example.org", by=house.ana
        )
        withdraw_consent(point=point, by=house.ana)
        grant_consent(point=point, method="verbal", by=house.ana)
        alike = {
            "legal_first_name": client.legal_first_name, "legal_last_name": client.legal_last_name
        }  # fmt: skip
        twin, part = house.client(), house.client()
        twin.change(**alike)
        look_for_duplicates(twin)
        merge_clients(survivor=client, other=part, reason="same", by=house.supervisor)
        Import.objects.create(
            kind="clients", facility=house.elm, by=house.intake, system="previous", dry_run=True,
            digest=str(number), state="refused", rows_total=1, ended_at=now(),
        )  # fmt: skip
        first = Import.objects.earliest("created_at")
        RefusedRow.objects.create(of=first, number=number, line=2, code="required", detail="x")
    phases = (PhaseKind.DETOX, PhaseKind.OUTPATIENT)
    episode = sam.episodes.get()
    for number in range(len(clients)):
        kind = phases[number % 2]
        move_phase(
            episode=episode, program=house.programs[kind], by=house.ana,
            reason="return_to_use" if kind == PhaseKind.DETOX else "planned",
        )  # fmt: skip


def _with_token(user: User) -> APIClient:
    api = APIClient()
    api.credentials(HTTP_AUTHORIZATION=f"Token {AuthToken.objects.create(user=user)[1]}")
    return api
