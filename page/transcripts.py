"""The HTML of transcripts, whole or as far as they went. Values in, text out; all that users wrote is escaped here."""

from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from urllib.parse import quote

from page import proof
from page.model_in_use import short
from page.phrases import clock, plural, seconds, speed
from page.recordings import Effort, Result
from page.rendering import commit, notice
from transcriber import export
from transcriber.transcript import Segment, Transcript, Word

ROWS_AT_FIRST = 100
"""Rows of a table of words that come with the page; script.js fetches the others when they are scrolled to."""

SPANS_SHOWN = 12
"""Of what was not heard. The others are in the files."""

RESULTS = '<h2 class="unseen">Transcripts</h2>'
NOTHING = '<div class="nothing"><p>Your transcripts appear here.</p></div>'

ENDS = "</article>"

READ, DELIVER = "Read and correct", "Captions and export"

UNTIMED_WORDS = "No word times: install Parakeet to get them. Until then, times are those of clips of up to 40 s."
UNTIMED_BY_CHOICE = "No word times, as you chose: times are those of clips of up to 40 s."

SHARED = "~ not heard: shared out between the words before and after"
SHARED_WORD = "Nobody heard when: its part of the time between the words before and after."


def results(finished: Sequence[Result]) -> str:
    """One section per recording, in the order they were given."""
    return RESULTS + ("".join(map(_result, finished)) or NOTHING)


def renewed(shown: str, result: Result) -> str:
    """What `results` gave, with the result of the same job in place of what it was."""
    mine, pieces = _mark(result.job or ""), shown.split(ENDS)
    return ENDS.join(
        each[: each.index("<article")] + _result(result).removesuffix(ENDS) if mine in each else each for each in pieces
    )


def shows(shown: str, job: str) -> bool:
    """Whether a result of that job is in what `results` gave."""
    return _mark(job) in shown


def _mark(job: str) -> str:
    return f'data-job="{escape(job)}"'


def title(result: Result) -> str:
    """What a transcript is called: how far it goes, where it ends before the recording does.

    >>> title(Result("talk.wav", Transcript((), 750.0, "demo"), cancelled=True, is_partial=True, whole=3600.0))
    'talk.wav, cancelled at 12:30 of 1:00:00'
    """
    if result.transcript is None or not result.is_partial:
        return result.name
    how = "cancelled" if result.cancelled else "stopped"
    of = f" of {clock(result.whole)}" if result.whole else ""
    return f"{result.name}, {how} at {clock(result.transcript.duration)}{of}"


def _result(result: Result) -> str:
    called = escape(title(result))
    body = _transcript(result, result.transcript) if result.transcript else _files(result)
    attributes = f'class="result" data-name="{escape(result.name)}" aria-label="{called}"'
    return f"<article {attributes}><h3>{called}</h3>{_news(result)}{body}</article>"


def _news(result: Result) -> str:
    """What went wrong; of a transcript that somebody cancelled, its title says so."""
    said = notice(result.notice) if result.notice else ""
    if result.failure and not (result.cancelled and result.transcript):
        said += notice(result.failure, "info" if result.cancelled else "error")
    return said


def _transcript(result: Result, transcript: Transcript) -> str:
    return (
        f"{_untimed(result, transcript)}{_statistics(result.effort, transcript)}{_actions(result)}{_files(result)}"
        f"{_unheard(transcript)}{_proof(result, transcript)}"
        f'<div class="columns">{_text(result, transcript)}{_words(result, transcript)}</div>'
    )


# --- about it --------------------------------------------------------------------------------------------------------


def _untimed(result: Result, transcript: Transcript) -> str:
    if transcript.timing == "words":
        return ""
    return notice(UNTIMED_BY_CHOICE if result.timing == "none" else UNTIMED_WORDS)


def _statistics(effort: Effort | None, transcript: Transcript) -> str:
    facts = {"Audio": seconds(transcript.duration), "Words": f"{len(transcript.text.split()):,}"}
    facts |= dict(_of_effort(effort, transcript)) if effort else {}
    facts |= dict(_of_doubt(transcript)) | {"Model": short(transcript.model)}
    shown = {name: escape(value) for name, value in facts.items()}
    if transcript.revision:
        shown["Revision"] = commit(transcript.revision)
    return '<dl class="statistics">' + "".join(_fact(*fact) for fact in shown.items()) + "</dl>"


def _of_effort(effort: Effort, transcript: Transcript) -> Iterator[tuple[str, str]]:
    yield "Took", f"{seconds(effort.seconds)} ({speed(transcript.duration / effort.seconds)})"
    yield "Device", effort.device
    if effort.memory_bytes:
        yield "Memory", f"{effort.memory_bytes / 1e9:.2f} GB at most"


