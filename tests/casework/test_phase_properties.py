"""No history of moves makes phases overlap, gap, or leave their episode."""

import datetime as dt
import itertools

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casework.models import Episode, Phase, Transition
from casework.moves import DischargeReason, NaloxoneOffer, ReferralSource, TransitionReason
from casework.services import admit, discharge, move_phase, undo_transition
from common.clock import now
from common.errors import DomainError
from organization.models import PhaseKind
from tests.examples import undone

pytestmark = pytest.mark.django_db

moves = st.tuples(
    st.just("move"), st.sampled_from(PhaseKind), st.sampled_from(TransitionReason),
    st.integers(0, 400),
)  # fmt: skip
undos = st.tuples(st.just("undo"), st.integers(0, 5))
discharges = st.tuples(st.just("discharge"), st.integers(0, 400))
admissions = st.tuples(st.just("admit"), st.sampled_from(PhaseKind), st.integers(0, 400))
histories = st.lists(st.one_of(moves, moves, undos, discharges, admissions), max_size=14)


def do(house, client, act):
    """One act of a history; what the rules refuse is refused, and that is all."""
    kind, *details = act
    episode = Episode.objects.filter(client=client).active().first()
    if kind == "admit":
        return admit(
            client=client, program=house.programs[details[0]], by=house.intake,
            referral_source=ReferralSource.INDIVIDUAL, at=days_ago(details[1]),
        )  # fmt: skip
    if episode is None:
        return None
    if kind == "move":
        return move_phase(
            episode=episode, program=house.programs[details[0]], reason=details[1], by=house.ana,
            at=days_ago(details[2]),
        )  # fmt: skip
    if kind == "undo":
        latest_first = Transition.objects.filter(episode=episode).order_by("-created_at")
        transitions = list(latest_first[details[0] : details[0] + 1])
        return [undo_transition(transition=t, by=house.ana) for t in transitions]
    return discharge(
        episode=episode, reason=DischargeReason.COMPLETED, naloxone_offered=NaloxoneOffer.ACCEPTED,
        last_contact_on=episode.admitted_at.date(), follow_up_consent=True, by=house.ana,
        at=days_ago(details[0]),
    )  # fmt: skip


def days_ago(days):
    return now() - dt.timedelta(days=days)


def assert_whole(episode):
    phases = list(Phase.objects.filter(episode=episode, void=False).order_by("started_at"))
    assert phases[0].started_at == episode.admitted_at
    assert phases[-1].ended_at == episode.discharged_at
    for former, later in itertools.pairwise(phases):
        assert former.ended_at == later.started_at
        assert former.started_at < later.started_at


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(history=histories)
def test_no_history_of_moves_breaks_a_course_of_treatment(house, history):
    with undone():
        client = house.client()
        for act in [("admit", PhaseKind.DETOX, 400), *history]:
            rows = Phase.objects.count(), Transition.objects.count()
            try:
                with transaction.atomic():
                    do(house, client, act)
            except DomainError:
                assert (Phase.objects.count(), Transition.objects.count()) == rows
            for episode in Episode.objects.filter(client=client):
                assert_whole(episode)
        assert Episode.objects.filter(client=client).active().count() <= 1
