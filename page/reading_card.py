"""What opens over the page to read a transcript, listen to it and correct it. Uses Gradio."""

import asyncio
import json
from collections.abc import Callable, Iterable
from functools import wraps
from pathlib import Path
from typing import Any

from page import rendering, transcripts
from page.answers import LONG, Door, Updates
from page.asking import Asked
from page.captions_player import PLAYING
from page.desk import Desk
from page.listening import Listening
from page.past import Past
from page.playable import Playable
from transcriber import outputs
from transcriber.errors import TranscriberError

HERE = Path(__file__).parent
SCRIPT = PLAYING + "\n".join(
    (HERE / f"transcript_{part}.js").read_text(encoding="utf-8")
    for part in (
        "rows",
        "sound",
        "doubts",
        "edits",
        "shape",
        "side",
        "find",
        "replace",
        "speakers",
        "compare",
        "list",
        "peaks",
        "captions",
        "keys",
    )  # fmt: skip
)
"""One script in many files, which share their names."""

TEMPLATE = (HERE / "transcript_view.html").read_text(encoding="utf-8")


class ReadingCard:
    """The panel takes the place of all else while a transcript is open."""

    def __init__(self, past: Past, playable: Playable) -> None:
        self._past, self._playable = past, playable
        self._desk, self._listening = Desk(past), Listening(past, playable.address)

    def lay_out(self) -> None:
        """The panel itself."""
        import gradio as gr

        self._gr = gr
        with gr.Column(elem_id="correcting", visible=False) as self._panel:
            self._view = gr.HTML(
                elem_id="transcript",
                apply_default_css=False,
                html_template=TEMPLATE,
                js_on_load=SCRIPT,
                server_functions=_functions(self._desk, self._listening),
            )

    def connect(self, *doors: Door, results: Any, progress: Any) -> None:  # noqa: ANN401 - Gradio has no types for us
        """Open what a button in any of the doors asks for. What is left shows in `results`, why not in `progress`."""
        self._results, self._progress = results, progress
        for door in doors:
            door.part.read(self._opening(door), None, [self._panel, self._view, door.said], **LONG)
        self._view.leave(self._leaving(), [results], [self._panel, self._view, results, progress], **LONG)

    def _opening(self, door: Door) -> Any:  # noqa: ANN401 - what Gradio takes
        import gradio as gr

        async def listener(event: gr.EventData) -> Updates:
            try:
                wanted = await asyncio.to_thread(self._wanted, str(event.job), getattr(event, "word", None))
            except TranscriberError as error:
                return door.refuse(str(error))
            return {self._panel: gr.update(visible=True), self._view: wanted}

        return listener

    def _wanted(self, job: str, word: int | None) -> str:
        """What the view has to know before it asks for the words. It opens at the `word` of that id, if any."""
        entry = self._past.find(job)
        recording = entry.summary.recording
        media = self._past.lies_at(recording)
        footage = outputs.footage_of(media) if media else None
        address = self._playable.address(media) if media else ""
        return json.dumps(
            {
                "job": job,
                "name": self._past.title(entry),
                "word": word,
                "address": address,
                "picture": bool(footage and footage.size),
            }
        )

    def _leaving(self) -> Any:  # noqa: ANN401 - what Gradio takes
        import gradio as gr

        async def listener(shown: str, event: gr.EventData) -> Updates:
            closed = {self._panel: gr.update(visible=False), self._view: ""}
            try:
                renewed = await asyncio.to_thread(self._renewed, shown, [str(event.job), *map(str, event.others)])
            except TranscriberError as error:
                return {**closed, self._progress: rendering.notice(str(error), "error")}
            return {**closed, self._results: renewed}

        return listener

    def _renewed(self, shown: str, jobs: Iterable[str]) -> str:
        """The results as they are now that these were corrected."""
        for job in jobs:
            if transcripts.shows(shown, job):
                shown = transcripts.renewed(shown, self._past.open(job))
        return shown


def _functions(desk: Desk, listening: Listening) -> list[Callable[[Asked], str]]:
    changing = (desk.correct, desk.replace, desk.undo, desk.redo)
    reading = (desk.read, desk.find, desk.preview, desk.compare, desk.others)
    return [_function(each) for each in (*reading, *changing, listening.peaks, listening.captions)]


def _function(method: Callable[[Asked], str]) -> Callable[[Asked], str]:
    """Gradio takes functions, and no methods."""

    @wraps(method)
    def function(asked: Asked) -> str:
        return method(asked)

    return function
