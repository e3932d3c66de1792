"""Whatever holds NeMo's temporary files, the words arrive, and the real error when there is one."""

import os
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from windows_locks import ON_WINDOWS, Locks, windows_locks

from transcriber.errors import TempCleanupWarning
from transcriber.nemo import temporary
from transcriber.nemo.temporary import safe_temporary_directories, sweep

DEMO = Path(__file__).parent.parent / "models" / "demo.nemo"

# NeMo's own affairs: a data loader without a GPU, an LSTM of one layer.
pytestmark = [
    pytest.mark.filterwarnings("ignore:'pin_memory' argument:UserWarning"),
    pytest.mark.filterwarnings("ignore:dropout option adds dropout:UserWarning"),
]
needs_a_scanner = pytest.mark.skipif(ON_WINDOWS, reason="no scanner can be had there on request")


@pytest.fixture(scope="module")
def model():
    with warnings.catch_warnings(action="ignore"):  # NeMo's imports warn of each other
        from nemo.collections.asr.models import EncDecRNNTBPEModel

        return EncDecRNNTBPEModel.restore_from(str(DEMO), map_location="cpu")


@pytest.fixture
def temp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The system's temporary directory, for this test alone."""
    folder = tmp_path / "temp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setattr(temporary, "_left_behind", set())
    return folder


@pytest.fixture
def locks() -> Iterator[Locks]:
    with windows_locks() as locks:
        yield locks


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    return _write_recording(tmp_path / "talk.wav", channels=1)


def _write_recording(path: Path, *, channels: int) -> Path:
    noise = np.random.default_rng(0).normal(scale=0.1, size=(32_000, channels)).astype(np.float32)
    soundfile.write(path, noise, 16_000)
    return path


def _transcribe(model, recording: Path) -> list[str]:
    return [hypothesis.text for hypothesis in model.transcribe([str(recording)], verbose=False)]


def _restore(model, path: Path):
    try:
        return type(model).restore_from(str(path), map_location="cpu")
    finally:  # a failed load leaves NeMo believing that one is going on
        type(model)._set_model_restore_state(is_being_restored=False)


def _outermost_error(action: Callable[[], object]) -> BaseException:
    with pytest.raises(BaseException) as caught:  # noqa: PT011
        action()
    return caught.value


def _safely(action: Callable[[], object]) -> object:
    with safe_temporary_directories():
        return action()


# --- with an antivirus on every temporary file -----------------------------------------------------------------------


@needs_a_scanner
def test_a_model_is_saved_and_restored_while_every_temporary_file_is_held(model, temp, tmp_path, locks):
    import torch

    saved = tmp_path / "saved.nemo"

    with locks.hold_new_files(temp), pytest.warns(TempCleanupWarning) as reports, safe_temporary_directories():
        model.save_to(str(saved))
        restored = _restore(model, saved)

    expected = model.state_dict()
    assert all(torch.equal(tensor, expected[name]) for name, tensor in restored.state_dict().items())
    assert {violation.path.name for violation in locks.violations} >= {"model_weights.ckpt", "model_config.yaml"}
    assert _reported(reports) == sorted(str(path) for path in temp.iterdir())

    sweep()

    assert list(temp.iterdir()) == []


@needs_a_scanner
def test_the_words_arrive_while_the_manifest_is_held(model, temp, recording, locks):
    expected = _transcribe(model, recording)

    with locks.hold_new_files("manifest.json"), pytest.warns(TempCleanupWarning) as reports:
        texts = _safely(lambda: _transcribe(model, recording))

    assert texts == expected
    assert {violation.path.name for violation in locks.violations} == {"manifest.json"}
    assert _reported(reports) == [str(path) for path in temp.iterdir()]


@needs_a_scanner
def test_nemo_alone_loses_the_model_to_a_scanner(model, temp, locks):
    with locks.hold_new_files(temp):
        error = _outermost_error(lambda: _restore(model, DEMO))

    assert isinstance(error, OSError)


def _reported(reports: pytest.WarningsRecorder) -> list[str]:
    return sorted(report.message.path for report in reports if report.category is TempCleanupWarning)


# --- with a failure of its own ---------------------------------------------------------------------------------------


def _restore_with_truncated_weights(model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], object]:
    broken, parts = tmp_path / "broken.nemo", tmp_path / "parts"
    with tarfile.open(DEMO) as archive:
        archive.extractall(parts, filter="data")
    weights = next(parts.rglob("model_weights.ckpt"))
    weights.write_bytes(weights.read_bytes()[:100_000])
    with tarfile.open(broken, "w") as archive:
        archive.add(parts, arcname=".")
    return lambda: _restore(model, broken)


def _run_out_of_memory(model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], object]:
    import torch

    def forward(*_: object, **__: object) -> None:
        message = "CUDA out of memory. Tried to allocate 2.00 GiB"
        raise torch.OutOfMemoryError(message)

    monkeypatch.setattr(model.encoder, "forward", forward)
    recording = _write_recording(tmp_path / "talk.wav", channels=1)
    return lambda: _transcribe(model, recording)


