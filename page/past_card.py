"""What was transcribed before: a panel of what can be gone on with, and a history. Uses Gradio."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from page import panels, rendering, transcripts
from page.answers import SHORT, Updates
from page.past import Past, Seen
from transcriber.errors import TranscriberError

BUTTONS = (Path(__file__).with_name("buttons.js")).read_text(encoding="utf-8")
"""Makes `go_on`, `open_again` and `delete_job` events of Gradio's."""

TRANSCRIBE = "transcribe"
"""The room where results are, in which the page opens."""

DELETED = "{} was deleted."


class PastCard:
    """Two parts of the page, each laid out where the page wants it. What a tab shows of them is its own."""

    def __init__(self, past: Past) -> None:
        import gradio as gr

        self._gr, self._past = gr, past

    def lay_out_unfinished(self) -> None:
        """What can be gone on with; takes no room where there is nothing."""
        self.unfinished = self._html(panels.unfinished(self._past.seen().unfinished), "unfinished")

    def lay_out_history(self) -> None:
        """What is done."""
        with self._gr.Column(elem_classes="card"):
            self.history = self._html(panels.history(self._past.seen().finished), "history")

    def show(self, seen: Seen) -> Updates:
        """Both, as they are now."""
        return {self.unfinished: panels.unfinished(seen.unfinished), self.history: panels.history(seen.finished)}

    def connect(self, *, progress: Any, results: Any, opened: Any, rooms: Any) -> None:  # noqa: ANN401 - Gradio's
        """Answer clicks: what is opened goes into `results`, what is to be said into `progress`.

        `opened` is the state that holds which jobs the results are of, `rooms` are the page's tabs.
        """
        self._progress, self._results, self._opened, self._rooms = progress, results, opened, rooms
        shown = [progress, results, opened, rooms, self.unfinished, self.history]
        for part in (self.unfinished, self.history):
            part.delete_job(self._answering(self._delete), [opened], shown, **SHORT)
        self.history.open_again(self._answering(self._open), [opened], shown, **SHORT)

    def _answering(self, answer: Any) -> Any:  # noqa: ANN401 - what Gradio takes
        """A listener that is told which job a button is of."""
        import gradio as gr

        def listener(opened: tuple[str, ...], event: gr.EventData) -> Updates:
            try:
                return {**answer(str(event.job), opened), **self.show(self._past.seen())}
            except TranscriberError as error:
                return {self._progress: rendering.notice(str(error), "error"), **self.show(self._past.seen())}

        return listener

    def _open(self, job: str, _: Sequence[str]) -> Updates:
        return {**self._showing([job]), self._rooms: self._gr.update(selected=TRANSCRIBE)}

    def _delete(self, job: str, opened: Sequence[str]) -> Updates:
        """With it goes what is shown of it."""
        name = self._past.find(job).summary.recording.name
        self._past.delete(job)
        rest = self._showing([each for each in opened if each != job]) if job in opened else {}
        return {self._progress: rendering.notice(DELETED.format(name)), **rest}

    def _showing(self, jobs: Sequence[str]) -> Updates:
        results = [self._past.open(job) for job in jobs]
        return {self._results: transcripts.results(results), self._opened: tuple(jobs)}

    def _html(self, value: str, elem_id: str) -> Any:  # noqa: ANN401 - Gradio has no types for us
        return self._gr.HTML(value, elem_id=elem_id, apply_default_css=False, js_on_load=BUTTONS)
