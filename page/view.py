"""The page itself: how it is laid out, and what answers which click. The only module of the page that uses Gradio."""

from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from functools import partial
from pathlib import Path
from typing import Any

from page import rendering, work
from page.choices import OWN_FILE, Choice, chosen_last
from page.jobs import Job
from page.model_in_use import ModelInUse
from page.recordings import Result, Upload
from page.settings import last_model
from transcriber import loading
from transcriber.catalogue import MODEL_CONFIGS, ModelSpec
from transcriber.options import TranscribeOptions

PROJECT = Path(__file__).resolve().parent.parent
SAMPLE = PROJECT / "models" / "demo_sample.flac"
OUTPUTS = PROJECT / "outputs"

OFFERED = MODEL_CONFIGS["parakeet"]
"""What somebody who has only the demo model should install."""

NO_RECORDING = "Choose a recording first, or press “Try the sample”."
NO_FOLDER = "Give the folder to save in, or do not save."
NO_PROOF_WITHOUT_WORDS = "Comparing two models marks single words: switch “Word times” on as well."
IDLE = "Choose recordings, or try the sample."
CANCELLED = "Cancelled."
DOWNLOAD_STOPPED = "Stopped. What came so far is kept: the next download goes on from there."
INSTALLED = "{} is installed."
INSTALLED_AT = "{} is installed, at revision {}."
UNLOADED = "The model was unloaded and its memory given back."

HOUR_SECONDS = 3600
DAY_SECONDS = 24 * HOUR_SECONDS
"""Every hour, uploads older than a day are deleted: some are gigabytes, and the page may be left running for weeks."""

Updates = dict[Any, Any]
"""What changes on the page: a value, or an update of its looks, by component."""

