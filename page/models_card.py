"""The room of the models: installing, verifying and removing them, each in its own row. Uses Gradio."""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any

from page import model_rows, rendering, work
from page.answers import DOWNLOAD_STOPPED, LONG, SHORT, Updates, cancel, news
from page.errand import Errand
from page.model_in_use import ModelInUse
from page.phrases import SHORT_HASH, gigabytes
from page.standing import Standing, Standings
from transcriber import catalogue
from transcriber.catalogue import MODEL_CONFIGS, ModelSpec
from transcriber.progress import OnProgress
from transcriber.removal import Footprint
from transcriber.storage import free_bytes

BUTTONS = Path(__file__).with_name("models.js").read_text(encoding="utf-8")
"""Makes `install`, `verify`, `remove` and `stop` events of Gradio's."""

LOOK_SECONDS = 2
"""How often a tab looks at the models folder, where other programs and tabs may have changed something."""

LEFT_ALONE = "Stopped."
REMOVED = "{} was removed: {} are free again."

Work = Callable[[ModelSpec, OnProgress], Iterator[Any]]
Told = Callable[[ModelSpec, Sequence[Any]], str]


class ModelsCard:
    """Lays itself out where it is made. What a tab has being done is in its own states."""

    def __init__(self, model: ModelInUse) -> None:
        import gradio as gr

        self._gr, self._model = gr, model
        self._standings = Standings(model)
        first = self._now()
        self._seen = gr.State(first)
        self._head = self._html(self._headed(first), "models-head")
        self._rows = {each.spec.name: _Row(gr, each) for each in first}
        self._timer = gr.Timer(LOOK_SECONDS)

    def _html(self, value: str, elem_id: str) -> Any:  # noqa: ANN401 - Gradio has no types for us
        return self._gr.HTML(value, elem_id=elem_id, apply_default_css=False)

    def connect(self, chooser: tuple[Any, Any, Any]) -> None:
        """Answer clicks.

        `chooser` is what answers, after every change, where a model is chosen: a listener, what it is given, and
        what it changes.
        """
        shown = [self._seen, self._head, *(row.facts for row in self._rows.values())]
        self._timer.tick(self._looked, [self._seen], shown, **SHORT)
        for row in self._rows.values():
            running = [row.errand, row.news]
            for part in (row.facts, row.news):
                part.stop(cancel, [row.errand], **SHORT)
            for name, works, told in (
                ("install", self._renew, _installed),
                ("verify", self._verify, _verified),
                ("remove", self._remove, _removed),
            ):
                asked = getattr(row.facts, name)(self._answering(row, works, told), [row.errand], running, **LONG)
                asked.then(self._looked, [self._seen], shown, **SHORT).then(*chooser, **SHORT)

    # --- what is there -----------------------------------------------------------------------------------------------

    def _now(self) -> tuple[Standing, ...]:
        return tuple(map(self._standings.of, MODEL_CONFIGS))

    def _headed(self, every: Sequence[Standing]) -> str:
        return model_rows.head(self._model.models_dir, free_bytes(self._model.models_dir), every)

    def _looked(self, seen: tuple[Standing, ...]) -> Any:  # noqa: ANN401 - what Gradio takes
        """Only rows that have changed are drawn anew: the others may be asking something."""
        now = self._now()
        if now == seen:
            return self._gr.skip()
        changed = [new for new, old in zip(now, seen, strict=True) if new != old]
        rows = {self._rows[each.spec.name].facts: model_rows.row(each) for each in changed}
        return {self._seen: now, self._head: self._headed(now), **rows}

    # --- what is done with it ----------------------------------------------------------------------------------------

    def _answering(self, row: "_Row", works: Work, told: Told) -> Any:  # noqa: ANN401 - what Gradio takes
        """A listener that is told which model, and perhaps which version of it."""
        import gradio as gr

        async def listener(running: Errand[Any] | None, event: gr.EventData) -> AsyncIterator[Updates]:
            if running:
                return
            spec, finished = catalogue.find(str(event.model)), list[Any]()
            errand = Errand(lambda report: works(spec, report))
            yield {row.errand: errand, row.news: _running(errand)}
            async with aclosing(errand.follow()) as batches:
                async for new in batches:
                    finished += new
                    yield {row.news: _running(errand)}
            yield {row.errand: None, row.news: told(spec, finished) + _ended(errand, works == self._renew)}

        return listener

    def _renew(self, spec: ModelSpec, report: OnProgress) -> Iterator[work.Provided]:
        return work.renew(spec, self._standings, self._model, report)

    def _verify(self, spec: ModelSpec, report: OnProgress) -> Iterator[work.Verdict]:
        return work.verify(spec, self._standings, self._model.models_dir, report)

    def _remove(self, spec: ModelSpec, report: OnProgress) -> Iterator[Footprint]:
        return work.remove(spec, self._standings, self._model, report)


class _Row:
    """One model: its facts, what is said under them, and the work that a tab has being done on it."""

    def __init__(self, gr: Any, standing: Standing) -> None:  # noqa: ANN401 - Gradio has no types for us
        name = standing.spec.name
        self.errand = gr.State()
        with gr.Column(elem_classes="card model-row", elem_id=f"model-{name}"):
            looks: dict[str, Any] = {"apply_default_css": False, "js_on_load": BUTTONS}
            self.facts = gr.HTML(model_rows.row(standing), elem_id=f"model-{name}-facts", **looks)
            self.news = gr.HTML(elem_id=f"model-{name}-news", elem_classes="model-row-news", **looks)


def _running(errand: Errand[Any]) -> str:
    return rendering.progress(errand.progress, cancelled=errand.cancelled) + model_rows.stop()


def _ended(errand: Errand[Any], downloads: bool) -> str:  # noqa: FBT001 - said once, where it is known
    """Only what went otherwise than it was wanted."""
    wrong = errand.failure or errand.stopped
    return news(errand, done="", cancelled=DOWNLOAD_STOPPED if downloads else LEFT_ALONE) if wrong else ""


def _installed(spec: ModelSpec, finished: Sequence[work.Provided]) -> str:
    return "".join(rendering.notice(each.sentence(spec.title)) for each in finished)


def _verified(_: ModelSpec, finished: Sequence[work.Verdict]) -> str:
    return "".join(rendering.notice(each.sentence, "info" if each.is_good else "error") for each in finished)


def _removed(spec: ModelSpec, finished: Sequence[Footprint]) -> str:
    title = spec.title + (f" at revision {spec.revision[:SHORT_HASH]}" if spec.revision else "")
    return "".join(rendering.notice(REMOVED.format(title, gigabytes(each.size_bytes))) for each in finished)
