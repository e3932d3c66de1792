"""Nonsense is refused when it is asked for, not in the middle of a two-hour file."""

import pytest

from transcriber.errors import InvalidOptionError
from transcriber.options import TranscribeOptions


@pytest.mark.parametrize(
    "nonsense",
    [
        {"audio_stream": -1},
        {"audio_stream": "some"},
        {"audio_stream": 1.5},
        {"channels": "left"},
        {"clip_seconds": 0.5},
        {"clip_seconds": 50.0},
        {"clip_seconds": float("nan")},
        {"max_clip_seconds": float("inf")},
    ],
    ids=str,
)
def test_a_choice_that_makes_no_sense_is_refused(nonsense):
    with pytest.raises(InvalidOptionError) as refusal:
        TranscribeOptions(**nonsense)

    assert next(iter(nonsense)).removeprefix("max_") in str(refusal.value)


def test_a_choice_cannot_be_changed_later():
    with pytest.raises(AttributeError):
        TranscribeOptions().clip_seconds = 10