HIDDEN: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
LONG: dict[str, Any] = {**HIDDEN, "concurrency_limit": None}
SHORT: dict[str, Any] = {**HIDDEN, "queue": False}


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
            self._job, self._install_job, self._shown = gr.State(), gr.State(), gr.State()
            self._lay_out()
            self._connect()

    # --- layout ------------------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        gr = self._gr
        with gr.Row(elem_id="header"):
            self._html(rendering.HEADER, "title")
            self._status = self._html(rendering.status(self._model.status), "status")
        with gr.Row(elem_id="first-run", visible=self._only_demo()) as self._banner:
            self._html(rendering.first_run(OFFERED.size_bytes), "first-run-text")
            self._offer = gr.Button("Install Parakeet", variant="primary", elem_id="offer", scale=0)
        with gr.Row(elem_id="main"):
            with gr.Column(elem_id="wishes", scale=0):
                self._lay_out_recordings()
                last = chosen_last(last_model())
                self._lay_out_model(last)
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

    def _lay_out_model(self, last: Choice) -> None:
        gr = self._gr
        with gr.Column(elem_id="model", elem_classes="card"):
            self._html("<h2>Model</h2>")
            self._choice = gr.Radio(
                self._choices(), value=last.model, label="Model", show_label=False, elem_id="choice"
            )
            self._path = gr.Textbox(
                last.path, label="Path of the .nemo file", visible=last.model == OWN_FILE, elem_id="model-path"
            )
            self._lay_out_version(last)
            devices = [("Automatic", "auto"), ("Processor", "cpu"), ("NVIDIA card", "cuda")]
            self._device = gr.Radio(devices, value="auto", label="Runs on", elem_id="device")
            with gr.Row(elem_classes="buttons"):
                self._install = gr.Button(elem_id="install", **self._install_looks(last))
                self._stop_install = gr.Button("Stop download", variant="stop", elem_id="stop-install", visible=False)
                self._unload = gr.Button("Unload", elem_id="unload")
            self._model_news = self._html("", "model-news")

    def _lay_out_version(self, last: Choice) -> None:
        """What only some models ask for: which version, and who tells their times."""
        gr = self._gr
        self._revision = gr.Textbox(
            last.revision or "",
            label="Revision: a branch, tag or commit",
            placeholder="the newest",
            max_lines=1,
            visible=last.takes_revision,
            elem_id="revision",
        )
        self._revision_news = gr.HTML(elem_id="revision-news", apply_default_css=False, visible=False)
        self._timing = gr.Radio(
            self._timings(), value="auto", label="Word times from", visible=last.needs_times, elem_id="timing"
        )
        self._timing_path = gr.Textbox(
            label="Path of the .nemo file that tells the times", visible=False, elem_id="timing-path"
        )

    def _lay_out_options(self, last: Choice) -> None:
        gr = self._gr
        with gr.Column(elem_id="options", elem_classes="card"):
            self._html("<h2>Options</h2>")
            self._word_times = gr.Checkbox(value=True, label="Word times", elem_id="word-times")
            self._proof = gr.Checkbox(
                label="Show where a second model heard otherwise", visible=self._can_prove(last), elem_id="prove"
            )
            self._save = gr.Checkbox(value=False, label="Save .txt, .srt and .json", elem_id="save")
            self._save_to = gr.Textbox(str(OUTPUTS), label="Folder", visible=False, elem_id="folder")

    def _html(self, value: str, elem_id: str | None = None) -> Any:  # noqa: ANN401 - Gradio has no types for us
        return self._gr.HTML(value, elem_id=elem_id, apply_default_css=False)

    def _choices(self) -> list[tuple[str, str]]:
        own = ("A model file of your own\nany NeMo speech model saved as .nemo", OWN_FILE)
        return [
            *((rendering.choice(spec, installed=self._has(name)), name) for name, spec in MODEL_CONFIGS.items()),
            own,
        ]

    def _has(self, name: str) -> bool:
        return loading.is_installed(MODEL_CONFIGS[name], self._model.models_dir)

    def _can_prove(self, choice: Choice) -> bool:
        return choice.can_prove(self._model.models_dir)

    def _timings(self) -> list[tuple[str, str]]:
        timer = loading.installed_timer(self._model.models_dir)
        parakeet = "An installed Parakeet" if timer else "Parakeet, once it is installed"
        return [(parakeet, "auto"), ("A model file", OWN_FILE), ("None: times per clip", "none")]

    def _install_looks(self, choice: Choice) -> dict[str, Any]:
        """Of the button: what is one file is installed once, of a branch there may be a newer version."""
        here = not choice.revision_refusal() and choice.is_here(self._model.models_dir)
        again = here and choice.takes_revision
        possible = choice.spec is not None and (again or not here)
        return {"value": "Update" if again else "Install", "interactive": possible}

    def _only_demo(self) -> bool:
        return not any(self._has(name) for name in MODEL_CONFIGS if name != "demo")

    # --- which click does what ---------------------------------------------------------------------------------------

    def _connect(self) -> None:
        self._connect_transcribing()
        self._connect_models()
        self._save.input(self._saving, [self._save], [self._save_to], **SHORT)
        seen = [self._shown, self._status, self._choice, self._banner]
        self._timer.tick(self._refresh, [self._shown], seen, **SHORT)

    def _connect_transcribing(self) -> None:
        options = {self._device, self._word_times, self._proof, self._save, self._save_to}
        wishes = {self._files, *self._fields(), *options}
        running = [self._job, self._progress, self._results, self._go, self._stop, self._sample]
        self._go.click(self._transcribe, wishes, running, **LONG)
        self._sample.click(partial(self._transcribe, given=[Upload(SAMPLE, SAMPLE.name)]), wishes, running, **LONG)
        self._stop.click(_cancel, [self._job], **SHORT)

    def _connect_models(self) -> None:
        shown = [self._choice, self._banner, *self._shown_by_choice()]
        running = [self._install_job, self._model_news, self._stop_install, self._offer, self._unload, *shown]
        fields = set(self._fields())
        self._install.click(self._install_chosen, fields, running, **LONG)
        self._offer.click(partial(self._install_model, Choice(OFFERED.name)), None, running, **LONG)
        self._stop_install.click(_cancel, [self._install_job], **SHORT)
        self._unload.click(self._unload_model, None, [self._model_news, self._unload], **LONG)
        for changed in (self._choice.input, self._timing.input, self._revision.blur, self._revision.submit):
            changed(self._chosen, fields, self._shown_by_choice(), **SHORT)

    def _fields(self) -> list[Any]:
        return [self._choice, self._path, self._revision, self._timing, self._timing_path]

    def _shown_by_choice(self) -> list[Any]:
        parts = [self._path, self._revision, self._revision_news, self._timing, self._timing_path]
        return [*parts, self._proof, self._install]

    def _choice_of(self, wishes: Updates) -> Choice:
        return Choice(
            model=wishes[self._choice],
            path=_typed(wishes[self._path]),
            revision=wishes[self._revision] or None,
            timing=wishes[self._timing],
            timing_path=_typed(wishes[self._timing_path]),
        )

    def _chosen(self, wishes: Updates) -> Updates:
        return self._looks(self._choice_of(wishes))

    def _looks(self, choice: Choice) -> Updates:
        """Only the fields that this choice asks for, and at once why its revision can be none."""
        update, refusal = self._gr.update, choice.revision_refusal()
        own_timer = choice.needs_times and choice.timing == OWN_FILE
        return {
            self._path: update(visible=choice.model == OWN_FILE),
            self._revision: update(visible=choice.takes_revision),
            self._revision_news: update(visible=bool(refusal), value=rendering.notice(refusal or "", "error")),
            self._timing: update(visible=choice.needs_times, choices=self._timings()),
            self._timing_path: update(visible=own_timer),
            self._proof: update(visible=self._can_prove(choice)),
            self._install: update(**self._install_looks(choice)),
        }

    def _saving(self, save: bool) -> Any:  # noqa: ANN401, FBT001 - what Gradio gives and takes
        return self._gr.update(visible=save)

    def _refresh(self, shown: object) -> Any:  # noqa: ANN401 - what Gradio gives and takes
        """Tell a tab what has changed since it looked last."""
        now = (self._model.status, self._choices())
        if now == shown:
            return self._gr.skip()
        return {
            self._shown: now,
            self._status: rendering.status(self._model.status),
            self._choice: self._gr.update(choices=self._choices()),
            self._banner: self._gr.update(visible=self._only_demo()),
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
        async with aclosing(job.follow()) as news:
            async for new in news:
                finished += new
                yield self._under_way(job, finished, total=len(uploads))
        yield self._ended(job, finished)

    def _refusal(self, wishes: Updates, uploads: Sequence[Upload]) -> str | None:
        if not uploads:
            return NO_RECORDING
        choice = self._choice_of(wishes)
        if refusal := choice.refusal(self._model.models_dir):
            return refusal
        if self._is_proof(wishes, choice) and not wishes[self._word_times]:
            return NO_PROOF_WITHOUT_WORDS
        if wishes[self._save] and not _typed(wishes[self._save_to]):
            return NO_FOLDER
        return None

    def _is_proof(self, wishes: Updates, choice: Choice) -> bool:
        """A switch that was set for another model, and is hidden now, does not count."""
        return bool(wishes[self._proof]) and self._can_prove(choice)

    def _wish(self, wishes: Updates, uploads: tuple[Upload, ...]) -> work.Wish:
        choice = self._choice_of(wishes)
        return work.Wish(
            uploads=uploads,
            model=choice.name,
            timing=choice.timer,
            device=wishes[self._device],
            options=TranscribeOptions(word_times=wishes[self._word_times], proof=self._is_proof(wishes, choice)),
            save_to=Path(_typed(wishes[self._save_to])).expanduser() if wishes[self._save] else None,
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
        }

    def _ended(self, job: Job[Result], finished: Sequence[Result]) -> Updates:
        cut_short = any(result.cancelled for result in finished)
        done = CANCELLED if cut_short else rendering.summary(finished, job.seconds)
        news = _news(job, done=done, cancelled=CANCELLED)
        return {self._job: None, self._progress: news, **self._buttons(running=False)}

    def _buttons(self, *, running: bool) -> Updates:
        update = self._gr.update
        return {
            self._go: update(visible=not running),
            self._stop: update(visible=running),
            self._sample: update(interactive=not running),
        }

    # --- models ------------------------------------------------------------------------------------------------------

    async def _install_chosen(self, wishes: Updates) -> AsyncIterator[Updates]:
        choice = self._choice_of(wishes)
        if choice.revision_refusal():
            yield self._looks(choice)
            return
        async for updates in self._install_model(choice):
            yield updates

    async def _install_model(self, choice: Choice) -> AsyncIterator[Updates]:
        """Download a model of the catalogue, and choose it once it is there."""
        spec, model, finished = choice.spec, self._model, list[work.Provided]()
        if spec is None:
            return
        job = Job(lambda report: work.install(spec, model.models_dir, report, offline=model.offline))
        yield {self._install_job: job, **self._install_buttons(running=True)}
        async with aclosing(job.follow()) as news:
            async for new in news:
                finished += new
                yield {self._model_news: rendering.progress(job.progress, cancelled=job.cancelled)}
        yield {
            self._install_job: None,
            **self._install_buttons(running=False),
            self._model_news: _news(
                job, done="".join(_installed(spec, each) for each in finished), cancelled=DOWNLOAD_STOPPED
            ),
            **(self._after_install(choice) if finished else {}),
        }

    def _install_buttons(self, *, running: bool) -> Updates:
        update = self._gr.update
        return {
            self._install: update(visible=not running),
            self._stop_install: update(visible=running),
            self._offer: update(interactive=not running),
        }

    def _after_install(self, choice: Choice) -> Updates:
        return {
            **self._looks(choice),
            self._choice: self._gr.update(value=choice.model, choices=self._choices()),
            self._install: self._gr.update(visible=True, **self._install_looks(choice)),
            self._banner: self._gr.update(visible=self._only_demo()),
        }

    async def _unload_model(self) -> AsyncIterator[Updates]:
        job = Job(lambda report: work.unload(self._model, report))
        yield {self._unload: self._gr.update(interactive=False)}
        async with aclosing(job.follow()) as news:
            async for _ in news:
                yield {self._model_news: rendering.progress(job.progress)}
        yield {
            self._model_news: _news(job, done=UNLOADED, cancelled=CANCELLED),
            self._unload: self._gr.update(interactive=True),
        }


def _cancel(job: Job[Any] | None) -> None:
    if job:
        job.cancel()


def _installed(spec: ModelSpec, provided: work.Provided) -> str:
    if provided.commit is None:
        return INSTALLED.format(spec.title)
    said = INSTALLED_AT.format(spec.title, provided.commit[: rendering.SHORT_HASH])
    return f"{said} {provided.note}".strip()


def _news(job: Job[Any], *, done: str, cancelled: str) -> str:
    """What is to be said when a job is over."""
    besides = "".join(map(rendering.notice, job.notices))
    if job.failure:
        return rendering.notice(job.failure, "error") + besides
    return rendering.notice(cancelled if job.stopped else done) + besides


def _typed(text: str | None) -> str:
    """What somebody typed or pasted; Windows copies paths with quotation marks around them."""
    return (text or "").strip().strip('"').strip()
