"""Intake sees that a client is in treatment, where and since when; of the words about it, none."""

import datetime as dt
import json
from zoneinfo import ZoneInfo

import pytest

from appointments.services.booking import cancel_appointment
from appointments.states import CancelledBy
from casework.gates import GateFinding, gates
from casework.moves import DischargeReason, NaloxoneOffer, TransitionReason
from casework.services import discharge, move_phase
from clients.models import CareRole
from clients.services import join_care_team
from common.clock import now
from organization.models import Membership, PhaseKind, User
from organization.roles import Role

pytestmark = pytest.mark.django_db

SECRETS = (
    "used again on Friday", "left after a quarrel", "asks about Naltrexone", "his brother is ill",
    "scored 4 of 5", "return_to_use", "lost_contact",
)  # fmt: skip


@pytest.fixture
def sam(house, next_tuesday):
    """Sam moved with a reason, came back after a first course that ended badly, and has visits."""
    client = house.client()
    first = house.admitted(client, days_ago=90)
    discharge(
        episode=first, reason=DischargeReason.LOST_CONTACT, detail="left after a quarrel",
        last_contact_on=(now() - dt.timedelta(days=50)).astimezone(ZoneInfo(house.elm.zone)).date(),
        naloxone_offered=NaloxoneOffer("yes"), follow_up_consent=False,
        at=now() - dt.timedelta(days=40), by=house.ana,
    )  # fmt: skip
    join_care_team(
        client=client, user=house.ana, role=CareRole.COUNSELOR, reason="back", by=house.intake
    )
    second = house.admitted(client)
    move_phase(
        episode=second, program=house.programs[PhaseKind.DETOX], by=house.ana,
        reason=TransitionReason.RETURN_TO_USE, note="used again on Friday",
    )  # fmt: skip
    house.booked(client, next_tuesday, remark="asks about Naltrexone")
    gone = house.booked(client, next_tuesday + dt.timedelta(hours=2))
    cancel_appointment(
        appointment=gone, by_whom=CancelledBy.CLIENT, reason="his brother is ill", by=house.ana
    )
    return client


def told(api, user, client) -> dict[str, list]:
    """Everything that the API tells this person about the client's course and calendar."""
    api.force_authenticate(User.objects.get(pk=user.pk))

    def ask(path):
        answer = api.get(f"/api/v1/{path}")
        assert answer.status_code == 200, path
        return answer.json()

    episodes = ask(f"episodes/?client={client.pk}")["results"]
    one_by_one = [ask(f"episodes/{e['id']}/") for e in episodes]
    assert one_by_one == episodes
    visits = ask(f"appointments/?client={client.pk}")["results"]
    assert [ask(f"appointments/{v['id']}/") for v in visits] == visits
    return {
        "episodes": episodes,
        "phases": [p for e in episodes for p in ask(f"episodes/{e['id']}/phases/")["results"]],
        "transitions": [
            t for e in episodes for t in ask(f"episodes/{e['id']}/transitions/")["results"]
        ],
        "gates": [ask(f"episodes/{e['id']}/gates/") for e in episodes],
        "visits": visits,
    }


@pytest.fixture
def gate(monkeypatch):
    """A gate that has a say and tells why."""
    monkeypatch.setitem(
        gates._answers, "score", lambda episode, program: GateFinding(True, True, "scored 4 of 5")
    )


def found_in(shown) -> set[str]:
    said = json.dumps(shown)
    return {secret for secret in SECRETS if secret in said}


def names_in(rows) -> set[str]:
    return {name for row in rows for name in row}


WORDS = {
    "episodes": {
        "discharge_reason", "discharge_detail", "last_contact_on", "naloxone_offered",
        "follow_up_consent",
    },
    "transitions": {"reason", "note", "gates"},
    "visits": {"remark", "cancel_reason"},
}  # fmt: skip


def test_intake_sees_phase_and_program_and_none_of_the_words_and_ana_all(house, api, sam, gate):
    intake, ana = told(api, house.intake, sam), told(api, house.ana, sam)
    for shown in (intake, ana):  # which reasons there are for a move is no secret
        for moves in shown["gates"]:
            for move in moves["moves"]:
                del move["reasons"]
    assert found_in(ana) == set(SECRETS)
    assert found_in(intake) == set()
    for kind, words in WORDS.items():
        assert names_in(ana[kind]) - names_in(intake[kind]) == words
    assert intake["phases"] == ana["phases"]
    now_in = intake["episodes"][0]["current_phase"]
    assert (now_in["kind"], now_in["program"]) == (
        "detox", str(house.programs[PhaseKind.DETOX].pk),
    )  # fmt: skip
    assert [e["discharged_at"] is None for e in intake["episodes"]] == [True, False]
    moved = next(t for t in intake["transitions"] if t["from_phase"] and t["to_phase"])
    assert (moved["at"], moved["by"]["full_name"]) == (now_in["started_at"], "Ana Lopez")
    tried = intake["gates"][0]["moves"][0]["programs"][0]["gates"]
    assert tried == [{"name": "score", "met": True}]


@pytest.mark.parametrize(
    ("who", "reads"),
    [("ben", False), ("supervisor", True), ("nurse", True), ("intake", False)],
)
def test_who_reads_the_words(house, api, sam, who, reads):
    """The nurse while the client is on the unit. Ben isn't on the case: for him there is no client."""
    user = getattr(house, who)
    if who == "ben":
        api.force_authenticate(user)
        assert api.get(f"/api/v1/episodes/?client={sam.pk}").json()["results"] == []
        return
    shown = told(api, user, sam)
    assert len(shown["episodes"]) == 2
    assert found_in(shown) == (set(SECRETS) - {"scored 4 of 5"} if reads else set())


def test_who_is_a_counselor_too_reads_of_their_own_clients_alone(house, api, sam):
    """Two roles at one facility: by the one every client is seen, by the other one's own are read."""
    Membership.objects.create(user=house.ben, facility=house.elm, role=Role.INTAKE)
    assert found_in(told(api, house.ben, sam)) == set()
    join_care_team(
        client=sam, user=house.ben, role=CareRole.COUNSELOR, reason="covers", by=house.intake
    )
    assert found_in(told(api, house.ben, sam)) == set(SECRETS) - {"scored 4 of 5"}


def test_an_appointments_own_staff_read_its_words_whatever_their_role(
    house, api, sam, next_tuesday
):
    house.booked(
        sam, next_tuesday + dt.timedelta(hours=4), staff=[house.intake], remark="brings papers"
    )
    visits = told(api, house.intake, sam)["visits"]
    assert [visit.get("remark") for visit in visits] == [None, None, "brings papers"]


def test_what_intake_does_is_answered_without_words(house, api, sam, next_tuesday):
    """Booking and admitting, too: the answer is what a look at it shows."""
    newcomer = house.client(name="Kim")
    api.force_authenticate(house.intake)
    admitted = api.post("/api/v1/episodes/", {
        "client": str(newcomer.pk), "program": str(house.programs[PhaseKind.DETOX].pk),
        "referral_source": 1, "note": "left after a quarrel",
    })  # fmt: skip
    assert admitted.status_code == 201
    assert admitted.json()["current_phase"]["kind"] == "detox"
    assert not WORDS["episodes"] & set(admitted.json())
    visit = api.get(f"/api/v1/appointments/?client={sam.pk}").json()["results"][0]
    changed = api.patch(f"/api/v1/appointments/{visit['id']}/", {"remark": "Ground floor."})
    assert changed.status_code == 200
    assert not WORDS["visits"] & set(changed.json())
