"""Markdown, read back by markdown-it: what was said is text and nothing else."""

from html.parser import HTMLParser

from handovers import handed
from hypothesis import given, settings
from hypothesis import strategies as st
from interview import handed_over
from markdown_it import MarkdownIt
from said import segment, transcript
from test_formats import hostile

from transcriber.export import find
from transcriber.export.plain import one_line
from transcriber.transcript import Segment

sayings = st.one_of(
    hostile,
    st.text(st.sampled_from("#>*_-+=`~[]()!<>&|\\. 1a\n\t$"), min_size=1, max_size=12),
    st.sampled_from(
        ["1. one", "12) x", "# head", "---", "    code", "<b>", "&lt;", "![x](y)", "```", "a  \nb", "|a|b|"]
    ),
)


class _Text(HTMLParser):
    """The tags of a page, and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags, self.text = set(), ""

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)

    def handle_data(self, data):
        self.text += data


def shown(markdown: str) -> _Text:
    page = _Text()
    page.feed(MarkdownIt("commonmark").enable("table").render(markdown))
    return page


@settings(deadline=None, max_examples=200)
@given(sayings)
def test_what_is_said_is_shown_as_it_is_and_makes_no_markup(said):
    said = said.encode("utf-8", "replace").decode()
    made = transcript(Segment(said, 0.0, 1.0))

    page = shown(find("md").text(handed(made)))

    assert page.tags <= {"h1", "p", "code"}
    assert "".join(page.text.split()) == "museum.wav00:00:00" + "".join(one_line(said).split())


def test_speakers_are_bold_and_times_are_code():
    page = shown(find("md").text(handed_over()))

    assert page.tags == {"h1", "p", "strong", "code"}
    assert "Anna 10:00:00;16" in page.text
    assert "Café & <Ж> 7.mov" in page.text


def test_one_speakers_paragraphs_share_a_name():
    made = transcript(segment("One.", 0.0, speaker="A"), segment("Two.", 9.0, speaker="A"), segment("Three.", 20.0))

    assert find("md").text(handed(made)) == (
        "# museum.wav\n\n**A** `00:00:00`\n\nOne.\n\nTwo.\n\n`00:00:20`\n\nThree.\n"
    )
