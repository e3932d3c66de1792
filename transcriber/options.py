"""The choices a user has, checked when they are made."""

from dataclasses import dataclass
from typing import Literal

from transcriber.errors import InvalidOptionError

Device = Literal["auto", "cpu", "cuda"]
DEVICES: tuple[Device, ...] = ("auto", "cpu", "cuda")

Precision = Literal["auto", "int8"]
PRECISIONS: tuple[Precision, ...] = ("auto", "int8")

StreamChoice = int | Literal["all"]

Channels = Literal["mix", "split"]
CHANNELS: tuple[Channels, ...] = ("mix", "split")

SAMPLE_RATE = 16_000
"""Hz, of all audio inside: what Parakeet, Canary and their relatives were trained on."""


@dataclass(frozen=True, slots=True)
class TranscribeOptions:
    """How a recording is transcribed.

    `proof` keeps what a second model heard where it differs from the first.
    `audio_stream` counts the recording's audio streams from 0; "all" transcribes
    each of them on its own. So does `channels` "split" with each channel of a
    stream, where "mix" makes one sound of them. `clip_seconds` is the length
    that clips aim at, `max_clip_seconds` the one they never exceed.

    Raises:
        InvalidOptionError: a value that makes no sense.
    """

    word_times: bool = True
    proof: bool = False
    audio_stream: StreamChoice = 0
    channels: Channels = "mix"
    clip_seconds: float = 30.0
    max_clip_seconds: float = 40.0

    def __post_init__(self) -> None:
        if self.audio_stream != "all" and not (isinstance(self.audio_stream, int) and self.audio_stream >= 0):
            raise InvalidOptionError("audio_stream", str(self.audio_stream), 'streams are counted from 0, or "all"')
        if self.channels not in CHANNELS:
            raise InvalidOptionError("channels", str(self.channels), 'it is either "mix" or "split"')
        if not 1 <= self.clip_seconds <= self.max_clip_seconds < float("inf"):
            wanted = f"{self.clip_seconds} s of at most {self.max_clip_seconds} s"
            raise InvalidOptionError("clip_seconds", wanted, "clips last at least 1 s and at most max_clip_seconds")
