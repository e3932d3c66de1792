"""What the library room is sent: rows of jobs, and hits of a search. Values in, plain values out."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from page import panels
from page.phrases import clock
from transcriber.jobs import Summary
from transcriber.library import Found, Hit, Listed


def rows(jobs: Iterable[Summary], listed: Iterable[Listed]) -> list[dict[str, Any]]:
    """One per job, in their order; `listed` are those of them that are in the library."""
    known = {each.id: each for each in listed}
    return [_row(job, known.get(job.id)) for job in jobs]


def _row(job: Summary, listed: Listed | None) -> dict[str, Any]:
    name = listed.title if listed else job.recording.name
    finished = job.state == "finished"
    return {
        "job": job.id,
        "name": name,
        "path": str(job.recording),
        "recording": job.recording.name,
        "state": job.state,
        "facts": list(panels.facts(job) if finished else panels.so_far(job)),
        "checked": _percent(listed) if listed else None,
        "corrected": listed is not None and listed.corrected,
    }


def _percent(listed: Listed) -> int | None:
    """How much of it was looked at: none and all are said of nothing else; None where there is nothing to look at."""
    if not listed.words:
        return None
    if listed.checked in (0, listed.words):
        return round(100 * listed.checked_share)
    return min(99, max(1, round(100 * listed.checked_share)))


def hits(found: Found) -> list[dict[str, Any]]:
    """One group per transcript with hits."""
    return [_group(list(those), found.counts) for _, those in groupby(found.hits, lambda hit: hit.transcript)]


def _group(those: Sequence[Hit], counts: Mapping[str, int]) -> dict[str, Any]:
    first = those[0]
    return {
        "job": first.transcript,
        "name": first.title,
        "count": counts[first.transcript],
        "hits": [{"word": each.word, "at": clock(each.start), "pieces": list(each.snippet)} for each in those],
    }


def searched(jobs: Sequence[Summary], listed: Sequence[Listed]) -> dict[str, int]:
    """How many transcripts a search looked through; how many it did not, and why."""
    known = {each.id for each in listed}
    return {
        "searched": len(listed),
        "missing": sum(each.state == "finished" and each.id not in known for each in jobs),
        "unfinished": sum(each.state != "finished" for each in jobs),
    }
