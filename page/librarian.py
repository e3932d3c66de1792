"""What answers in the library room: lists the jobs, searches their words, renames and deletes them."""

import hashlib
import json
from collections.abc import Iterator

from page import listing
from page.asking import Asked, answered
from page.past import Past
from transcriber.errors import TranscriberError, UnknownJobError

HITS_OF_EACH = 5
"""Shown of a transcript, until all of its own are asked for."""


class Librarian:
    """Tabs may ask from several threads. Every answer is as `page.asking` says."""

    def __init__(self, past: Past) -> None:
        self._past = past

    def jobs(self, asked: Asked) -> str:
        """All rows, unless they are those of the `stamp` that the tab knows already."""
        return answered(self._jobs, asked)

    def search(self, asked: Asked) -> str:
        """Hits of what was `typed`: some of every transcript, or all of one `job`."""
        return answered(self._search, asked)

    def rename(self, asked: Asked) -> str:
        """Give a `job` another `name`."""
        return answered(self._rename, asked)

    def delete(self, asked: Asked) -> str:
        """Delete `jobs`, as many as can be; the ids of those that are gone."""
        return answered(self._delete, asked)

    def _jobs(self, asked: Asked) -> Asked:
        jobs, why = self._past.seen().all, {}
        try:
            listed = self._past.listed()
        except TranscriberError as error:  # the jobs are there all the same
            listed, why = (), {"error": str(error)}
        shown = {"rows": listing.rows(jobs, listed), **why}
        stamp = hashlib.sha256(json.dumps(shown).encode("ascii")).hexdigest()
        return {"stamp": stamp} if stamp == asked.get("stamp") else {"stamp": stamp, **shown}

    def _search(self, asked: Asked) -> Asked:
        job = asked.get("job")
        each = {} if job else {"each": HITS_OF_EACH}
        jobs = self._past.seen().all
        found = self._past.library.search(str(asked.get("typed", "")), job and str(job), **each)
        told = listing.searched(jobs, self._past.listed())
        return {"groups": listing.hits(found), "transcripts": len(found.counts), **told}

    def _rename(self, asked: Asked) -> Asked:
        self._past.rename(str(asked.get("job")), str(asked.get("name", "")))
        return {}

    def _delete(self, asked: Asked) -> Asked:
        gone, errors = list[str](), list[str]()
        for job, error in self._deleted(map(str, asked.get("jobs", ()))):
            if error is None:
                gone.append(job)
            else:
                errors.append(error)
        return {"gone": gone, **({"error": " ".join(errors)} if errors else {})}

    def _deleted(self, jobs: Iterator[str]) -> Iterator[tuple[str, str | None]]:
        """Each with what stood in the way."""
        for job in jobs:
            try:
                self._past.delete(job)
            except UnknownJobError:  # somebody else was first
                yield job, None
            except TranscriberError as error:
                yield job, str(error)
            else:
                yield job, None
