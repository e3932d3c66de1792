"""What a tab shows of the work that it waits for, from the press to the end. Uses Gradio."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from typing import Any

from page import rendering, transcripts
from page.answers import CANCELLED, Updates
from page.errand import POLL_SECONDS
from page.mine import Mine
from page.model_in_use import ModelInUse
from page.past import Past
from page.past_card import PastCard
from page.queue import Entry, Queue
from page.queue_card import QueueCard
from page.recordings_card import RecordingsCard
from transcriber.progress import Progress

PAUSED = "The queue is paused. Resume goes on where it stopped."


@dataclass(frozen=True, slots=True)
class Parts:
    """Of the page: components that show how the work goes, the cards that do, and the state of the opened jobs."""

    opened: Any
    status: Any
    progress: Any
    growing: Any
    results: Any
    given: RecordingsCard
    before: PastCard
    queue: QueueCard

    @property
    def all(self) -> list[Any]:
        """Every component that may change."""
        shown = [self.opened, self.status, self.progress, self.growing, self.results, self.queue.part]
        return [*shown, self.given.stop, self.given.sample, self.before.unfinished]


class Following:
    """Follows what tabs wait for. Holds nothing of any tab: that is in its `Mine`."""

    def __init__(self, model: ModelInUse, queue: Queue, past: Past, parts: Parts) -> None:
        import gradio as gr

        self._gr = gr
        self.model, self.queue, self.past = model, queue, past
        self._parts = parts

    async def follow(self, mine: Mine, entries: Iterable[Entry]) -> AsyncIterator[Updates]:
        """Show what becomes of them, until all that the tab waits for is over; where that is shown already, leave."""
        mine.wait_for(entries)
        if mine.is_followed:
            yield self._so_far(mine)
            return
        mine.is_followed = True
        try:
            yield {**self._so_far(mine), **self._under_way(mine), **self._buttons(running=bool(mine.waited_for))}
            while mine.waited_for:
                await asyncio.sleep(POLL_SECONDS)
                news = self._so_far(mine) if mine.collect() else {}
                yield {**news, **(self._under_way(mine) if mine.waited_for else {})}
        finally:
            mine.is_followed = False
        yield self._ended(mine)

    def _under_way(self, mine: Mine) -> Updates:
        current = mine.current
        return {
            self._parts.progress: mine.remark + self._progress(mine),
            self._parts.growing: current.growth.mark() if current else None,
            **self._parts.queue.show(mine),
            **self._header(),
        }

    def _progress(self, mine: Mine) -> str:
        current, meanwhile = mine.current, self.model.meanwhile
        if current is None or current.state == "running":
            now = current.progress if current else None
            since, stopping = (current.seconds_since_report, bool(current.stopping)) if current else (0.0, False)
            return rendering.progress(now, count=mine.count, meanwhile=meanwhile, since=since, cancelled=stopping)
        if self.queue.paused:
            return rendering.notice(PAUSED)
        return rendering.progress(self._place(current), count=mine.count, meanwhile=meanwhile)

    def _place(self, entry: Entry) -> Progress | None:
        """Its place in the line, and whom it waits for; None if it comes at once."""
        working = [each for each in self.queue.entries() if not each.is_over]
        ahead = working.index(entry) if entry in working else 0
        return Progress("waiting", working[0].name, done=ahead) if ahead else None

    def _so_far(self, mine: Mine) -> Updates:
        jobs = tuple(each.job for each in mine.finished if each.job)
        return {
            self._parts.results: transcripts.results(mine.finished),
            self._parts.opened: jobs,
            **self._parts.before.show(self.past.seen()),
        }

    def _ended(self, mine: Mine) -> Updates:
        done = CANCELLED if mine.last == "cancelled" else rendering.summary(mine.finished, mine.seconds)
        besides = "".join(map(rendering.notice, mine.notices))
        return {
            self._parts.growing: None,
            self._parts.progress: mine.remark + rendering.notice(done) + besides,
            **self._parts.before.show(self.past.seen()),
            **self._parts.queue.show(mine),
            **self._header(),
            **self._buttons(running=False),
        }

    def _header(self) -> Updates:
        """Right beside what is shown with it; what a late tick undoes, the next one mends."""
        return {self._parts.status: rendering.status(self.model.status)}

    def _buttons(self, *, running: bool) -> Updates:
        """Cancel takes the place of the sample's button."""
        update, given = self._gr.update, self._parts.given
        return {given.stop: update(visible=running), given.sample: update(visible=not running)}
