"""Progress is a share only where the whole is known."""

import pytest

from transcriber.progress import Progress


@pytest.mark.parametrize(
    ("done", "total", "fraction"), [(1.0, 4.0, 0.25), (5.0, 4.0, 1.0), (1.0, None, None), (0.0, 0.0, None)]
)
def test_the_share_is_between_none_and_all(done, total, fraction):
    assert Progress("recognizing", "talk.wav", done, total).fraction == fraction
