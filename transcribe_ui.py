"""The page: `python transcribe_ui.py` serves it on this machine, and nowhere else.

It answers before NeMo is imported; importing, and loading the model that was
used last, happens in the background while the page shows it.
"""

import argparse
import importlib.util
import os
import socket
import sys
import threading
import time
import webbrowser
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from page import reports
from page.model_in_use import ModelInUse
from page.past import Past
from page.queue import Queue
from page.quick_gradio import import_gradio
from page.shelving import Shelving
from page.uploads import Uploads, page_folder
from page.view import Page
from page.waiting import Waiting
from transcriber.catalogue import CANARY_PINNED_REVISION as CANARY_PINNED_REVISION
from transcriber.catalogue import MODEL_CONFIGS as MODEL_CONFIGS
from transcriber.catalogue import MODELS_DIR
from transcriber.errors import MissingDependencyError, TranscriberError
from transcriber.jobs import Store
from transcriber.loading import load_model as load_model
from transcriber.worker import Worker

PAGE = Path(__file__).resolve().parent / "page"

DONE, FAILED, WRONG_USAGE = 0, 1, 2

PORT = 7860
PORTS_TRIED = 100
"""How far above the wanted port a free one is looked for."""

NEEDED = ("gradio", "torch", "nemo", "av", "pysubs2", "huggingface_hub", "httpx2", "filelock", "platformdirs", "psutil")
INSTALL = "python -m pip install -r requirements.txt"

FIRST_LOOK_SECONDS = 1.0
"""How long what works beside it leaves the processor to the page, which the browser just begins to draw."""


def main(argv: Sequence[str] | None = None) -> int:
    """Serve the page until Ctrl-C.

    Returns:
        0 after Ctrl-C, 1 when the page could not be served (said on stderr), 2 for wrong usage.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a console of Windows may lack letters that a folder's name has
            stream.reconfigure(errors="replace")
    try:
        arguments = _parsed(argv)
    except SystemExit as stop:  # argparse leaves the program; a function returns
        return int(stop.code or 0)
    try:
        _require_packages()
        return _serve(arguments)
    except ModuleNotFoundError as error:
        return _fail(str(MissingDependencyError(error.name or "gradio", INSTALL)))
    except TranscriberError as error:
        return _fail(str(error))
    except OSError as error:
        return _fail(f"The page cannot be served on {arguments.host}: {error.strerror or error}. Try another --host.")
    except KeyboardInterrupt:
        return DONE


def _parsed(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Transcribe recordings on this machine, in the browser.")
    parser.add_argument("--host", default="127.0.0.1", help="address to serve on (default: this machine only)")
    parser.add_argument("--port", type=_port, default=PORT, help=f"first port to try (default: {PORT})")
    parser.add_argument("--models-dir", type=Path, default=MODELS_DIR, metavar="DIR")
    parser.add_argument("--no-browser", action="store_true", help="do not open the browser")
    parser.add_argument("--no-warm-up", action="store_true", help="load no model before one is needed")
    parser.add_argument("--share", action="store_true", help="also serve the page on a public address")
    parser.add_argument("--offline", action="store_true", help="never use the network")
    arguments = parser.parse_args(argv)
    if arguments.share and arguments.offline:
        parser.error("--share needs the network that --offline rules out")
    return arguments


def _port(text: str) -> int:
    number = int(text)
    if not 0 <= number <= 65535:  # noqa: PLR2004 - TCP's own limit
        raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")
    return number


def _require_packages() -> None:
    """Say at once what is missing, not minutes later.

    Raises:
        MissingDependencyError: a package is not installed.
    """
    for name in NEEDED:
        if importlib.util.find_spec(name) is None:
            raise MissingDependencyError(name, INSTALL)


def _fail(text: str) -> int:
    print(text, file=sys.stderr)
    return FAILED


# --- the server ------------------------------------------------------------------------------------------------------


def _serve(arguments: argparse.Namespace) -> int:
    _keep_to_this_machine(offline=arguments.offline)
    _warn_of_visitors(arguments)
    reports.start_log()
    reports.take_warnings()
    with page_folder() as folder, closing(Worker()) as worker:
        os.environ["GRADIO_TEMP_DIR"] = str(folder)
        import_gradio()
        model = ModelInUse(arguments.models_dir.absolute(), worker, offline=arguments.offline)
        past = Past(Store(), Uploads(), folder)
        past.library.examine()
        with closing(Queue(model, past, Waiting())) as queue:
            past.tidy()
            Shelving(past).start(after_seconds=FIRST_LOOK_SECONDS)
            page = Page(model, queue, past)
            blocks = page.blocks
            address = _launch(blocks, arguments)
            blocks.app.router.routes.insert(0, page.playable.route())  # before Gradio's own, which take every address
            print(f"Transcribe UI is on {address} (Ctrl-C ends it)", flush=True)
            _start_in_background(model, arguments, address)
            _wait_for_ctrl_c()
            blocks.close(verbose=False)
    print("Transcribe UI has ended.", flush=True)
    return DONE


def _keep_to_this_machine(*, offline: bool) -> None:
    """No analytics, no telemetry, no proxy between the page and itself. Must come before Gradio is imported."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    if offline:
        os.environ["HF_HUB_OFFLINE"] = "1"
    for name in ("NO_PROXY", "no_proxy"):
        os.environ[name] = ",".join(filter(None, (os.environ.get(name), "127.0.0.1", "localhost")))


