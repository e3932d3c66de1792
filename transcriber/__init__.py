"""The engine of Transcribe UI: recordings in, transcripts out, everything on this machine."""

import os

# Torch's threads spin while they wait for each other, and on a processor that others use as well (an editor, a browser,
# our own decoding) that costs 7 times the time that the work takes. Must be set before torch is imported.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
