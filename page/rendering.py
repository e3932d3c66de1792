"""The page's own HTML: status, progress, results. Text in, text out; all that users wrote is escaped here."""

from collections.abc import Sequence
from html import escape
from pathlib import Path
from urllib.parse import quote

from page import proof
from page.model_in_use import Status, short
from page.recordings import Result
from transcriber.catalogue import ModelSpec
from transcriber.pipeline import Done
from transcriber.progress import Progress
from transcriber.transcript import Segment, Transcript, Word

ROWS_AT_FIRST = 100
"""Rows of a table of words that come with the page; script.js fetches the others when they are scrolled to."""

HEADER = '<h1>Transcribe</h1><p class="purpose">Speech to text with word times. Everything stays on this computer.</p>'
RESULTS = '<h2 class="unseen">Transcripts</h2>'
NOTHING = '<div class="nothing"><p>Your transcripts appear here.</p></div>'

UNTIMED_WORDS = "No word times: install Parakeet to get them. Until then, times are those of clips of up to 40 s."
UNTIMED_BY_CHOICE = "No word times, as you chose: times are those of clips of up to 40 s."

SHARED = "~ not heard: shared out between the words before and after"
SHARED_WORD = "Nobody heard when: its part of the time between the words before and after."

SHORT_HASH = 7
"""Digits of a commit that people recognise it by, as git shows them."""

LANGUAGES = {"en": "English"}
UNTIMED = {"importing": "Importing {}", "loading": "Loading {}", "unpacking": "Unpacking {}"}
CHECKED = {"downloading": "Downloading {}", "verifying": "Verifying {}"}


def status(current: Status) -> str:
    """The line that says which model is ready, and where."""
    notes = "".join(f'<p class="note">{escape(note)}</p>' for note in current.notes)
    if current.commit:
        notes = f'<p class="note">Revision {_hash(current.commit)}</p>{notes}'
    return (
        f'<div class="status {current.kind}" role="status"><span class="dot" aria-hidden="true"></span>'
        f"<span>{escape(current.sentence)}</span></div>{notes}"
    )


def first_run(size_bytes: int) -> str:
    """What a user must know who has only the demo model."""
    return (
        "<h2>Only the demo model is installed</h2><p>It understands nothing but its own synthetic voice: "
        "try it with the sample. For real recordings install Parakeet, "
        f"a download of {gigabytes(size_bytes)}.</p>"
    )


def choice(spec: ModelSpec, *, installed: bool) -> str:
    """A model as one of several to choose from: its title, and a line of what else matters."""
    facts = (gigabytes(spec.size_bytes), _languages(spec), spec.licence, "installed" if installed else "not installed")
    return f"{spec.title}\n{' · '.join(facts)}"


def gigabytes(size_bytes: int) -> str:
    """A size for people.

    >>> gigabytes(2_470_000_000), gigabytes(4_751_360)
    ('2.5 GB', '4.8 MB')
    """
    return f"{size_bytes / 1e9:.1f} GB" if size_bytes >= 1e9 else f"{size_bytes / 1e6:.1f} MB"


def notice(sentence: str, kind: str = "info") -> str:
    """One sentence in its place: `info`, or `error`."""
    role = "alert" if kind == "error" else "status"
    return f'<p class="notice {kind}" role="{role}">{escape(sentence)}</p>'


def progress(now: Progress | None, *, count: str = "", meanwhile: str = "", cancelled: bool = False) -> str:
    """A bar, and what is being done. `count` says which of several files it is, `meanwhile` what is waited for."""
    sentence = "Stopping after the current step …" if cancelled else _doing(now, meanwhile)
    share = now.fraction if now else None
    value = f' aria-valuenow="{100 * share:.0f}" style="--share: {share:.4f}"' if share is not None else ""
    return (
        f'<div class="progress"><p><span>{escape(sentence)}</span><span>{escape(count)}</span></p>'
        f'<div class="bar" role="progressbar" aria-label="{escape(sentence)}" aria-valuemin="0" aria-valuemax="100"'
        f"{value}><i></i></div></div>"
    )


def summary(finished: Sequence[Result], took: float) -> str:
    """How it went, in one sentence; `took` in seconds.

    >>> summary([Result("a.wav", failure="It is empty.")], 1.0)
    'None of 1 recording was transcribed, in 1.0 s.'
    """
    total, done = len(finished), sum(result.done is not None for result in finished)
    files = "1 recording" if total == 1 else f"{total} recordings"
    if done == total:
        return f"Done: {files} in {seconds(took)}."
    return f"{done or 'None'} of {files} {'were' if done > 1 else 'was'} transcribed, in {seconds(took)}."


def results(finished: Sequence[Result]) -> str:
    """One section per file, in the order they were given."""
    return RESULTS + ("".join(map(_result, finished)) or NOTHING)


# --- progress --------------------------------------------------------------------------------------------------------


