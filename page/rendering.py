"""The HTML of what is said about models and about work. Values in, text out; all that users wrote is escaped here."""

from collections.abc import Sequence
from html import escape

from page.model_in_use import Status, short
from page.phrases import LANGUAGES, SHORT_HASH, clock, gigabytes, left, length, ordinal, plural, seconds, speed
from page.places import Look
from page.recordings import Result
from transcriber.catalogue import ModelSpec
from transcriber.progress import Progress

HEADER = '<h1>Transcribe</h1><p class="purpose">Speech to text with word times. Everything stays on this computer.</p>'

STOPPED = "It stopped before the end. What was heard is kept."

UNTIMED = {"importing": "Importing {}", "loading": "Loading {}", "unpacking": "Unpacking {}"}
CHECKED = {"downloading": "Downloading {}", "verifying": "Verifying {}"}


def status(current: Status) -> str:
    """The line that says which model is ready, and where."""
    notes = "".join(f'<p class="note">{escape(note)}</p>' for note in current.notes)
    if current.commit:
        notes = f'<p class="note">Revision {commit(current.commit)}</p>{notes}'
    return (
        f'<div class="status {current.kind}" role="status"><span class="dot" aria-hidden="true"></span>'
        f"<span>{escape(current.sentence)}</span></div>{notes}"
    )


def commit(revision: str) -> str:
    """The first digits of a commit; all of them for who points at it."""
    return f'<abbr title="{escape(revision)}">{escape(revision[:SHORT_HASH])}</abbr>'


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


def _languages(spec: ModelSpec) -> str:
    if len(spec.languages) == 1:
        return LANGUAGES.get(spec.languages[0], spec.languages[0])
    return f"{len(spec.languages)} languages"


def notice(sentence: str, kind: str = "info") -> str:
    """One sentence in its place: `info`, or `error`."""
    role = "alert" if kind == "error" else "status"
    return f'<p class="notice {kind}" role="{role}">{escape(sentence)}</p>'


# --- recordings ------------------------------------------------------------------------------------------------------


def look(found: Look) -> str:
    """What the typed paths come to, and what is wrong with some of them."""
    said = f'<p class="look" role="status">{escape(_amount(found))}</p>' if found.recordings else ""
    return said + "".join(f'<p class="look wrong" role="alert">{escape(str(each))}</p>' for each in found.failures)


def _amount(found: Look) -> str:
    where = f" in {plural(found.folders, 'folder', 'folders')}" if len(found.recordings) > 1 else ""
    told = sum(each or 0.0 for each in found.durations)
    so_far = " so far" if len(found.durations) < len(found.recordings) else ""
    long = f", {length(told)}{so_far}" if told else ""
    known = f"; {found.transcribed:,} {'is' if found.transcribed == 1 else 'are'} already transcribed"
    rest = known if found.transcribed else ""
    return f"{plural(len(found.recordings), 'recording', 'recordings')}{where}{long}{rest}."


# --- work ------------------------------------------------------------------------------------------------------------


def progress(
    now: Progress | None, *, count: str = "", meanwhile: str = "", since: float = 0.0, cancelled: bool = False
) -> str:
    """A bar, what is being done, how far it is.

    `count` says which of several files it is, `meanwhile` what else is waited for, `since` how many seconds ago
    anything was reported.
    """
    sentence = "Stopping after the current step …" if cancelled else doing(now, meanwhile)
    share = now.fraction if now else None
    value = f' aria-valuenow="{100 * share:.0f}" style="--share: {share:.4f}"' if share is not None else ""
    return (
        f'<div class="progress"><p><span>{escape(sentence)}</span><span>{escape(count)}</span></p>'
        f'<div class="bar" role="progressbar" aria-label="{escape(sentence)}" aria-valuemin="0" aria-valuemax="100"'
        f"{value}><i></i></div>{_pace(now, since)}</div>"
    )


def doing(now: Progress | None, meanwhile: str) -> str:
    """What is being done, in a few words; `meanwhile` is what else is waited for."""
    if now is None:
        return "Starting …"
    if now.stage in UNTIMED:
        return UNTIMED[now.stage].format(short(now.subject)) + " …"
    if now.stage == "waiting":
        return _waiting(now, meanwhile)
    if now.stage in CHECKED:
        total = f" of {gigabytes(int(now.total))}" if now.total else ""
        return f"{CHECKED[now.stage].format(now.subject)}: {gigabytes(int(now.done))}{total}"
    return f"Transcribing {now.subject}"


def _waiting(now: Progress, meanwhile: str) -> str:
    """For the Hub, or for others: `done` is then the place in the line."""
    if not now.done:
        return f"Waiting for the Hub, or for another download of {short(now.subject)} …"
    why = meanwhile.rstrip(" ….") or f"{short(now.subject)} is being transcribed"
    place = "next" if now.done == 1 else ordinal(int(now.done))
    return f"Waiting: {why} ({place} in line)"


def _pace(now: Progress | None, since: float) -> str:
    if now is None or now.stage != "recognizing":
        return ""
    done = f"{clock(now.done)} of {clock(now.total)}" if now.total else f"{clock(now.done)} done"
    fast = f" · {speed(now.times_real_time)}" if now.times_real_time else ""
    rest = left(max(0.0, now.seconds_left - since)) if now.seconds_left is not None else ""
    return f'<p class="pace"><span>{done}{fast}</span><span>{rest}</span></p>'


def summary(finished: Sequence[Result], took: float) -> str:
    """How it went, in one sentence; `took` in seconds.

    >>> summary([Result("a.wav", failure="It is empty.")], 1.0)
    'None of 1 recording was transcribed, in 1.0 s.'
    """
    total, done = len(finished), sum(each.failure is None for each in finished)
    files = plural(total, "recording", "recordings")
    if done == total:
        return f"Done: {files} in {seconds(took)}."
    if not done and any(each.is_partial for each in finished):
        return STOPPED
    return f"{done or 'None'} of {files} {'were' if done > 1 else 'was'} transcribed, in {seconds(took)}."
