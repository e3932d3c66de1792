"""The page itself: how it is laid out, and what answers which click. With its model card all that uses Gradio."""

from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from functools import partial
from pathlib import Path
from typing import Any

from page import rendering, work
from page.answers import CANCELLED, LONG, SHORT, Updates, cancel, news, typed
from page.choices import Choice, chosen_last, only_demo
from page.jobs import Job
from page.model_card import OFFERED, ModelCard
from page.model_in_use import ModelInUse
from page.recordings import Result, Upload
from page.settings import last_model
from transcriber.options import TranscribeOptions

PROJECT = Path(__file__).resolve().parent.parent
SAMPLE = PROJECT / "models" / "demo_sample.flac"
OUTPUTS = PROJECT / "outputs"

NO_RECORDING = "Choose a recording first, or press “Try the sample”."
NO_FOLDER = "Give the folder to save in, or do not save."
NO_PROOF_WITHOUT_WORDS = "Comparing two models marks single words: switch “Word times” on as well."
IDLE = "Choose recordings, or try the sample."

HOUR_SECONDS = 3600
DAY_SECONDS = 24 * HOUR_SECONDS
"""Every hour, uploads older than a day are deleted: some are gigabytes, and the page may be left running for weeks."""


def uploads_of(payload: Any) -> list[Upload]:  # noqa: ANN401 - Gradio has no types for us
    """The files that the browser sent, by the names they have at the user's.

    In the place of Gradio's own `File.preprocess`, which knows them only by the
    names it gave them, without the letters it does not like.
    """
    return [Upload(Path(file.path), file.orig_name or Path(file.path).name) for file in payload or ()]


