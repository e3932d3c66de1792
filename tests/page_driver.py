"""Runs the real page in a process of its own, and drives it with a real browser."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserType, Locator, Page, expect, sync_playwright

PROJECT = Path(__file__).resolve().parent.parent
CONTRAST = PROJECT / "tests" / "contrast.js"
START_SECONDS = 120
END_SECONDS = 120
PATIENCE_MS = 300_000
"""How long a story waits for anything: NeMo's import on a busy machine is the slowest."""

expect.set_options(timeout=PATIENCE_MS)

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge")
NO_PROXY_WORKS = "http://127.0.0.1:9"
"""Nobody listens there: whatever leaves the machine through the usual proxy settings fails."""

SHOWN = """names => JSON.stringify(names)
    === JSON.stringify([...document.querySelectorAll(".result:not([data-old])")].map(result => result.dataset.name))"""

BEGINNING = ("Transcribe", "Try the sample")
"""The buttons that put other results in the place of those that are shown."""

AT_REST = """document.getAnimations().every(
    one => one.playState === "finished" || one.effect.getTiming().iterations !== 1)"""
"""Some of Gradio's animations are over and never go: they keep what they ended with."""

_SERVED: list["Server"] = []
"""The pages that are being served now."""

LOCAL = ("http://127.0.0.1:", "data:", "blob:")


@dataclass(frozen=True)
class Server:
    """A page that is being served; `home` is where it keeps what it remembers."""

    address: str
    process: subprocess.Popen[bytes]
    home: Path
    output: Path

    def said(self) -> str:
        """All that it wrote on the terminal."""
        return self.output.read_text(encoding="utf-8", errors="replace")

    def worker(self) -> psutil.Process:
        """The process that transcribes, once there is one."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            for child in psutil.Process(self.process.pid).children():
                if "spawn_main" in " ".join(child.cmdline()):
                    return child
            time.sleep(0.1)
        raise AssertionError("there is no process that transcribes")

    def forget(self) -> None:
        """Begin with nothing remembered, as the first tab of a new user does."""
        for path in self.home.rglob("settings.json"):
            path.unlink()

    def log(self) -> str:
        """What its log holds."""
        return "".join(path.read_text(encoding="utf-8") for path in self.home.rglob("log.txt"))


@contextmanager
def serving(
    home: Path,
    *arguments: str,
    environment: Mapping[str, str] | None = None,
    script: str = "transcribe_ui.py",
    warm_up: bool = True,
) -> Iterator[Server]:
    """`python transcribe_ui.py --no-browser …` on a free port, until the block ends.

    Without `warm_up` no model is loaded before one is needed, which spares a story that needs none some 15 s of work.
    """
    wanted = (*(arguments or ("--port", "0")), *(() if warm_up else ("--no-warm-up",)))
    output = home / "output.txt"
    with output.open("wb") as sink:
        process = subprocess.Popen(
            [sys.executable, script, "--no-browser", *wanted],
            cwd=PROJECT, stdout=sink, stderr=subprocess.STDOUT, env=_environment(home) | dict(environment or {}),
        )  # fmt: skip
        try:
            _SERVED.append(server := Server(_address(process, output), process, home, output))
            yield server
        finally:
            _SERVED[:] = [each for each in _SERVED if each.process is not process]
            process.terminate()
            process.wait(END_SECONDS)


def _environment(home: Path) -> dict[str, str]:
    own = {name: str(home) for name in ("HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "LOCALAPPDATA", "HF_HOME")}
    own |= {name: str(home) for name in ("TMPDIR", "TEMP", "TMP")}
    proxies = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), NO_PROXY_WORKS)
    return {**os.environ, **own, **proxies, "PYTHONUNBUFFERED": "1"}


def _address(process: subprocess.Popen[bytes], output: Path) -> str:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        for line in output.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("Transcribe UI is on "):
                return line.split()[4]
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise AssertionError(f"the page did not start: {output.read_text(encoding='utf-8', errors='replace')}")


def launch(chromium: BrowserType) -> Browser | None:
    """A browser of this machine, or None where there is none."""
    installed = next(filter(None, map(shutil.which, BROWSERS)), None) or chromium.executable_path
    if not Path(installed).exists():
        return None
    quiet = ("background-networking", "component-update", "sync", "quic", "gpu")
    return chromium.launch(
        executable_path=installed, args=["--no-sandbox", "--no-first-run", *(f"--disable-{part}" for part in quiet)]
    )


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser for all stories of a file."""
    with sync_playwright() as playwright:
        found = launch(playwright.chromium)
        if found is None and not os.environ.get("CI"):
            pytest.skip("there is no Chromium here")
        assert found, "there is no Chromium here"
        yield found
        found.close()


