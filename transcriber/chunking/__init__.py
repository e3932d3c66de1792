"""Where to cut a long recording, and how to join what was heard in the pieces."""

from transcriber.chunking.by_level import join, plan
from transcriber.chunking.chunk import Chunk
from transcriber.chunking.joining import join_streams
from transcriber.chunking.planning import plan_in_pauses

__all__ = ["Chunk", "join", "join_streams", "plan", "plan_in_pauses"]