def _transcribe_stereo(model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], object]:
    recording = _write_recording(tmp_path / "stereo.wav", channels=2)
    return lambda: _transcribe(model, recording)


FAILURES = [_restore_with_truncated_weights, _run_out_of_memory, _transcribe_stereo]
MASKED_WITHOUT_A_SCANNER = [_run_out_of_memory, _transcribe_stereo]


@needs_a_scanner
@pytest.mark.parametrize("prepare", FAILURES)
def test_the_real_error_stays_on_top_of_a_held_file(model, temp, tmp_path, monkeypatch, prepare):
    fail = prepare(model, tmp_path, monkeypatch)
    real = _outermost_error(fail)

    with windows_locks() as locks, locks.hold_new_files(temp), pytest.warns(TempCleanupWarning):
        seen = _outermost_error(lambda: _safely(fail))

    assert locks.violations
    assert not isinstance(seen, OSError)
    assert type(seen) is type(real)
    assert str(seen) == str(real)


@pytest.mark.parametrize("prepare", MASKED_WITHOUT_A_SCANNER)
def test_nemo_alone_masks_the_real_error(model, temp, tmp_path, monkeypatch, locks, prepare):
    fail = prepare(model, tmp_path, monkeypatch)

    error = _outermost_error(fail)

    assert isinstance(error, PermissionError | NotADirectoryError)


@pytest.mark.parametrize("prepare", MASKED_WITHOUT_A_SCANNER)
def test_the_real_error_stays_on_top_when_nemo_itself_holds_the_manifest(
    model, temp, tmp_path, monkeypatch, locks, prepare
):
    fail = prepare(model, tmp_path, monkeypatch)

    with pytest.warns(TempCleanupWarning) as reports:
        error = _outermost_error(lambda: _safely(fail))

    assert not isinstance(error, OSError)
    assert len(_reported(reports)) == 1


# --- what is replaced, and for how long ------------------------------------------------------------------------------


def _nemo_modules() -> list[object]:
    from nemo.collections.asr.parts.mixins import transcription
    from nemo.core.connectors import save_restore_connector
    from nemo.utils import model_utils

    return [transcription, save_restore_connector, model_utils]


def _is_safe() -> bool:
    safe = {module.tempfile is not tempfile for module in _nemo_modules()}
    assert len(safe) == 1
    return safe.pop()


def test_only_nemo_sees_another_tempfile(model):
    original = tempfile.TemporaryDirectory

    with safe_temporary_directories():
        inside = _nemo_modules()[0].tempfile

        assert tempfile.TemporaryDirectory is original
        assert inside.TemporaryDirectory is not original
        assert inside.mkdtemp is tempfile.mkdtemp