def _of_doubt(transcript: Transcript) -> Iterator[tuple[str, str]]:
    """Only where there is any."""
    if transcript.unheard:
        yield "Not heard", plural(len(transcript.unheard), "passage", "passages")
    if transcript.dropped_words:
        yield "Left out", f"{plural(transcript.dropped_words, 'word', 'words')} outside speech"


def _fact(name: str, value: str) -> str:
    return f"<div><dt>{name}</dt><dd>{value}</dd></div>"


def _unheard(transcript: Transcript) -> str:
    """Where the user should listen himself."""
    if not transcript.unheard:
        return ""
    shown = ", ".join(f"{clock(span.start)}–{clock(span.end)}" for span in transcript.unheard[:SPANS_SHOWN])
    more = len(transcript.unheard) - SPANS_SHOWN
    rest = f" and {plural(more, 'more passage', 'more passages')}" if more > 0 else ""
    return f'<p class="unheard">Somebody speaks, but no words were found: {shown}{rest}.</p>'


def _second(result: Result) -> str:
    """What the model is called that told the times."""
    return "Parakeet" if result.timing == "auto" else short(result.timing)


def _proof(result: Result, transcript: Transcript) -> str:
    return proof.summary(transcript, _second(result)) if result.proof else ""


# --- what can be done with it ----------------------------------------------------------------------------------------


def _actions(result: Result) -> str:
    links = "".join(map(_link, result.downloads))
    offered = f'<span class="offered"><span>Download</span>{links}</span>' if links else ""
    go_on = ""
    if result.is_partial and result.job:
        go_on = f'<button type="button" class="lead" data-does="go_on" data-job="{escape(result.job)}">Go on</button>'
    copy = '<button type="button" data-copy>Copy text</button>'
    return f'<div class="actions">{go_on}{_deliver(result)}{copy}{offered}</div>'


def _deliver(result: Result) -> str:
    """What opens a whole transcript, to be corrected or for export."""
    if not result.job or result.is_partial:
        return ""
    does = {"read": READ, "deliver": DELIVER}
    return "".join(
        f'<button type="button" class="lead" data-does="{what}" data-job="{escape(result.job)}">{label}</button>'
        for what, label in does.items()
    )


def address(path: Path) -> str:
    """Of a file that the page serves."""
    return f"gradio_api/file={quote(path.as_posix())}"


def _link(path: Path) -> str:
    ending = _ending(path)
    attributes = f'href="{escape(address(path))}" download="{escape(path.name)}" aria-label="Download {ending}"'
    return f"<a {attributes}>{ending}</a>"


def _ending(path: Path) -> str:
    """By which formats are told apart.

    >>> _ending(Path("talk.v2.premiere.json"))
    '.premiere.json'
    """
    known = (each.extension for each in export.FORMATS.values() if path.name.endswith(each.extension))
    return max(known, key=len, default=path.suffix)


def _files(result: Result) -> str:
    if not result.saved:
        return ""
    where = f"{result.saved[0].parent}: {', '.join(path.name for path in result.saved)}"
    return f'<p class="saved">{"Saved in" if result.transcript else "In"} {escape(where)}</p>'


# --- words -----------------------------------------------------------------------------------------------------------


def _text(result: Result, transcript: Transcript) -> str:
    if result.proof:
        said = proof.paragraphs(transcript, _second(result))
    else:
        said = "".join(map(_paragraph, transcript.segments))
    said = said or '<p class="silent">Nobody speaks in this recording.</p>'
    return f'<div class="text" tabindex="0" role="region" aria-label="Text">{said}</div>'


def _paragraph(segment: Segment) -> str:
    speaker = f'<b class="speaker">{escape(segment.speaker)}: </b>' if segment.speaker else ""
    return f"<p>{speaker}{escape(segment.text)}</p>"


def _words(result: Result, transcript: Transcript) -> str:
    words = transcript.words
    if not words:
        return ""
    more = next((path for path in result.downloads if _ending(path) == ".json"), None)
    source = f' data-more="{address(more)}"' if more and len(words) > ROWS_AT_FIRST else ""
    rows = "".join(map(_row, words[:ROWS_AT_FIRST]))
    legend = f"<caption>{SHARED}</caption>" if any(word.timing == "shared" for word in words) else ""
    return (
        f'<div class="words" tabindex="0" role="region" aria-label="Words and their times"{source}>'
        f'<table data-shared="{SHARED_WORD}">{legend}'
        "<thead><tr>"
        '<th scope="col">Start</th><th scope="col">End</th><th scope="col">Word</th>'
        f'<th scope="col">Confidence</th></tr></thead><tbody>{rows}</tbody></table></div>'
    )


def _row(word: Word) -> str:
    sure = "" if word.confidence is None else f"{word.confidence:.0%}"
    times = "".join(f"<td>{time:.2f}</td>" for time in (word.start, word.end))
    marked = f' class="shared" title="{SHARED_WORD}"' if word.timing == "shared" else ""
    return f"<tr{marked}>{times}<td>{escape(word.text)}</td><td>{sure}</td></tr>"
