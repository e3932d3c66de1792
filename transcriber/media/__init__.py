"""Any audio or video file as mono samples on the timeline that an editor shows. The only home of PyAV.

container       the file, opened safely; what FFmpeg says of it, in our words
clip            the file as an editor's clip: frames, timecode, size
streams         the sounds in it, as its header describes them
frames          what a decoder gives, as arrays
timeline        where each stretch of sound stands: late starts, holes, repetitions, broken clocks
sound           any number of channels at any rate, as mono at 16 kHz
decoding        all of these in a row
tracks          what is transcribed on its own, and whose voice it is
indexed         an .mp3 or .flac with an index
peaks           how loud it is, as a waveform is drawn
shots           where the picture is cut
alike           which tracks are copies of each other
broadcast_wave  what a .wav holds beside its sound, and the timecode in it
field_recorder  the names that a field recorder wrote there
quicktime       timecode and orientation of a .mov or .mp4
"""

from transcriber.media.clip import footage
from transcriber.media.decoding import decode
from transcriber.media.indexed import Indexed, indexed
from transcriber.media.libraries import libraries
from transcriber.media.peaks import PEAKS_PER_SECOND, peaks
from transcriber.media.shots import shots
from transcriber.media.sound import BLOCK_SECONDS
from transcriber.media.streams import AudioStream, streams
from transcriber.media.timeline import JITTER
from transcriber.media.tracks import Track, tracks

__all__ = [
    "BLOCK_SECONDS",
    "JITTER",
    "PEAKS_PER_SECOND",
    "AudioStream",
    "Indexed",
    "Track",
    "decode",
    "footage",
    "indexed",
    "libraries",
    "peaks",
    "shots",
    "streams",
    "tracks",
]
