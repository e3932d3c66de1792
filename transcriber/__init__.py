"""The engine of Transcribe UI: recordings in, transcripts out, everything on this machine."""

import os

# Torch's threads spin while they wait for each other, and on a processor that others use as well (an editor, a browser,
# our own decoding) that costs 7 times the time that the work takes. Must be set before torch is imported.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

# oneDNN and torch's binding to it keep what they prepare for each shape of their input, 1,024 shapes by default, and
# every clip has a length of its own: an hour of clips took 280 MB for nothing. One clip has fewer than 16 shapes.
os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "16")
os.environ.setdefault("LRU_CACHE_CAPACITY", "16")
