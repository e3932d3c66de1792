"""Transcripts on their way to an editor, for tests that do not care for the film."""

from pathlib import Path

from transcriber.export.handover import Handover
from transcriber.footage import Footage
from transcriber.options import ExportOptions
from transcriber.transcript import Transcript


def handed(transcript: Transcript, options: ExportOptions | None = None) -> Handover:
    """As it is handed over when there is sound alone and the user chose nothing."""
    return Handover(transcript, Footage(Path("museum.wav"), transcript.duration), options or ExportOptions())
