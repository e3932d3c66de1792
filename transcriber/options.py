"""The choices a user has, checked when they are made."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from transcriber.errors import InvalidOptionError
from transcriber.timecode import FrameRate

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


LineShape = Literal["balanced", "top", "bottom"]
"""Lines as even as can be; or the shorter one on top, or at the bottom."""
LINE_SHAPES: tuple[LineShape, ...] = ("balanced", "top", "bottom")


MOST_LINES = 4
"""What any screen shows of one cue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptionOptions:
    """The rules that captions keep. Times are seconds; what ends in `_frames` counts frames of the film.

    A line holds `line_length` characters and a cue `lines` of them, shown at no
    more than `characters_per_second` where the speech itself is not faster.
    `most_lines` is what a check lets pass in captions made elsewhere, None for
    as many as `lines`. A cue lasts from `shortest` to `longest`, stays for
    `linger` after its last word where there is room, and ends at least
    `gap_frames` before the next; a longer gap of up to `closed_gap_frames`, or
    of less than `closed_gap` seconds, is closed to that. `words_per_cue` is None
    for as many as fit. `language` (such as "en") chooses the rules for where a
    line may end; None means the transcript's own.

    Raises:
        InvalidOptionError: a value that makes no sense.
    """

    profile: str = "netflix"
    line_length: int = 42
    lines: int = 2
    most_lines: int | None = None
    characters_per_second: float = 20.0
    shortest: float = 5 / 6
    longest: float = 7.0
    linger: float = 0.5
    gap_frames: int = 2
    closed_gap_frames: int = 11
    closed_gap: float = 0.0
    words_per_cue: int | None = None
    shape: LineShape = "balanced"
    language: str | None = None

    def __post_init__(self) -> None:
        for name, least, most in _CAPTION_BOUNDS:
            if not least <= getattr(self, name) <= most:
                raise InvalidOptionError(name, str(getattr(self, name)), f"it is from {least} to {most}")
        if self.shortest > self.longest:
            raise InvalidOptionError("shortest", str(self.shortest), f"it is at most the longest, {self.longest}")
        if self.most_lines is not None and not self.lines <= self.most_lines <= MOST_LINES:
            raise InvalidOptionError("most_lines", str(self.most_lines), f"it is from {self.lines} to {MOST_LINES}")
        if self.words_per_cue is not None and self.words_per_cue < 1:
            raise InvalidOptionError("words_per_cue", str(self.words_per_cue), "a cue holds at least one word")
        if self.shape not in LINE_SHAPES:
            raise InvalidOptionError("shape", str(self.shape), f"it is one of {', '.join(LINE_SHAPES)}")


_CAPTION_BOUNDS = (
    ("line_length", 10, 200),
    ("lines", 1, MOST_LINES),
    ("characters_per_second", 5, 100),
    ("shortest", 0, 10),
    ("longest", 0.5, 60),
    ("linger", 0, 10),
    ("gap_frames", 0, 50),
    ("closed_gap_frames", 0, 250),
    ("closed_gap", 0, 10),
)


PROFILES: Mapping[str, CaptionOptions] = MappingProxyType(
    {
        # Netflix, Timed Text Style Guide: General Requirements (lines, 5/6 to 7 s, 2 frames), English (20 characters
        # a second for adults) and Subtitle Timing Guidelines (gaps of 3 to 11 frames, half a second past the sound).
        "netflix": CaptionOptions(),
        # BBC, Subtitle Guidelines: 37 characters in the Teletext grid; two lines, three where they hide nothing; 160 to
        # 180 words a minute, 0.33 s a word, which is 18 characters a second at six a word with its space. No gap
        # below 1 s, preferably none below 1.5 s. It names no shortest cue but 0.3 s a word: 0.9 s are three words; and
        # no longest one, nor how long to linger but that 1.5 s is too long: Netflix's.
        "bbc": CaptionOptions(
            profile="bbc",
            line_length=37,
            most_lines=3,
            characters_per_second=18.0,
            shortest=0.9,
            gap_frames=0,
            closed_gap_frames=0,
            closed_gap=1.5,
        ),
        # YouTube gives no rules and wraps at the width of its window: two lines of 32 characters, as its own captions
        # have them, stay whole on a telephone held upright. The rest is Netflix's.
        "youtube": CaptionOptions(profile="youtube", line_length=32),
        # For short films on telephones: nobody has written rules. A word stays until the next one comes, or for 0.3 s;
        # no reading speed, since nobody reads: the eye need not move.
        "single-word": CaptionOptions(
            profile="single-word",
            lines=1,
            words_per_cue=1,
            characters_per_second=100.0,
            shortest=0.0,
            longest=3.0,
            linger=0.3,
            gap_frames=0,
            closed_gap_frames=0,
            closed_gap=1.0,
        ),
        # CTA-608: 32 columns, and four rows at once in pop-on captions. Captioning Key (DCMP): two lines, at least 40
        # frames of 30 a second and at most 6 s. Its reading rates are for edited text, ours is as it was spoken.
        "608": CaptionOptions(profile="608", line_length=32, most_lines=4, shortest=4 / 3, longest=6.0),
    }
)
"""Sets of rules by the name of who asks for them."""

TimeBase = Literal["file", "source", "own"]
"""Times count from the start of the file, from its source timecode, or from a start that the user gives."""
TIME_BASES: tuple[TimeBase, ...] = ("file", "source", "own")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportOptions:
    """How a transcript is handed over.

    `rate` is None for that of the film itself. `own_start` is the timecode of
    the file's time 0 where `base` is "own".

    Raises:
        InvalidOptionError: a value that makes no sense.
    """

    captions: CaptionOptions = field(default_factory=CaptionOptions)
    rate: FrameRate | None = None
    base: TimeBase = "file"
    own_start: str = "01:00:00:00"

    def __post_init__(self) -> None:
        if self.base not in TIME_BASES:
            raise InvalidOptionError("base", str(self.base), f"it is one of {', '.join(TIME_BASES)}")
