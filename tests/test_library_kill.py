"""A program killed while it corrects has lost nothing of what it had said was kept.

TRANSCRIBE_UI_KILL_SEED=7 python -m pytest tests/test_library_kill.py -v
"""

import os
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from transcriber.editing import corrected
from transcriber.library import Library, Opened
from transcriber.transcript import Segment, Transcript, Word

ROOT = Path(__file__).resolve().parent.parent
KILLS = 10
RUN = os.environ.get("PYTEST_XDIST_TESTRUNUID")
"""The same in every process of a run of the tests, so that all of them name the same test."""
SEED = int(os.environ.get("TRANSCRIBE_UI_KILL_SEED") or Random(RUN).randrange(10_000))

WORDS = tuple(Word(f"word{number}", number / 2, number / 2 + 0.4) for number in range(200))
TALK = Transcript((Segment(" ".join(word.text for word in WORDS), 0.0, 99.9, WORDS),), 100.0, "demo")

CORRECT_ON = """
import sys
from pathlib import Path
from test_library_kill import TALK
from transcriber.editing import Replace
from transcriber.library import Library

library = Library(Path(sys.argv[1]))
opened = library.open("talk", TALK, "talk.wav")
for number in range(len(opened.history.done), 100_000):
    opened = library.save(opened, Replace(number % 200, number % 200, f"edit{number}"))
    if number % 5 == 4:
        opened = library.redo(library.undo(opened))
    print(number, flush=True)
"""


def killed(path: Path, edits: int) -> int:
    """Let a program correct, kill it after so many edits, and say which was the last that it called kept."""
    search = os.pathsep.join(map(str, (ROOT, ROOT / "tests")))
    with subprocess.Popen(
        [sys.executable, "-c", CORRECT_ON, str(path)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": search},
        stdout=subprocess.PIPE,
        encoding="ascii",
    ) as program:
        assert program.stdout
        for _ in range(edits):
            program.stdout.readline()
        program.kill()
        numbers = program.stdout.read().split()  # what it had said before the kill arrived
    assert program.returncode
    return int(numbers[-1]) if numbers else -1


def reopened(path: Path) -> Opened:
    return Library(path).open("talk", TALK, "talk.wav")


@pytest.mark.parametrize("seed", [SEED])
def test_every_edit_that_was_said_to_be_kept_survives_ten_kills(tmp_path, seed):
    path, random = tmp_path / "library.sqlite3", Random(seed)
    kept = 0
    for _ in range(KILLS):
        acknowledged = killed(path, kept_after := random.randrange(1, 40)) + 1
        acknowledged = max(acknowledged, kept + kept_after)

        opened = reopened(path)
        history = opened.history

        made = len(history.done) + len(history.undone)
        assert acknowledged <= made <= acknowledged + 1
        assert len(history.undone) <= (made > acknowledged)
        texts = [step.edit.text for step in (*history.done, *history.undone)]
        assert texts == [f"edit{number}" for number in range(made)]
        newest = f"edit{len(history.done) - 1}"
        assert newest in corrected(opened.document).text.split()
        assert [hit.word for hit in Library(path).search(f'"{newest}"').hits] == [(len(history.done) - 1) % 200]
        kept = len(history.done)
