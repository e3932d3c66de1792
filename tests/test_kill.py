"""The worst that can happen to a job: killed at any moment, its disk full, its recording cut off. It just goes on.

Two kills by default, for they take time. For the proof, with the other disasters too, at moments drawn anew or, with
their seed, once more:

    TRANSCRIBE_UI_KILLS=20 [TRANSCRIBE_UI_KILL_SEED=7] python -m pytest tests/test_kill.py -v
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
import psutil
import pytest
import soundfile
from speech_data import SAMPLE_RATE, long_speech
from windows_locks import ON_WINDOWS

from transcriber.jobs import Store, Summary

ROOT = Path(__file__).resolve().parent.parent
KILLS = int(os.environ.get("TRANSCRIBE_UI_KILLS", "2"))
RUN = os.environ.get("PYTEST_XDIST_TESTRUNUID")
"""The same in every process of a run of the tests, so that all of them name the same tests."""
SEED = int(os.environ.get("TRANSCRIBE_UI_KILL_SEED") or Random(RUN).randrange(10_000))

PROOF = "TRANSCRIBE_UI_KILLS" in os.environ
SECONDS = 600 if PROOF else 240
"""Of the recording."""

only_as_proof = pytest.mark.skipif(not PROOF, reason="takes minutes: set TRANSCRIBE_UI_KILLS")

CHUNK_SECONDS = 30
"""Of the recording: about what is kept at a time."""

PATIENCE = 300.0
"""Seconds that a program may take for anything, on a busy machine."""

UNDER_WINDOWS_RULES = """
import windows_locks
rules = windows_locks.windows_locks(check_names=True)
rules.__enter__()
"""


@dataclass(frozen=True, slots=True)
class Workplace:
    """Where the programs of a test run: a recording, a home for its jobs, a folder for transcripts."""

    talk: Path
    home: Path
    outputs: Path

    @property
    def transcript(self) -> Path:
        return self.outputs / f"{self.talk.stem}.json"

    @property
    def store(self) -> Store:
        return Store(self.home / "transcribe-ui" / "jobs")

    def variables(self) -> dict[str, str]:
        """Those of the environment in which its programs run: under Windows' rules, wherever they are."""
        search = os.pathsep.join(map(str, (self.home, ROOT, ROOT / "tests")))
        names = ("XDG_DATA_HOME", "LOCALAPPDATA", "WIN_PD_OVERRIDE_LOCAL_APPDATA")
        return os.environ | dict.fromkeys(names, str(self.home)) | {"PYTHONPATH": search, "PYTHONUTF8": "1"}

    def command(self) -> list[str]:
        wanted = ["--model", "demo", "--device", "cpu", "--format", "json", "--output-dir", str(self.outputs)]
        return [sys.executable, "-m", "transcriber", "transcribe", str(self.talk), *wanted]

    def job(self) -> Summary:
        """The only one."""
        [job] = self.store.list()
        return job

    def clear(self) -> None:
        """As if nothing had been done."""
        self.store.delete(self.job().id)
        self.transcript.unlink(missing_ok=True)

    def is_at(self, share: float) -> bool:
        """Whether somebody works on the job just now, and has heard so much of the recording."""
        return any(job.state == "running" and (job.share or 0) >= share for job in self.store.list())


class Program:
    """`python -m transcriber transcribe`, and all processes that it starts."""

    def __init__(self, place: Workplace) -> None:
        self.place = place
        self._said = place.home / "said.txt"
        with self._said.open("w", encoding="utf-8") as said:
            self.process = psutil.Popen(
                place.command(), cwd=ROOT, env=place.variables(), stdin=subprocess.DEVNULL, stdout=said, stderr=said
            )

    @property
    def said(self) -> str:
        return self._said.read_text(encoding="utf-8")

    def wait(self) -> int:
        """The exit code."""
        return int(self.process.wait(PATIENCE))

    def reaches(self, share: float, delay: float) -> bool:
        """Wait until it has heard so much, and `delay` seconds more; whether it still works then."""
        until = time.monotonic() + PATIENCE
        while self.process.poll() is None and not self.place.is_at(share):
            assert time.monotonic() < until, self.said
            time.sleep(0.05)
        time.sleep(delay)
        return self.process.poll() is None

    def kill(self) -> bool:
        """All of it at once, in effect: what the front end started must end by itself. Whether it still worked."""
        family = self.process.children(recursive=True)
        self.process.kill()
        is_killed = self.process.wait(PATIENCE) != 0
        _, alive = psutil.wait_procs(family, timeout=PATIENCE)
        assert not alive, "the worker outlived its front end"
        return is_killed

    def kill_worker(self) -> bool:
        """That alone: the front end must say so, and end by itself. Whether it still worked."""
        for child in self.process.children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                if "spawn_main" in " ".join(child.cmdline()):
                    child.kill()
        is_killed = self.wait() != 0
        assert not is_killed or "ended unexpectedly" in self.said.splitlines()[-1], self.said
        return is_killed

    def clear_away(self) -> None:
        """Leave nothing running, whatever went wrong."""
        family = [self.process, *self.process.children(recursive=True)] if self.process.is_running() else []
        for process in family:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(family, timeout=PATIENCE)


@contextmanager
def program(place: Workplace) -> Iterator[Program]:
    running = Program(place)
    try:
        yield running
    finally:
        running.clear_away()


