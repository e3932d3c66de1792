"""Progress is a share only where the whole is known, and time left only what this run's pace makes of the rest."""

import pytest

from transcriber.progress import Pace, Progress


@pytest.mark.parametrize(
    ("done", "total", "fraction"), [(1.0, 4.0, 0.25), (5.0, 4.0, 1.0), (1.0, None, None), (0.0, 0.0, None)]
)
def test_the_share_is_between_none_and_all(done, total, fraction):
    assert Progress("recognizing", "talk.wav", done, total).fraction == fraction


def test_time_left_is_the_rest_at_the_pace_of_this_run():
    clock = iter([100.0, 110.0, 110.0])
    pace = Pace(begun_at=600.0, clock=lambda: next(clock))

    assert pace.times_real_time(900.0) == 30.0, "what an earlier run did is not this one's merit"
    assert pace.seconds_left(900.0, 1200.0) == 10.0


def test_time_left_forgets_a_slow_start_and_notices_when_others_want_the_machine():
    clock = iter([0.0, 100.0, 110.0, 120.0, 130.0, 230.0, 330.0])
    pace = Pace(begun_at=0.0, clock=lambda: next(clock))

    left = [pace.seconds_left(done, 1000.0) for done in (100.0, 200.0, 300.0, 400.0, 500.0, 600.0)]

    assert left == pytest.approx([900.0, 80.0, 70.0, 60.0, 200.0, 280.0])


def test_nothing_is_promised_before_anything_is_done_or_without_an_end():
    clock = iter([0.0, 1.0, 2.0, 3.0])
    pace = Pace(begun_at=60.0, clock=lambda: next(clock))

    assert pace.times_real_time(60.0) is None
    assert pace.seconds_left(60.0, 120.0) is None
    assert pace.seconds_left(90.0, None) is None
