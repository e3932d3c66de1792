"""The card that checks captions, the result's own or a file, and mends them. Uses Gradio."""

from pathlib import Path
from typing import Any

from page import checking, deliveries
from page.answers import Updates
from page.checking import Captions
from page.deliveries import Clock
from page.delivery import Delivery
from page.export_card import DOWNLOADING
from transcriber.export.checking import check
from transcriber.export.handover import Handover
from transcriber.export.subtitles import SUFFIXES

OWN = "these captions"


def subtitle_of(payload: Any) -> tuple[Path, str] | None:  # noqa: ANN401 - Gradio has no types for us
    """The file that the browser sent, by the name it has at the user's."""
    return payload and (Path(payload.path), payload.orig_name or Path(payload.path).name)


def subtitle_button(label: str, elem_id: str) -> Any:  # noqa: ANN401 - Gradio has no types for us
    """A button that takes a subtitle file; its value is what `subtitle_of` gives."""
    import gradio as gr

    button = gr.UploadButton(label, file_types=list(SUFFIXES), elem_id=elem_id, scale=0)
    button.preprocess = subtitle_of
    return button


class CheckCard:
    """Lays itself out where it is made. What lies on its table is in the tab's own state, `table`: None for our own."""

    def __init__(self) -> None:
        import gradio as gr

        self._gr = gr
        self.table = gr.State()
        with gr.Column(elem_id="check", elem_classes="card"):
            gr.HTML("<h3>Check</h3>", apply_default_css=False)
            with gr.Row(elem_classes="buttons"):
                self.file = subtitle_button("Check a subtitle file", "subtitle-file")
                self.repair = gr.Button("Repair", variant="primary", visible=False, elem_id="repair")
                self.anew = gr.Button("Lay out anew", visible=False, elem_id="anew")
                self.own = gr.Button("Back to these captions", visible=False, elem_id="own")
            self.wrong = gr.HTML(elem_id="check-wrong", apply_default_css=False)
            self.report = gr.HTML(elem_id="report", apply_default_css=False, js_on_load=DOWNLOADING)

    @property
    def parts(self) -> list[Any]:
        """All that `showing` changes."""
        return [self.table, self.wrong, self.report, self.repair, self.anew, self.own]

    def showing(self, captions: Captions | None, handover: Handover, delivery: Delivery) -> Updates:
        """The report of what lies on the table, by the rules as they are, and what can be done about it."""
        shown = captions or Captions(OWN, tuple(handover.cues))
        clock = Clock(handover.rate, handover.first_frame)
        if captions:
            clock = Clock(handover.rate, 0, checking.offset(captions, handover))
        found = check(shown.cues, handover.options.captions, handover.rate)
        update = self._gr.update
        return {
            self.table: captions,
            self.wrong: "",
            self.report: deliveries.report(shown, found, clock),
            self.repair: update(visible=captions is not None and bool(found.avoidable)),
            self.anew: update(visible=captions is not None),
            self.own: update(visible=captions is not None and not delivery.is_bare),
        }

    def repaired(self, captions: Captions, handover: Handover, delivery: Delivery) -> Captions:
        """Mended where it is safe. Raises StorageError."""
        return checking.repaired(captions, handover.options.captions, handover.rate, delivery.folder)

    def laid_out_anew(self, captions: Captions, handover: Handover, delivery: Delivery) -> Captions:
        """In other cues. Raises StorageError."""
        return checking.laid_out_anew(captions, handover.options.captions, handover.rate, delivery.folder)
