"""What was heard is on the disk as it was added, or not at all, whatever happens to the file or to who writes it."""

import os
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from chunks import flat, group
from hypothesis import given, settings
from hypothesis import strategies as st
from windows_locks import ON_WINDOWS

from transcriber.errors import NotWritableError
from transcriber.jobs.clips import Clips, read
from transcriber.record import Heard
from transcriber.transcript import Word

ROOT = Path(__file__).resolve().parent.parent
GROUPS = [group(number) for number in range(6)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "clips.jsonl"


def write(path: Path, groups: list[list[Heard]]) -> bytes:
    clips = Clips(path)
    for each in groups:
        clips.append(each)
    clips.close()
    return path.read_bytes()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The file of GROUPS."""
    return write(tmp_path_factory.mktemp("undisturbed") / "clips.jsonl", GROUPS)


def heard_after(content: bytes, path: Path) -> list[Heard]:
    """What can be read of such a file, and still can after it was opened for more."""
    path.write_bytes(content)
    found = list(read(path))
    clips = Clips(path)
    assert list(clips) == found
    clips.close()
    return found


def is_prefix(found: list[Heard]) -> bool:
    return any(found == flat(GROUPS[:count]) for count in range(len(GROUPS) + 1))


# --- what is read is what was added ----------------------------------------------------------------------------------


def test_chunks_are_read_exactly_as_they_were_added(path):
    write(path, GROUPS)

    assert list(read(path)) == flat(GROUPS)


times = st.floats(min_value=0, max_value=1e6)


@given(st.text(), st.floats(min_value=0, max_value=1), st.tuples(times, times).map(sorted))
def test_any_text_and_any_number_comes_back_to_the_last_bit(tmp_path_factory, text, confidence, span):
    path = tmp_path_factory.mktemp("any") / "clips.jsonl"
    words = (Word(text, *span, confidence),)
    heard = Heard(0, *span, *span, text, words)

    write(path, [[heard]])

    assert list(read(path)) == [heard]


def test_where_there_is_no_file_nothing_was_heard(path):
    assert list(read(path)) == []


def test_reading_does_not_touch_the_file_that_another_writes(path, undisturbed):
    path.write_bytes(undisturbed[:-5])

    assert list(read(path)) == flat(GROUPS[:-1])
    assert path.read_bytes() == undisturbed[:-5]


# --- damage ----------------------------------------------------------------------------------------------------------


@settings(max_examples=300)
@given(share=st.floats(min_value=0, max_value=1))
def test_a_file_cut_off_at_any_byte_gives_what_was_added_first(tmp_path_factory, undisturbed, share):
    kept = undisturbed[: round(share * len(undisturbed))]

    found = heard_after(kept, tmp_path_factory.mktemp("cut") / "clips.jsonl")

    assert found == flat(GROUPS[: kept.count(b"\n")])


@settings(max_examples=300)
@given(share=st.floats(min_value=0, max_value=1, exclude_max=True), change=st.integers(1, 255))
def test_any_damaged_byte_costs_what_was_added_from_there_on_and_no_more(tmp_path_factory, undisturbed, share, change):
    damaged = bytearray(undisturbed)
    position = int(share * len(damaged))
    damaged[position] ^= change

    found = heard_after(bytes(damaged), tmp_path_factory.mktemp("damaged") / "clips.jsonl")

    assert found == flat(GROUPS[: undisturbed[:position].count(b"\n")])


@pytest.mark.parametrize("tail", [b"\0" * 4096, b"\n", b"null\n", b'{"heard":[]}\n', b"\xff\xfe\n"], ids=repr)
def test_rubbish_at_the_end_is_cut_off_and_work_goes_on(path, undisturbed, tail):
    path.write_bytes(undisturbed + tail)

    clips = Clips(path)
    clips.append(group(6))
    clips.close()

    assert list(read(path)) == flat([*GROUPS, group(6)])


def test_what_follows_damage_is_dropped_for_good_not_only_hidden(path, undisturbed):
    lines = undisturbed.splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:2], lines[2][:-9] + b"\n", *lines[3:]]))

    Clips(path).close()

    assert path.read_bytes() == b"".join(lines[:2])


def test_a_line_that_another_version_wrote_is_not_guessed_at(path):
    from transcriber.jobs import clips

    path.write_bytes(clips._sealed(b'{"heard": [{"track": 0, "loudness": 3}]'))

    assert list(read(path)) == []


def test_the_log_says_that_something_was_cut_off_but_not_what_was_said(path, undisturbed, caplog):
    path.write_bytes(undisturbed[:-3])

    Clips(path).close()

    assert "clips.jsonl are torn or damaged" in caplog.text
    assert "chunk" not in caplog.text
    assert "Gr" not in caplog.text


# --- a writer that is killed -----------------------------------------------------------------------------------------

WRITER = """
import sys
from pathlib import Path
from chunks import group
from transcriber.jobs.clips import Clips, read

path, last = Path(sys.argv[1]), int(sys.argv[2])
clips = Clips(path)
known, number = len(list(clips)), 0
while known:
    known -= len(group(number))
    number += 1
print(number, flush=True)
while number < last:
    clips.append(group(number))
    number += 1
    print(number, flush=True)
"""

KILLS, LAST = 20, 400


@contextmanager
def writer(path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that goes on with the file up to group LAST, and prints how many groups there are."""
    command = [sys.executable, "-c", WRITER, str(path), str(LAST)]
    search = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=os.environ | {"PYTHONPATH": search}) as started:
        yield started


