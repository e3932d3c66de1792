"""The card that shows the queue, the same in every tab, and what can be done with it. Uses Gradio."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

from page.answers import SHORT, Updates
from page.mine import Mine
from page.queue import Entry, Place, Queue
from page.queue_rows import drawn

SCRIPT = Path(__file__).with_name("queue.js").read_text(encoding="utf-8")
FRAME = (
    '<section class="card queue" aria-label="Queue" hidden><header><h2>Queue</h2><p class="said" role="status"></p>'
    '<div class="all"></div></header><ul></ul><p class="more"></p></section>'
)
"""queue.js fills it."""


class QueueCard:
    """Lays itself out where it is made. `part` makes events of Gradio's: `ask`, `retry`, `rejoin`."""

    def __init__(self, queue: Queue) -> None:
        import gradio as gr

        self._gr, self._queue = gr, queue
        self._shown = gr.State("")
        self.part = gr.HTML(elem_id="queue", apply_default_css=False, html_template=FRAME, js_on_load=SCRIPT)
        self._all: dict[str, Callable[[], None]] = {
            "pause": queue.pause,
            "resume": queue.resume,
            "cancel_all": lambda: queue.cancel(each for each in queue.entries() if not each.is_over),
            "clear_failed": lambda: queue.cancel(each for each in queue.entries() if each.is_over),
        }

    def show(self, mine: Mine) -> Updates:
        """The queue of this moment, in a tab that waits for `mine`."""
        return {self.part: drawn(self._queue.entries(), mine.waited_for, paused=self._queue.paused)}

    def connect(self, timer: Any, mine: Any) -> None:  # noqa: ANN401 - Gradio has no types for us
        """Draw it whenever it has changed, and answer clicks; `mine` is the tab's state."""
        timer.tick(self._refresh, {self._shown, mine}, [self.part, self._shown], **SHORT)
        self._mine = mine
        self.part.ask(self._answering(), {mine}, [self.part], **SHORT)

    def _refresh(self, states: Updates) -> Any:  # noqa: ANN401 - what Gradio takes
        now = self.show(states[self._mine])
        if now[self.part] == states[self._shown]:
            return self._gr.skip()
        return {**now, self._shown: now[self.part]}

    def _answering(self) -> Any:  # noqa: ANN401 - what Gradio takes
        """A listener that is told what to do, and with which entry."""
        import gradio as gr

        def listener(states: Updates, event: gr.EventData) -> Updates:
            act = self._all.get(str(event.does))
            if act:
                act()
            for entry in self._queue.find([str(event.id)]):
                self._do(str(event.does), entry)
            return self.show(states[self._mine])

        return listener

    def _do(self, what: str, entry: Entry) -> None:
        if what in ("cancel", "remove"):
            self._queue.cancel([entry])
        for place in get_args(Place):
            if what == place:
                self._queue.move(entry, place)
