"""The only home of torch and NeMo: a `.nemo` archive becomes a Recognizer here."""
