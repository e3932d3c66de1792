"""What is mended, and what stays as it was."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transcriber.export.checking import check
from transcriber.export.cues import Cue
from transcriber.export.repairing import mend, repair
from transcriber.options import PROFILES, CaptionOptions
from transcriber.timecode import FrameRate

PAL = FrameRate(Fraction(25))
NETFLIX = CaptionOptions(language="en")
RATES = [PAL, FrameRate(Fraction(24000, 1001)), FrameRate(Fraction(60000, 1001), drop=True)]

VOCABULARY = "a the I never extraordinary museum, 42 percent. 字幕 日本語の字幕は一行に十三文字までです。 -"
lines = st.lists(st.sampled_from(VOCABULARY.split()), max_size=14).map(" ".join)


@st.composite
def captions(draw: st.DrawFn) -> list[Cue]:
    """What other programs may have written: out of order, overlapping, empty, too long, between frames."""
    now, cues = draw(st.floats(0, 3)), []
    for _ in range(draw(st.integers(0, 12))):
        start = max(0.0, now + draw(st.sampled_from([-3.0, -0.5, 0.0, 0.04, 0.2, 0.4, 2.0])))
        now = start + draw(st.sampled_from([0.0, 0.1, 0.9, 2.013, 5.0, 9.0]))
        cues.append(Cue(start, now, tuple(draw(st.lists(lines, max_size=4)))))
    return cues


def text(cues: list[Cue]) -> list[str]:
    return sorted(filter(None, ("".join("".join(cue.lines).split()) for cue in cues)))


@settings(deadline=None, max_examples=500)
@given(captions(), st.sampled_from(list(PROFILES)), st.sampled_from(RATES))
def test_repair_makes_nothing_worse_changes_no_word_and_is_done_at_once(cues, profile, rate):
    repaired = repair(cues, PROFILES[profile], rate)

    before, after = (check(each, PROFILES[profile], rate) for each in (cues, repaired))
    assert len(after.avoidable) <= len(before.avoidable)
    assert after.score >= before.score
    assert text(repaired) == text(cues)
    assert repair(repaired, PROFILES[profile], rate) == repaired


@settings(deadline=None)
@given(captions())
def test_what_breaks_no_rule_stays_as_it_is(cues):
    once = repair(cues, NETFLIX, PAL)
    sound = [cue for cue in once if not check([cue], NETFLIX, PAL).breaches]

    assert [cue.lines for cue in repair(sound, NETFLIX, PAL)] == [cue.lines for cue in sound]


@pytest.mark.parametrize(
    ("cues", "repaired"),
    [
        ([Cue(1.01, 3.0, ("So.",))], [Cue(1.0, 3.0, ("So.",))]),
        ([Cue(1.0, 1.2, ("So.",))], [Cue(1.0, 1.84, ("So.",))]),
        ([Cue(1.0, 9.0, ("So.",))], [Cue(1.0, 8.0, ("So.",))]),
        ([Cue(1.0, 2.0, ("x" * 40,))], [Cue(1.0, 3.0, ("x" * 40,))]),
        ([Cue(1.0, 3.0, ("A",)), Cue(2.0, 4.0, ("B",))], [Cue(1.0, 1.92, ("A",)), Cue(2.0, 4.0, ("B",))]),
        ([Cue(1.0, 2.8, ("A",)), Cue(3.0, 4.0, ("B",))], [Cue(1.0, 2.92, ("A",)), Cue(3.0, 4.0, ("B",))]),
        ([Cue(3.0, 4.0, ("B",)), Cue(1.0, 2.0, ("A",))], [Cue(1.0, 2.0, ("A",)), Cue(3.0, 4.0, ("B",))]),
        ([Cue(1.0, 3.0, ("A",)), Cue(3.0, 3.0, ("",))], [Cue(1.0, 3.0, ("A",))]),
        (
            [Cue(1.0, 5.0, ("Nobody had expected that so many of the paintings", "survived."))],
            [Cue(1.0, 5.0, ("Nobody had expected", "that so many of the paintings survived."))],
        ),
        (
            [Cue(1.0, 5.0, ("日本語の字幕は一行に十三文字までです。", "それより長い文は", "二行に分けます。"))],
            [Cue(1.0, 5.0, ("日本語の字幕は一行に十三文字までです。", "それより長い文は二行に分けます。"))],
        ),
    ],
)
def test_what_can_be_mended_is(cues, repaired):
    assert repair(cues, NETFLIX, PAL) == repaired


@pytest.mark.parametrize(
    "cues",
    [
        [Cue(1.0, 1.4, ("There is no room to show it longer.",)), Cue(1.48, 3.0, ("So.",))],
        [Cue(1.0, 3.0, ("- One is", "- two is", "- three.")), Cue(3.08, 5.0, ("So.",))],
        [Cue(1.0, 8.0, tuple(["extraordinarily long lines, far too many"] * 4))],
    ],
)
def test_what_cannot_be_mended_stays(cues):
    assert repair(cues, NETFLIX, PAL) == cues


def test_the_breaches_that_were_mended_are_told_by_their_old_numbers():
    cues = [Cue(0.0, 0.5, ()), Cue(1.0, 1.2, ("So.",)), Cue(5.0, 6.0, ("- One", "- two", "- three"))]

    mended = mend(cues, NETFLIX, PAL)

    assert [(breach.cue, breach.rule) for breach in mended.mended] == [(1, "empty"), (2, "shortest")]
    assert [(breach.cue, breach.rule) for breach in mended.after.breaches] == [(2, "lines")]
    assert (mended.before.score, mended.after.score) == (0.0, 50.0)
