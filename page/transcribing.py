"""What a press of Transcribe, or of Go on, adds to the queue, and shows until that is over. Uses Gradio."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from page import rendering
from page.answers import REPEATED, SHORT, Updates
from page.choices import Choice
from page.following import Following, Parts
from page.model_card import ModelCard
from page.options_card import OptionsCard
from page.queue import Entry
from page.recordings import Recording, Result
from page.transcription import Wish, plan
from transcriber.errors import TranscriberError
from transcriber.loading import LoadSettings
from transcriber.worker import Order

SAMPLE = Path(__file__).resolve().parent.parent / "models" / "demo_sample.flac"

NO_RECORDING = "Choose a recording first, or press “Try the sample”."
KNOWN = "{} is in the queue already."
DONE = "{} is done already."


class Transcribing:
    """Answers the buttons that ask for work on recordings, and the one that cancels what the tab has asked for."""

    def __init__(self, following: Following, parts: Parts, model: ModelCard, options: OptionsCard, mine: Any) -> None:  # noqa: ANN401 - Gradio's
        self._following, self._parts = following, parts
        self._card, self._options = model, options
        self._mine = mine
        self._model, self._queue, self._past = following.model, following.queue, following.past

    def connect(self) -> None:
        """Answer clicks."""
        given, before, queue = self._parts.given, self._parts.before, self._parts.queue
        wishes = {self._mine, *given.fields, *self._card.fields, *self._options.fields}
        shown = self._parts.all
        given.go.click(self._transcribe, wishes, shown, **REPEATED)
        given.sample.click(self._transcribe_sample, wishes, shown, **REPEATED)
        for part in (before.unfinished, before.history, self._parts.results):
            part.go_on(self._going_on(), wishes, shown, **REPEATED)
        queue.part.retry(self._retrying(), {self._mine}, shown, **REPEATED)
        queue.part.rejoin(self._rejoining(), {self._mine}, shown, **REPEATED)
        given.stop.click(self._cancel, {self._mine}, [queue.part], **SHORT)

    # --- what is wanted ----------------------------------------------------------------------------------------------

    async def _transcribe(self, wishes: Updates) -> AsyncIterator[Updates]:
        uploads, paths = self._parts.given.uploads(wishes), self._parts.given.paths(wishes)
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
            yield self._refused(wishes, refusal)
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
                yield self._refused(wishes, str(error))
                return
            async for updates in self._carry_out(wishes, wish):
                yield updates

        return listener

    def _refusal(self, wishes: Updates, *, uploads: bool) -> str | None:
        choice = self._card.choice(wishes)
        proof = self._options.is_proof(wishes, choice, self._model.models_dir)
        refusal = choice.refusal(self._model.models_dir)
        return refusal or self._options.refusal(wishes, proof=proof, uploads=uploads)

    def _wish(self, wishes: Updates, recordings: tuple[Recording, ...], paths: tuple[Path, ...]) -> Wish:
        choice, options = self._card.choice(wishes), self._options
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
        card = self._card
        return self._model.settings(wishes[card.device], choice.timer, "int8" if wishes[card.in_int8] else "auto")

    def _same_wish(self, wishes: Updates, job: str) -> Wish:
        """What the job was asked for, with files saved as the page says now. Raises UnknownJobError."""
        asked = self._past.find(job).request
        path, saving = asked.source.path, self._options.saving(wishes)
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

    def _retrying(self) -> Any:  # noqa: ANN401 - what Gradio takes
        """A listener that is told which entry is to be tried again; the tab waits for it."""
        import gradio as gr

        async def listener(wishes: Updates, event: gr.EventData) -> AsyncIterator[Updates]:
            wishes[self._mine].begin()
            try:
                again = [self._queue.retry(each) for each in self._queue.find([str(event.id)]) if each.is_over]
            except TranscriberError as error:
                yield self._refused(wishes, str(error))
                return
            if again:
                async for updates in self._following.follow(wishes[self._mine], again):
                    yield updates

        return listener

    def _rejoining(self) -> Any:  # noqa: ANN401 - what Gradio takes
        """A listener that is told which entries a tab waited for before it was loaded anew."""
        import gradio as gr

        async def listener(wishes: Updates, event: gr.EventData) -> AsyncIterator[Updates]:
            entries = [each for each in self._queue.find(map(str, event.ids)) if not each.is_over]
            if entries:
                async for updates in self._following.follow(wishes[self._mine], entries):
                    yield updates

        return listener

    def _cancel(self, wishes: Updates) -> Updates:
        """All that this tab waits for, and nobody else's."""
        mine = wishes[self._mine]
        self._queue.cancel(each for each in mine.waited_for if not each.is_over)
        return self._parts.queue.show(mine)

    def _refused(self, wishes: Updates, sentence: str) -> Updates:
        """Said at once, or beside what is shown already."""
        mine = wishes[self._mine]
        mine.remark = rendering.notice(sentence, "error")
        return {} if mine.is_followed else {self._parts.progress: mine.remark}

    # --- into the queue ----------------------------------------------------------------------------------------------

    async def _carry_out(self, wishes: Updates, wish: Wish) -> AsyncIterator[Updates]:
        mine = wishes[self._mine]
        mine.begin()
        if not mine.is_followed:  # to look into folders may take a while
            yield {self._parts.progress: rendering.progress(None)}
        try:
            added = await asyncio.to_thread(self._added, wish, frozenset(mine.done))
        except TranscriberError as error:
            yield self._refused(wishes, str(error))
            return
        mine.finished += added.results
        mine.remark = added.remark
        async for updates in self._following.follow(mine, added.entries):
            yield updates

    def _added(self, wish: Wish, done: frozenset[Order]) -> "_Added":
        """In one go: who closes his tab meanwhile has pressed the button all the same."""
        planned = plan(wish, self._past.uploads)
        again = [each for each in planned.tasks if each.order in done]
        self._past.uploads.let_go(each.recording for each in again)
        wanted = [each for each in planned.tasks if each.order not in done]
        entries = self._queue.add(wanted)
        known = [entry.name for task, entry in zip(wanted, entries, strict=True) if entry.task is not task]
        return _Added(
            entries, planned.results, _remark(KNOWN, known) + _remark(DONE, [e.recording.name for e in again])
        )


@dataclass(frozen=True, slots=True)
class _Added:
    """What a wish came to: what is in the queue for it, what needs no work, and what is to be said besides."""

    entries: tuple[Entry, ...]
    results: tuple[Result, ...]
    remark: str


def _remark(sentence: str, names: Sequence[str]) -> str:
    return rendering.notice(sentence.format(", ".join(dict.fromkeys(names)))) if names else ""
