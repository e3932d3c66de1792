"""The HTML of what is handed over: its rules in words, its formats, its captions' report. Values in, text out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from page import phrases
from page.checking import Captions
from page.delivery import Delivery
from page.phrases import plural, seconds
from page.transcripts import address
from transcriber import export
from transcriber.export import Format
from transcriber.export.checking import Breach, Report
from transcriber.export.cues import Cue
from transcriber.export.handover import USUAL_RATE, Handover
from transcriber.options import CaptionOptions
from transcriber.timecode import FrameRate

PROFILES = {"netflix": "Netflix", "bbc": "BBC", "youtube": "YouTube", "single-word": "Word by word", "608": "CEA-608"}
"""What the profiles are called."""

KINDS = {"editing": "Editing", "captions": "Captions", "text": "Text", "data": "Data"}
"""What the kinds of formats are called, in the order they are shown."""

ROWS = 300
"""Breaches shown of a report: whoever has more repairs the file, or lays it out anew."""

GONE = "The recording is not on this computer any more: it cannot be played, and its frame rate is not known."
KEPT = "Every caption keeps every rule."
LAYING_OUT = '<p class="look" role="status">Laying captions out …</p>'
NO_CAPTIONS = "There are no captions: nobody speaks."


# --- what it is ------------------------------------------------------------------------------------------------------


def head(delivery: Delivery) -> str:
    """What is open, and what its recording is to an editor."""
    facts = "" if delivery.is_bare else "".join(f"<span>{escape(fact)}</span>" for fact in _facts(delivery))
    gone = "" if delivery.media or delivery.is_bare else f'<p class="look">{GONE}</p>'
    name = f'<h2 tabindex="-1" data-job="{escape(delivery.job)}">{escape(delivery.name)}</h2>'
    back = '<button type="button" class="back">Back to the transcripts</button>'
    return f'<div class="opened">{back}{name}<p class="facts">{facts}</p></div>{gone}'


def _facts(delivery: Delivery) -> Iterator[str]:
    footage = delivery.footage
    yield seconds(footage.duration)
    if footage.rate:
        yield f"{footage.rate} frames a second"
    if footage.size:
        yield "{} × {}".format(*footage.size)
    if footage.start is not None and footage.rate:
        yield f"timecode {footage.rate.timecode(footage.rate.nearest(float(footage.start)))}"


def film_rate(delivery: Delivery) -> str:
    """What stands in the empty field of the frame rate."""
    rate = delivery.footage.rate
    known = f"{rate} (from the recording)" if rate else f"{USUAL_RATE} (the recording has none)"
    return f"{USUAL_RATE} (give that of the film)" if delivery.is_bare else known


# --- the rules -------------------------------------------------------------------------------------------------------


def rules(options: CaptionOptions) -> str:
    """The rules that have no field of their own, in words."""
    said = "; ".join(_words(options))
    return f'<p class="rules">{escape(said[0].upper() + said[1:])}.</p>'


def _words(options: CaptionOptions) -> Iterator[str]:
    if options.words_per_cue:
        yield f"{plural(options.words_per_cue, 'word', 'words')} at a time"
    least = f"{options.shortest:.2f} to " if options.shortest else "up to "
    yield f"shown for {least}{options.longest:g} s, {options.linger:g} s past the last word where there is room"
    yield f"at least {options.gap_frames} frames apart" if options.gap_frames else "one may follow another at once"
    if options.closed_gap:
        yield f"gaps below {options.closed_gap:g} s are closed"
    elif options.closed_gap_frames:
        yield f"gaps of up to {options.closed_gap_frames} frames are closed"


def begins(delivery: Delivery, handover: Handover) -> str:
    """Which timecode the recording begins at, as the files will have it."""
    if delivery.is_bare:
        return f'<p class="look" role="status">Checked at a frame rate of {handover.rate}.</p>'
    lacking = handover.options.base == "source" and handover.footage.start is None
    why = "The recording has no timecode: it " if lacking else "The recording "
    start = handover.rate.timecode(handover.first_frame)
    return f'<p class="look" role="status">{why}begins at <b>{start}</b>, at a frame rate of {handover.rate}.</p>'


def wrong(sentence: str) -> str:
    """Why the rules make no sense."""
    return f'<p class="look wrong" role="alert">{escape(sentence)}</p>'


def looking(done: float, whole: float) -> str:
    """How far the search for shot changes is."""
    share = min(1.0, done / whole) if whole else 0.0
    said = f"Looking for shot changes: {phrases.clock(done)} of {phrases.clock(whole)}"
    return (
        f'<div class="progress"><p><span>{said}</span></p><div class="bar" role="progressbar" aria-label="{said}" '
        f'aria-valuemin="0" aria-valuemax="100" aria-valuenow="{100 * share:.0f}" style="--share: {share:.4f}"><i></i>'
        "</div></div>"
    )


def shots_found(count: int) -> str:
    """What came of it."""
    found = plural(count, "shot change", "shot changes") if count else "No shot changes"
    return f'<p class="look" role="status">{found} found.</p>'


# --- formats ---------------------------------------------------------------------------------------------------------


def formats() -> str:
    """All formats to choose from, each with a button that makes it, and what can be done with those chosen."""
    groups = "".join(_group(kind, title) for kind, title in KINDS.items())
    return (
        '<div class="bar-of-buttons">'
        '<button type="button" class="lead" data-make="pack">Download an editing pack</button>'
        '<button type="button" data-make="save_beside">Save beside the recording</button>'
        '<span class="chosen" role="status"></span>'
        '<button type="button" class="plain" data-all>Choose all</button>'
        '<button type="button" class="plain" data-none>Choose none</button></div>'
        f'<div class="formats">{groups}</div>'
    )


def _group(kind: str, title: str) -> str:
    rows = "".join(_format(name, form) for name, form in export.FORMATS.items() if form.kind == kind and name != "pack")
    return f"<fieldset><legend>{title}</legend>{rows}</fieldset>"


def _format(name: str, form: Format) -> str:
    checked = " checked" if name in export.PACKED else ""
    title = escape(form.title)
    return (
        f'<div class="format"><label><input type="checkbox" value="{name}"{checked}>'
        f"<span><b>{title}</b> <code>{form.extension}</code><small>{escape(form.help)}</small></span></label>"
        f'<button type="button" data-make="download" data-format="{name}" '
        f'aria-label="Download {form.extension}: {title}">Download</button></div>'
    )


def link(path: Path, *, begin: bool = True) -> str:
    """A file of the page's own to download; with `begin` exporting.js does so at once."""
    at_once = " data-begin" if begin else ""
    name = escape(path.name)
    return f'<a href="{escape(address(path))}" download="{name}"{at_once}>{name}</a>'


