"""Admission, moves, undo, discharge: the rules by example, and the database behind them."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from casework.gates import GateFinding, gates
from casework.models import Episode, Phase, Transition
from casework.moves import (
    ALLOWED_MOVES,
    DischargeReason,
    NaloxoneOffer,
    ReferralSource,
    TransitionReason,
)
from casework.services import admit, discharge, move_phase, undo_transition
from clients.models import Client
from clients.services import name_primary_counselor
from common.clock import now
from common.errors import Conflict, Forbidden, Invalid
from organization.models import PhaseKind
from worklist.models import Task, TaskKind
from worklist.services import open_task

pytestmark = pytest.mark.django_db

DETOX, INPATIENT, OUTPATIENT, AFTERCARE = PhaseKind


def move(house, episode, kind, reason=TransitionReason.PLANNED, **details):
    return move_phase(
        episode=episode, program=house.programs[kind], reason=reason, by=house.ana, **details
    )


def discharged(house, episode, **details):
    values = {
        "reason": DischargeReason.COMPLETED,
        "last_contact_on": now().date() - dt.timedelta(days=1),
        "naloxone_offered": NaloxoneOffer.ACCEPTED,
        "follow_up_consent": True,
        "by": house.ana,
    }
    return discharge(episode=episode, **(values | details))


def test_a_course_of_treatment_from_detox_to_aftercare(house):
    episode = house.admitted(house.client(), DETOX)
    move(house, episode, INPATIENT)
    move(house, episode, AFTERCARE)
    phases = list(episode.phases.all())
    assert [p.kind for p in phases] == ["detox", "inpatient", "aftercare"]
    assert phases[0].ended_at == phases[1].started_at
    assert phases[1].ended_at == phases[2].started_at
    assert phases[2].ended_at is None
    began_on = phases[0].started_at.astimezone(ZoneInfo(house.elm.zone)).date()
    assert phases[0].planned_end == began_on + dt.timedelta(days=7)
    assert (phases[0].level_of_care, phases[0].level_of_care_edition) == ("3.7", "3")
    connection.check_constraints()


def test_a_move_that_is_not_allowed_names_those_that_are(house):
    episode = house.admitted(house.client(), INPATIENT)
    with pytest.raises(Conflict) as refused:
        move(house, episode, DETOX)
    assert refused.value.code == "phase_not_allowed"
    assert refused.value.extra == {"allowed": ["outpatient", "aftercare"]}
    assert refused.value.detail == (
        "From inpatient a client moves to: outpatient, aftercare; not to detox."
    )


@pytest.mark.parametrize("leaving", list(PhaseKind))
def test_no_phase_follows_itself(leaving):
    assert leaving not in ALLOWED_MOVES[leaving]


def test_a_step_up_after_return_to_use_is_a_normal_move(house):
    episode = house.admitted(house.client(), AFTERCARE)
    transition = move(house, episode, INPATIENT, TransitionReason.RETURN_TO_USE)
    assert transition.reason == "return_to_use"
    assert episode.current_phase().kind == "inpatient"


def test_a_step_up_has_a_reason_of_its_own(house):
    episode = house.admitted(house.client(), AFTERCARE)
    with pytest.raises(Invalid) as refused:
        move(house, episode, INPATIENT, TransitionReason.PLANNED)
    assert [f.field for f in refused.value.faults] == ["reason"]


def test_a_second_active_episode_is_refused(house):
    client = house.client()
    house.admitted(client)
    with pytest.raises(Conflict) as refused:
        house.admitted(client)
    assert refused.value.code == "episode_active"
    assert Episode.objects.count() == 1


def test_a_move_lies_after_the_phase_it_ends_and_not_in_the_future(house):
    episode = house.admitted(house.client(), DETOX, days_ago=3)
    for at, code in (
        (now() - dt.timedelta(days=4), "before_phase"),
        (now() + dt.timedelta(hours=1), "in_the_future"),
    ):
        with pytest.raises(Invalid) as refused:
            move(house, episode, INPATIENT, at=at)
        assert refused.value.code == code
    assert episode.phases.count() == 1


def test_undo_reopens_the_former_phase_and_keeps_the_move_on_record(house):
    episode = house.admitted(house.client(), DETOX)
    transition = move(house, episode, INPATIENT)
    undo_transition(transition=transition, by=house.ana)
    transition.refresh_from_db()
    assert transition.undone_by == house.ana
    assert transition.to_phase.void is True
    assert episode.current_phase().kind == "detox"
    assert Transition.objects.filter(episode=episode).count() == 2
    connection.check_constraints()


def test_only_the_latest_move_can_be_undone_and_only_once(house):
    episode = house.admitted(house.client(), DETOX)
    first = move(house, episode, INPATIENT)
    second = move(house, episode, AFTERCARE)
    with pytest.raises(Conflict) as refused:
        undo_transition(transition=first, by=house.ana)
    assert refused.value.code == "not_latest_move"
    undo_transition(transition=second, by=house.ana)
    with pytest.raises(Conflict) as refused:
        undo_transition(transition=second, by=house.ana)
    assert refused.value.code == "already_undone"
    undo_transition(transition=first, by=house.ana)
    assert episode.current_phase().kind == "detox"


def test_an_admission_is_not_undone(house):
    episode = house.admitted(house.client())
    with pytest.raises(Conflict) as refused:
        undo_transition(transition=episode.transitions.get(), by=house.ana)
    assert refused.value.code == "not_latest_move"


def test_a_gate_that_is_not_met_stops_the_move_and_says_what_is_missing(house, monkeypatch):
    monkeypatch.setitem(
        gates._answers, "bed", lambda episode, program: GateFinding(True, False, "No free bed.")
    )
    episode = house.admitted(house.client(), DETOX)
    with pytest.raises(Conflict) as refused:
        move(house, episode, INPATIENT)
    assert (refused.value.code, refused.value.extra) == (
        "gate_not_met",
        {"gates": {"bed": "No free bed."}},
    )
    assert episode.current_phase().kind == "detox"


def test_discharge_ends_phase_episode_and_care_team_together(house):
    client = house.client()
    episode = house.admitted(client)
    ended = discharged(house, episode)
    assert ended.phases.get().ended_at == ended.discharged_at
    assert not client.care_team.current().exists()
    assert not Client.objects.visible_to(house.ana).exists()
    with pytest.raises(Conflict) as refused:
        move(house, episode, AFTERCARE)
    assert refused.value.code == "episode_discharged"
    connection.check_constraints()


def test_at_discharge_open_tasks_go_to_intake_and_at_a_change_to_the_next_counselor(house):
    client = house.client()
    episode = house.admitted(client)
    task = open_task(kind=TaskKind.READ_REPLY, source="x:1", client=client, facility=house.elm)
    assert task.assignee == house.ana
    name_primary_counselor(
        client=client, facility=house.elm, counselor=house.ben, by=house.supervisor
    )
    task.refresh_from_db()
    assert task.assignee == house.ben
    discharge(
        episode=episode, reason=DischargeReason.LOST_CONTACT, by=house.ben,
        last_contact_on=now().date() - dt.timedelta(days=1), follow_up_consent=False,
        naloxone_offered=NaloxoneOffer.NOT_OFFERED,
    )  # fmt: skip
    task.refresh_from_db()
    assert (task.assignee, task.role) == (None, "intake")
    assert list(Task.objects.visible_to(house.intake).due_from(house.intake)) == [task]


def test_a_new_course_of_treatment_counts_the_earlier_ones(house):
    client = house.client()
    discharged(house, house.admitted(client))
    again = admit(
        client=client, program=house.programs[DETOX], referral_source=ReferralSource.INDIVIDUAL,
        by=house.intake,
    )  # fmt: skip
    assert again.prior_episodes == 1


def test_the_last_contact_lies_between_admission_and_discharge(house):
    episode = house.admitted(house.client(), days_ago=5)
    for day in (now().date() - dt.timedelta(days=7), now().date() + dt.timedelta(days=2)):
        with pytest.raises(Invalid) as refused:
            discharged(house, episode, last_contact_on=day)
        assert refused.value.faults[0].field == "last_contact_on"


def test_a_program_of_another_facility_is_refused(house):
    episode = house.admitted(house.client(), DETOX)
    with pytest.raises(Invalid) as refused:
        move_phase(
            episode=episode, program=house.oak_program, reason=TransitionReason.PLANNED,
            by=house.ana,
        )  # fmt: skip
    assert refused.value.code == "other_facility"


def test_front_desk_admits_nobody_and_a_nurse_moves_nobody(house):
    client = house.client()
    with pytest.raises(Forbidden):
        admit(
            client=client, program=house.programs[DETOX], by=house.front_desk,
            referral_source=ReferralSource.INDIVIDUAL,
        )  # fmt: skip
    episode = house.admitted(client, DETOX)
    with pytest.raises(Forbidden):
        move_phase(
            episode=episode, program=house.programs[INPATIENT], by=house.nurse,
            reason=TransitionReason.PLANNED,
        )  # fmt: skip


# ── The database itself ───────────────────────────────────────────────────────────────────────


def refused_by_the_database(act):
    with pytest.raises(DatabaseError) as error:
        commit(act)
    return str(error.value)


def commit(act):
    with transaction.atomic():
        act()
        connection.check_constraints()


def test_the_database_refuses_a_gap(house):
    episode = house.admitted(house.client(), DETOX)
    move(house, episode, INPATIENT)
    first = episode.phases.first()
    said = refused_by_the_database(
        lambda: Phase.objects.filter(pk=first.pk).update(
            ended_at=first.ended_at - dt.timedelta(hours=1)
        )
    )
    assert "do not cover" in said


def test_the_database_refuses_an_overlap(house):
    episode = house.admitted(house.client(), DETOX)
    first = episode.phases.get()
    with pytest.raises(IntegrityError, match="phases_do_not_overlap"), transaction.atomic():
        Phase.objects.create(
            episode=episode, kind="inpatient", program=house.programs[INPATIENT],
            level_of_care="3.7", level_of_care_edition="3", planned_end=first.planned_end,
            started_at=first.started_at + dt.timedelta(hours=1),
        )  # fmt: skip


def test_the_database_refuses_a_phase_outside_its_episode(house):
    episode = house.admitted(house.client(), DETOX)
    said = refused_by_the_database(
        lambda: Episode.objects.filter(pk=episode.pk).update(
            admitted_at=episode.admitted_at + dt.timedelta(hours=1)
        )
    )
    assert "do not cover" in said


def test_the_database_keeps_history(house):
    episode = house.admitted(house.client(), DETOX)
    for act in (
        lambda: Phase.objects.filter(episode=episode)._raw_delete("default"),
        lambda: Transition.objects.filter(episode=episode)._raw_delete("default"),
        lambda: Transition.objects.filter(episode=episode).update(note="rewritten"),
        lambda: Phase.objects.filter(episode=episode).update(kind="outpatient"),
    ):
        assert "annot" in refused_by_the_database(act)


def test_the_database_reopens_no_episode(house):
    episode = discharged(house, house.admitted(house.client()))
    said = refused_by_the_database(
        lambda: Episode.objects.filter(pk=episode.pk).update(discharged_at=None)
    )
    assert "annot" in said
