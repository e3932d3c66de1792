"""Transcripts as tests need them: words with times from a text, and hypothesis's own inventions."""

from dataclasses import replace

from hypothesis import strategies as st

from transcriber.transcript import Segment, Transcript, Word


def timed(text: str, start: float, seconds: float = 0.3, gap: float = 0.05) -> tuple[Word, ...]:
    step = seconds + gap
    return tuple(
        Word(word, round(start + index * step, 3), round(start + index * step + seconds, 3))
        for index, word in enumerate(text.split())
    )


def segment(text: str, start: float, seconds: float = 0.3, gap: float = 0.05, speaker: str | None = None) -> Segment:
    words = tuple(replace(word, speaker=speaker) for word in timed(text, start, seconds, gap))
    return Segment(text, words[0].start, words[-1].end, words, speaker)


def transcript(*segments: Segment, duration: float = 1000.0, language: str | None = None) -> Transcript:
    return Transcript(segments, duration, model="demo", language=language)


tokens = st.one_of(
    st.sampled_from(
        ["a", "the", "comma,", "end.", "Really?", "42", "-->", "Ωμέγα", "שלום", "pa\nra", "\u00a0", "x" * 30]
    ),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60),
)


@st.composite
def transcripts(draw: st.DrawFn) -> Transcript:
    segments, now = [], 0.0
    for _ in range(draw(st.integers(0, 6))):
        words = []
        for text in draw(st.lists(tokens, min_size=1, max_size=25)):
            start = now + draw(st.sampled_from([0.0, 0.0, 0.08, 0.4, 1.5]))
            now = start + draw(st.sampled_from([0.0, 0.08, 0.24, 0.4, 9.0]))
            words.append(Word(text, start, now))
        keeps_words = draw(st.booleans())
        text = " ".join(word.text for word in words)
        speaker = draw(st.sampled_from([None, "Anna"]))
        segments.append(Segment(text, words[0].start, now, tuple(words) if keeps_words else (), speaker))
    return Transcript(tuple(segments), now + draw(st.sampled_from([0.0, 0.5, 5.0])), "demo")


def visible(text: str) -> str:
    return "".join(char for char in text if char.isprintable() and not char.isspace())
