"""Every utterance in a row, as `segments_csv` has it, its cells parted by tabs."""

from transcriber.export.handover import Handover
from transcriber.export.segments_csv import COLUMNS, rows
from transcriber.export.tables import tab_separated


def render(handover: Handover) -> str:
    """The rows below a row of names; the columns are those of `segments_csv`."""
    return tab_separated(COLUMNS, rows(handover))
