"""How smoothly a transcript of hours is read and corrected in the browser: frame times and memory of the page.

    python benchmarks/reading.py [--words 45000] [--rounds 3] [--folder DIR]

The real page in the real Chromium, with a recording of five hours whose words are the demo model's, one in fifteen
doubtful. Each act is traced by Chromium itself (`toplevel` tasks of the renderer's main thread); a task over 50 ms is
what a person feels. The peer is what a page does that does not think about it: the same words, one element each, all in
the page's tree, to be opened and scrolled.
"""

import argparse
import json
import random
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from page_driver import launch, serving  # noqa: E402 - the paths come first
from speech_data import sample  # type: ignore[import-not-found]  # noqa: E402

from transcriber import jobs  # noqa: E402
from transcriber.jobs import Store  # noqa: E402
from transcriber.options import TranscribeOptions  # noqa: E402
from transcriber.transcript import Segment, Span, Transcript, Word  # noqa: E402

HOURS = 5
SECONDS = HOURS * 3600.0
SENTENCE = tuple(sample().text.split())[:16]
DOUBTFUL = 15
"""Every so many words one is doubtful, every so many of those gravely."""

LONG_MS = 50.0
CATEGORIES = ["toplevel", "devtools.timeline", "disabled-by-default-devtools.timeline", "__metadata"]
PATIENCE_MS = 120_000

WORDS = "#transcript [data-word]"

PLAIN = """words => {
  document.body.innerHTML = '<div id="all" style="height: 90vh; overflow-y: scroll; font: 17px/1.7 sans-serif"></div>';
  const all = document.querySelector("#all");
  for (const word of words) {
    const node = document.createElement("span");
    node.className = "w";
    node.textContent = word;
    all.append(node, " ");
  }
}"""


@dataclass(frozen=True, slots=True)
class Smoothness:
    """Tasks of the main thread during an act, in milliseconds; the heap in megabytes and the nodes afterwards.

    `longest_cpu_ms` is without what other threads and programs took from the thread meanwhile.
    """

    longest_ms: float
    longest_cpu_ms: float
    over: int
    heap_mb: float
    nodes: int

    def __str__(self) -> str:
        longest = f"longest task {self.longest_ms:6.1f} ms (of processor time {self.longest_cpu_ms:6.1f})"
        tasks = f"{longest}, over {LONG_MS:.0f} ms: {self.over:3d}"
        return f"{tasks}, heap {self.heap_mb:5.1f} MB, {self.nodes:6d} nodes"


def main() -> int:
    """Print a line per act and round."""
    parser = argparse.ArgumentParser(description="Frame times and memory of the page with a transcript of hours.")
    parser.add_argument("--words", type=int, default=45_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="where the recording is kept (default: a temporary folder)")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as own:
        home = wanted.folder or Path(own)
        said = spoken(wanted.words)
        keep(home, said)
        with serving(home) as server, sync_playwright() as playwright:
            browser = launch(playwright.chromium)
            assert browser, "there is no Chromium here"
            for number in range(1, wanted.rounds + 1):
                compare(browser, server.address, [word.text for word in said.words], number)
            browser.close()
    return 0


# --- what is read ----------------------------------------------------------------------------------------------------


def spoken(count: int) -> Transcript:
    """Utterances of 16 words with a pause after each, two speakers in turns of ten."""
    step = SECONDS / count
    words = [_word(place, step) for place in range(count)]
    parts = [tuple(words[at : at + len(SENTENCE)]) for at in range(0, count, len(SENTENCE))]
    segments = tuple(
        Segment(" ".join(word.text for word in part), part[0].start, part[-1].end, part, part[0].speaker)
        for part in parts
    )
    gaps = tuple(Span(at, at + 2.0) for at in np.arange(600.0, SECONDS - 10, 600.0).tolist())
    return Transcript(segments, SECONDS, "demo", unheard=gaps)


