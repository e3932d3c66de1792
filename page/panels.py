"""What is said of jobs in lists, and the HTML of the list of those to go on with."""

from collections.abc import Iterator, Sequence
from html import escape

from page.model_in_use import short
from page.phrases import clock, length, moment, plural
from transcriber.errors import TranscriptionCancelledError
from transcriber.jobs import Summary

CANCELLED = "Cancelled."
ENDED = "It ended unexpectedly."
"""Nobody was left to write down why."""


def unfinished(jobs: Sequence[Summary]) -> str:
    """What can be gone on with; nothing where there is nothing."""
    rows = "".join(map(_row, jobs))
    return f'<section class="card jobs"><h2>Unfinished</h2><ul>{rows}</ul></section>' if jobs else ""


def _row(job: Summary) -> str:
    name = escape(job.recording.name)
    said = escape(" · ".join(so_far(job)))
    return (
        f'<li aria-label="{name}"><div class="what"><b title="{escape(str(job.recording))}">{name}</b>'
        f"<span>{said}</span></div>"
        f'<div class="does">{_button("Go on", "go_on", job, "lead")}'
        '<button type="button" data-ask>Delete</button></div>'
        f'<div class="sure"><span>Delete it for good? Files that you saved stay.</span>'
        f'{_button("Delete", "delete_job", job, "stop")}<button type="button" data-keep>Keep</button></div></li>'
    )


def _button(label: str, does: str, job: Summary, kind: str) -> str:
    return f'<button type="button" class="{kind}" data-does="{does}" data-job="{escape(job.id)}">{label}</button>'


def so_far(job: Summary) -> Iterator[str]:
    """Of one that is not finished."""
    yield _share(job)
    yield short(job.model)
    yield moment(job.ended or job.began)
    if job.state != "running":
        yield _reason(job)


def _reason(job: Summary) -> str:
    """Why it stopped, without saying again which recording it was."""
    if job.reason is None:
        return ENDED
    return CANCELLED if job.reason == str(TranscriptionCancelledError(job.recording.name)) else job.reason


def _share(job: Summary) -> str:
    """How far it went.

    >>> from datetime import UTC, datetime
    >>> from pathlib import Path
    >>> _share(Summary("x", Path("a.wav"), "demo", datetime.now(UTC), "unfinished", 0.25, 3600.0, 7))
    '15:00 of 1:00:00 done'
    """
    if job.share is None or job.duration is None:
        return f"{plural(job.words, 'word', 'words')} so far"
    return f"{clock(job.share * job.duration)} of {clock(job.duration)} done"


def facts(job: Summary) -> Iterator[str]:
    """Of one that is finished."""
    if job.duration:
        yield length(job.duration)
    yield plural(job.words, "word", "words")
    yield short(job.model)
    yield moment(job.ended or job.began)
