"""Whatever the clean-up does, the error that comes out is the one that went wrong."""

import errno
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from windows_locks import Locks, windows_error

from transcriber.errors import (
    CorruptModelError,
    MemoryExhaustedError,
    MissingDependencyError,
    ModelLoadError,
    TranscriberError,
)
from transcriber.nemo import failures
from transcriber.nemo.failures import first_line, is_out_of_memory, load_error, real_cause

MODEL = Path("models") / "talk.nemo"


def is_cleanup_only(error: BaseException) -> bool:
    """Whether nothing failed but the removal of a temporary file."""
    return next(failures._real(error), None) is None


def _failing_in_a_temporary_directory(error: BaseException | None, *, folders: int = 1) -> BaseException:
    """What comes out of `with TemporaryDirectory()` when its body fails and a file in it is still open."""
    folder = tempfile.TemporaryDirectory()
    inside = Path(folder.name, *"abc"[:folders])
    inside.mkdir(parents=True, exist_ok=True)
    with (inside / "manifest.json").open("w", encoding="utf-8"), pytest.raises(BaseException) as outermost, folder:  # noqa: PT011
        if error is not None:
            raise error
    folder.cleanup()
    return outermost.value


@pytest.mark.parametrize(
    "error",
    [
        TypeError("Input shape mismatch: expected (batch, time), found [1, 2, 32000]"),
        MemoryError(),
        RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB"),
        CorruptModelError("talk.nemo", "its weights are damaged"),
        PermissionError(errno.EACCES, "Permission denied", "talk.nemo"),
        KeyboardInterrupt(),
    ],
    ids=lambda error: type(error).__name__,
)
@pytest.mark.parametrize("folders", [0, 2])
def test_a_failed_clean_up_does_not_hide_what_failed_before(locks: Locks, error: BaseException, folders: int) -> None:
    outermost = _failing_in_a_temporary_directory(error, folders=folders)

    assert outermost is not error
    assert isinstance(outermost, OSError)
    assert real_cause(outermost) is error
    assert not is_cleanup_only(outermost)


def test_a_clean_up_that_alone_failed_is_known_as_such(locks: Locks) -> None:
    outermost = _failing_in_a_temporary_directory(None)

    assert is_cleanup_only(outermost)
    assert real_cause(outermost) is outermost


def test_a_cause_that_was_hidden_on_purpose_is_still_found(locks: Locks) -> None:
    outermost = _failing_in_a_temporary_directory(ValueError("the reason"))
    outermost.__suppress_context__ = True

    assert str(real_cause(outermost)) == "the reason"


def test_an_error_that_comes_from_itself_does_not_go_round_in_circles() -> None:
    error = OSError("odd")
    error.__context__ = ValueError("x")
    error.__context__.__context__ = error

    assert real_cause(error) is error


def test_a_file_that_may_not_be_read_is_no_clean_up() -> None:
    error = windows_error(5, "talk.nemo")

    assert not is_cleanup_only(error)
    assert real_cause(error) is error


def test_no_room_for_a_temporary_directory_is_no_clean_up(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as failure:
        tempfile.mkdtemp(dir=tmp_path / "gone")

    assert not is_cleanup_only(failure.value)


# --- in one sentence -------------------------------------------------------------------------------------------------


class OutOfMemoryError(RuntimeError):
    """As torch.cuda's."""


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        OutOfMemoryError("CUDA out of memory"),
        RuntimeError("[enforce fail at alloc_cpu.cpp:118] err == 0. DefaultCPUAllocator: can't allocate memory: you"),
        RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 99 bytes."),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling cublasCreate(handle)"),
        OSError(errno.ENOMEM, "Cannot allocate memory"),
    ],
)
def test_every_way_to_say_out_of_memory_is_understood(error: Exception) -> None:
    told = load_error("talk", Path(__file__), error, "CPU")

    assert is_out_of_memory(error)
    assert isinstance(told, MemoryExhaustedError)
    assert "GB of memory are free" in str(told)


def test_windows_full_paging_file_is_out_of_memory() -> None:
    error = OSError("The paging file is too small for this operation to complete")
    error.winerror = 1455

    assert is_out_of_memory(error)


def test_out_of_memory_on_a_card_tells_the_sizes_that_cuda_tells() -> None:
    reason = "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 7.79 GiB"

    told = load_error("talk", MODEL, OutOfMemoryError(reason), "NVIDIA GeForce RTX 4060")

    assert "RTX 4060" in str(told)
    assert "7.79 GiB" in str(told)


def _wrapped(error: Exception) -> Exception:
    """As Hydra wraps what a constructor raises."""
    from hydra.errors import InstantiationException

    wrapping = InstantiationException("Error in call to target 'nemo.X':\nfull_key: encoder")
    wrapping.__cause__ = error
    return wrapping


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (ModuleNotFoundError("No module named 'peft'", name="peft"), MissingDependencyError, "package peft is missing"),
        (windows_error(5, "C:/talk.nemo"), ModelLoadError, "C:/talk.nemo may not be read (Access is denied): check"),
        (FileNotFoundError(errno.ENOENT, "gone", "/cache/x/tok.model"), CorruptModelError, "tok.model, which its conf"),
        (ValueError("`tokenizer.type` cannot be None"), ModelLoadError, "ValueError: `tokenizer.type` cannot be None"),
        (
            type("UnsafeTargetError", (ValueError,), {})("'os.system' is blocked."),
            CorruptModelError,
            "no model may run",
        ),
        (RuntimeError(""), ModelLoadError, "RuntimeError: RuntimeError"),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else "",
)
@pytest.mark.parametrize("wrap", [lambda error: error, _wrapped], ids=["plain", "in Hydra"])
def test_each_failure_becomes_its_own_error_of_one_sentence(
    error: Exception, kind: type[TranscriberError], words: str, wrap: Callable[[Exception], Exception]
) -> None:
    told = load_error("talk", MODEL, wrap(error), "CPU")

    assert type(told) is kind
    assert words in str(told)
    assert "\n" not in str(told)


def test_an_error_of_ours_stays_what_it_is() -> None:
    ours = CorruptModelError("talk.nemo", "reason")

    try:
        raise ours from ValueError("detail")
    except CorruptModelError as raised:
        assert load_error("talk", MODEL, raised, "CPU") is ours


def test_a_long_message_is_cut_to_its_first_line() -> None:
    assert first_line(ValueError("\n\n  the reason:\nand 90 lines more")) == "the reason"
    assert len(first_line(ValueError("x" * 1000))) == 300
