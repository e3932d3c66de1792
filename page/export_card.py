"""The card that makes files of a transcript, each when it is asked for. Uses Gradio."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from page import deliveries, reports
from page.answers import LONG, Updates
from page.delivery import Delivery, Rules, download, pack, save_beside
from transcriber import export
from transcriber.errors import TranscriberError

CHOOSING = Path(__file__).with_name("exporting.js").read_text(encoding="utf-8")
DOWNLOADING = Path(__file__).with_name("downloading.js").read_text(encoding="utf-8")

NO_FORMAT = "Choose at least one format."
UPLOADED = "The browser brought this recording here, so nothing lies beside it: download the files instead."
LOOKING = "Shot changes are still being looked for: wait, or do without them."

Wanted = Callable[[Updates], Rules]


class ExportCard:
    """Lays itself out where it is made; `column` is all of it."""

    def __init__(self) -> None:
        import gradio as gr

        self._gr = gr
        with gr.Column(elem_id="export", elem_classes="card") as self.column:
            with gr.Row(elem_classes="titled"):
                gr.HTML("<h3>Export</h3>", apply_default_css=False)
                self.made = gr.HTML(elem_id="made", apply_default_css=False, js_on_load=DOWNLOADING)
            self._formats = gr.HTML(
                deliveries.formats(), elem_id="formats", apply_default_css=False, js_on_load=CHOOSING
            )

    def connect(self, fields: set[Any], opened: Any, rules: Wanted) -> None:  # noqa: ANN401 - Gradio has no types for us
        """Answer its buttons with files of what is in the state `opened`."""
        self._opened, self._rules = opened, rules
        makers = {"download": self._download, "pack": self._pack, "save_beside": self._save_beside}
        for name, make in makers.items():
            asked = getattr(self._formats, name)
            asked(self._answering(make), {opened, *fields}, [self.made], trigger_mode="multiple", **LONG)

    def _answering(self, make: Callable[[Delivery, Rules, Sequence[str]], str]) -> Any:  # noqa: ANN401 - what Gradio takes
        import gradio as gr

        async def listener(wishes: Updates, event: gr.EventData) -> Updates:
            formats = [name for name in event.formats if name in export.FORMATS]
            delivery, rules = wishes[self._opened], self._rules(wishes)
            return {self.made: await asyncio.to_thread(_made, make, delivery, rules, formats)}

        return listener

    def settled(self, wishes: Updates) -> Updates:
        """What went wrong may go right by other rules; what was made stays."""
        return {self.made: ""} if 'role="alert"' in (wishes[self.made] or "") else {}

    # --- files -------------------------------------------------------------------------------------------------------

    @staticmethod
    def _download(delivery: Delivery, rules: Rules, formats: Sequence[str]) -> str:
        (path,) = download(delivery, delivery.hand_over(rules), formats)
        return deliveries.made(path)

    @staticmethod
    def _pack(delivery: Delivery, rules: Rules, formats: Sequence[str]) -> str:
        return deliveries.made(pack(delivery, delivery.hand_over(rules), formats))

    @staticmethod
    def _save_beside(delivery: Delivery, rules: Rules, formats: Sequence[str]) -> str:
        if delivery.beside is None:
            return deliveries.wrong(UPLOADED)
        return deliveries.saved(save_beside(delivery, delivery.hand_over(rules), formats))


def _made(
    make: Callable[[Delivery, Rules, Sequence[str]], str],
    delivery: Delivery | None,
    rules: Rules,
    formats: Sequence[str],
) -> str:
    """What is to be said in the end, whatever becomes of it."""
    if delivery is None:
        return ""
    if not formats:
        return deliveries.wrong(NO_FORMAT)
    if delivery.wants_shots(rules):
        return deliveries.wrong(LOOKING)
    try:
        return make(delivery, rules, formats)
    except TranscriberError as error:
        return deliveries.wrong(str(error))
    except Exception as error:  # noqa: BLE001 - nobody above would say anything to the user
        return deliveries.wrong(reports.sentence(error))