def made(path: Path) -> str:
    """A download that begins."""
    return f'<p class="look" role="status">Ready: {link(path)}</p>'


def saved(paths: Sequence[Path]) -> str:
    """Where files were saved."""
    names = ", ".join(path.name for path in paths)
    where = f"{plural(len(paths), 'file', 'files')} in {paths[0].parent}"
    return f'<p class="look" role="status" title="{escape(names)}">Saved {escape(where)}</p>'


# --- the report ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Clock:
    """How a file of captions counts time: its frame rate, and the frame and the second that the recording begins at."""

    rate: FrameRate
    first_frame: int = 0
    offset: float = 0.0

    def timecode(self, seconds: float) -> str:
        """Of a moment in the file of captions."""
        return self.rate.timecode(self.first_frame + self.rate.nearest(seconds))


def report(captions: Captions, found: Report, clock: Clock) -> str:
    """The score of captions, and what is wrong with which."""
    if not captions.cues:
        return f'<p class="look">{NO_CAPTIONS}</p>'
    note = f'<p class="look" role="status">{escape(captions.note)} {_file(captions)}</p>' if captions.note else ""
    said = f"of 100 for <i>{escape(captions.name)}</i><br>{escape(_judgement(found))}"
    full = "" if found.avoidable else " full"
    score = f'<div class="score{full}"><b>{found.score:g}</b><span>{said}</span></div>'
    return f"{score}{note}{_table(captions.cues, found, clock)}"


def _file(captions: Captions) -> str:
    return f"Ready: {link(captions.path)}" if captions.path else ""


def _judgement(found: Report) -> str:
    """How many captions keep the rules.

    >>> _judgement(Report(7, ()))
    '7 captions. Every caption keeps every rule.'
    """
    total = plural(found.cues, "caption", "captions")
    if not found.breaches:
        return f"{total}. {KEPT}"
    broken = len({breach.cue for breach in found.avoidable})
    forced = len({breach.cue for breach in found.breaches if breach.forced})
    fast = f" {forced} cannot be read as fast as it is spoken, which costs no points." if forced else ""
    return f"{total}, {broken or 'none'} of them {'breaks' if broken == 1 else 'break'} a rule.{fast}"


def _table(cues: Sequence[Cue], found: Report, clock: Clock) -> str:
    if not found.breaches:
        return ""
    rows = "".join(_row(breach, cues[breach.cue - 1], clock) for breach in found.breaches[:ROWS])
    more = len(found.breaches) - ROWS
    rest = f'<p class="look">And {plural(more, "more", "more")}.</p>' if more > 0 else ""
    return (
        '<div class="breaches" tabindex="0" role="region" aria-label="Broken rules"><table><thead><tr>'
        '<th scope="col">Caption</th><th scope="col">At</th><th scope="col">Rule</th><th scope="col">What is wrong</th>'
        f'<th scope="col">Forced</th></tr></thead><tbody>{rows}</tbody></table></div>{rest}'
    )


def _row(breach: Breach, cue: Cue, clock: Clock) -> str:
    at, second = clock.timecode(cue.start), max(0.0, cue.start - clock.offset)
    show = f'<button type="button" data-at="{second:.3f}" aria-label="Show caption {breach.cue} at {at}">{at}</button>'
    forced = "by the speech" if breach.forced else ""
    return (
        f"<tr><td>{breach.cue}</td><td>{show}</td><td>{escape(breach.rule)}</td>"
        f"<td>{escape(breach.sentence)}</td><td>{forced}</td></tr>"
    )
