"""What was transcribed before: a panel of what can be gone on with, and the library. Uses Gradio."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from page import library_card, panels, rendering, transcripts
from page.answers import SHORT, Door, Updates
from page.past import Past, Seen
from transcriber.errors import TranscriberError

BUTTONS = (Path(__file__).with_name("buttons.js")).read_text(encoding="utf-8")
"""Makes `go_on` and `delete_job` events of Gradio's."""

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
        """All that was ever transcribed; it keeps itself up to date."""
        self.history = library_card.lay_out(self._past)

    def door(self) -> Door:
        """The history, which opens what is in it."""
        return Door(self.history, self.history, library_card.wrong)

    def show(self, seen: Seen) -> Updates:
        """What can be gone on with now."""
        return {self.unfinished: panels.unfinished(seen.unfinished)}

    def connect(self, *, progress: Any, results: Any, opened: Any, rooms: Any) -> None:  # noqa: ANN401 - Gradio's
        """Answer clicks: what is opened goes into `results`, what is to be said into `progress`.

        `opened` is the state that holds which jobs the results are of, `rooms` are the page's tabs.
        """
        self._progress, self._results, self._opened, self._rooms = progress, results, opened, rooms
        shown = [progress, results, opened, rooms, self.unfinished, self.history]
        begun, door = Door(self.unfinished, progress, lambda said: rendering.notice(said, "error")), self.door()
        self.unfinished.delete_job(self._answering(self._delete, begun), [opened], shown, **SHORT)
        self.history.open_again(self._answering(self._open, door), [opened], shown, **SHORT)
        self.history.gone(self._answering(self._gone, door), [opened], shown, **SHORT)
        self.history.go_on(self._to_results, None, [rooms], **SHORT)  # the work itself is begun elsewhere

    def _answering(self, answer: Any, door: Door) -> Any:  # noqa: ANN401 - what Gradio takes
        """A listener that is told which job, or jobs, a button is of."""
        import gradio as gr

        def listener(opened: tuple[str, ...], event: gr.EventData) -> Updates:
            try:
                done = answer(event, opened)
            except TranscriberError as error:
                done = door.refuse(str(error))
            return {**done, **self.show(self._past.seen())}

        return listener

    def _to_results(self) -> Any:  # noqa: ANN401 - what Gradio takes
        return self._gr.update(selected=TRANSCRIBE)

    def _open(self, event: Any, _: Sequence[str]) -> Updates:  # noqa: ANN401 - Gradio has no types for us
        return {**self._showing([str(event.job)]), self._rooms: self._to_results()}

    def _delete(self, event: Any, opened: Sequence[str]) -> Updates:  # noqa: ANN401 - Gradio has no types for us
        job = str(event.job)
        name = self._past.find(job).summary.recording.name
        self._past.delete(job)
        return {self._progress: rendering.notice(DELETED.format(name)), **self._without([job], opened)}

    def _gone(self, event: Any, opened: Sequence[str]) -> Updates:  # noqa: ANN401 - Gradio has no types for us
        return self._without(event.jobs, opened)

    def _without(self, deleted: Sequence[str], opened: Sequence[str]) -> Updates:
        """With a job goes what is shown of it."""
        left = [each for each in opened if each not in deleted]
        return self._showing(left) if len(left) < len(opened) else {}

    def _showing(self, jobs: Sequence[str]) -> Updates:
        results = [self._past.open(job) for job in jobs]
        return {self._results: transcripts.results(results), self._opened: tuple(jobs)}

    def _html(self, value: str, elem_id: str) -> Any:  # noqa: ANN401 - Gradio has no types for us
        return self._gr.HTML(value, elem_id=elem_id, apply_default_css=False, js_on_load=BUTTONS)
