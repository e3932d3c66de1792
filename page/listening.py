"""What the reading panel asks for besides the words: the waveform, and the captions as they would be exported now."""

from page import settings
from page.asking import Asked, answered
from page.captions_player import Serve, timed
from page.delivery import Rules, deliver
from page.past import Past
from page.settings import Settings


class Listening:
    """Tabs may ask from several threads. Every answer is as `page.asking` says."""

    def __init__(self, past: Past, serve: Serve) -> None:
        self._past, self._serve = past, serve

    def peaks(self, asked: Asked) -> str:
        """`{"address": …}` of the waveform, or `{"share": …}` of it that is drawn; asking keeps it going."""
        return answered(self._peaks, asked)

    def captions(self, asked: Asked) -> str:
        """`{"cues": [[start, end, text], …]}` by the rules that were chosen last, with all that is corrected."""
        return answered(self._captions, asked)

    def _peaks(self, asked: Asked) -> Asked:
        summary = self._past.find(str(asked.get("job"))).summary
        lies_at = self._past.lies_at(summary.recording) or summary.recording
        strip = self._past.peaks.look(summary.recording, lies_at, summary.duration or 0.0)
        if strip.failure:
            return {"error": strip.failure}
        return {"address": self._serve(strip.path)} if strip.path else {"share": round(strip.share, 3)}

    def _captions(self, asked: Asked) -> Asked:
        handover = deliver(self._past, str(asked.get("job"))).hand_over(_rules(settings.load()))
        return {"cues": timed(handover.cues)}


def _rules(kept: Settings) -> Rules:
    return Rules(
        profile=kept.profile,
        line_length=kept.line_length,
        lines=kept.lines,
        characters_per_second=kept.characters_per_second,
        language=kept.language,
    )
