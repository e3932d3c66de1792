"""What a decoder gives, as arrays of samples."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from transcriber.media.container import ProtectedError

if TYPE_CHECKING:
    import av
    import numpy as np
    import numpy.typing as npt

    Samples = npt.NDArray[np.float32]

BROKEN_READS = 8
"""Failed reads in a row after which the rest of the file is given up."""


@dataclass(frozen=True, slots=True)
class Span:
    """Sound as it was recorded: `samples` are float32 of shape (channels, count)."""

    samples: "Samples"
    rate: int

    @property
    def layout(self) -> tuple[int, int]:
        """Channels, and samples of each per second."""
        return len(self.samples), self.rate


def frames(container: "av.container.InputContainer", stream: "av.AudioStream") -> "Iterator[av.AudioFrame]":
    """All that can be decoded. If that is nothing, the reason is raised; if it is something, damage is passed over."""
    import av

    heard, failure = False, None
    for packet in packets(container, stream):
        try:
            frames = stream.codec_context.decode(packet)
        except av.error.FFmpegError as error:
            failure = error
            continue
        for frame in frames:
            if frame.samples and frame.sample_rate:
                heard = True
                yield frame
    if failure and not heard:
        raise failure


def packets(container: "av.container.InputContainer", stream: "av.stream.Stream") -> "Iterator[av.Packet | None]":
    """The stream's packets, and None at the end, which makes the decoder give up what it holds back."""
    import av

    broken_reads = 0
    while broken_reads < BROKEN_READS:
        try:
            for packet in container.demux(stream):
                if packet.has_sidedata("encryption_info"):
                    raise ProtectedError
                if packet.size:
                    broken_reads = 0
                    yield packet
            break
        except av.error.FFmpegError:
            broken_reads += 1
    yield None


def samples_of(frame: "av.AudioFrame") -> "Samples":
    """Float32 of shape (channels, count), full scale at 1.0, whatever the frame holds."""
    import numpy as np

    kind = frame.format.name.removesuffix("p")
    dtype = {"u8": "u1", "s16": "i2", "s32": "i4", "s64": "i8", "flt": "f4", "dbl": "f8"}[kind]
    channels = frame.layout.nb_channels
    width = 1 if frame.format.is_planar else channels
    planes = [np.frombuffer(plane, dtype, frame.samples * width) for plane in frame.planes]
    raw = np.stack(planes) if frame.format.is_planar else planes[0].reshape(-1, channels).T
    with np.errstate(over="ignore"):  # a double that no float32 holds becomes infinity, and later silence
        samples = raw.astype(np.float32)
    if raw.dtype.kind == "f":
        return samples
    middle = np.float32(128 if kind == "u8" else 0)
    return (samples - middle) / np.float32(2.0 ** (8 * raw.itemsize - 1))
