"""The player: a recording where it lies, with captions over it. Uses Gradio."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from page.delivery import Delivery
from transcriber.export.cues import Cue

Serve = Callable[[Path], str]
"""Lets the browser read a file where it lies, and gives its address."""

HERE = Path(__file__).parent
PLAYING = (HERE / "playing.js").read_text(encoding="utf-8")
"""What every player of the page needs; it stands before the script of the player's own."""

SCRIPT = PLAYING + (HERE / "captions_player.js").read_text(encoding="utf-8")
PLAYER = (
    '<figure class="player" hidden><video controls preload="metadata" playsinline aria-label="Recording with captions">'
    '</video><p class="spoken"></p><figcaption class="cannot look wrong" role="alert" hidden></figcaption></figure>'
)
"""captions_player.js fills it."""

Timed = tuple[float, float, str]
"""Start and end in seconds of the recording, and lines."""


def timed(cues: Sequence[Cue], offset: float = 0.0) -> list[Timed]:
    r"""The captions, which are `offset` seconds late, as the browser wants them; what lies before time 0 is left out.

    >>> timed([Cue(1.0, 2.5, ("Good", "morning."))])
    [(1.0, 2.5, 'Good\nmorning.')]
    """
    moved = ((cue.start - offset, cue.end - offset, "\n".join(cue.lines)) for cue in cues)
    return [each for each in moved if each[0] >= 0]


class CaptionsPlayer:
    """Lays itself out where it is made; `part` is the component to update with what `showing` gives."""

    def __init__(self, serve: Serve) -> None:
        import gradio as gr

        self._serve = serve
        self.part: Any = gr.HTML(elem_id="player", apply_default_css=False, html_template=PLAYER, js_on_load=SCRIPT)

    def showing(self, delivery: Delivery, cues: Sequence[Cue], offset: float = 0.0) -> str:
        """The recording with these captions, which are `offset` seconds late, as the player wants it."""
        return json.dumps(
            {
                "address": self._serve(delivery.media) if delivery.media else "",
                "picture": delivery.footage.size is not None,
                "cues": timed(cues, offset),
            }
        )
