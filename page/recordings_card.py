"""The card in which recordings are chosen: brought here by the browser, or opened where they lie. Uses Gradio."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import Any

from page import rendering
from page.answers import LONG, Updates
from page.errand import Errand
from page.keeping import leaving
from page.places import Look, look, typed_paths
from page.recordings import Recording

Already = Callable[[Updates, Sequence[Path]], int]

PATHS = "One per line: files, or folders with all in them"


def uploads_of(payload: Any) -> list[Recording]:  # noqa: ANN401 - Gradio has no types for us
    """The files that the browser sent, by the names they have at the user's.

    In the place of Gradio's own `File.preprocess`, which knows them only by the
    names it gave them, without the letters it does not like.
    """
    return [Recording(Path(file.path), file.orig_name or Path(file.path).name, uploaded=True) for file in payload or ()]


class RecordingsCard:
    """Lays itself out where it is made. `fields` say which recordings are wanted; the buttons are the page's."""

    def __init__(self) -> None:
        import gradio as gr

        self._gr = gr
        self._looking = gr.State()
        with gr.Column(elem_id="recordings", elem_classes="card"):
            gr.HTML("<h2>Recordings</h2>", apply_default_css=False)
            self._files = gr.File(
                file_count="multiple", label="Audio or video files", height=150, show_label=False, elem_id="files"
            )
            self._files.preprocess = uploads_of
            self._paths = gr.Textbox(
                label="Paths on this computer", placeholder=PATHS, lines=1, max_lines=6, elem_id="paths"
            )
            self._look = gr.HTML(elem_id="look", apply_default_css=False)
            with gr.Row(elem_classes="buttons"):
                self.go = gr.Button("Transcribe", variant="primary", elem_id="transcribe")
                self.stop = gr.Button("Cancel", variant="stop", elem_id="cancel", visible=False)
                self.sample = gr.Button("Try the sample", elem_id="sample")
        self.fields = {self._files, self._paths}

    def uploads(self, wishes: Updates) -> tuple[Recording, ...]:
        """What the browser brought here."""
        return tuple(wishes[self._files] or ())

    def paths(self, wishes: Updates) -> tuple[Path, ...]:
        """What is to be opened where it lies: files, and folders."""
        return typed_paths(wishes[self._paths])

    def connect(self, saving: set[Any], changes: Sequence[Any], already: Already) -> None:
        """Look at what was typed as soon as the field is left, and again after `changes` of where files are saved.

        `already` tells, of the fields `saving` and of recordings, how many need no work.
        """
        self._already = already
        wishes, seen = {self._paths, self._looking, *saving}, [self._looking, self._look]
        for changed in (*leaving(self._paths), *changes):
            changed(self._looked, wishes, seen, **LONG)

    async def _looked(self, wishes: Updates) -> AsyncIterator[Updates]:
        paths = self.paths(wishes)
        if wishes[self._looking]:
            wishes[self._looking].cancel()
        if not paths:
            yield {self._looking: None, self._look: ""}
            return
        errand = Errand(lambda report: look(paths, report))
        yield {self._looking: errand, self._look: ""}
        async with aclosing(errand.follow()) as batches:
            async for new in batches:
                if new and not errand.cancelled:
                    yield {self._look: self._told(new[-1], wishes)}

    def _told(self, found: Look, wishes: Updates) -> str:
        return rendering.look(replace(found, transcribed=self._already(wishes, found.recordings)))
