"""What a script of the page asks of the program, and is told: JSON, with a sentence where something went wrong."""

import json
from collections.abc import Callable
from typing import Any

from page import reports
from transcriber.errors import EditConflictError, TranscriberError, UnknownTranscriptError

Asked = dict[str, Any]
"""A question or an answer. Which fields there are is said where it is answered."""


def answered(answer: Callable[[Asked], Asked], asked: Asked) -> str:
    """The answer, or `{"error": sentence, "stale": whether what the tab shows is not so any more}`."""
    try:
        said = answer(asked)
    except TranscriberError as error:
        said = {"error": str(error), "stale": isinstance(error, EditConflictError | UnknownTranscriptError)}
    except Exception as error:  # noqa: BLE001 - nobody above would say anything to the user
        said = {"error": reports.sentence(error), "stale": False}
    return json.dumps(said, separators=(",", ":"))
