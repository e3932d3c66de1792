"""What opens over the page when a finished transcript is handed over: rules, player, export, check. Uses Gradio."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import Any

from page import deliveries, rendering
from page.answers import LATEST, LONG, SHORT, Door, Updates, cancel
from page.captions_player import CaptionsPlayer, Serve
from page.check_card import CheckCard, subtitle_button
from page.checking import Captions, offset, read
from page.delivery import Delivery, bare, deliver
from page.errand import Errand
from page.export_card import ExportCard
from page.past import Past
from page.rules_card import RulesCard
from page.settings import Settings
from transcriber import media
from transcriber.errors import TranscriberError
from transcriber.export.handover import Handover
from transcriber.progress import OnProgress, Progress

SCRIPT = Path(__file__).with_name("delivery.js").read_text(encoding="utf-8")

Shots = tuple[float, ...]


class DeliveryCard:
    """Two parts of the page, each laid out where the page wants it. What is open is in the tab's own state.

    `rules` are the fields that stay from one recording to the next.
    """

    def __init__(self, past: Past, serve: Serve, kept: Settings) -> None:
        import gradio as gr

        self._gr, self._past, self._serve, self._kept = gr, past, serve, kept
        self._opened, self._search = gr.State(), gr.State()

    def lay_out(self) -> None:
        """The panel itself, which takes the place of all else while something is open."""
        gr = self._gr
        with gr.Column(elem_id="delivery", visible=False) as self._panel:
            self._head = gr.HTML(elem_id="opened", apply_default_css=False, js_on_load=SCRIPT)
            with gr.Row(elem_id="preview"):
                with gr.Column(elem_id="preview-player", min_width=0):
                    self._player = CaptionsPlayer(self._serve)
                    self._looked = gr.HTML(elem_id="looked", apply_default_css=False)
                self.rules = RulesCard(self._kept)
            self._export = ExportCard()
            self._check = CheckCard()

    def connect(self, *doors: Door, progress: Any) -> None:  # noqa: ANN401 - Gradio has no types for us
        """Open what a button in any of the doors asks for; captions that cannot be read are said in `progress`."""
        self._progress = progress
        rules, check = self.rules, self._check
        rules.connect()
        made = self._export.made
        wishes = {self._opened, self._search, check.table, made, *rules.fields}
        shown = [*rules.parts, *check.parts, self._player.part, made]
        frame = [self._panel, self._export.column, self._head, self._opened, self._search, self._looked, progress]
        for door in doors:
            opened = door.part.deliver(self._opening(door), wishes, [*{*frame, door.said}, *shown], **LONG)
            laid = opened.then(self._changed, wishes, shown, **SHORT)
            laid.then(self._snapped, wishes, frame, **LONG).then(self._changed_by_shots, wishes, shown, **SHORT)
        self._door.upload(self._opened_bare, {self._door, *wishes}, [*frame, *shown], **SHORT)
        self._head.leave(
            self._leave, [self._search], [self._panel, self._head, self._opened, self._player.part], **SHORT
        )
        rules.profile.input(self._profile_chosen, wishes, shown, **LATEST)
        for changed in rules.changes:
            changed(self._changed, wishes, shown, **LATEST)
        searched = rules.snap.input(self._snapped, wishes, frame, trigger_mode="multiple", **LONG)
        searched.then(self._changed, wishes, shown, **SHORT)
        self._export.connect(rules.fields, self._opened, rules.rules)
        check.file.upload(self._imported, {check.file, *wishes}, shown, **SHORT)
        check.repair.click(self._table(check.repaired), wishes, shown, **SHORT)
        check.anew.click(self._table(check.laid_out_anew), wishes, shown, **SHORT)
        check.own.click(self._table(lambda *_: None), wishes, shown, **SHORT)

    def lay_out_door(self) -> None:
        """The button that opens it for captions made elsewhere, without a transcript."""
        self._door = subtitle_button("Check captions made elsewhere", "check-captions")

    # --- opening and leaving -----------------------------------------------------------------------------------------

    def _opening(self, door: Door) -> Any:  # noqa: ANN401 - what Gradio takes
        """A listener that is told which job is wanted."""
        import gradio as gr

        async def listener(wishes: Updates, event: gr.EventData) -> Updates:
            cancel(wishes[self._search])
            try:
                delivery = await asyncio.to_thread(self._delivered, str(event.job))
            except TranscriberError as error:
                return door.refuse(str(error))
            return {**self._frame(delivery), **self.rules.of_recording(delivery), **self._awaited(delivery)}

        return listener

    def _delivered(self, job: str) -> Delivery:
        """With a recording that can be played at once: making an index of hours takes seconds. Raises as `deliver`."""
        delivery = deliver(self._past, job)
        if delivery.media:
            self._serve(delivery.media)
        return delivery

    def _awaited(self, delivery: Delivery) -> Updates:
        """What is shown of a long recording until its captions are laid out."""
        return {
            self._check.table: None,
            self._check.report: deliveries.LAYING_OUT,
            self._player.part: self._player.showing(delivery, ()),
        }

    def _opened_bare(self, wishes: Updates) -> Updates:
        """Captions made elsewhere, without a transcript."""
        path, name = wishes[self._door]
        try:
            captions = read(path, name)
        except TranscriberError as error:
            return {self._progress: rendering.notice(str(error), "error")}
        delivery = bare(self._past, name)
        wishes = {**wishes, self._opened: delivery, self._check.table: captions}
        return {**self._frame(delivery), **self.rules.of_recording(delivery), **self._shown(wishes)}

    def _frame(self, delivery: Delivery) -> Updates:
        return {
            self._panel: self._gr.update(visible=True),
            self._export.column: self._gr.update(visible=not delivery.is_bare),
            self._head: deliveries.head(delivery),
            self._opened: delivery,
            self._looked: "",
            self._export.made: "",
        }

    def _leave(self, search: Errand[Shots] | None) -> Updates:
        cancel(search)
        return {self._panel: self._gr.update(visible=False), self._head: "", self._opened: None, self._player.part: ""}

    # --- rules -------------------------------------------------------------------------------------------------------

    def _profile_chosen(self, wishes: Updates) -> Updates:
        fields = self.rules.of_profile(wishes[self.rules.profile])
        return {**fields, **self._shown({**wishes, **fields})}

    def _changed(self, wishes: Updates) -> Updates:
        return self._shown(wishes)

    def _changed_by_shots(self, wishes: Updates) -> Updates:
        """The same, where shot changes were looked for when the recording was opened."""
        return self._shown(wishes) if wishes[self.rules.snap] else {self._check.table: wishes[self._check.table]}

    def _shown(self, wishes: Updates) -> Updates:
        """Captions, report and start by the rules as they are now; what makes no sense is said in its place."""
        delivery: Delivery | None = wishes[self._opened]
        if delivery is None:
            return {self.rules.said: ""}
        try:
            handover = delivery.hand_over(self.rules.rules(wishes))
        except TranscriberError as error:
            return {self.rules.said: deliveries.wrong(str(error))}
        said = {self.rules.said: deliveries.begins(delivery, handover), **self._export.settled(wishes)}
        return said | self._laid(delivery, handover, wishes)

    def _laid(self, delivery: Delivery, handover: Handover, wishes: Updates) -> Updates:
        """On the table and in the player lies the same."""
        captions: Captions | None = wishes[self._check.table]
        cues, late = (captions.cues, offset(captions, handover)) if captions else (handover.cues, 0.0)
        return {
            **self._check.showing(captions, handover, delivery),
            self._player.part: self._player.showing(delivery, cues, late),
        }

    # --- shot changes ------------------------------------------------------------------------------------------------

    async def _snapped(self, wishes: Updates) -> AsyncIterator[Updates]:
        """Look for shot changes where they are wanted and not known yet."""
        cancel(wishes[self._search])
        delivery: Delivery | None = wishes[self._opened]
        if delivery is None or not delivery.wants_shots(self.rules.rules(wishes)):
            yield {self._search: None, self._looked: ""}
            return
        errand = Errand(_looking(delivery))
        yield {self._search: errand, self._looked: deliveries.looking(0, delivery.footage.duration)}
        found: list[Shots] = []
        async with aclosing(errand.follow()) as batches:
            async for new in batches:
                found += new
                done = errand.progress.done if errand.progress else 0.0
                yield {self._looked: deliveries.looking(done, delivery.footage.duration)}
        yield self._found(errand, found, delivery)

    def _found(self, errand: Errand[Shots], found: list[Shots], delivery: Delivery) -> Updates:
        if errand.stopped:
            return {self._looked: ""}
        if errand.failure:
            return {self._search: None, self._looked: deliveries.wrong(errand.failure)}
        return {
            self._search: None,
            self._opened: replace(delivery, shots=found[-1]),
            self._looked: deliveries.shots_found(len(found[-1])),
        }

    # --- what lies on the table --------------------------------------------------------------------------------------

    def _imported(self, wishes: Updates) -> Updates:
        path, name = wishes[self._check.file]
        try:
            captions = read(path, name)
        except TranscriberError as error:
            return {self._check.wrong: deliveries.wrong(str(error))}
        return self._shown({**wishes, self._check.table: captions})

    def _table(self, change: Callable[[Captions, Handover, Delivery], Captions | None]) -> Any:  # noqa: ANN401
        """A listener that puts something else on the table."""

        def listener(wishes: Updates) -> Updates:
            delivery = wishes[self._opened]
            try:
                handover = delivery.hand_over(self.rules.rules(wishes))
                changed = change(wishes[self._check.table], handover, delivery)
            except TranscriberError as error:
                return {self._check.wrong: deliveries.wrong(str(error))}
            return self._shown({**wishes, self._check.table: changed})

        return listener


def _looking(delivery: Delivery) -> Callable[[OnProgress], Iterator[Shots]]:
    path = delivery.media
    assert path is not None  # noqa: S101 - `wants_shots` saw to it

    def work(report: OnProgress) -> Iterator[Shots]:
        def at(seconds: float) -> None:
            report(Progress("watching", delivery.name, seconds, delivery.footage.duration))

        yield tuple(media.shots(path, at))

    return work
