"""Everything fails at once, in a seeded order: nothing is lost, nothing goes out twice."""

import pytest

from tests.faults.storm import Storm, providers_fail

pytestmark = pytest.mark.real

SEED = 20261123
DUE = 300


def test_through_a_storm_nothing_is_lost_and_nothing_sent_twice(stage):
    storm = Storm(stage, seed=SEED, faults=8, redis_down=3)
    stage.reset(DUE)
    providers_fail(stage)
    stage.start_engine(workers=2, beats=1)
    stage.make_due(8)
    storm.blow(8)
    stage.settle()
    verdict = stage.judge()
    assert verdict.due == DUE
    assert sum(storm.done.values()) == 8
    assert verdict.well, (SEED, verdict.figures())
