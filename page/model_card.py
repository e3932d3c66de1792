"""The card in which a model is chosen, given its version and its timer, installed and unloaded. Uses Gradio."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from functools import partial
from typing import Any

from page import rendering, settings, work
from page.answers import DOWNLOAD_STOPPED, LONG, SHORT, Updates, cancel, news
from page.choices import OWN_FILE, Choice, only_demo, usable
from page.errand import Errand
from page.keeping import keep_choices, keep_together, leaving
from page.model_in_use import ModelInUse
from page.places import typed
from page.settings import Settings
from transcriber import loading
from transcriber.catalogue import MODEL_CONFIGS

OFFERED = MODEL_CONFIGS["parakeet"]
"""What somebody who has only the demo model should install."""

UNLOADED = "The model was unloaded and its memory given back."


class ModelCard:
    """Lays itself out where it is made, as remembered at that time. What a tab has chosen is in its own fields.

    `model` holds the choice among models, `device` where it runs; `fields` are all that say what is wanted;
    `look_again` is what answers once other models are installed: a listener, what it is given and what it changes.
    """

    def __init__(self, model: ModelInUse, kept: Settings) -> None:
        import gradio as gr

        self._gr, self._in_use = gr, model
        last, gone = usable(kept, model.models_dir)
        self._errand = gr.State()
        with gr.Column(elem_id="model", elem_classes="card"):
            self._lay_out_models(last)
            self._lay_out_version(last)
            self._lay_out_actions(last, kept, gone)
        self.fields = {
            self.model,
            self._path,
            self._revision,
            self._timing,
            self._timing_path,
            self.device,
            self.in_int8,
        }

    def choice(self, wishes: Updates) -> Choice:
        """What the fields say."""
        return Choice(
            model=wishes[self.model],
            path=typed(wishes[self._path]),
            revision=wishes[self._revision] or None,
            timing=wishes[self._timing],
            timing_path=typed(wishes[self._timing_path]),
        )

    def remembered(self, kept: Settings) -> Updates:
        """The fields as they are remembered; what is said where the model that was chosen last is gone."""
        choice, gone = usable(kept, self._in_use.models_dir)
        values = {
            self.model: choice.model,
            self._path: choice.path,
            self._revision: choice.revision or "",
            self._timing: choice.timing,
            self._timing_path: choice.timing_path,
            self.device: kept.device,
            self.in_int8: kept.in_int8,
        }
        looks = self._looks(choice)
        valued = {field: {**looks.get(field, {}), **self._gr.update(value=value)} for field, value in values.items()}
        return {**looks, **valued, self._news: _said(gone)}

    def offered(self) -> list[tuple[str, str]]:
        """Every model as it is shown to choose from, and what choosing it means."""
        here = {name: loading.is_installed(spec, self._in_use.models_dir) for name, spec in MODEL_CONFIGS.items()}
        known = [(rendering.choice(spec, installed=here[name]), name) for name, spec in MODEL_CONFIGS.items()]
        return [*known, ("A model file of your own\nany NeMo speech model saved as .nemo", OWN_FILE)]

    # --- layout ------------------------------------------------------------------------------------------------------

    def _lay_out_models(self, last: Choice) -> None:
        gr = self._gr
        gr.HTML("<h2>Model</h2>", apply_default_css=False)
        self.model = gr.Radio(self.offered(), value=last.model, label="Model", show_label=False, elem_id="choice")
        self._path = gr.Textbox(
            last.path, label="Path of the .nemo file", visible=last.model == OWN_FILE, elem_id="model-path"
        )

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
            self._timings(), value=last.timing, label="Word times from", visible=last.needs_times, elem_id="timing"
        )
        self._timing_path = gr.Textbox(
            last.timing_path,
            label="Path of the .nemo file that tells the times",
            visible=last.needs_times and last.timing == OWN_FILE,
            elem_id="timing-path",
        )

    def _lay_out_actions(self, last: Choice, kept: Settings, gone: str) -> None:
        gr = self._gr
        devices = [("Automatic", "auto"), ("Processor", "cpu"), ("NVIDIA card", "cuda")]
        self.device = gr.Radio(devices, value=kept.device, label="Runs on", elem_id="device")
        self.in_int8 = gr.Checkbox(
            kept.in_int8,
            label="Twice as fast on the processor, a little less exact (8-bit numbers)",
            elem_id="int8",
        )
        with gr.Row(elem_classes="buttons"):
            self._install = gr.Button(elem_id="install", **self._install_looks(last))
            self._stop = gr.Button("Stop download", variant="stop", elem_id="stop-install", visible=False)
            self._unload = gr.Button("Unload", elem_id="unload")
        self._news = gr.HTML(_said(gone), elem_id="model-news", apply_default_css=False)

    def _timings(self) -> list[tuple[str, str]]:
        timer = loading.installed_timer(self._in_use.models_dir)
        parakeet = "An installed Parakeet" if timer else "Parakeet, once it is installed"
        return [(parakeet, "auto"), ("A model file", OWN_FILE), ("None: times per clip", "none")]

    def _install_looks(self, choice: Choice) -> dict[str, Any]:
        """Of the button: what is one file is installed once, of a branch there may be a newer version."""
        here = choice.absence(self._in_use.models_dir) is None
        again = here and choice.takes_revision
        possible = choice.spec is not None and (again or not here)
        return {"value": "Update" if again else "Install", "interactive": possible}

    # --- which click does what ---------------------------------------------------------------------------------------

    def connect(self, *, proof: Any, banner: Any, offer: Any) -> None:  # noqa: ANN401 - Gradio has no types for us
        """Answer clicks; `proof` depends on the choice, `banner` on what is installed, and `offer` installs too."""
        self._proof, self._banner, self._offer = proof, banner, offer
        shown = [self._path, self._revision, self._revision_news, self._timing, self._timing_path, proof, self._install]
        self.shown = [*shown, self.model, self.device, self.in_int8, self._news]
        running = [self._errand, self._news, self._stop, offer, banner, self.model, *shown]
        self._install.click(self._install_chosen, self.fields, running, **LONG)
        offer.click(partial(self._install_model, Choice(OFFERED.name)), None, running, **LONG)
        self._stop.click(cancel, [self._errand], **SHORT)
        self._unload.click(self._unload_model, None, [self._news, self._unload], **LONG)
        for changed in (self.model.input, self._timing.input, *leaving(self._revision)):
            changed(self._chosen, self.fields, shown, **SHORT)
        self.look_again = (self._chosen, self.fields, shown)
        self._keep()

    def _keep(self) -> None:
        """What cannot be used, because it is only looked at and not installed, is not what a new tab begins with."""
        typed_in = [leave for field in (self._path, self._revision, self._timing_path) for leave in leaving(field)]
        keep_together(self.fields, self._kept, self.model.input, self._timing.input, *typed_in)
        keep_choices(device=self.device, in_int8=self.in_int8)

    def _kept(self, wishes: Updates) -> dict[str, Any]:
        choice = self.choice(wishes)
        model = {"model": choice.name} if choice.is_here(self._in_use.models_dir) else {}
        timing = choice.timing_path if choice.timing == OWN_FILE else choice.timing
        return {**model, "timing": timing} if timing else model

    def _chosen(self, wishes: Updates) -> Updates:
        return self._looks(self.choice(wishes))

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
            self._proof: update(visible=choice.can_prove(self._in_use.models_dir)),
            self._install: update(**self._install_looks(choice)),
        }

    # --- installing and unloading ------------------------------------------------------------------------------------

    async def _install_chosen(self, wishes: Updates) -> AsyncIterator[Updates]:
        choice = self.choice(wishes)
        if choice.revision_refusal():
            yield self._looks(choice)
            return
        async for updates in self._install_model(choice):
            yield updates

    async def _install_model(self, choice: Choice) -> AsyncIterator[Updates]:
        """Download a model of the catalogue, and choose it once it is there."""
        spec, model, finished = choice.spec, self._in_use, list[work.Provided]()
        if spec is None:
            return
        errand = Errand(lambda report: work.install(spec, model.models_dir, report, offline=model.offline))
        yield {self._errand: errand, **self._install_buttons(running=True)}
        async with aclosing(errand.follow()) as batches:
            async for new in batches:
                finished += new
                yield {self._news: rendering.progress(errand.progress, cancelled=errand.cancelled)}
        done = " ".join(provided.sentence(spec.title) for provided in finished)
        yield {
            self._errand: None,
            self._news: news(errand, done=done, cancelled=DOWNLOAD_STOPPED),
            **self._install_buttons(running=False),
            **(self._after_install(choice) if finished else {}),
        }

    def _install_buttons(self, *, running: bool) -> Updates:
        update = self._gr.update
        return {
            self._install: update(visible=not running),
            self._stop: update(visible=running),
            self._offer: update(interactive=not running),
        }

    def _after_install(self, choice: Choice) -> Updates:
        settings.keep(model=choice.name)
        return {
            **self._looks(choice),
            self.model: self._gr.update(value=choice.model, choices=self.offered()),
            self._install: self._gr.update(visible=True, **self._install_looks(choice)),
            self._banner: self._gr.update(visible=only_demo(self._in_use.models_dir)),
        }

    async def _unload_model(self) -> AsyncIterator[Updates]:
        errand = Errand(lambda report: work.unload(self._in_use, report))
        yield {self._unload: self._gr.update(interactive=False)}
        async with aclosing(errand.follow()) as batches:
            async for _ in batches:
                yield {self._news: rendering.progress(errand.progress, meanwhile=self._in_use.meanwhile)}
        yield {
            self._news: news(errand, done=UNLOADED),
            self._unload: self._gr.update(interactive=True),
        }


def _said(gone: str) -> str:
    """Why another model is chosen than last, if it is."""
    return rendering.notice(gone) if gone else ""
