"""What the page is made of. Only transcribe_ui.py imports it; only view.py imports Gradio."""