def _word(place: int, step: float) -> Word:
    sure = 0.99 if place % DOUBTFUL else 0.005 if place % (3 * DOUBTFUL) == 0 else 0.1
    speaker = "Anna" if place // (10 * len(SENTENCE)) % 2 else "Ben"
    start = round(place * step, 3)
    return Word(SENTENCE[place % len(SENTENCE)], start, round(start + 0.8 * step, 3), sure, speaker)


def keep(home: Path, said: Transcript) -> None:
    """A finished job of it, with a recording of that length in which a tone is heard every second."""
    recording = home / "five hours.wav"
    second = (np.sin(np.arange(8000) * 0.3) * (np.arange(8000) < 800) * 0.2).astype("float32")
    with soundfile.SoundFile(recording, "w", 8000, 1, "PCM_U8") as file:
        for _ in range(int(SECONDS) // 60):
            file.write(np.tile(second, 60))
    asked = jobs.Request(jobs.source(recording), "demo", "weights", 8, TranscribeOptions())
    with Store(home / "transcribe-ui" / "jobs").open(asked, SECONDS) as job:
        job.finish(said, 600.0, "CPU")


# --- what is done ----------------------------------------------------------------------------------------------------


def compare(browser: Browser, address: str, words: list[str], number: int) -> None:
    """One round: each act among all words at once, then the same in our panel."""
    plain: dict[str, Smoothness] = {}
    for act, figures in acts_of_plain(browser, words):
        print(f"{number} {act:8} plain: {figures}", flush=True)
        plain[act] = figures
    for act, figures in acts_of_ours(browser, address):
        ratio = f"; longest 1/{plain[act].longest_ms / figures.longest_ms:.1f} of plain" if act in plain else ""
        print(f"{number} {act:8} ours:  {figures}{ratio}", flush=True)


def acts_of_ours(browser: Browser, address: str) -> Iterator[tuple[str, Smoothness]]:
    """Open it, scroll, leap, play, look for doubts, go through their list, point at the strips, type."""
    page = new_page(browser)
    page.goto(address)
    page.get_by_role("tab", name="Library").click()
    door = page.get_by_role("button", name="Read and correct").first
    door.wait_for()
    yield "open", traced(browser, page, lambda: opened(page, door.click))
    page.wait_for_function("document.querySelector('.drawn').textContent === ''")  # else the decoder takes its share
    yield "scroll", traced(browser, page, lambda: scrolled(page, "#transcript .pane"))
    yield "leap", traced(browser, page, lambda: leapt(page, "#transcript .pane"))
    yield "play", traced(browser, page, lambda: played(page))
    yield "doubts", traced(browser, page, lambda: pressed(page, "F8", 30))
    yield "list", traced(browser, page, lambda: listed(page))
    yield "drag", traced(browser, page, lambda: dragged(page))
    yield "type", traced(browser, page, lambda: typed(page))
    page.context.close()


def acts_of_plain(browser: Browser, words: list[str]) -> Iterator[tuple[str, Smoothness]]:
    """The peer."""
    page = new_page(browser)
    page.set_content("<body></body>")
    yield "open", traced(browser, page, lambda: drawn(page, words))
    yield "scroll", traced(browser, page, lambda: scrolled(page, "#all"))
    yield "leap", traced(browser, page, lambda: leapt(page, "#all"))
    page.context.close()


def new_page(browser: Browser) -> Page:
    """In a window as large as a laptop's."""
    page = browser.new_context(viewport={"width": 1920, "height": 1080}).new_page()
    page.set_default_timeout(PATIENCE_MS)
    return page


def opened(page: Page, press: Callable[[], None]) -> None:
    """Until words can be read and the recording can be played."""
    press()
    page.locator(WORDS).first.wait_for()
    page.wait_for_function("document.querySelector('#transcript video').readyState >= 1")
    page.wait_for_timeout(1500)


def scrolled(page: Page, pane: str) -> None:
    """As with a wheel, for ten seconds."""
    page.locator(pane).hover()
    for _ in range(150):
        page.mouse.wheel(0, 400)
        page.wait_for_timeout(60)


def leapt(page: Page, pane: str) -> None:
    """As by dragging the scroll bar to and fro."""
    chance = random.Random(1)  # noqa: S311 - no secret
    for _ in range(60):
        page.evaluate(
            "([pane, share]) => { const it = document.querySelector(pane); it.scrollTop = share * it.scrollHeight; }",
            [pane, chance.random()],
        )
        page.wait_for_timeout(60)


def played(page: Page) -> None:
    """From a word in sight on, at double speed, for ten seconds."""
    page.locator(WORDS).nth(20).click()
    page.keyboard.press("l")
    page.keyboard.press("l")
    page.wait_for_timeout(10_000)
    page.keyboard.press("k")


def pressed(page: Page, key: str, times: int) -> None:
    """One key, again and again."""
    for _ in range(times):
        page.keyboard.press(key)
        page.wait_for_timeout(120)


def listed(page: Page) -> None:
    """Open the list, go down it, leap in it, see another kind, close it."""
    page.get_by_role("button", name="List", exact=True).click()
    pressed(page, "ArrowDown", 30)
    leapt(page, "#transcript .rows")
    for kind in ("Red", "All"):
        page.locator("#transcript .kinds label", has_text=kind).click()
        page.wait_for_timeout(300)
    page.get_by_role("button", name="List", exact=True).click()


def dragged(page: Page) -> None:
    """The needle, over both strips."""
    for name in ("Position in the recording", "Position, close up"):
        box = page.get_by_role("slider", name=name).bounding_box() or {"x": 0, "y": 0, "width": 1, "height": 1}
        page.mouse.move(box["x"] + 5, box["y"] + 5)
        page.mouse.down()
        for share in range(1, 40):
            page.mouse.move(box["x"] + box["width"] * share / 41, box["y"] + 5)
            page.wait_for_timeout(30)
        page.mouse.up()


def typed(page: Page) -> None:
    """Ten words typed over, each kept by the program before the next."""
    page.keyboard.press("k")
    for number in range(10):
        page.keyboard.press("Enter")
        page.locator("#transcript .typing").wait_for()
        page.keyboard.type(f"museums{number}", delay=40)
        page.keyboard.press("Tab")
        page.locator("#transcript .typing").wait_for()
        page.keyboard.press("Escape")
        page.wait_for_timeout(100)


def drawn(page: Page, words: list[str]) -> None:
    """All words at once."""
    page.evaluate(PLAIN, words)
    page.wait_for_timeout(1500)


# --- what Chromium says of it ----------------------------------------------------------------------------------------


def traced(browser: Browser, page: Page, act: Callable[[], None]) -> Smoothness:
    """The act's tasks, and the heap after it."""
    with session(page) as devtools:
        devtools.send("HeapProfiler.collectGarbage")
        browser.start_tracing(page=page, categories=CATEGORIES)
        act()
        tasks = list(tasks_of(json.loads(browser.stop_tracing())["traceEvents"]))
        heap = devtools.send("Runtime.getHeapUsage")["usedSize"]
        nodes = devtools.send("Memory.getDOMCounters")["nodes"]
    walls, cpus = [wall for wall, _ in tasks], [cpu for _, cpu in tasks]
    return Smoothness(max(walls), max(cpus), sum(wall > LONG_MS for wall in walls), heap / 1e6, nodes)


@contextmanager
def session(page: Page) -> Iterator[CDPSession]:
    """Chromium's own protocol."""
    devtools = page.context.new_cdp_session(page)
    yield devtools
    devtools.detach()


def tasks_of(events: list[dict[str, object]]) -> Iterator[tuple[float, float]]:
    """How long each task of a renderer's main thread took, and how long the thread ran for it, in milliseconds."""
    mains = {
        (each["pid"], each["tid"])
        for each in events
        if each["name"] == "thread_name" and each["args"] == {"name": "CrRendererMain"}
    }
    for each in events:
        if each["name"] == "RunTask" and (each["pid"], each["tid"]) in mains and "dur" in each:
            yield float(str(each["dur"])) / 1000, float(str(each.get("tdur", each["dur"]))) / 1000


if __name__ == "__main__":
    sys.exit(main())
