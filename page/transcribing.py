"""What a press of Transcribe, or of Go on, shows from its beginning to its end. Uses Gradio."""

from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from page import rendering, transcripts
from page.answers import CANCELLED, LONG, SHORT, Updates, cancel, news
from page.choices import Choice
from page.errand import Errand
from page.model_card import ModelCard
from page.model_in_use import ModelInUse
from page.options_card import OptionsCard
from page.past import Past
from page.past_card import PastCard
from page.recordings import Recording, Result
from page.recordings_card import RecordingsCard
from page.transcription import Transcription, Wish
from transcriber.errors import TranscriberError
from transcriber.loading import LoadSettings

SAMPLE = Path(__file__).resolve().parent.parent / "models" / "demo_sample.flac"

NO_RECORDING = "Choose a recording first, or press “Try the sample”."
BUSY = "Something is being transcribed in this tab. Cancel it first, or wait until it is done."


@dataclass(frozen=True, slots=True)
class Cards:
    """Where what is wanted is chosen, and from where to go on."""

    given: RecordingsCard
    model: ModelCard
    options: OptionsCard
    before: PastCard


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where it is shown how the work goes: components, and the states of a tab.

    `errand` is the work that runs, `opened` the jobs whose transcripts are shown.
    """

    errand: Any
    opened: Any
    status: Any
    progress: Any
    growing: Any
    results: Any


class Transcribing:
    """Answers the buttons that begin work on recordings, and the one that ends it."""

    def __init__(self, model: ModelInUse, past: Past, cards: Cards, outcome: Outcome) -> None:
        import gradio as gr

        self._gr = gr
        self._model, self._past = model, past
        self._cards, self._out = cards, outcome

    def connect(self) -> None:
        """Answer clicks."""
        given, before, out = self._cards.given, self._cards.before, self._out
        wishes = {out.errand, *given.fields, *self._cards.model.fields, *self._cards.options.fields}
        shown = [out.errand, out.opened, out.status, out.progress, out.growing, out.results]
        running = [*shown, given.go, given.stop, given.sample, before.unfinished]
        given.go.click(self._transcribe, wishes, running, **LONG)
        given.sample.click(self._transcribe_sample, wishes, running, **LONG)
        for part in (before.unfinished, before.history, out.results):
            part.go_on(self._going_on(), wishes, running, **LONG)
        given.stop.click(cancel, [out.errand], **SHORT)

    # --- what is wanted ----------------------------------------------------------------------------------------------

    async def _transcribe(self, wishes: Updates) -> AsyncIterator[Updates]:
        uploads, paths = self._cards.given.uploads(wishes), self._cards.given.paths(wishes)
        refusal = None if uploads or paths else NO_RECORDING
        async for updates in self._begin(wishes, uploads, paths, refusal):
            yield updates

    async def _transcribe_sample(self, wishes: Updates) -> AsyncIterator[Updates]:
        async for updates in self._begin(wishes, (Recording(SAMPLE, SAMPLE.name),), ()):
            yield updates

    async def _begin(
        self, wishes: Updates, recordings: tuple[Recording, ...], paths: tuple[Path, ...], refusal: str | None = None
    ) -> AsyncIterator[Updates]:
        uploads = any(each.uploaded for each in recordings)
        refusal = refusal or self._refusal(wishes, uploads=uploads)
        if refusal:
            yield {self._out.progress: rendering.notice(refusal, "error")}
            return
        async for updates in self._carry_out(wishes, self._wish(wishes, recordings, paths)):
            yield updates

    def _going_on(self) -> Any:  # noqa: ANN401 - what Gradio takes
        """A listener that is told which job to go on with."""
        import gradio as gr

        async def listener(wishes: Updates, event: gr.EventData) -> AsyncIterator[Updates]:
            try:
                wish = self._same_wish(wishes, str(event.job))
            except TranscriberError as error:
                yield {self._out.progress: rendering.notice(str(error), "error")}
                return
            async for updates in self._carry_out(wishes, wish):
                yield updates

        return listener

    def _refusal(self, wishes: Updates, *, uploads: bool) -> str | None:
        choice = self._cards.model.choice(wishes)
        proof = self._cards.options.is_proof(wishes, choice, self._model.models_dir)
        refusal = choice.refusal(self._model.models_dir)
        return refusal or self._cards.options.refusal(wishes, proof=proof, uploads=uploads)

    def _wish(self, wishes: Updates, recordings: tuple[Recording, ...], paths: tuple[Path, ...]) -> Wish:
        choice, options = self._cards.model.choice(wishes), self._cards.options
        proof = options.is_proof(wishes, choice, self._model.models_dir)
        return Wish(
            recordings=recordings,
            paths=paths,
            model=choice.name,
            settings=self._settings(wishes, choice),
            options=options.options(wishes, proof=proof),
            saving=options.saving(wishes),
        )

    def _settings(self, wishes: Updates, choice: Choice) -> LoadSettings:
        card = self._cards.model
        return self._model.settings(wishes[card.device], choice.timer, "int8" if wishes[card.in_int8] else "auto")

    def _same_wish(self, wishes: Updates, job: str) -> Wish:
        """What the job was asked for, with files saved as the page says now. Raises UnknownJobError."""
        asked = self._past.find(job).request
        path, saving = asked.source.path, self._cards.options.saving(wishes)
        if saving and saving.folder is None and self._past.uploads.holds(path):
            saving = None
        return Wish(
            recordings=(Recording(path, path.name),),
            paths=(),
            model=asked.model,
            settings=self._model.settings(asked.device, asked.timing, asked.precision),
            options=asked.options,
            saving=saving,
        )

    # --- the work ----------------------------------------------------------------------------------------------------

    async def _carry_out(self, wishes: Updates, wish: Wish) -> AsyncIterator[Updates]:
        if wishes[self._out.errand]:
            yield {self._out.progress: rendering.notice(BUSY, "error")}
            return
        work, finished = Transcription(wish, self._model, self._past), list[Result]()
        errand = Errand(work.results)
        yield self._begun(errand)
        async with aclosing(errand.follow()) as batches:
            async for new in batches:
                finished += new
                yield self._under_way(errand, work, len(finished))
                if new:
                    yield self._so_far(finished)
        yield self._ended(errand, finished)

    def _begun(self, errand: Errand[Result]) -> Updates:
        out = self._out
        cleared = {out.progress: rendering.progress(None), out.results: transcripts.results(()), out.opened: ()}
        return {out.errand: errand, **cleared, **self._buttons(running=True)}

    def _under_way(self, errand: Errand[Result], work: Transcription, finished: int) -> Updates:
        total = work.growth.expected
        count = f"file {finished + 1} of {total}" if total > max(1, finished) else ""
        return {
            self._out.progress: rendering.progress(
                errand.progress,
                count=count,
                meanwhile=self._model.meanwhile,
                since=errand.seconds_since_report,
                cancelled=errand.cancelled,
            ),
            self._out.growing: work.growth.mark(),
            **self._header(),
        }

    def _so_far(self, finished: Sequence[Result]) -> Updates:
        jobs = tuple(each.job for each in finished if each.job)
        return {
            self._out.results: transcripts.results(finished),
            self._out.opened: jobs,
            **self._cards.before.show(self._past.seen()),
        }

    def _ended(self, errand: Errand[Result], finished: Sequence[Result]) -> Updates:
        cut_short = any(result.cancelled for result in finished)
        done = CANCELLED if cut_short else rendering.summary(finished, errand.seconds)
        over = {self._out.errand: None, self._out.growing: None, self._out.progress: news(errand, done=done)}
        past = self._cards.before.show(self._past.seen())
        return {**over, **past, **self._header(), **self._buttons(running=False)}

    def _header(self) -> Updates:
        """Right beside what is shown with it; what a late tick undoes, the next one mends."""
        return {self._out.status: rendering.status(self._model.status)}

    def _buttons(self, *, running: bool) -> Updates:
        update, given = self._gr.update, self._cards.given
        return {
            given.go: update(visible=not running),
            given.stop: update(visible=running),
            given.sample: update(interactive=not running),
        }
