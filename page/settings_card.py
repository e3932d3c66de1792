"""The room of what is remembered, with its defaults, and of what helps when something goes wrong. Uses Gradio."""

from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from html import escape
from pathlib import Path
from typing import Any

from page import diagnosing, rendering, settings
from page.answers import LONG, SHORT, Updates, cancel
from page.errand import Errand
from page.past import Past
from page.settings import Settings
from transcriber.diagnosis import Finding
from transcriber.storage import cache_dir, log_path

COPYING = Path(__file__).with_name("copying.js").read_text(encoding="utf-8")

KEPT = (
    "What you choose on this page is remembered as soon as you change it, for the next tab and the next start: model, "
    "device, options, formats, folder, and the rules of captions. Tabs that are open keep what they show."
)
RESET = "All fields are at their defaults again. Transcripts, corrections and models are untouched."
WHY = (
    "Versions, device, memory, decoders, room on the disks, and the last warnings: what a bug report needs. It has no "
    "word of your transcripts in it, and no name of yours or of your recordings."
)

FilledIn = Callable[[Settings], Updates]


class SettingsCard:
    """Lays itself out where it is made."""

    def __init__(self, past: Past, models_dir: Path) -> None:
        import gradio as gr

        self._gr, self._models_dir = gr, models_dir
        with gr.Row(elem_id="settings-room"):
            with gr.Column(elem_classes="card", elem_id="kept"):
                self._html(f"<h2>What is remembered</h2><p>{KEPT}</p>{_places(past, models_dir)}", "places")
                with gr.Row(elem_classes="buttons"):
                    self._reset = gr.Button("Back to the defaults", elem_id="defaults")
                self._said = self._html("", "defaults-news")
            with gr.Column(elem_classes="card", elem_id="diagnostics"):
                self._errand = gr.State()
                self._html(f"<h2>When something goes wrong</h2><p>{WHY}</p>", "diagnostics-head")
                with gr.Row(elem_classes="buttons"):
                    self._look = gr.Button("Look at this computer", elem_id="look-here")
                self._report = self._html("", "report", js_on_load=COPYING)

    def _html(self, value: str, elem_id: str, **more: Any) -> Any:  # noqa: ANN401 - Gradio has no types for us
        return self._gr.HTML(value, elem_id=elem_id, apply_default_css=False, **more)

    def connect(self, filled_in: FilledIn, fields: list[Any]) -> None:
        """Answer clicks; `filled_in` gives the `fields` of the page as they are remembered."""
        self._filled_in = filled_in
        self._reset.click(self._forget, None, [self._said, *fields], **SHORT)
        self._look.click(self._looked, [self._errand], [self._errand, self._report], **LONG)

    def _forget(self) -> Updates:
        settings.forget()
        return {**self._filled_in(Settings()), self._said: rendering.notice(RESET)}

    async def _looked(self, before: Errand[Finding] | None) -> AsyncIterator[Updates]:
        cancel(before)
        errand, found = Errand(lambda report: diagnosing.look(self._models_dir, report)), list[Finding]()
        yield {self._errand: errand, self._report: diagnosing.report(found, whole=False)}
        async with aclosing(errand.follow()) as batches:
            async for new in batches:
                found += new
                if new and not errand.cancelled:
                    yield {self._report: diagnosing.report(found, whole=False)}
        if not errand.stopped:
            failed = rendering.notice(errand.failure, "error") if errand.failure else ""
            yield {self._errand: None, self._report: failed + diagnosing.report(found, whole=True)}


def _places(past: Past, models_dir: Path) -> str:
    """Where on this computer everything lies that the program keeps."""
    places = {
        "These settings": settings.settings_path(),
        "Transcripts, as they were heard": past.folder,
        "What you corrected": past.library.path,
        "Models": models_dir,
        "What can be made again": cache_dir(),
        "Log": log_path(),
    }
    rows = "".join(f"<div><dt>{name}</dt><dd>{escape(str(path))}</dd></div>" for name, path in places.items())
    return f'<dl class="kept-where">{rows}</dl>'
