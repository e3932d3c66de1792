"""The page itself: how its cards lie, and what changes by itself. Uses Gradio."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from page import growth, rendering, settings, transcripts
from page.answers import SHORT, Door, Updates
from page.choices import only_demo, usable
from page.delivery_card import DeliveryCard
from page.following import Following, Parts
from page.mine import Mine
from page.model_card import OFFERED, ModelCard
from page.model_in_use import ModelInUse
from page.models_card import ModelsCard
from page.options_card import OptionsCard
from page.past import Past
from page.past_card import BUTTONS, TRANSCRIBE, PastCard
from page.playable import Playable
from page.queue import Queue
from page.queue_card import QueueCard
from page.reading_card import ReadingCard
from page.recordings_card import RecordingsCard
from page.settings import Settings
from page.settings_card import SettingsCard
from page.transcribing import Transcribing

GROWING = Path(__file__).with_name("growing.js").read_text(encoding="utf-8")
EMPTY_ARTICLE = (
    '<article class="growing" hidden><h3></h3><p class="count"></p>'
    '<div class="text" tabindex="0" role="region" aria-label="Text so far"></div></article>'
)
"""growing.js fills it."""

FILLED_IN = "() => { document.body.dataset.filledIn = true; }"
"""Whoever drives the page by a script can wait for it: what is chosen before might be chosen otherwise right after."""

IDLE = "Choose recordings, or try the sample."

HOUR_SECONDS = 3600
DAY_SECONDS = 24 * HOUR_SECONDS
"""Every hour, uploads older than a day are deleted: some are gigabytes, and the page may be left running for weeks."""


class Page:
    """Lays the page out, and answers what is done on it. Holds nothing of any user: that is in the tab's own state."""

    def __init__(self, model: ModelInUse, queue: Queue, past: Past) -> None:
        import gradio as gr

        self._gr = gr
        self._model, self._queue, self._past = model, queue, past
        kept = (HOUR_SECONDS, DAY_SECONDS)
        with gr.Blocks(title="Transcribe", fill_width=True, analytics_enabled=False, delete_cache=kept) as self.blocks:
            self._mine, self._shown, self._opened = gr.State(Mine()), gr.State(), gr.State(())
            self._kept = settings.load()
            self.playable = Playable(self._serve)
            self._delivery = DeliveryCard(self._past, self.playable.address, self._kept)
            self._reading = ReadingCard(self._past, self.playable)
            self._lay_out()
            self._connect()

    # --- layout ------------------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        gr = self._gr
        with gr.Row(elem_id="header"):
            self._html(rendering.HEADER, "title")
            self._status = self._html(rendering.status(self._model.status), "status")
        with gr.Row(elem_id="first-run", visible=only_demo(self._model.models_dir)) as self._banner:
            self._html(rendering.first_run(OFFERED.size_bytes), "first-run-text")
            self._offer = gr.Button("Install Parakeet", variant="primary", elem_id="offer", scale=0)
        self._before = PastCard(self._past)
        with gr.Tabs(selected=TRANSCRIBE, elem_id="rooms") as self._rooms:
            with gr.Tab("Transcribe", id=TRANSCRIBE), gr.Row(elem_id="main"):
                self._lay_out_main()
            with gr.Tab("Library", id="library"):
                self._before.lay_out_history()
            with gr.Tab("Models", id="models"):
                self._models = ModelsCard(self._model)
            with gr.Tab("Settings", id="settings"):
                self._help = SettingsCard(self._past, self._model.models_dir)
        self._delivery.lay_out()
        self._reading.lay_out()
        self._timer = gr.Timer(1)

    def _lay_out_main(self) -> None:
        gr = self._gr
        with gr.Column(elem_id="wishes", scale=0):
            self._given = RecordingsCard()
            self._card = ModelCard(self._model, self._kept)
            self._options = OptionsCard(self._kept, self._model.models_dir)
        with gr.Column(elem_id="outcome"):
            self._lay_out_outcome()

    def _lay_out_outcome(self) -> None:
        self._before.lay_out_unfinished()
        self._progress = self._html(rendering.notice(IDLE), "progress")
        self._line = QueueCard(self._queue)
        self._growing = self._gr.HTML(
            elem_id="growing",
            apply_default_css=False,
            html_template=EMPTY_ARTICLE,
            js_on_load=GROWING,
            server_functions=[growth.fetch],
        )
        self._results = self._html(transcripts.results(()), "results", js_on_load=BUTTONS)
        self._delivery.lay_out_door()

    def _serve(self, path: Path) -> str:
        """Let the browser read a recording where it lies, which it does piece by piece; the address."""
        if str(path) not in self.blocks.allowed_paths:
            self.blocks.allowed_paths = [*self.blocks.allowed_paths, str(path)]
        return transcripts.address(path)

    def _html(self, value: str, elem_id: str, **more: Any) -> Any:  # noqa: ANN401 - Gradio has no types for us
        return self._gr.HTML(value, elem_id=elem_id, apply_default_css=False, **more)

    # --- which click does what ---------------------------------------------------------------------------------------

    def _connect(self) -> None:
        self._given.connect(self._options.saving_fields, self._options.saving_changes, self._already)
        self._options.connect()
        self._card.connect(proof=self._options.proof, banner=self._banner, offer=self._offer)
        doors = (Door(self._results, self._progress, lambda said: rendering.notice(said, "error")), self._before.door())
        self._delivery.connect(*doors, progress=self._progress)
        self._reading.connect(*doors, results=self._results, progress=self._progress)
        self._before.connect(progress=self._progress, results=self._results, opened=self._opened, rooms=self._rooms)
        self._line.connect(self._timer, self._mine)
        shows = (self._opened, self._status, self._progress, self._growing, self._results)
        parts = Parts(*shows, self._given, self._before, self._line)
        following = Following(self._model, self._queue, self._past, parts)
        Transcribing(following, parts, self._card, self._options, self._mine).connect()
        seen = [self._shown, self._status, self._card.model, self._banner, self._before.unfinished]
        self._timer.tick(self._refresh, [self._shown], seen, **SHORT)
        self._models.connect(self._card.look_again)
        self._help.connect(self._filled_in, self._fields())
        self._laid_out = self._remembered_now()
        self.blocks.load(self._remembered, None, self._fields(), **SHORT).then(None, js=FILLED_IN)

    # --- what is remembered ------------------------------------------------------------------------------------------

    def _remembered_now(self) -> Any:  # noqa: ANN401 - only compared
        kept = settings.load()
        return kept, usable(kept, self._model.models_dir)

    def _remembered(self) -> Any:  # noqa: ANN401 - what Gradio takes
        """For a new tab, where it is something else than when the page was laid out."""
        now = self._remembered_now()
        return self._gr.skip() if now == self._laid_out else self._filled_in(now[0])

    def _filled_in(self, kept: Settings) -> Updates:
        cards = (self._options, self._card, self._delivery.rules)  # whether there can be a proof is the model's to say
        found: Updates = {}
        for card in cards:
            for part, value in card.remembered(kept).items():
                found[part] = {**found[part], **value} if part in found else value
        return found

    def _fields(self) -> list[Any]:
        return list(dict.fromkeys([*self._options.shown, *self._card.shown, *self._delivery.rules.shown]))

    # --- what changes by itself --------------------------------------------------------------------------------------

    def _refresh(self, shown: object) -> Any:  # noqa: ANN401 - what Gradio gives and takes
        """Tell a tab what has changed since it looked last."""
        now = (self._model.status, self._card.offered(), self._past.seen())
        if now == shown:
            return self._gr.skip()
        return {
            self._shown: now,
            self._status: rendering.status(self._model.status),
            self._card.model: self._gr.update(choices=self._card.offered()),
            self._banner: self._gr.update(visible=only_demo(self._model.models_dir)),
            **self._before.show(self._past.seen()),
        }

    def _already(self, wishes: Updates, recordings: Sequence[Path]) -> int:
        """How many of them need no work: their files are there, or they are in the history where none are saved."""
        saving = self._options.saving(wishes)
        if saving:
            return saving.count_there(recordings)
        known = {each.recording for each in self._past.seen().finished}
        return sum(path.absolute() in known for path in recordings)
