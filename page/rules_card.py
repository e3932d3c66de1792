"""The card in which it is chosen how captions are laid out, and what files count time by. Uses Gradio."""

from typing import Any

from page import deliveries
from page.answers import LATEST, Updates
from page.delivery import Delivery, Rules
from page.keeping import keep_choices, keep_texts, keep_together, leaving
from page.phrases import LANGUAGES
from page.settings import Settings
from transcriber.options import PROFILES

_NUMBERS = ("line_length", "lines", "characters_per_second")

AS_HEARD = "As the model says"

OWN = "own"
BASES = [("Start of the file", "file"), ("Its timecode", "source"), ("A start of my own", OWN)]


class RulesCard:
    """Lays itself out where it is made. `fields` are all that say what is wanted; they stay for the next result."""

    def __init__(self, kept: Settings) -> None:
        import gradio as gr

        self._gr = gr
        with gr.Column(elem_id="caption-rules", elem_classes="card"):
            gr.HTML("<h3>Captions and timecode</h3>", apply_default_css=False)
            self._lay_out_captions(kept)
            self._lay_out_time(kept)
            self.said = gr.HTML(elem_id="rules-said", apply_default_css=False)
        self.fields = {self.profile, *self._numbers, self._rate, self._base, self._own_start, self.snap, self._language}

    def _lay_out_captions(self, kept: Settings) -> None:
        gr, (length, lines, speed) = self._gr, _numbers(kept)
        choices = [(deliveries.PROFILES.get(name, name), name) for name in PROFILES]
        self.profile = gr.Radio(choices, value=kept.profile, label="Rules of", elem_id="profile")
        with gr.Row(elem_classes="numbers"):
            self._length = gr.Number(length, label="Characters a line", precision=0, elem_id="line-length")
            self._lines = gr.Number(lines, label="Lines", precision=0, elem_id="lines")
            self._speed = gr.Number(speed, label="Characters a second", elem_id="reading-speed")
        languages = sorted((name, code) for code, name in LANGUAGES.items())
        self._language = gr.Dropdown(
            [(AS_HEARD, ""), *languages], value=kept.language, label="Spoken language", elem_id="spoken"
        )
        self._numbers = (self._length, self._lines, self._speed)
        self._words = gr.HTML(deliveries.rules(PROFILES[kept.profile]), elem_id="rules-words", apply_default_css=False)

    def _lay_out_time(self, kept: Settings) -> None:
        gr = self._gr
        self._base = gr.Radio(BASES, value=kept.base, label="Times count from", elem_id="base")
        with gr.Row(elem_classes="numbers"):
            self._rate = gr.Textbox(label="Frames a second", max_lines=1, elem_id="rate")
            self._own_start = gr.Textbox(
                kept.own_start, label="My start", max_lines=1, visible=kept.base == OWN, elem_id="own-start"
            )
        self.snap = gr.Checkbox(kept.snap, label="Change captions with the picture", elem_id="snap")

    def connect(self) -> None:
        """Show only the fields that a choice asks for."""
        shown = lambda base: self._gr.update(visible=base == OWN)  # noqa: E731 - what Gradio takes
        self._base.input(shown, [self._base], [self._own_start], **LATEST)
        keep_choices(base=self._base, snap=self.snap, language=self._language)
        keep_texts(own_start=self._own_start)
        typed = [left for number in self._numbers for left in leaving(number)]
        keep_together({self.profile, *self._numbers}, self._kept, *typed)
        new = lambda wishes: {"profile": wishes[self.profile], **dict.fromkeys(_NUMBERS)}  # noqa: E731 - short
        keep_together({self.profile}, new, self.profile.input)

    def _kept(self, wishes: Updates) -> dict[str, Any]:
        """A number that is the profile's own is not remembered: it changes with the profile."""
        own = _numbers(Settings(profile=wishes[self.profile]))
        numbers = zip(_NUMBERS, own, (wishes[each] for each in self._numbers), strict=True)
        return {"profile": wishes[self.profile], **{name: None if now == its else now for name, its, now in numbers}}

    @property
    def changes(self) -> tuple[Any, ...]:
        """The events after which something else is wanted, but for the choice of a profile."""
        typed = (*self._numbers, self._rate, self._own_start)
        return (
            self._base.input,
            self._language.input,
            *(event for field in typed for event in leaving(field)),
        )

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
            language=wishes[self._language] or "",
        )

    def remembered(self, kept: Settings) -> Updates:
        """The fields as they are remembered. The frame rate is the recording's, so it is not."""
        return {
            **dict(zip(self._numbers, _numbers(kept), strict=True)),
            self.profile: kept.profile,
            self._words: deliveries.rules(PROFILES[kept.profile]),
            self._base: kept.base,
            self._own_start: self._gr.update(value=kept.own_start, visible=kept.base == OWN),
            self.snap: kept.snap,
            self._language: kept.language,
        }

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

    @property
    def shown(self) -> list[Any]:
        """All that `remembered` changes."""
        return [self.profile, *self._numbers, self._words, self._base, self._own_start, self.snap, self._language]


def _numbers(kept: Settings) -> tuple[float, ...]:
    """Of captions: those that are remembered, else the profile's own."""
    profile = PROFILES[kept.profile]
    return tuple(getattr(kept, name) or getattr(profile, name) for name in _NUMBERS)
