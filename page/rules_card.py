"""The card in which it is chosen how captions are laid out, and what files count time by. Uses Gradio."""

from typing import Any

from page import deliveries
from page.answers import LATEST, Updates
from page.delivery import USUAL_PROFILE, Delivery, Rules
from transcriber.options import PROFILES

OWN = "own"
BASES = [("Start of the file", "file"), ("Its timecode", "source"), ("A start of my own", OWN)]

USUAL_START = "01:00:00:00"


class RulesCard:
    """Lays itself out where it is made. `fields` are all that say what is wanted; they stay for the next result."""

    def __init__(self) -> None:
        import gradio as gr

        self._gr = gr
        with gr.Column(elem_id="caption-rules", elem_classes="card"):
            gr.HTML("<h3>Captions and timecode</h3>", apply_default_css=False)
            self._lay_out_captions()
            self._lay_out_time()
            self.said = gr.HTML(elem_id="rules-said", apply_default_css=False)
        self.fields = {self.profile, *self._numbers, self._rate, self._base, self._own_start, self.snap}

    def _lay_out_captions(self) -> None:
        gr, usual = self._gr, PROFILES[USUAL_PROFILE]
        choices = [(deliveries.PROFILES.get(name, name), name) for name in PROFILES]
        self.profile = gr.Radio(choices, value=USUAL_PROFILE, label="Rules of", elem_id="profile")
        with gr.Row(elem_classes="numbers"):
            self._length = gr.Number(usual.line_length, label="Characters a line", precision=0, elem_id="line-length")
            self._lines = gr.Number(usual.lines, label="Lines", precision=0, elem_id="lines")
            self._speed = gr.Number(usual.characters_per_second, label="Characters a second", elem_id="reading-speed")
        self._numbers = (self._length, self._lines, self._speed)
        self._words = gr.HTML(deliveries.rules(usual), elem_id="rules-words", apply_default_css=False)

    def _lay_out_time(self) -> None:
        gr = self._gr
        self._base = gr.Radio(BASES, value="file", label="Times count from", elem_id="base")
        with gr.Row(elem_classes="numbers"):
            self._rate = gr.Textbox(label="Frames a second", max_lines=1, elem_id="rate")
            self._own_start = gr.Textbox(USUAL_START, label="My start", max_lines=1, visible=False, elem_id="own-start")
        self.snap = gr.Checkbox(label="Change captions with the picture", elem_id="snap")

    def connect(self) -> None:
        """Show only the fields that a choice asks for."""
        shown = lambda base: self._gr.update(visible=base == OWN)  # noqa: E731 - what Gradio takes
        self._base.input(shown, [self._base], [self._own_start], **LATEST)

    @property
    def changes(self) -> tuple[Any, ...]:
        """The events after which something else is wanted, but for the choice of a profile."""
        typed = (*self._numbers, self._rate, self._own_start)
        return (self._base.input, *(event for field in typed for event in (field.blur, field.submit)))

    # --- what is wanted ----------------------------------------------------------------------------------------------

    def rules(self, wishes: Updates) -> Rules:
        """What stands in the fields."""
        return Rules(
            profile=wishes[self.profile],
            line_length=wishes[self._length],
            lines=wishes[self._lines],
            characters_per_second=wishes[self._speed],
            rate=wishes[self._rate] or "",
            base=wishes[self._base],
            own_start=wishes[self._own_start] or "",
            snap=bool(wishes[self.snap]),
        )

    def of_profile(self, name: str) -> Updates:
        """The fields as a profile has them, and the words for the rest."""
        options = PROFILES[name]
        values = (options.line_length, options.lines, options.characters_per_second)
        return {**dict(zip(self._numbers, values, strict=True)), self._words: deliveries.rules(options)}

    def of_recording(self, delivery: Delivery) -> Updates:
        """What the fields say of the recording that is open."""
        update = self._gr.update
        return {
            self._base: update(visible=not delivery.is_bare),
            self._rate: update(placeholder=deliveries.film_rate(delivery)),
            self.snap: update(
                visible=not delivery.is_bare,
                interactive=delivery.footage.size is not None and delivery.media is not None,
            ),
        }

    @property
    def parts(self) -> list[Any]:
        """All that `of_profile` and `of_recording` change."""
        return [*self._numbers, self._words, self._base, self._rate, self.snap, self.said]
