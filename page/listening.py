"""What the reading panel asks for besides the words: the waveform, and the captions as they would be exported now."""

import json
from collections.abc import Callable

from page import reports
from page.captions_player import Serve, timed
from page.delivery import Rules, deliver
from page.desk import Asked
from page.past import Past
from transcriber.errors import TranscriberError


class Listening:
    """Tabs may ask from several threads. Every answer is JSON; `{"error": sentence}` where there is none."""

    def __init__(self, past: Past, serve: Serve) -> None:
        self._past, self._serve = past, serve

    def peaks(self, asked: Asked) -> str:
        """`{"address": …}` of the waveform, or `{"share": …}` of it that is drawn; asking keeps it going."""
        return _answered(self._peaks, asked)

    def captions(self, asked: Asked) -> str:
        """`{"cues": [[start, end, text], …]}` by the usual rules, with all that is corrected."""
        return _answered(self._captions, asked)

    def _peaks(self, asked: Asked) -> Asked:
        summary = self._past.find(str(asked.get("job"))).summary
        lies_at = self._past.lies_at(summary.recording) or summary.recording
        strip = self._past.peaks.look(summary.recording, lies_at, summary.duration or 0.0)
        if strip.failure:
            return {"error": strip.failure}
        return {"address": self._serve(strip.path)} if strip.path else {"share": round(strip.share, 3)}

    def _captions(self, asked: Asked) -> Asked:
        handover = deliver(self._past, str(asked.get("job"))).hand_over(Rules())
        return {"cues": timed(handover.cues)}


def _answered(answer: Callable[[Asked], Asked], asked: Asked) -> str:
    try:
        said = answer(asked)
    except TranscriberError as error:
        said = {"error": str(error)}
    except Exception as error:  # noqa: BLE001 - nobody above would say anything to the user
        said = {"error": reports.sentence(error)}
    return json.dumps(said, separators=(",", ":"))