def _doing(now: Progress | None, meanwhile: str) -> str:
    if now is None:
        return "Starting …"
    if now.stage in UNTIMED:
        return UNTIMED[now.stage].format(short(now.subject)) + " …"
    if now.stage == "waiting" and not meanwhile:
        return f"Waiting for the Hub, or for another download of {short(now.subject)} …"
    if now.stage == "waiting":
        return f"Waiting until {short(now.subject)} is free. {meanwhile}"
    if now.stage in CHECKED:
        total = f" of {gigabytes(int(now.total))}" if now.total else ""
        return f"{CHECKED[now.stage].format(now.subject)}: {gigabytes(int(now.done))}{total}"
    total = f" of {seconds(now.total)}" if now.total else ""
    return f"Recognizing {now.subject}: {seconds(now.done)}{total}"


def seconds(duration: float) -> str:
    """A duration for people.

    >>> seconds(12.34), seconds(125), seconds(7325)
    ('12.3 s', '2:05 min', '2:02:05 h')
    """
    whole = round(duration)
    if duration < 60:  # noqa: PLR2004 - a minute
        return f"{duration:.1f} s"
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02} h" if hours else f"{minutes}:{rest:02} min"


# --- results ---------------------------------------------------------------------------------------------------------


def _result(result: Result) -> str:
    name = escape(result.name)
    body = _transcript(result, result.done) if result.done else ""
    failure = notice(result.failure, "info" if result.cancelled else "error") if result.failure else ""
    return f'<article class="result" aria-label="{name}"><h3>{name}</h3>{failure}{body}</article>'


def _transcript(result: Result, done: Done) -> str:
    return (
        f"{_untimed(result, done.transcript)}{_statistics(done)}{_actions(result)}{_proof(result, done.transcript)}"
        f'<div class="columns">{_text(result, done.transcript)}{_words(result, done.transcript)}</div>'
    )


def _untimed(result: Result, transcript: Transcript) -> str:
    if transcript.timing == "words":
        return ""
    return notice(UNTIMED_BY_CHOICE if result.timing == "none" else UNTIMED_WORDS)


def _second(result: Result) -> str:
    """What the model is called that told the times."""
    return "Parakeet" if result.timing == "auto" else short(result.timing)


def _proof(result: Result, transcript: Transcript) -> str:
    return proof.summary(transcript, _second(result)) if result.proof else ""


def _statistics(done: Done) -> str:
    facts = {
        "Audio": seconds(done.transcript.duration),
        "Words": f"{len(done.transcript.text.split()):,}",
        "Took": f"{seconds(done.seconds)} ({done.times_real_time:.1f}× real time)",
        "Device": done.device,
        "Memory": f"{done.memory_bytes / 1e9:.2f} GB at most",
        "Model": short(done.transcript.model),
    }
    shown = {name: escape(value) for name, value in facts.items()}
    if done.transcript.revision:
        shown["Revision"] = _hash(done.transcript.revision)
    return '<dl class="statistics">' + "".join(_fact(*fact) for fact in shown.items()) + "</dl>"


def _fact(name: str, value: str) -> str:
    return f"<div><dt>{name}</dt><dd>{value}</dd></div>"


def _hash(commit: str) -> str:
    """The first digits of a commit; all of them for who points at it."""
    return f'<abbr title="{escape(commit)}">{escape(commit[:SHORT_HASH])}</abbr>'


def _actions(result: Result) -> str:
    links = "".join(map(_link, result.downloads))
    saved = f'<p class="saved">{escape(_saved(result.saved))}</p>' if result.saved else ""
    return f'<div class="actions"><button type="button" data-copy>Copy text</button>{links}</div>{saved}'


def _link(path: Path) -> str:
    address = f"gradio_api/file={quote(path.as_posix())}"
    return f'<a href="{escape(address)}" download="{escape(path.name)}">Download {path.suffix}</a>'


def _saved(paths: Sequence[Path]) -> str:
    return f"Saved in {paths[0].parent}: {', '.join(path.name for path in paths)}"


def _text(result: Result, transcript: Transcript) -> str:
    if result.proof:
        said = proof.paragraphs(transcript, _second(result))
    else:
        said = "".join(map(_paragraph, transcript.segments))
    said = said or '<p class="silent">Nobody speaks in this recording.</p>'
    return f'<div class="text" tabindex="0" role="region" aria-label="Text">{said}</div>'


def _paragraph(segment: Segment) -> str:
    return f"<p>{escape(segment.text)}</p>"


def _words(result: Result, transcript: Transcript) -> str:
    words = transcript.words
    if not words:
        return ""
    more = next((path for path in result.downloads if path.suffix == ".json"), None)
    source = f' data-more="gradio_api/file={quote(more.as_posix())}"' if more and len(words) > ROWS_AT_FIRST else ""
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


def _languages(spec: ModelSpec) -> str:
    if len(spec.languages) == 1:
        return LANGUAGES.get(spec.languages[0], spec.languages[0])
    return f"{len(spec.languages)} languages"
