"""Any transcript, and anything that may be done to it, for tests that hold whatever happens."""

import random
from dataclasses import replace

from hypothesis import strategies as st

from transcriber.editing import (
    AssignSpeaker,
    Delete,
    Document,
    Edit,
    Insert,
    JoinParagraph,
    MarkChecked,
    MergeSpeakers,
    MergeWords,
    NewParagraph,
    Query,
    RenameSpeaker,
    Replace,
    Restore,
    RestoreAll,
    SettleUnheard,
    SplitParagraph,
    SplitWord,
    find,
    replace_all,
)
from transcriber.transcript import Reading, Segment, Span, Transcript, Word

SAID = ("a", "clock", "clock,", "—", "Grüße!", "don’t", "42", "x" * 30)


@st.composite
def transcripts(draw: st.DrawFn) -> Transcript:
    moment, segments = 0.0, []
    for _ in range(draw(st.integers(1, 5))):
        words = []
        for said in draw(st.lists(st.sampled_from(SAID), max_size=6)):
            start = moment + draw(st.sampled_from((0.0, 0.0, 0.25, 2.0)))
            moment = start + draw(st.sampled_from((0.0, 0.08, 0.5)))
            words.append(Word(said, start, moment, 0.5, reading=draw(st.sampled_from((None, Reading("b", "word", 2))))))
        speaker = draw(st.sampled_from((None, "Anna", "Ben")))
        timed = bool(words) and draw(st.booleans())
        start = words[0].start if words else moment
        segments.append(Segment(" ".join(w.text for w in words), start, moment, tuple(words) if timed else (), speaker))
        if timed:
            segments[-1] = replace(segments[-1], words=tuple(replace(w, speaker=speaker) for w in words))
    return Transcript(tuple(segments), moment + 5.0, "demo", unheard=(Span(0.5, 1.0),))


def any_edit(random: random.Random, document: Document) -> Edit:
    """One that may be refused, but is about what is there, mostly."""
    ids = [each.id for each in document.words] or [0]
    first = random.randrange(len(ids))
    last = min(len(ids) - 1, first + random.randrange(4))
    run = (ids[first], ids[last])
    said = " ".join(random.choice(SAID) for _ in range(random.randrange(4)))
    names = [*document.speakers, "Carl"]
    return random.choice(
        [
            lambda: Replace(*run, said),
            lambda: Replace(run[0], run[0], said),
            lambda: Delete(*run),
            lambda: Insert(run[0], said, random.choice(("before", "after"))),
            lambda: SplitWord(run[0], random.randrange(5)),
            lambda: MergeWords(*run),
            lambda: SplitParagraph(run[0]),
            lambda: JoinParagraph(random.choice([each.id for each in document.paragraphs] or [0])),
            lambda: NewParagraph(random.random(), 1 + 4 * random.random(), said, random.choice(names)),
            lambda: RenameSpeaker(random.choice(names), random.choice(names)),
            lambda: MergeSpeakers(random.choice(names), random.choice(names)),
            lambda: AssignSpeaker(*run, random.choice([None, *names])),
            lambda: MarkChecked(*run, random.random() < 0.5),
            lambda: SettleUnheard(0.5, 1.0),
            lambda: Restore(random.randrange(document.next_id)),
            lambda: RestoreAll() if random.random() < 0.2 else Delete(*run),
            lambda: replace_all(document, find(document, Query("c")), said).edit,
        ]
    )()
