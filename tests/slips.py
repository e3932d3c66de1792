"""Serves the page with a Canary that makes slips: it writes what the demo model hears, with some words changed.

    python tests/slips.py --no-browser --port 0 …

All else is real: the page, the demo model as Parakeet, the alignment. The tests' own SALM knows its sentences by
heart, so nobody could tell beforehand where it will differ.
"""

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))

from transcriber import loading  # noqa: E402
from transcriber.catalogue import MODEL_CONFIGS, ModelSpec  # noqa: E402
from transcriber.options import TranscribeOptions  # noqa: E402
from transcriber.progress import OnProgress  # noqa: E402
from transcriber.recognizer import Clip, Recognition, Recognizer  # noqa: E402

COMMIT = "5f3a" * 10
NOTE = f"Offline: using commit {COMMIT[:7]}, the only one on this machine."

SLIPS = {
    "museum,": "museum",
    "Laura.": "Lara.",
    "old": "Old",
    "clock": "cloak",
    "door.": "door. There",
    "14,": "40,",
    "Please": "",
    "hat": "hat there",
}
"""What is heard, and what is written instead: all but the last in the page's sample."""


class SlippingRecognizer:
    """Another model's words, some of them changed, and none of its times."""

    def __init__(self, spec: ModelSpec, ears: Recognizer) -> None:
        self.spec, self._ears = replace(spec, revision=COMMIT), ears
        self.device, self.notes, self.memory_bytes = ears.device, (NOTE,), ears.memory_bytes
        self.identity, self.clips_at_once = f"slipping {ears.identity}", ears.clips_at_once

    def recognize(self, clips: Sequence[Clip], options: TranscribeOptions) -> list[Recognition]:
        return [Recognition(slipped(each.text), ()) for each in self._ears.recognize(clips, options)]

    def close(self) -> None:
        self._ears.close()


def slipped(text: str) -> str:
    """What Canary writes where the demo model hears this."""
    return " ".join(filter(None, (SLIPS.get(word, word) for word in text.split())))


def _load(spec: ModelSpec, settings: loading.LoadSettings, on_progress: OnProgress) -> Recognizer:
    return SlippingRecognizer(spec, loading._ENGINES["nemo"](MODEL_CONFIGS["demo"], settings, on_progress))


if __name__ in {"__main__", "__mp_main__"}:  # this process, and the worker's
    loading._ENGINES = {**loading._ENGINES, "salm": _load}

if __name__ == "__main__":
    import transcribe_ui

    sys.exit(transcribe_ui.main())
