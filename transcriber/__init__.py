"""The engine of Transcribe UI: recordings in, transcripts out, everything on this machine."""