def test_two_interleaved_threads_give_back_what_they_found(model):
    steps = [threading.Event() for _ in range(3)]
    seen: list[bool] = []

    def first() -> None:
        with safe_temporary_directories():
            steps[0].set()
            steps[1].wait(60)
        seen.append(_is_safe())
        steps[2].set()

    def second() -> None:
        steps[0].wait(60)
        with safe_temporary_directories():
            steps[1].set()
            steps[2].wait(60)

    threads = [threading.Thread(target=work) for work in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert seen == [True]  # the second was still inside
    assert not _is_safe()


def test_what_was_found_comes_back_even_when_it_was_not_tempfile_itself(model, monkeypatch):
    theirs = type(tempfile)("theirs")
    monkeypatch.setattr(_nemo_modules()[0], "tempfile", theirs)

    with safe_temporary_directories():
        assert _nemo_modules()[0].tempfile is not theirs

    assert _nemo_modules()[0].tempfile is theirs


def test_nested_blocks_stay_safe_until_the_outer_one_ends(model):
    with safe_temporary_directories():
        with suppress(ZeroDivisionError), safe_temporary_directories():
            _ = 1 / 0

        assert _is_safe()

    assert not _is_safe()


# --- reporting -------------------------------------------------------------------------------------------------------


def _directory() -> temporary._TemporaryDirectory:
    return _nemo_modules()[1].tempfile.TemporaryDirectory()


def _leave_one_behind(stack: ExitStack, locks: Locks) -> Path:
    """What NeMo does, with a file of it held until the stack unwinds."""
    with _directory() as name:
        file = Path(name) / "model_weights.ckpt"
        file.touch()
        stack.enter_context(locks.hold(file))
    return Path(name)


def test_each_directory_is_reported_once_by_the_block_it_was_made_in(model, temp, locks):
    with ExitStack() as held, pytest.warns(TempCleanupWarning) as reports, safe_temporary_directories():
        outer = _leave_one_behind(held, locks)
        with pytest.warns(TempCleanupWarning) as inner_reports, safe_temporary_directories():
            inner = _leave_one_behind(held, locks)

    assert _reported(inner_reports) == [str(inner)]
    assert str(outer) in _reported(reports)
    assert str(inner) not in _reported(reports)


def test_a_clean_block_reports_nothing(model, temp, locks):
    with warnings.catch_warnings(record=True) as reports, safe_temporary_directories(), _directory() as name:
        (Path(name) / "manifest.json").touch()

    assert reports == []
    assert list(temp.iterdir()) == []


def test_where_warnings_are_errors_the_real_error_still_wins(model, temp, locks):
    with ExitStack() as held, pytest.raises(ZeroDivisionError), safe_temporary_directories():
        _leave_one_behind(held, locks)
        _ = 1 / 0


def test_where_warnings_are_errors_the_block_is_finished_first(model, temp, locks):
    steps = []

    with ExitStack() as held, pytest.raises(TempCleanupWarning), safe_temporary_directories():
        _leave_one_behind(held, locks)
        steps.append("finished")

    assert steps == ["finished"]


def test_a_generator_that_outlives_its_block_still_reports(model, temp, recording, locks):
    alone = replace(
        model.get_transcribe_config(), num_workers=0
    )  # a forked loader may wait for ever on a thread's lock

    with safe_temporary_directories():
        batches = model.transcribe_generator([str(recording)], override_config=alone)
        next(batches)
    (manifest,) = temp.rglob("manifest.json")

    with locks.hold(manifest), pytest.warns(TempCleanupWarning) as reports:
        batches.close()

    assert _reported(reports) == [str(manifest.parent)]


# --- deleting --------------------------------------------------------------------------------------------------------


def test_read_only_files_are_deleted_too(model, temp, locks):
    with safe_temporary_directories(), _directory() as name:
        tokenizer = Path(name) / "tokenizer.model"
        tokenizer.touch()
        tokenizer.chmod(0o400)

    assert list(temp.iterdir()) == []


def test_a_working_directory_inside_is_reported_and_swept_later(model, temp, locks):
    before = Path.cwd()

    with pytest.warns(TempCleanupWarning), safe_temporary_directories(), _directory() as name:
        os.chdir(name)
    os.chdir(before)
    sweep()

    assert list(temp.iterdir()) == []


_CHILD = """
import sys, tempfile
from transcriber.nemo import temporary
tempfile.tempdir = sys.argv[1]
{}
print(directory.name, flush=True)
sys.stdin.read()
"""


def _run_child(temp: Path, code: str) -> subprocess.Popen:
    command = [sys.executable, "-c", _CHILD.format(code), str(temp)]
    return subprocess.Popen(
        command, cwd=DEMO.parent.parent, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    )


def test_a_directory_is_swept_only_once_its_process_is_gone(temp):
    with _run_child(temp, "directory = temporary._TemporaryDirectory()") as child:
        folder = Path(child.stdout.readline().strip())
        sweep()

        assert folder.is_dir()

        child.kill()
        child.wait()
    sweep()

    assert not folder.exists()


def test_what_stays_behind_is_deleted_when_the_program_ends(temp):
    code = """
directory = temporary._TemporaryDirectory()
temporary._sweep_now_and_at_exit()
remove, temporary._remove = temporary._remove, lambda folder: False
directory.cleanup()
temporary._remove = remove
"""
    with _run_child(temp, code) as child:
        folder = Path(child.stdout.readline().strip())

        assert folder.is_dir()

        child.stdin.close()

    assert not folder.exists()


def test_a_number_that_another_process_has_now_does_not_protect_a_directory(temp):
    long_ago = int(time.time()) - 1_000_000
    stale = temp / f"transcribe-ui-{os.getpid()}-{long_ago}-abc"
    stale.mkdir()

    sweep()

    assert not stale.exists()


def test_the_sweep_touches_nothing_but_our_own_directories(temp, tmp_path):
    others = [
        temp / "transcribe-ui-cache",
        temp / "transcribe-ui-99999999-tmp",
        temp / "tmp123",
        temp / "xtranscribe-ui-1-1-a",
    ]
    for folder in others:
        folder.mkdir()
    (temp / "transcribe-ui-99999999-1-file").touch()

    sweep()

    assert sorted(path.name for path in temp.iterdir()) == sorted(
        ["transcribe-ui-99999999-1-file", *(folder.name for folder in others)]
    )


@pytest.mark.skipif(ON_WINDOWS, reason="links need a right there")
def test_the_sweep_follows_no_link_that_looks_like_ours(temp, tmp_path):
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "words.txt").touch(mode=0o400)
    (temp / "transcribe-ui-99999999-1-abc").symlink_to(precious)
    (temp / "transcribe-ui-99999999-1-def").mkdir()
    (temp / "transcribe-ui-99999999-1-def" / "link").symlink_to(precious)

    sweep()

    assert (precious / "words.txt").stat().st_mode & 0o777 == 0o400
    assert [path.name for path in temp.iterdir()] == ["transcribe-ui-99999999-1-abc"]


@needs_a_scanner
def test_making_files_deletable_follows_no_link(temp, tmp_path, locks):
    precious = tmp_path / "words.txt"
    precious.touch(mode=0o400)
    (temp / "transcribe-ui-99999999-1-abc").mkdir()
    link = temp / "transcribe-ui-99999999-1-abc" / "link"

    with locks.hold_new_files(temp):
        link.symlink_to(precious)
        sweep()

        assert link.is_symlink()

    assert precious.stat().st_mode & 0o777 == 0o400


def test_the_sweep_is_silent_where_there_is_no_temporary_directory(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))

    sweep()