class Page:
    """Lays the page out, and answers what is done on it. Holds nothing of any user: that is in the tab's own state."""

    def __init__(self, model: ModelInUse, folder: Path) -> None:
        import gradio as gr

        self._gr = gr
        self._model, self._folder = model, folder
        kept = (HOUR_SECONDS, DAY_SECONDS)
        with gr.Blocks(title="Transcribe", fill_width=True, analytics_enabled=False, delete_cache=kept) as self.blocks:
            self._job, self._shown = gr.State(), gr.State()
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
        with gr.Row(elem_id="main"):
            with gr.Column(elem_id="wishes", scale=0):
                self._lay_out_recordings()
                last = chosen_last(last_model())
                self._card = ModelCard(self._model, last)
                self._lay_out_options(last)
            with gr.Column(elem_id="outcome"):
                self._progress = self._html(rendering.notice(IDLE), "progress")
                self._results = self._html(rendering.results(()), "results")
        self._timer = gr.Timer(1)

    def _lay_out_recordings(self) -> None:
        gr = self._gr
        with gr.Column(elem_id="recordings", elem_classes="card"):
            self._html("<h2>Recordings</h2>")
            self._files = gr.File(
                file_count="multiple", label="Audio or video files", height=150, show_label=False, elem_id="files"
            )
            self._files.preprocess = uploads_of
            with gr.Row(elem_classes="buttons"):
                self._go = gr.Button("Transcribe", variant="primary", elem_id="transcribe")
                self._stop = gr.Button("Cancel", variant="stop", elem_id="cancel", visible=False)
                self._sample = gr.Button("Try the sample", elem_id="sample")

    def _lay_out_options(self, last: Choice) -> None:
        gr = self._gr
        with gr.Column(elem_id="options", elem_classes="card"):
            self._html("<h2>Options</h2>")
            self._word_times = gr.Checkbox(value=True, label="Word times", elem_id="word-times")
            self._proof = gr.Checkbox(
                label="Show where a second model heard otherwise",
                visible=last.can_prove(self._model.models_dir),
                elem_id="prove",
            )
            self._save = gr.Checkbox(value=False, label="Save .txt, .srt and .json", elem_id="save")
            self._save_to = gr.Textbox(str(OUTPUTS), label="Folder", visible=False, elem_id="folder")

    def _html(self, value: str, elem_id: str | None = None) -> Any:  # noqa: ANN401 - Gradio has no types for us
        return self._gr.HTML(value, elem_id=elem_id, apply_default_css=False)

    # --- which click does what ---------------------------------------------------------------------------------------

    def _connect(self) -> None:
        self._connect_transcribing()
        self._card.connect(proof=self._proof, banner=self._banner, offer=self._offer)
        self._save.input(self._saving, [self._save], [self._save_to], **SHORT)
        seen = [self._shown, self._status, self._card.model, self._banner]
        self._timer.tick(self._refresh, [self._shown], seen, **SHORT)

    def _connect_transcribing(self) -> None:
        options = {self._word_times, self._proof, self._save, self._save_to}
        wishes = {self._files, *self._card.fields, *options}
        running = [self._job, self._status, self._progress, self._results, self._go, self._stop, self._sample]
        self._go.click(self._transcribe, wishes, running, **LONG)
        self._sample.click(partial(self._transcribe, given=[Upload(SAMPLE, SAMPLE.name)]), wishes, running, **LONG)
        self._stop.click(cancel, [self._job], **SHORT)

    def _saving(self, save: bool) -> Any:  # noqa: ANN401, FBT001 - what Gradio gives and takes
        return self._gr.update(visible=save)

    def _refresh(self, shown: object) -> Any:  # noqa: ANN401 - what Gradio gives and takes
        """Tell a tab what has changed since it looked last."""
        now = (self._model.status, self._card.offered())
        if now == shown:
            return self._gr.skip()
        return {
            self._shown: now,
            self._status: rendering.status(self._model.status),
            self._card.model: self._gr.update(choices=self._card.offered()),
            self._banner: self._gr.update(visible=only_demo(self._model.models_dir)),
        }

    # --- transcribing ------------------------------------------------------------------------------------------------

    async def _transcribe(self, wishes: Updates, given: Sequence[Upload] = ()) -> AsyncIterator[Updates]:
        """Transcribe the recordings `given`, or those that the user chose."""
        uploads = tuple(given or wishes[self._files])
        if refusal := self._refusal(wishes, uploads):
            yield {self._progress: rendering.notice(refusal, "error")}
            return
        wish, finished = self._wish(wishes, uploads), list[Result]()
        job = Job(lambda report: work.transcribe(wish, self._model, self._folder, report))
        yield self._begun(job)
        async with aclosing(job.follow()) as batches:
            async for new in batches:
                finished += new
                yield self._under_way(job, finished, total=len(uploads))
        yield self._ended(job, finished)

    def _refusal(self, wishes: Updates, uploads: Sequence[Upload]) -> str | None:
        if not uploads:
            return NO_RECORDING
        choice = self._card.choice(wishes)
        if refusal := choice.refusal(self._model.models_dir):
            return refusal
        if self._is_proof(wishes, choice) and not wishes[self._word_times]:
            return NO_PROOF_WITHOUT_WORDS
        if wishes[self._save] and not typed(wishes[self._save_to]):
            return NO_FOLDER
        return None

    def _is_proof(self, wishes: Updates, choice: Choice) -> bool:
        """A switch that was set for another model, and is hidden now, does not count."""
        return bool(wishes[self._proof]) and choice.can_prove(self._model.models_dir)

    def _wish(self, wishes: Updates, uploads: tuple[Upload, ...]) -> work.Wish:
        choice = self._card.choice(wishes)
        return work.Wish(
            uploads=uploads,
            model=choice.name,
            timing=choice.timer,
            device=wishes[self._card.device],
            options=TranscribeOptions(word_times=wishes[self._word_times], proof=self._is_proof(wishes, choice)),
            save_to=Path(typed(wishes[self._save_to])).expanduser() if wishes[self._save] else None,
        )

    def _begun(self, job: Job[Result]) -> Updates:
        cleared = {self._progress: rendering.progress(None), self._results: rendering.results(())}
        return {self._job: job, **cleared, **self._buttons(running=True)}

    def _under_way(self, job: Job[Result], finished: Sequence[Result], *, total: int) -> Updates:
        count = f"file {len(finished) + 1} of {total}" if total > max(1, len(finished)) else ""
        return {
            self._progress: rendering.progress(
                job.progress, count=count, meanwhile=self._model.status.sentence, cancelled=job.cancelled
            ),
            self._results: rendering.results(finished),
            **self._header(),
        }

    def _ended(self, job: Job[Result], finished: Sequence[Result]) -> Updates:
        cut_short = any(result.cancelled for result in finished)
        done = CANCELLED if cut_short else rendering.summary(finished, job.seconds)
        over = {self._job: None, self._progress: news(job, done=done)}
        return {**over, **self._header(), **self._buttons(running=False)}

    def _header(self) -> Updates:
        """Right beside what is shown with it. `_shown` stays as it is: what a late tick undoes, the next one mends."""
        return {self._status: rendering.status(self._model.status)}

    def _buttons(self, *, running: bool) -> Updates:
        update = self._gr.update
        return {
            self._go: update(visible=not running),
            self._stop: update(visible=running),
            self._sample: update(interactive=not running),
        }
