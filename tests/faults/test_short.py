"""What `make faults` shows at full size, small: ticks, lost answers, Redis away, bad rows, silence."""

import pytest

from tests.faults import scenarios

pytestmark = pytest.mark.real


def test_ticks_that_come_nine_times_send_nothing_twice(stage):
    verdict = scenarios.tripled_ticks(stage, due=300, workers=2, beats=3)
    assert (verdict.due, verdict.doubled, verdict.lost) == (300, [], [])
    assert set(verdict.ends) <= {"sent", "delivered"}


def test_lost_answers_are_in_doubt_until_a_callback_settles_them(stage):
    found = scenarios.ambiguous(stage, due=20)
    assert found["first_unknown"] == 20
    assert found["unresolved"] == 0
    assert found["verdict"].well, found["verdict"].figures()


def test_while_redis_is_away_bookings_succeed_and_its_return_is_noticed(stage):
    stage.reset(10)
    stage.start_engine()
    stage.stop_redis()
    said = scenarios.bookings(stage, 20)
    assert [status for status, _ in said] == [201] * 20
    assert scenarios.redis_returns(stage, down=3) <= 60


def test_a_bad_row_of_each_kind_stops_no_other(stage):
    _, left = scenarios.poisoned(stage, due=200)
    assert left == 0


def test_a_black_holed_redis_is_said_by_the_health_page(stage):
    stage.reset(10)
    stage.start_engine()
    assert scenarios.silence_is_seen(stage, how="black-holed Redis") <= 120
