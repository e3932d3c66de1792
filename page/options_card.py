"""The card in which it is chosen what comes out, and what of a recording is heard. Uses Gradio."""

from pathlib import Path
from typing import Any

from page.answers import SHORT, Updates
from page.choices import Choice, usable
from page.keeping import keep_choices, keep_texts
from page.places import typed
from page.saving import Saving
from page.settings import Settings
from transcriber import export
from transcriber.options import StreamChoice, TranscribeOptions

OUTPUTS = Path(__file__).resolve().parent.parent / "outputs"

NO_FOLDER = "Give the folder to save in, or do not save."
NO_PLACE = "Uploaded files lie nowhere on this computer: save in a folder, or give their paths instead."
NO_FORMAT = "Choose at least one kind of files, or do not save them."
NO_PROOF_WITHOUT_WORDS = "Comparing two models marks single words: switch “Word times” on as well."

FORMATS = [(f"{each.extension}  {each.title}", name) for name, each in export.FORMATS.items() if name != "pack"]

BESIDE, FOLDER = "beside", "folder"
FIRST, ALL, NUMBER = "first", "all", "number"

PLACES = [("In a folder", FOLDER), ("Beside the recordings", BESIDE)]
EXISTING = [("Number the new ones", "number"), ("Skip the recording", "skip"), ("Replace them", "replace")]
STREAMS = [("The first", FIRST), ("All, each on its own", ALL), ("Number", NUMBER)]
CHANNELS = [("Mixed into one", "mix"), ("Each on its own", "split")]


class OptionsCard:
    """Lays itself out where it is made. `fields` are all that say what is wanted; `proof` depends on the model.

    `saving_fields` are those that say where files go.
    """

    def __init__(self, kept: Settings, models_dir: Path) -> None:
        import gradio as gr

        self._gr = gr
        last, _ = usable(kept, models_dir)
        with gr.Column(elem_id="options", elem_classes="card"):
            gr.HTML("<h2>Options</h2>", apply_default_css=False)
            self._word_times = gr.Checkbox(kept.word_times, label="Word times", elem_id="word-times")
            self.proof = gr.Checkbox(
                kept.proof,
                label="Show where a second model heard otherwise",
                visible=last.can_prove(models_dir),
                elem_id="prove",
            )
            self._lay_out_saving(kept)
            self._lay_out_tracks(kept)
        self.saving_fields = {self._formats, self._save, self._place, self._folder, self._existing}
        tracks = {self._stream, self._number, self._channels}
        self.fields = {self._word_times, self.proof, *tracks, *self.saving_fields}

    def _lay_out_saving(self, kept: Settings) -> None:
        gr = self._gr
        chosen = list(kept.formats)
        self._formats = gr.Dropdown(
            FORMATS, value=chosen, multiselect=True, label="Files of each transcript", elem_id="file-formats"
        )
        self._save = gr.Checkbox(kept.save, label="Save the files too", elem_id="save")
        with gr.Column(visible=kept.save, elem_id="saving") as self._saving:
            self._place = gr.Radio(PLACES, value=kept.place, label="Where", elem_id="place")
            self._folder = gr.Textbox(
                kept.folder or str(OUTPUTS), label="Folder", visible=kept.place == FOLDER, elem_id="folder"
            )
            self._existing = gr.Radio(
                EXISTING, value=kept.existing, label="Files that exist already", elem_id="existing"
            )

    def _lay_out_tracks(self, kept: Settings) -> None:
        gr = self._gr
        with gr.Accordion("More", open=False, elem_id="more"):
            self._stream = gr.Radio(STREAMS, value=kept.stream, label="Audio stream", elem_id="stream")
            self._number = gr.Number(
                kept.stream_number,
                label="Which one, counted from 1",
                precision=0,
                minimum=1,
                visible=kept.stream == NUMBER,
                elem_id="stream-number",
            )
            self._channels = gr.Radio(CHANNELS, value=kept.channels, label="Channels", elem_id="channels")

    def remembered(self, kept: Settings) -> Updates:
        """The fields as they are remembered, but for whether two models can be compared at all."""
        update = self._gr.update
        return {
            self._word_times: kept.word_times,
            self.proof: update(value=kept.proof),
            self._formats: list(kept.formats),
            self._save: kept.save,
            self._saving: update(visible=kept.save),
            self._place: kept.place,
            self._folder: update(value=kept.folder or str(OUTPUTS), visible=kept.place == FOLDER),
            self._existing: kept.existing,
            self._stream: kept.stream,
            self._number: update(value=kept.stream_number, visible=kept.stream == NUMBER),
            self._channels: kept.channels,
        }

    @property
    def shown(self) -> list[Any]:
        """All that `remembered` changes."""
        return [*self.fields, self._saving]

    @property
    def saving_changes(self) -> tuple[Any, ...]:
        """The events after which files go to another place."""
        return self._save.change, self._place.change, self._folder.blur, self._formats.input

    def connect(self) -> None:
        """Show only the fields that a choice asks for."""
        self._save.input(self._shown_if(wanted=True), [self._save], [self._saving], **SHORT)
        self._place.input(self._shown_if(wanted=FOLDER), [self._place], [self._folder], **SHORT)
        self._stream.input(self._shown_if(wanted=NUMBER), [self._stream], [self._number], **SHORT)
        switches = {"word_times": self._word_times, "proof": self.proof, "save": self._save}
        keep_choices(**switches, place=self._place, existing=self._existing, formats=self._formats)
        keep_choices(stream=self._stream, channels=self._channels)
        keep_texts(folder=self._folder, stream_number=self._number)

    def _shown_if(self, *, wanted: object) -> Any:  # noqa: ANN401 - what Gradio takes
        return lambda value: self._gr.update(visible=value == wanted)

    # --- what is wanted ----------------------------------------------------------------------------------------------

    def is_proof(self, wishes: Updates, choice: Choice, models_dir: Path) -> bool:
        """Whether to compare two models. A switch set for another model, and hidden now, does not count."""
        return bool(wishes[self.proof]) and choice.can_prove(models_dir)

    def refusal(self, wishes: Updates, *, proof: bool, uploads: bool) -> str | None:
        """Why nothing can be transcribed as the fields stand, and what to do; None if it can."""
        if proof and not wishes[self._word_times]:
            return NO_PROOF_WITHOUT_WORDS
        if not wishes[self._save]:
            return None
        if not wishes[self._formats]:
            return NO_FORMAT
        if wishes[self._place] == BESIDE:
            return NO_PLACE if uploads else None
        return None if typed(wishes[self._folder]) else NO_FOLDER

    def options(self, wishes: Updates, *, proof: bool) -> TranscribeOptions:
        """How recordings are heard."""
        return TranscribeOptions(
            word_times=wishes[self._word_times],
            proof=proof,
            audio_stream=self._audio_stream(wishes),
            channels=wishes[self._channels],
        )

    def saving(self, wishes: Updates) -> Saving | None:
        """Where files are saved, or None for nowhere."""
        if not wishes[self._save]:
            return None
        folder = None if wishes[self._place] == BESIDE else Path(typed(wishes[self._folder])).expanduser()
        return Saving(folder, wishes[self._existing], tuple(wishes[self._formats]))

    def _audio_stream(self, wishes: Updates) -> StreamChoice:
        """Users count from 1."""
        if wishes[self._stream] == ALL:
            return "all"
        return max(0, int(wishes[self._number] or 1) - 1) if wishes[self._stream] == NUMBER else 0