def finish(place: Workplace) -> bytes:
    """What comes out in the end."""
    with program(place) as running:
        assert running.wait() == 0, running.said
    return place.transcript.read_bytes()


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Minutes of speech with pauses."""
    path = tmp_path_factory.mktemp("talk") / "it's a long talk.wav"
    once = long_speech().samples()
    soundfile.write(path, np.resize(once, SECONDS * SAMPLE_RATE), SAMPLE_RATE)
    return path


@pytest.fixture
def place(talk: Path, tmp_path: Path) -> Workplace:
    own = tmp_path / talk.name
    shutil.copy2(talk, own)
    return workplace(own, tmp_path)


def workplace(talk: Path, folder: Path) -> Workplace:
    home = folder / "home"
    home.mkdir()
    if not ON_WINDOWS:
        (home / "sitecustomize.py").write_text(UNDER_WINDOWS_RULES, encoding="utf-8")
    return Workplace(talk, home, folder / "outputs")


@dataclass(frozen=True, slots=True)
class Undisturbed:
    """What comes out when nothing happens, and how long a chunk takes then, in seconds."""

    transcript: bytes
    chunk_seconds: float


@pytest.fixture(scope="module")
def undisturbed(talk: Path, tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    place = workplace(talk, tmp_path_factory.mktemp("undisturbed"))
    transcript = finish(place)
    assert transcript.count(b'"confidence"') > SECONDS
    return Undisturbed(transcript, place.job().seconds * CHUNK_SECONDS / SECONDS)


# --- kills -----------------------------------------------------------------------------------------------------------


Kill = tuple[Callable[[Program], bool], float, float]
"""What is killed, after which share of the recording was heard, and how many seconds later."""


def draw(random: Random, chunk_seconds: float) -> list[Kill]:
    """First the whole program, then the worker alone, at any two moments of the work."""
    shares = sorted(random.random() for _ in range(2))
    delays = [random.uniform(0, chunk_seconds) for _ in range(2)]
    return list(zip((Program.kill, Program.kill_worker), shares, delays, strict=True))


def is_killed(place: Workplace, kill: Callable[[Program], bool], share: float, delay: float) -> bool:
    """Run the program and kill it; False if it was done by then, or the worker was, and only had to tell."""
    with program(place) as running:
        return running.reaches(share, delay) and kill(running) and place.job().state == "unfinished"


@pytest.mark.parametrize("number", range(0, KILLS, 2), ids=lambda number: f"seed {SEED}, kill {number}")
def test_a_job_killed_at_random_moments_comes_to_the_very_same_transcript(place, undisturbed, number):
    random = Random(f"{SEED} {number}")
    while not all(is_killed(place, *kill) for kill in draw(random, undisturbed.chunk_seconds)):
        if place.transcript.exists():  # it was done first: again, at other moments
            assert place.transcript.read_bytes() == undisturbed.transcript
        place.clear()
    killed = place.job()

    transcript = finish(place)

    assert killed.state == "unfinished"
    assert transcript == undisturbed.transcript
    assert place.job().id == killed.id


# --- no room, no recording -------------------------------------------------------------------------------------------

SMALL_THEN_LARGE = """
mount -t tmpfs -o size=64k tmpfs "$0"
"$@"
echo "exit code $?"
mount -o remount,size=64m tmpfs "$0"
exec "$@"
"""


@only_as_proof
def test_a_disk_that_fills_up_ends_with_one_sentence_and_a_job_that_goes_on(place, undisturbed):
    if not may_mount(place.home):
        pytest.skip("no small disk can be had here")
    command = ["unshare", "-rm", "sh", "-c", SMALL_THEN_LARGE, str(place.home), *place.command()]

    ran = subprocess.run(
        command,
        cwd=ROOT,
        env=place.variables(),
        capture_output=True,
        encoding="utf-8",
        timeout=2 * PATIENCE,
        check=False,
    )

    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.splitlines() == ["exit code 1"]
    assert [line for line in ran.stderr.splitlines() if "too full" in line] == [ran.stderr.splitlines()[0]]
    assert place.transcript.read_bytes() == undisturbed.transcript


def may_mount(folder: Path) -> bool:
    command = ["unshare", "-rm", "mount", "-t", "tmpfs", "tmpfs", str(folder)]
    with suppress(OSError):
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    return False


@only_as_proof
def test_a_recording_that_is_cut_off_and_then_away_ends_with_one_sentence_and_a_job_that_goes_on(place, undisturbed):
    whole, known = place.talk.read_bytes(), place.talk.stat()
    away = place.talk.with_name("drive unplugged")

    with program(place) as running:
        assert running.reaches(0.2, 0), running.said
        os.truncate(place.talk, known.st_size // 2)
        cut_off = running.wait(), running.said
    begun = place.job()
    place.talk.rename(away)
    with program(place) as running:
        gone = running.wait(), running.said
    away.rename(place.talk)
    place.talk.write_bytes(whole)
    os.utime(place.talk, ns=(known.st_atime_ns, known.st_mtime_ns))

    for exit_code, said in (cut_off, gone):
        assert (exit_code, said.count("\n")) == (1, 1), said
        assert place.talk.name in said
    assert begun.state == "unfinished"
    assert not place.transcript.exists()
    assert finish(place) == undisturbed.transcript
    assert place.job().id == begun.id
