"""Negative controls: with one guard taken away the oracle must see it, or it sees nothing."""

import pytest

from tests.faults import controls

pytestmark = pytest.mark.real


@pytest.mark.parametrize("guard", sorted(controls.RUNS))
def test_without_a_guard_the_oracle_is_red(stage, guard):
    verdict = controls.RUNS[guard](stage)
    # Handed over with no attempt on record is a second hand-over whose first record was lost.
    seen = getattr(verdict, controls.SEEN_AS[guard]) or verdict.unexplained
    assert seen, verdict.figures()