def _warn_of_visitors(arguments: argparse.Namespace) -> None:
    if arguments.share or arguments.host not in ("127.0.0.1", "localhost", "::1"):
        print(
            "Warning: the page leaves this machine. Whoever knows its address can use it, read what was transcribed on "
            "this computer, transcribe recordings and load models that lie on it, and have files saved on it.",
            file=sys.stderr,
        )


def _launch(blocks: Any, arguments: argparse.Namespace) -> str:  # noqa: ANN401 - Gradio has no types for us
    """Start the server; its address, the public one if there is any."""
    _, local, public = blocks.launch(
        server_name=arguments.host,
        server_port=free_port(arguments.host, arguments.port),
        share=arguments.share,
        prevent_thread_lock=True,
        quiet=True,
        footer_links=[],
        run_history=False,
        ssr_mode=False,
        enable_monitoring=False,
        theme=_theme(),
        i18n=_missing_words(),
        css_paths=_styles(),
        head=f"<script>{(PAGE / 'script.js').read_text(encoding='utf-8')}</script>",
    )
    return str(public or local)


def _styles() -> list[Path]:
    """What is common to all parts of the page comes first."""
    first = PAGE / "style.css"
    return [first, *sorted(set(PAGE.glob("*.css")) - {first})]


def free_port(host: str, first: int) -> int:
    """The first port from `first` on that nobody listens on; 0 takes any.

    Raises:
        OSError: the host is not this machine's, or all are taken.
    """
    for port in range(first, min(first + PORTS_TRIED, 65536)):
        try:
            return _bindable(host, port)
        except OSError as error:
            refused = error
            if isinstance(error, socket.gaierror):
                raise
    raise refused


def _bindable(host: str, port: int) -> int:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        if os.name != "nt":  # there it would share a port that is in use; here it takes one that was just left
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))
        return int(probe.getsockname()[1])


def _start_in_background(model: ModelInUse, arguments: argparse.Namespace, address: str) -> None:
    def start() -> None:
        if not arguments.no_browser:
            webbrowser.open(address)
        if arguments.no_warm_up:
            model.stay_empty()
            return
        time.sleep(FIRST_LOOK_SECONDS)
        model.warm_up()

    threading.Thread(target=start, name="warm-up", daemon=True).start()


def _wait_for_ctrl_c() -> None:
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        pass


def _missing_words() -> Any:  # noqa: ANN401 - Gradio has no types for us
    """What Gradio forgot to translate: the tooltip of the button that adds files shows the bare key."""
    import gradio as gr

    return gr.I18n(en={"common.upload": "Add files"})


def _theme() -> Any:  # noqa: ANN401 - Gradio has no types for us
    """Calm, and from fonts that the computer has."""
    import gradio as gr

    sans = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif")
    mono = ("ui-monospace", "Cascadia Mono", "Consolas", "monospace")
    return gr.themes.Base(primary_hue="teal", neutral_hue="slate", radius_size="md", font=sans, font_mono=mono).set(
        button_primary_background_fill="*primary_700",
        button_primary_background_fill_hover="*primary_800",
        button_primary_background_fill_dark="*primary_700",
        button_primary_background_fill_hover_dark="*primary_800",
        button_primary_text_color="white",
        button_primary_text_color_dark="white",
        checkbox_background_color_selected="*primary_700",
        checkbox_background_color_selected_dark="*primary_700",
        checkbox_border_color_selected="*primary_700",
        checkbox_border_color="*neutral_500",
        checkbox_border_color_dark="*neutral_400",
        block_border_width="0px",
        block_background_fill="transparent",
    )


if __name__ == "__main__":
    sys.exit(main())
