"""The library room: all jobs, and a search of what was said in them. Uses Gradio."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from page.asking import Asked
from page.librarian import Librarian
from page.past import Past

HERE = Path(__file__).parent
SCRIPT = "\n".join((HERE / f"library_{part}.js").read_text(encoding="utf-8") for part in ("rows", "search"))
"""One script in two files, which share their names. Makes events of Gradio's: `read` (of a `word`, or None), `deliver`,
`open_again` and `go_on` of a job, and `gone` of several."""

TEMPLATE = (HERE / "library_view.html").read_text(encoding="utf-8")


def lay_out(past: Past) -> Any:  # noqa: ANN401 - Gradio has no types for us
    """The room. It asks for what it shows, while it is in sight."""
    import gradio as gr

    with gr.Column(elem_classes="card"):
        return gr.HTML(
            elem_id="library",
            apply_default_css=False,
            html_template=TEMPLATE,
            js_on_load=SCRIPT,
            server_functions=_functions(Librarian(past)),
        )


def wrong(sentence: str) -> str:
    """What the room is told of something that could not be done; never the same value twice, to be said again."""
    return json.dumps({"wrong": sentence, "at": time.time_ns()})


def _functions(librarian: Librarian) -> list[Callable[[Asked], str]]:
    """Gradio takes functions, and no methods."""

    def jobs(asked: Asked) -> str:
        return librarian.jobs(asked)

    def search(asked: Asked) -> str:
        return librarian.search(asked)

    def rename(asked: Asked) -> str:
        return librarian.rename(asked)

    def delete(asked: Asked) -> str:
        return librarian.delete(asked)

    return [jobs, search, rename, delete]
