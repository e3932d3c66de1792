"""Puts every finished transcript into the library, whoever finished it, so that its words are found."""

import logging
import threading
import time

from page.past import Past
from transcriber.errors import StorageError, TranscriberError

log = logging.getLogger(__name__)


class Shelving:
    """Works beside the page, the newest first, and no more than half of the time: one of five hours takes a second."""

    def __init__(self, past: Past) -> None:
        self._past = past
        self._left_out: set[str] = set()

    def start(self, after_seconds: float) -> None:
        """Begin in a thread of its own, which goes with the program; first the page is left alone so long."""
        threading.Thread(target=self._work, args=(after_seconds,), name="library", daemon=True).start()

    def tidy(self) -> None:
        """Delete what was left of deleted jobs. Says in the log why it could not be."""
        try:
            self._past.forget_deleted()
        except StorageError as error:
            log.warning("%s", error)

    def put_up(self) -> None:
        """Put all that is missing where it belongs. One that is damaged is left out, and the log says so once."""
        try:
            known = {each.id for each in self._past.listed()} | self._left_out
        except StorageError as error:
            log.warning("%s", error)
            return
        for job in self._past.seen().finished:
            if job.id not in known:
                begun = time.monotonic()
                self._shelve(job.id)
                time.sleep(time.monotonic() - begun)

    def _shelve(self, job_id: str) -> None:
        try:
            self._past.shelve(job_id)
        except TranscriberError as error:
            self._left_out.add(job_id)
            log.warning("job %s cannot be searched: %s", job_id, error)

    def _work(self, after_seconds: float) -> None:
        time.sleep(after_seconds)
        self.tidy()
        while True:
            self._past.news.clear()
            self.put_up()
            self._past.news.wait()
