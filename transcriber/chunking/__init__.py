"""Where to cut a long recording, and how to join what was heard in the pieces."""

from transcriber.chunking.chunk import Chunk
from transcriber.chunking.joining import join
from transcriber.chunking.planning import plan

__all__ = ["Chunk", "join", "plan"]