@pytest.fixture
def new_tab(browser: Browser) -> Iterator[Callable[..., "Tab"]]:
    """Opens tabs, and sees to it in the end that none failed, or asked anything of another machine.

    Of what earlier stories chose on a page that they share nothing is remembered.
    """
    for server in _SERVED:
        server.forget()
    tabs: list[Tab] = []

    def make(**wishes: object) -> Tab:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 720}, **wishes})
        tabs.append(Tab(context.new_page()))
        return tabs[-1]

    yield make
    for tab in tabs:
        tab.page.context.close()
    assert [tab.strangers() for tab in tabs] == [[] for _ in tabs]
    assert [tab.errors for tab in tabs] == [[] for _ in tabs]


@dataclass
class Tab:
    """One open page, in the words of somebody who uses it."""

    page: Page
    asked: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.set_default_timeout(PATIENCE_MS)
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))

    def open(self, address: str) -> "Tab":
        """Load the page, until it can be used, and says what was chosen last."""
        self.page.goto(address)
        self.page.locator("body[data-filled-in]").wait_for()
        self.page.locator("#transcribe").wait_for()
        self.page.locator("#files input[type=file]").wait_for(state="attached")
        return self

    def give(self, *paths: Path) -> None:
        """Drop recordings in."""
        self.page.set_input_files("#files input[type=file]", paths)
        self.page.locator("#files .file-preview tr").nth(len(paths) - 1).wait_for()

    def press(self, name: str) -> None:
        """Press the button of that name."""
        if name in BEGINNING:
            self._nothing_is_new()
        self.page.get_by_role("button", name=name, exact=True).click()

    def go_on(self, part: Locator) -> None:
        """Press Go on, of a result or of a row."""
        button = part.get_by_role("button", name="Go on").element_handle()
        self._nothing_is_new()
        button.click()

    def _nothing_is_new(self) -> None:
        """Whatever is shown now is not what is waited for; the page takes the mark away with what it marks."""
        self.page.locator(".result").evaluate_all("old => old.forEach(result => (result.dataset.old = true))")

    def type_paths(self, *paths: object) -> str:
        """Type paths, and leave the field; what the page says of them once all are measured."""
        field = self.page.get_by_label("Paths on this computer")
        field.fill("\n".join(f'"{path}"' for path in paths))
        self.page.locator(".look").evaluate_all("old => old.forEach(line => (line.dataset.old = true))")
        field.blur()
        told = self.page.locator(".look:not([data-old])", has_text=re.compile(r"\d (s|min|h)(; .*)?\.$"))
        told.wait_for()
        return told.inner_text()

    def growing(self, paragraphs: int) -> Locator:
        """The text that grows, once it has so many paragraphs."""
        text = self.page.locator("#growing .text")
        text.locator("p").nth(paragraphs - 1).wait_for()
        return text

    def partial(self, title: str) -> Locator:
        """A result that does not go to the recording's end, by what its title begins with; nothing runs any more."""
        result = self.page.locator(".result:not([data-old])", has=self.page.locator("h3", has_text=title))
        result.wait_for()
        self.page.locator("#cancel").wait_for(state="hidden")
        return result

    def unfinished(self, name: str) -> Locator:
        """The row of a job that can be gone on with."""
        row = self.page.locator("#unfinished li", has_text=name)
        row.wait_for()
        return row

    def history(self, name: str) -> Locator:
        """The row of a job that is done, in the library."""
        self.enter("Library")
        row = self.page.locator("#history li", has_text=name)
        row.wait_for()
        return row

    def enter(self, room: str) -> None:
        """Go into a room of the page, by the name on its tab."""
        self.page.get_by_role("tab", name=room, exact=True).click()

    def queued(self, name: str, state: str = "") -> Locator:
        """The row of the queue with a recording of that name, once it is in that state."""
        row = self.page.locator(f"#queue li{state and f'.{state}'}", has_text=name)
        row.wait_for()
        return row

    def queue(self) -> list[str]:
        """The names in the queue, in order."""
        return self.page.locator("#queue li b").all_inner_texts()

    def choose(self, title: str) -> None:
        """Choose the model whose title begins so."""
        self.page.locator("#choice label", has_text=title).locator("input").check()

    def choose_file(self, path: object) -> None:
        """Choose a `.nemo` file by its path."""
        self.choose("A model file of your own")
        self.page.get_by_label("Path of the .nemo file").fill(str(path))

    def transcribe(self, *paths: Path) -> list[Locator]:
        """Drop recordings in, press Transcribe, wait; the results."""
        self.give(*paths)
        self.press("Transcribe")
        return self.results(*(path.name for path in paths))

    def results(self, *names: str) -> list[Locator]:
        """What became of the recordings of these names, once all are there and nothing runs any more."""
        self.page.wait_for_function(SHOWN, arg=list(names))
        self.page.locator("#cancel").wait_for(state="hidden")
        return self.page.locator(".result:not([data-old])").all()

    def barriers(self) -> list[str]:
        """What axe-core finds that seriously keeps somebody from using what is shown now."""
        found = Axe().run(self.page).response["violations"]
        grave = [each for each in found if each["impact"] in ("serious", "critical")]
        return [f"{each['id']}: {node['html']}" for each in grave for node in each["nodes"]]

    def news(self, part: str) -> str:
        """The notice with these words, once it is shown."""
        notice = self.page.locator(".notice", has_text=part).first
        notice.wait_for()
        return notice.inner_text()

    def status(self, part: str) -> str:
        """The line about the model in memory, once it has these words."""
        line = self.page.locator("#status .status", has_text=part)
        line.wait_for()
        return line.inner_text()

    def progress(self, part: str) -> None:
        """Wait until the bar says so."""
        self.page.locator("#progress .progress", has_text=part).wait_for()

    def installing(self, part: str) -> str:
        """What the bar under the models says, once it has these words."""
        bar = self.page.locator("#model-news .progress", has_text=part)
        bar.wait_for()
        return bar.inner_text()

    def download(self, result: Locator, suffix: str) -> Path:
        """Save a result's file; it lies under the name that the browser would give it."""
        with self.page.expect_download() as waiting:
            result.get_by_role("link", name=f"Download {suffix}", exact=True).click()
        kept = Path(waiting.value.path())
        return kept.replace(kept.with_name(waiting.value.suggested_filename))

    def point(self, mark: Locator) -> None:
        """Point at nothing else, then at this, once it stands still: scrolling takes away what a mark shows."""
        self.page.mouse.move(0, 0)
        mark.scroll_into_view_if_needed()
        mark.hover()

    def reading(self, part: str) -> str:
        """What floats beside a mark, once it has these words."""
        bubble = self.page.locator("#reading", has_text=part)
        bubble.wait_for()
        return bubble.inner_text()

    def pale_texts(self) -> list[str]:
        """Texts that are hard to read against what is behind them, once nothing fades in or out any more."""
        self.page.wait_for_function(AT_REST)
        return list(self.page.evaluate(CONTRAST.read_text(encoding="utf-8")))

    def fits(self) -> bool:
        """Whether nothing sticks out at the side, once nothing moves any more."""
        self.page.wait_for_function(AT_REST)
        return bool(self.page.evaluate("document.documentElement.scrollWidth <= innerWidth"))

    def strangers(self) -> Sequence[str]:
        """What the page asked of other machines."""
        return [url for url in self.asked if not url.startswith(LOCAL)]


def said(result: Locator) -> str:
    """The text of a result, on one line."""
    result.locator(".text").wait_for()
    return " ".join(result.locator(".text p").all_inner_texts())
