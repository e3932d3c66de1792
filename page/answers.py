"""What answers to clicks are made of, on every part of the page."""

from typing import Any

from page import rendering
from page.jobs import Job

Updates = dict[Any, Any]
"""What changes on the page: a value, or an update of its looks, by component."""

_HIDDEN: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}

LONG: dict[str, Any] = {**_HIDDEN, "concurrency_limit": None}
"""How Gradio runs what answers as it goes along."""

SHORT: dict[str, Any] = {**_HIDDEN, "queue": False}
"""How it runs what answers at once."""

CANCELLED = "Cancelled."


def cancel(job: Job[Any] | None) -> None:
    """Stop what a tab is having done, if anything."""
    if job:
        job.cancel()


def news(job: Job[Any], *, done: str, cancelled: str = CANCELLED) -> str:
    """What is to be said when a job is over."""
    besides = "".join(map(rendering.notice, job.notices))
    if job.failure:
        return rendering.notice(job.failure, "error") + besides
    return rendering.notice(cancelled if job.stopped else done) + besides


def typed(text: str | None) -> str:
    """A path as somebody typed or pasted it; Windows copies paths with quotation marks around them.

    >>> typed(' "C:/talks" ')
    'C:/talks'
    """
    return (text or "").strip().strip('"').strip()
