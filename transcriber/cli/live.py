"""The text while it comes, for who looks on."""

from transcriber.cli.terminal import clear, show
from transcriber.progress import Progress
from transcriber.transcript import Segment


class Live:
    """An `OnProgress` that prints every utterance as soon as it is sure, each on a line of its own."""

    def __init__(self) -> None:
        self._speaker: str | None = None

    def __call__(self, progress: Progress) -> None:
        """Print what has come, and how far it is."""
        if progress.heard:
            clear()
        for segment in progress.heard:
            self._print(segment)
        show(progress)

    def _print(self, segment: Segment) -> None:
        label = f"{segment.speaker}: " if segment.speaker not in (None, self._speaker) else ""
        self._speaker = segment.speaker
        print(f"{label}{segment.text}", flush=True)
