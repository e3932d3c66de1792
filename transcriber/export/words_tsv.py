"""Every word in a row, as `words_csv` has it, its cells parted by tabs: for scripts, and for spreadsheets by paste."""

from transcriber.export.tables import tab_separated
from transcriber.export.words_csv import COLUMNS, rows
from transcriber.transcript import Transcript


def render(transcript: Transcript) -> str:
    """The rows below a row of names; the columns are those of `words_csv`."""
    return tab_separated(COLUMNS, rows(transcript))
