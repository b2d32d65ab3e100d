"""One client and everybody who might look: who gets which answer from an endpoint."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from rest_framework.test import APIClient

from casework.models import Episode, Transition
from casework.moves import TransitionReason
from casework.services import move_phase
from clients.models import CareRole, CareTeamMember, Client, ContactPoint
from clients.services import join_care_team
from organization.models import PhaseKind
from tests.people import House
from worklist.models import Task, TaskKind
from worklist.services import open_task

ELM_CARE = "ana ben cleo supervisor nurse intake front_desk"
ELM_DESKS = "manager privacy administrator"
OAK = "oak_counselor oak_intake"
EVERYBODY = f"{ELM_CARE} {ELM_DESKS} {OAK}".split()


@dataclass
class Scene:
    """Sam: Ana's client, Ben on the team, now in detox, with an appointment ahead.

    Kim: the same, but not admitted. So each person at Elm St has a reason to see them, or none.
    """

    house: House
    sam: Client
    kim: Client
    episode: Episode
    move: Transition
    point: ContactPoint
    ben_on_team: CareTeamMember
    task: Task

    @classmethod
    def build(cls, house: House, when: dt.datetime) -> "Scene":
        sam = house.client(phone="217 555 0134")
        kim = house.client(name="Kim")
        joined = [
            join_care_team(
                client=client, user=house.ben, role=CareRole.COUNSELOR, reason="group", by=house.ana
            )
            for client in (sam, kim)
        ]
        house.booked(sam, when)
        house.booked(kim, when + dt.timedelta(hours=2))
        episode = house.admitted(sam, PhaseKind.OUTPATIENT)
        move = move_phase(
            episode=episode, program=house.programs[PhaseKind.DETOX], by=house.ana,
            reason=TransitionReason.RETURN_TO_USE,
        )  # fmt: skip
        task = open_task(kind=TaskKind.CALL_CLIENT, source="test:1", client=sam, facility=house.elm)
        return cls(house, sam, kim, episode, move, sam.contact_points.get(), joined[0], task)


def answers(scene: Scene, method: str, path: str, body: Any = None) -> dict[str, int]:
    """The status that each person gets from this request; each one's changes are undone."""
    found = {"anonymous": _status(APIClient(), method, path, body)}
    for name in EVERYBODY:
        api = APIClient()
        api.force_authenticate(getattr(scene.house, name))
        found[name] = _status(api, method, path, body)
    return found


def _status(api: APIClient, method: str, path: str, body: Any) -> int:
    with transaction.atomic():
        status = getattr(api, method)(f"/api/v1/{path}", body).status_code
        transaction.set_rollback(True)
    return status


def expected(rest: int = 404, **by_status: str) -> dict[str, int]:
    """`expected(s200="ana ben", s403="nurse")`: the others get `rest`, anonymous 401."""
    table = dict.fromkeys(EVERYBODY, rest) | {"anonymous": 401}
    for status, names in by_status.items():
        table |= dict.fromkeys(names.split(), int(status[1:]))
    return table
