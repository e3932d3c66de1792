"""The player: a recording where it lies, with captions over it. Uses Gradio."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from page.delivery import Delivery
from transcriber.export.cues import Cue

Serve = Callable[[Path], str]
"""Lets the browser read a file where it lies, and gives its address."""

SCRIPT = Path(__file__).with_name("captions_player.js").read_text(encoding="utf-8")
PLAYER = (
    '<figure class="player" hidden><video controls preload="metadata" playsinline aria-label="Recording with captions">'
    '</video><p class="spoken"></p><figcaption class="cannot look wrong" role="alert" hidden></figcaption></figure>'
)
"""captions_player.js fills it."""


class CaptionsPlayer:
    """Lays itself out where it is made; `part` is the component to update with what `showing` gives."""

    def __init__(self, serve: Serve) -> None:
        import gradio as gr

        self._serve = serve
        self.part: Any = gr.HTML(elem_id="player", apply_default_css=False, html_template=PLAYER, js_on_load=SCRIPT)

    def showing(self, delivery: Delivery, cues: Sequence[Cue], offset: float = 0.0) -> str:
        """The recording with these captions, which are `offset` seconds late, as the player wants it."""
        timed = [(cue.start - offset, cue.end - offset, "\n".join(cue.lines)) for cue in cues]
        return json.dumps(
            {
                "address": self._serve(delivery.media) if delivery.media else "",
                "picture": delivery.footage.size is not None,
                "cues": [each for each in timed if each[0] >= 0],
            }
        )
