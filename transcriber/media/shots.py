"""Where one shot of a film ends and the next begins, so that captions can change with the picture.

Each frame is compared with the one before, very small and grey. A cut stands
out from the frames around it, which a pan or an explosion does not (the idea of
PySceneDetect's AdaptiveDetector, whose package needs all of OpenCV), and what
comes after it is not what was before, which it is after a photographer's flash.
Cross-fades are no cuts.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from transcriber.media.clip import picture_of
from transcriber.media.container import opened, read_only
from transcriber.media.frames import packets
from transcriber.media.timeline import clock

if TYPE_CHECKING:
    import av
    import numpy as np
    import numpy.typing as npt

    Image = npt.NDArray[np.int16]

WIDTH, HEIGHT = 64, 36
"""Pixels that are compared: what moves within a shot is small at this size, and what is cut is not."""

LEAST = 6.0
"""Mean difference of two frames, in levels of 256, from which on it may be a cut. By judgement: in three short films
movement made steps of up to 4.9, and cuts from one to another of 50 to 56."""

STANDS_OUT = 4.0
"""Times the mean difference of the frames around it."""

AROUND = 6
"""Frames on each side. Drawn film shows each picture two or three times, so fewer would show nothing but copies."""

FLASH = 4
"""Frames that a flash may last."""

REPORTED = 1.0
"""Seconds of the film between two reports."""


def shots(path: Path, on_progress: Callable[[float], None] = lambda _: None) -> list[float]:
    """When shots begin, all but the first, in seconds of the timeline that words are timed on; exact to the frame.

    The whole picture is decoded: `on_progress` is told up to which second, and
    may raise to stop. Without a picture there are none.

    Raises:
        MediaNotFoundError, UnreadableMediaError, NoAudioError: it is no recording.
    """
    with opened(path) as container:
        picture = picture_of(container)
        if picture is None or picture.codec_context is None:
            return []
        read_only(container, [picture])
        times: list[float] = []
        images = _reported(_images(container, picture), times, on_progress)
        return [times[number] for number in _cuts(*_differences(images))]


# --- frames ----------------------------------------------------------------------------------------------------------


def _images(container: "av.container.InputContainer", picture: "av.VideoStream") -> "Iterator[tuple[float, Image]]":
    """The frames with their times, in the order they are shown."""
    import numpy as np
    from av.video.reformatter import VideoReformatter

    small, origin = VideoReformatter(), clock(container).origin
    for frame in _frames(container, picture):
        if frame.pts is not None:  # its time base is not set on what the decoder had held back
            grey = small.reformat(frame, WIDTH, HEIGHT, "gray", interpolation="AREA", threads=1)
            yield float(frame.pts * picture.time_base) - origin, grey.to_ndarray().astype(np.int16)


def _frames(container: "av.container.InputContainer", picture: "av.VideoStream") -> "Iterator[av.VideoFrame]":
    """All that can be decoded; damage is passed over."""
    import av

    codec = picture.codec_context
    codec.thread_type = "AUTO"
    codec.options = {"skip_loop_filter": "all"}  # smooths what is smaller than a pixel of ours
    for packet in packets(container, picture):
        try:
            yield from codec.decode(packet)
        except av.error.FFmpegError:
            continue


def _reported(
    images: "Iterable[tuple[float, Image]]", times: list[float], on_progress: Callable[[float], None]
) -> "Iterator[Image]":
    """The images alone; their times are written down, and told every second."""
    told = 0.0
    for time, image in images:
        times.append(time)
        if time >= told + REPORTED:
            told = time
            on_progress(time)
        yield image


# --- differences -----------------------------------------------------------------------------------------------------


def _differences(images: "Iterable[Image]") -> tuple[list[float], list[float]]:
    """How far each frame is from the one before, and from the one before that which a flash would have come after.

    The second list goes on for a flash's length after the last frame, which is
    taken to stay; the first frame is taken to have been there before.
    """
    steps: list[float] = []
    spans: list[float] = []
    last: deque[Image] = deque(maxlen=FLASH + 2)
    for image in images:
        steps.append(_difference(last[-1], image) if last else 0.0)
        last.append(image)
        spans.append(_difference(last[0], image))
    for _ in range(FLASH if last else 0):
        last.append(last[-1])
        spans.append(_difference(last[0], last[-1]))
    return steps, spans


def _difference(image: "Image", other: "Image") -> float:
    return float(abs(image - other).mean())


def _cuts(steps: Sequence[float], spans: Sequence[float]) -> Iterator[int]:
    """The numbers of the frames that begin a shot."""
    for number, step in enumerate(steps):
        around = [*steps[max(0, number - AROUND) : number], *steps[number + 1 : number + 1 + AROUND]]
        stands_out = step >= STANDS_OUT * sum(around) / max(1, len(around))
        lasting = min(spans[number], spans[number + FLASH])  # small at the end, at the beginning of a flash
        if step >= LEAST and stands_out and lasting >= step / 2:
            yield number