def test_a_writer_that_is_killed_at_any_moment_loses_nothing_that_it_had_added(path, tmp_path):
    moments = random.Random(4)
    for _ in range(KILLS):
        with writer(path) as process:
            assert process.stdout is not None
            printed = process.stdout.readline() + process.stdout.read(moments.randrange(40))
            process.kill()
            printed += process.stdout.read()
        added = int(printed[: printed.rindex(b"\n")].split()[-1])
        whole = path.read_bytes().count(b"\n")
        assert whole >= added
        assert list(read(path)) == flat([group(number) for number in range(whole)])

    with writer(path) as process:
        process.communicate()

    everything = [group(number) for number in range(LAST)]
    assert path.read_bytes() == write(tmp_path / "undisturbed.jsonl", everything)


# --- a disk that refuses ---------------------------------------------------------------------------------------------


@contextmanager
def files_of_at_most(size_bytes: int) -> Iterator[None]:
    """The system takes part of what is written beyond, and refuses the rest, as a full disk does."""
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.skipif(ON_WINDOWS, reason="Windows has no such limit")
@pytest.mark.parametrize("room_bytes", [0, 1, 100, 900])
def test_a_line_that_finds_no_room_is_taken_back_and_can_be_added_later(path, undisturbed, room_bytes):
    clips = Clips(path)
    for each in GROUPS[:-1]:
        clips.append(each)
    whole = path.read_bytes()

    with files_of_at_most(len(whole) + room_bytes), pytest.raises(NotWritableError, match=r"clips\.jsonl"):
        clips.append(GROUPS[-1])

    assert path.read_bytes() == whole
    clips.append(GROUPS[-1])
    clips.close()
    assert path.read_bytes() == undisturbed


def test_a_line_that_may_not_have_reached_the_disk_is_taken_back(path, undisturbed, monkeypatch):
    clips = Clips(path)
    for each in GROUPS[:-1]:
        clips.append(each)

    def fail(_: int) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as broken, pytest.raises(NotWritableError, match="Input/output error"):
        broken.setattr(os, "fsync", fail)
        clips.append(GROUPS[-1])

    clips.close()
    assert list(read(path)) == flat(GROUPS[:-1])


@pytest.mark.skipif(ON_WINDOWS, reason="Windows keeps an open file from vanishing")
@pytest.mark.parametrize("replaced", [False, True], ids=["deleted", "replaced"])
def test_nothing_is_added_to_a_file_that_nobody_will_find_again(path, replaced):
    clips = Clips(path)
    clips.append(GROUPS[0])
    path.unlink()
    if replaced:
        path.touch()

    with pytest.raises(NotWritableError, match=r"clips\.jsonl cannot be written"):
        clips.append(GROUPS[1])
    clips.close()


def test_a_folder_that_is_not_there_is_said_to_be_the_trouble(tmp_path):
    with pytest.raises(NotWritableError, match="nowhere"):
        Clips(tmp_path / "nowhere" / "clips.jsonl")


def test_a_closed_file_can_be_deleted_on_windows(path, locks):
    clips = Clips(path)
    clips.append(GROUPS[0])
    list(clips)

    clips.close()
    clips.close()
    path.unlink()

    assert locks.violations == []
