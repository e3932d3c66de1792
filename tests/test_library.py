"""The library keeps every edit, finds every word, notices other windows, deletes for good, and loses no file."""

import json
import random
import shutil
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from corrections import any_edit, transcripts
from hypothesis import given, settings
from hypothesis import strategies as st
from windows_locks import ON_WINDOWS

from transcriber.editing import (
    AssignSpeaker,
    Delete,
    MarkChecked,
    Query,
    RenameSpeaker,
    Replace,
    SplitParagraph,
    corrected,
    find,
    replace_all,
)
from transcriber.errors import (
    DamagedLibraryError,
    DiskFullError,
    EditConflictError,
    InvalidEditError,
    LibrarySetAsideWarning,
    NewerLibraryError,
    NotWritableError,
    OriginalChangedError,
    UnknownTranscriptError,
)
from transcriber.export import transcript_json
from transcriber.library import Library, database
from transcriber.transcript import Segment, Transcript, Word

ROOT = Path(__file__).resolve().parent.parent


def said(line: str, start: float, speaker: str = "Anna") -> Segment:
    words = tuple(
        Word(text, start + index / 2, start + index / 2 + 0.4, 0.75, speaker) for index, text in enumerate(line.split())
    )
    return Segment(line, start, words[-1].end, words, speaker)


TALK = Transcript(
    (said("The old cloak is broken.", 1.0), said("Grüße from the café, old friend!", 10.0, "Ben")),
    60.0,
    "demo",
    None,
    "en",
)
OTHER = Transcript((said("An old clock strikes twelve.", 0.0),), 5.0, "demo")
THE, OLD, CLOAK, IS, BROKEN, GREETINGS = range(6)


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path / "it's [ours] {ü}" / "library.sqlite3")


def words(library: Library, transcript_id: str = "talk", original: Transcript = TALK) -> str:
    return corrected(library.open(transcript_id, original, "talk.wav").document).text


# --- keeping ---------------------------------------------------------------------------------------------------------


def test_a_correction_is_there_when_the_transcript_is_opened_again(library):
    opened = library.open("talk", TALK, "talk.wav")

    saved = library.save(opened, Replace(CLOAK, CLOAK, "clock"))

    assert library.open("talk", TALK, "talk.wav") == saved
    assert words(library).startswith("The old clock is broken.")


def test_edits_made_before_the_program_was_started_are_undone_and_redone(library):
    start = library.open("talk", TALK, "talk.wav")
    library.save(library.save(start, Replace(CLOAK, CLOAK, "clock")), Delete(IS, BROKEN))

    once = library.undo(library.open("talk", TALK, "talk.wav"))
    twice = library.undo(library.open("talk", TALK, "talk.wav"))
    again = library.redo(library.open("talk", TALK, "talk.wav"))

    assert corrected(once.document).text.startswith("The old clock is broken.")
    assert twice.document == start.document
    assert again.document == once.document
    assert library.open("talk", TALK, "talk.wav") == again


def test_an_edit_after_an_undo_takes_the_place_of_what_was_undone(library):
    opened = library.save(library.open("talk", TALK, "talk.wav"), Replace(CLOAK, CLOAK, "clock"))

    library.save(library.undo(opened), Replace(OLD, OLD, "cold"))

    reopened = library.open("talk", TALK, "talk.wav")
    assert words(library).startswith("The cold cloak is broken.")
    with pytest.raises(InvalidEditError, match="nothing to redo"):
        library.redo(reopened)


def test_an_edit_that_cannot_be_made_changes_nothing(library):
    opened = library.open("talk", TALK, "talk.wav")

    with pytest.raises(InvalidEditError):
        library.save(opened, Delete(99, 99))

    assert library.open("talk", TALK, "talk.wav") == opened


def test_the_list_tells_of_each_transcript_what_has_become_of_it(library):
    opened = library.open("talk", TALK, "talk.wav")
    opened = library.save(opened, RenameSpeaker("Ben", "Benno"))
    opened = library.save(opened, MarkChecked(THE, CLOAK))
    opened = library.save(opened, Delete(GREETINGS, GREETINGS))
    library.open("other", OTHER, "other.wav")
    library.rename("other", "The clock")

    other, talk = library.list()

    assert (other.title, other.words, other.checked_share, other.edits) == ("The clock", 5, 0.0, 0)
    assert (talk.title, talk.model, talk.language, talk.duration) == ("talk.wav", "demo", "en", 60.0)
    assert (talk.words, talk.checked, talk.speakers, talk.edits) == (10, 3, ("Anna", "Benno"), 3)
    assert talk.changed > talk.added
    assert library.undo(opened).document.speakers == ("Anna", "Benno")
    assert library.list()[1].words == 11


def test_an_export_has_the_corrections_and_opens_nothing_for_it(library):
    assert library.corrected("talk", TALK) is TALK
    assert not library.path.exists()

    library.save(library.open("talk", TALK, "talk.wav"), Replace(CLOAK, CLOAK, "clock"))

    assert library.corrected("talk", TALK).text.startswith("The old clock is broken.")
    assert library.corrected("other", OTHER) is OTHER
    assert [each.id for each in library.list()] == ["talk"]


def test_a_transcript_read_again_from_its_file_is_the_same_original(library):
    odd = replace(OTHER, segments=(said("An old clock", 0.123456),))
    library.save(library.open("odd", odd, "odd.wav"), Replace(2, 2, "cloak"))

    again = transcript_json.parse(transcript_json.render(odd))

    assert words(library, "odd", again) == "An old cloak"


def test_corrections_are_never_made_to_other_words(library):
    library.open("talk", TALK, "talk.wav")

    with pytest.raises(OriginalChangedError, match="talk.wav"):
        library.open("talk", OTHER, "talk.wav")


# --- several windows -------------------------------------------------------------------------------------------------


def test_a_change_in_another_window_is_noticed_and_nothing_is_overwritten(library):
    mine = library.open("talk", TALK, "talk.wav")
    theirs = library.save(library.open("talk", TALK, "talk.wav"), Replace(CLOAK, CLOAK, "clock"))

    with pytest.raises(EditConflictError, match=r"talk\.wav was changed in another window"):
        library.save(mine, Delete(THE, THE))

    refreshed = library.refresh(mine)
    assert refreshed == theirs
    assert library.refresh(refreshed) is refreshed
    assert library.save(refreshed, Delete(THE, THE)).version == theirs.version + 1


def test_undoing_what_another_window_has_changed_is_a_conflict_too(library):
    mine = library.save(library.open("talk", TALK, "talk.wav"), Replace(CLOAK, CLOAK, "clock"))
    library.save(mine, Delete(THE, THE))

    with pytest.raises(EditConflictError, match=r"talk\.wav was changed in another window"):
        library.undo(mine)

    assert words(library).startswith("old clock")


def test_a_transcript_deleted_in_another_window_is_said_to_be_gone(library):
    mine = library.open("talk", TALK, "talk.wav")
    library.delete("talk")

    for change in (lambda: library.save(mine, Delete(THE, THE)), lambda: library.refresh(mine)):
        with pytest.raises(UnknownTranscriptError):
            change()


def test_a_transcript_deleted_and_opened_again_is_not_taken_for_the_one_before(library):
    mine = library.save(library.open("talk", TALK, "talk.wav"), Replace(CLOAK, CLOAK, "clock"))
    library.delete("talk")
    library.save(library.open("talk", TALK, "talk.wav"), Delete(THE, THE))

    with pytest.raises(EditConflictError):
        library.save(mine, Delete(OLD, OLD))


def test_many_threads_at_once_lose_no_edit(library):
    library.open("talk", TALK, "talk.wav")

    def correct() -> None:
        for _ in range(5):
            while True:
                opened = library.open("talk", TALK, "talk.wav")
                try:
                    library.save(opened, MarkChecked(THE, THE, checked=opened.version % 2 == 0))
                except EditConflictError:
                    continue
                break

    threads = [threading.Thread(target=correct) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert library.list()[0].edits == 20


OPEN_AT_ONCE = """
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from transcriber.library import Library
from transcriber.transcript import Segment, Transcript
talk = Transcript((Segment("so it is", 0.0, 1.0),), 1.0, "demo")
sys.stdin.readline()
Library(Path(sys.argv[1])).open(sys.argv[2], talk, "talk.wav")
"""


def test_several_programs_may_begin_the_library_at_the_same_moment(library):
    command = [sys.executable, "-c", OPEN_AT_ONCE, str(library.path)]
    programs = [
        subprocess.Popen([*command, f"talk{number // 2}"], cwd=ROOT, stdin=subprocess.PIPE, stderr=subprocess.PIPE)
        for number in range(4)
    ]

    ended = [program.communicate(b"\n", timeout=120) for program in programs]

    assert [said for _, said in ended] == [b""] * 4
    assert sorted(each.id for each in library.list()) == ["talk0", "talk1"]


# --- searching -------------------------------------------------------------------------------------------------------


def hits(library: Library, typed: str, **where: object) -> list[tuple[str, int, float]]:
    return [(hit.transcript, hit.word, hit.start) for hit in library.search(typed, **where).hits]


@pytest.fixture
def both(library: Library) -> Library:
    library.open("talk", TALK, "talk.wav")
    library.open("other", OTHER, "other.wav")
    return library


def test_a_word_is_found_in_all_transcripts_with_its_id_and_time(both):
    assert hits(both, "old") == [("talk", OLD, 1.5), ("talk", 9, 12.0), ("other", 1, 0.5)]
    assert hits(both, "old", transcript_id="other") == [("other", 1, 0.5)]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("clo", [("talk", CLOAK), ("other", 2)]),
        ("OLD strikes", [("other", 1)]),
        ('"old cl"', []),
        ('"old clock"', [("other", 1)]),
        ('"clock old"', []),
        ("cafe", [("talk", 8)]),
        ("gruße", [("talk", GREETINGS)]),
        ("friend!", [("talk", 10)]),
        ("c", []),
    ],
)
def test_words_are_found_by_their_beginning_phrases_as_they_are(both, typed, expected):
    assert [hit[:2] for hit in hits(both, typed)] == expected


def test_a_snippet_shows_what_was_found_among_its_words(both):
    [hit] = both.search("old strikes").hits

    assert hit.title == "other.wav"
    assert hit.snippet == (("An ", False), ("old", True), (" clock ", False), ("strikes", True), (" twelve.", False))


def test_the_corrected_words_are_found_and_not_those_that_they_replaced(both):
    opened = both.save(both.open("talk", TALK, "talk.wav"), Replace(CLOAK, CLOAK, "grandfather clock"))

    assert hits(both, "cloak") == []
    assert [hit[0] for hit in hits(both, "grandfather")] == ["talk"]
    both.undo(opened)
    assert hits(both, "grandfather") == []
    assert hits(both, "cloak") == [("talk", CLOAK, 2.0)]


def test_every_kind_of_change_reaches_the_index(both):
    opened = both.open("talk", TALK, "talk.wav")
    for edit in (
        replace_all(opened.document, find(opened.document, Query("old")), "ancient").edit,
        SplitParagraph(IS),
        AssignSpeaker(BROKEN, BROKEN, "Carl"),
    ):
        opened = both.save(opened, edit)

    assert [hit[:2] for hit in hits(both, "ancient")] == [("talk", OLD), ("talk", 9)]
    assert hits(both, "the broken", transcript_id="talk") == []
    assert hits(both, "broken") == [("talk", BROKEN, 3.0)]


@given(transcripts(), st.integers(0, 10**9), st.integers(1, 8))
@settings(max_examples=60, deadline=None)
def test_after_any_edits_the_file_says_what_the_document_says(transcript, seed, count):
    chance = random.Random(seed)
    with TemporaryDirectory() as folder:
        library = Library(Path(folder) / "library.sqlite3")
        opened = library.open("any", transcript, "any.wav")
        for _ in range(count):
            with suppress(InvalidEditError):
                change = chance.choice((library.undo, library.redo, *[None] * 4))
                edit = any_edit(chance, opened.document)
                opened = change(opened) if change else library.save(opened, edit)

        paragraphs = [each for each in opened.document.paragraphs if each.words]
        [entry] = library.list()
        assert library.open("any", transcript, "any.wav") == opened
        assert (entry.words, entry.edits) == (sum(1 for _ in opened.document.words), len(opened.history.done))
        assert entry.checked == sum(each.checked for each in opened.document.words)
        assert entry.speakers == opened.document.speakers
        with closing(sqlite3.connect(library.path)) as connection:
            rows = connection.execute("SELECT id, text, words FROM paragraph").fetchall()
            connection.execute("INSERT INTO spoken (spoken, rank) VALUES ('integrity-check', 1)")
    assert {number: text for number, text, _ in rows} == {
        each.id: " ".join(placed.word.text for placed in each.words) for each in paragraphs
    }
    assert {number: [place[0] for place in json.loads(places)] for number, _, places in rows} == {
        each.id: [placed.id for placed in each.words] for each in paragraphs
    }


def test_text_without_word_times_is_found_too(library):
    library.open("clips", replace(OTHER, segments=(Segment("An  old clock", 2.0, 4.0),), timing="clips"), "c")

    [hit] = library.search("clock").hits

    assert (hit.word, hit.start) == (2, pytest.approx(3.0, abs=0.5))


def test_letters_that_the_search_uses_itself_are_found_around(library):
    opened = library.open("talk", TALK, "talk.wav")
    library.save(opened, Replace(THE, THE, "\ue000The\ue001x"))

    assert hits(library, "broken") == [("talk", BROKEN, 3.0)]


def test_no_more_hits_than_asked_for_and_it_says_so(both):
    few, all_of_them = both.search("old", most=2), both.search("old", most=3)
    assert (len(few.hits), sum(few.counts.values())) == (2, 3)
    assert (len(all_of_them.hits), sum(all_of_them.counts.values())) == (3, 3)


def test_of_each_transcript_no_more_hits_than_asked_for_and_it_is_told_how_many_there_are(both):
    found = both.search("old", each=1)

    assert [(hit.transcript, hit.word) for hit in found.hits] == [("talk", OLD), ("other", 1)]
    assert found.counts == {"talk": 2, "other": 1}


def test_what_was_corrected_last_is_found_where_it_was_said(both):
    both.save(both.open("talk", TALK, "talk.wav"), Replace(THE, THE, "That"))

    assert hits(both, "old", transcript_id="talk") == [("talk", OLD, 1.5), ("talk", 9, 12.0)]


def test_words_are_found_from_the_moment_that_they_are_put_there_and_only_once(library):
    library.add("talk", TALK, "talk.wav")
    library.rename("talk", "The café")
    library.add("talk", TALK, "talk.wav")

    assert hits(library, "cloak") == [("talk", CLOAK, 2.0)]
    assert [each.title for each in library.list()] == ["The café"]


@pytest.mark.parametrize("typed", ["", "  ", '"', "*", "-", "…", "()", "\x00", "\ud800"])
def test_what_is_no_word_finds_nothing(both, typed):
    assert both.search(typed).hits == ()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Library:
    library = Library(tmp_path_factory.mktemp("shared") / "library.sqlite3")
    library.open("talk", TALK, "talk.wav")
    return library


@given(
    st.lists(st.one_of(st.text(), st.sampled_from(["OR", "AND", "NOT", "NEAR(", '"', "*", "^", ":", "text:", "old"])))
)
@settings(max_examples=200, deadline=None)
def test_nothing_that_can_be_typed_is_a_syntax_error(shared, typed):
    found = shared.search(" ".join(typed))

    assert len(found.hits) <= 2


# --- deleting --------------------------------------------------------------------------------------------------------

SECRETS = ("xylophonist", "quetzalcoatl", "zwischenzug", "bamboozlement", "Rumpelstilzchen")


def bytes_of(library: Library) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(library.path.parent.iterdir())).lower()


def test_deleted_means_that_no_word_is_left_in_any_file(library):
    keep = Transcript(tuple(said(f"Word{number} stays here.", number * 5.0) for number in range(300)), 2000.0, "demo")
    lines = [said(f"So {SECRETS[number % 2]} number{number} spoke.", number * 5.0) for number in range(300)]
    library.open("keep", keep, "keep.wav")
    opened = library.open("secret", Transcript(tuple(lines), 2000.0, "demo"), SECRETS[4])
    opened = library.save(opened, Replace(1, 1, SECRETS[2]))
    opened = library.undo(library.save(opened, Replace(2, 2, SECRETS[3])))
    before = bytes_of(library)

    library.delete("secret")

    assert all(secret.lower().encode() in before for secret in SECRETS)
    assert not [secret for secret in SECRETS if secret.lower().encode() in bytes_of(library)]
    assert not [secret for secret in SECRETS if secret[1:7].lower().encode() in bytes_of(library)]
    assert library.search("spoke").hits == ()
    assert len(library.search("stays").hits) == 200
    assert [each.id for each in library.list()] == ["keep"]


def test_the_room_of_what_was_deleted_is_given_back(library):
    library.open("small", OTHER, "small.wav")
    small = library.path.stat().st_size
    library.open(
        "large", Transcript(tuple(said("A b c d e f", n * 5.0) for n in range(2000)), 1e5, "demo"), "large.wav"
    )
    large = library.path.stat().st_size

    library.delete("large")

    assert large > 5 * small
    assert library.path.stat().st_size < 2 * small


def test_a_word_that_a_window_is_reading_is_gone_once_it_has_read_it(library):
    opened = library.open("secret", Transcript((said("So xylophonist spoke.", 0.0),), 5.0, "demo"), "s")
    with closing(sqlite3.connect(library.path)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM paragraph").fetchone()
        threading.Timer(0.3, reader.interrupt).start()
        stay = threading.Thread(target=library.delete, args=("secret",))
        stay.start()
        stay.join(0.5)
        reader.execute("ROLLBACK")
        stay.join()

    assert opened.id not in [each.id for each in library.list()]
    assert b"xylophonist" not in bytes_of(library)


def test_words_that_another_program_keeps_from_being_wiped_are_told_of(library, monkeypatch, caplog):
    library.open("secret", Transcript((said("So xylophonist spoke.", 0.0),), 5.0, "demo"), "s")
    monkeypatch.setattr(database, "PATIENCE_SECONDS", 0.2)

    with closing(sqlite3.connect(library.path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM paragraph").fetchone()
        library.delete("secret")

    assert "stay in" in caplog.text
    library.list()
    assert b"xylophonist" not in bytes_of(library)


def test_what_is_not_there_is_forgotten_without_a_word_or_a_file(library):
    library.forget("nowhere")
    there_was_none = not library.path.exists()
    library.open("talk", TALK, "talk.wav")
    library.forget("nowhere")
    library.forget("talk")

    assert there_was_none
    assert library.list() == ()


def test_a_mark_that_something_is_right_is_no_correction_and_an_undone_one_neither(library):
    opened = library.save(library.open("talk", TALK, "talk.wav"), MarkChecked(THE, OLD))
    marked = library.list()[0].corrected
    opened = library.save(opened, Replace(CLOAK, CLOAK, "clock"))
    changed = library.list()[0].corrected
    library.undo(opened)

    assert (marked, changed, library.list()[0].corrected) == (False, True, False)


def test_what_is_not_there_cannot_be_deleted_or_renamed(library):
    for change in (lambda: library.delete("nowhere"), lambda: library.rename("nowhere", "x")):
        with pytest.raises(UnknownTranscriptError, match="nowhere"):
            change()


# --- the file --------------------------------------------------------------------------------------------------------


def test_nothing_holds_the_file_between_two_calls(library, locks):
    opened = library.open("talk", TALK, "talk.wav")
    library.save(opened, Replace(CLOAK, CLOAK, "clock"))
    library.search("clock")
    library.delete("talk")

    assert [path.name for path in library.path.parent.iterdir()] == [library.path.name]
    library.path.rename(library.path.with_name("moved"))
    shutil.rmtree(library.path.parent)

    assert locks.violations == []


def aside(library: Library) -> list[Path]:
    return [path for path in library.path.parent.iterdir() if "set-aside" in path.name and path.suffix == ".sqlite3"]


def test_a_file_that_is_no_library_is_kept_under_another_name(library, locks):
    library.path.parent.mkdir()
    library.path.write_bytes(b"my shopping list " * 100)

    with pytest.warns(LibrarySetAsideWarning, match="It was kept as") as warned:
        library.open("talk", TALK, "talk.wav")

    [kept] = aside(library)
    assert kept.read_bytes() == b"my shopping list " * 100
    assert str(kept) in str(warned[0].message)
    assert words(library)
    assert locks.violations == []


def test_another_programs_database_is_kept_and_not_written_to(library):
    library.path.parent.mkdir()
    with closing(sqlite3.connect(library.path)) as other:
        other.execute("CREATE TABLE recipe (name)")
        other.commit()
    theirs = library.path.read_bytes()

    with pytest.warns(LibrarySetAsideWarning, match="another program wrote it"):
        library.list()

    assert aside(library)[0].read_bytes() == theirs


def test_a_file_cut_off_in_the_middle_is_set_aside_at_the_start(library):
    library.open("talk", Transcript(tuple(said("A b c d e f", n * 5.0) for n in range(500)), 1e5, "demo"), "talk.wav")
    whole = library.path.read_bytes()
    library.path.write_bytes(whole[: len(whole) // 2])

    with pytest.warns(LibrarySetAsideWarning):
        library.examine()

    assert library.list() == ()
    assert aside(library)[0].stat().st_size == len(whole) // 2


def test_a_sound_file_is_left_where_it_is_at_the_start(library):
    library.examine()
    library.open("talk", TALK, "talk.wav")

    library.examine()

    assert aside(library) == []


def test_damage_found_in_the_middle_of_the_work_is_said_and_nothing_half_done(library):
    opened = library.open("talk", TALK, "talk.wav")
    content = bytearray(library.path.read_bytes())
    content[8192:] = b"\xff" * len(content[8192:])
    library.path.write_bytes(content)

    with pytest.raises(DamagedLibraryError, match=r"library\.sqlite3 is damaged"):
        library.save(opened, Replace(CLOAK, CLOAK, "clock"))


def test_a_library_of_a_newer_program_is_left_alone(library):
    library.open("talk", TALK, "talk.wav")
    with closing(sqlite3.connect(library.path)) as later:
        later.execute("PRAGMA user_version = 99")

    with pytest.raises(NewerLibraryError, match="newer version"):
        library.list()

    assert aside(library) == []


def test_a_library_of_an_older_program_is_brought_up_to_date_with_all_that_is_in_it(library, monkeypatch):
    saved = library.save(library.open("talk", TALK, "talk.wav"), Replace(CLOAK, CLOAK, "clock"))

    monkeypatch.setattr(
        database, "MIGRATIONS", (*database.MIGRATIONS, "ALTER TABLE transcript ADD COLUMN note TEXT;\n")
    )

    assert library.open("talk", TALK, "talk.wav") == saved
    with closing(sqlite3.connect(library.path)) as connection:
        assert connection.execute("SELECT note FROM transcript").fetchall() == [(None,)]
    monkeypatch.undo()
    with pytest.raises(NewerLibraryError):
        library.list()


def test_words_that_the_first_version_kept_are_found_and_corrected_as_before(library, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(database, "MIGRATIONS", database.MIGRATIONS[:1])
        opened = library.open("talk", TALK, "talk.wav")
        library.open("other", OTHER, "other.wav")
    with closing(sqlite3.connect(library.path)) as first:
        first.execute("UPDATE paragraph SET key = 10 * transcript + id")
        first.commit()

    found = hits(library, "old")
    library.save(opened, Replace(CLOAK, CLOAK, "clock"))

    assert found == [("talk", OLD, 1.5), ("talk", 9, 12.0), ("other", 1, 0.5)]
    assert [hit[:2] for hit in hits(library, "clock")] == [("talk", CLOAK), ("other", 2)]


def test_a_step_to_a_newer_version_that_fails_leaves_the_library_as_it_was(library, monkeypatch):
    saved = library.open("talk", TALK, "talk.wav")
    wrong = "ALTER TABLE transcript ADD COLUMN note TEXT;\nINSERT INTO nowhere VALUES (1);\n"

    with monkeypatch.context() as patch:
        patch.setattr(database, "MIGRATIONS", (*database.MIGRATIONS, wrong))
        with pytest.raises(NotWritableError, match="nowhere"):
            library.list()

    assert library.open("talk", TALK, "talk.wav") == saved


def test_a_folder_that_cannot_be_made_is_said_in_a_sentence(tmp_path):
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(NotWritableError, match="cannot be written"):
        Library(tmp_path / "file" / "library.sqlite3").list()


def test_a_library_that_another_program_keeps_for_itself_is_not_waited_for_for_ever(library, monkeypatch):
    opened = library.open("talk", TALK, "talk.wav")
    monkeypatch.setattr(database, "PATIENCE_SECONDS", 0.2)

    with closing(sqlite3.connect(library.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(NotWritableError, match="another program has kept it"):
            library.save(opened, Delete(THE, THE))

    assert library.save(opened, Delete(THE, THE)).version == opened.version + 1


def test_a_read_only_library_refuses_the_edit_and_stays_as_it_is(library, monkeypatch):
    opened = library.open("talk", TALK, "talk.wav")
    connect = sqlite3.connect

    def read_only(path: Path, **options: object) -> sqlite3.Connection:
        connection = connect(path, **options)
        connection.execute("PRAGMA query_only = ON")
        return connection

    with monkeypatch.context() as patch:
        patch.setattr(sqlite3, "connect", read_only)
        with pytest.raises(NotWritableError, match="readonly|read-only"):
            library.save(opened, Replace(CLOAK, CLOAK, "clock"))

    assert library.open("talk", TALK, "talk.wav") == opened


def test_a_full_disk_refuses_the_edit_and_keeps_those_before(library, monkeypatch):
    opened = library.save(library.open("talk", TALK, "talk.wav"), Replace(CLOAK, CLOAK, "clock"))
    connect = sqlite3.connect

    def full(path: Path, **options: object) -> sqlite3.Connection:
        connection = connect(path, **options)
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")
        return connection

    with monkeypatch.context() as patch:
        patch.setattr(sqlite3, "connect", full)
        with pytest.raises(DiskFullError, match="too full to write"):
            library.save(opened, Replace(OLD, OLD, "very " * 3000))

    assert library.open("talk", TALK, "talk.wav") == opened
    assert library.search("very").hits == ()


@pytest.mark.skipif(ON_WINDOWS or shutil.which("unshare") is None, reason="no small disk can be had here")
def test_a_really_full_disk_refuses_the_edit_and_keeps_those_before(tmp_path):
    command = ["unshare", "-rm", "sh", "-c", SMALL_DISK, str(tmp_path), sys.executable, "-c", UNTIL_FULL]
    if subprocess.run(["unshare", "-rm", "true"], capture_output=True, check=False).returncode:
        pytest.skip("no small disk can be had here")

    ran = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", timeout=120, check=False)

    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.splitlines()[:2] == ["full", "kept"]
    assert [line for line in ran.stdout.splitlines()[2:] if "cannot be written" in line] == ran.stdout.splitlines()[2:]
    assert len(ran.stdout.splitlines()) == 3


SMALL_DISK = """
mount -t tmpfs -o size=400k tmpfs "$0" && "$@" "$0" || exit 1
mount -o remount,ro,size=800k "$0" && exec "$@" "$0"
"""
UNTIL_FULL = """
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from transcriber.editing import Replace
from transcriber.errors import DiskFullError, NotWritableError
from transcriber.library import Library
from transcriber.transcript import Segment, Transcript
talk = Transcript((Segment("so it is", 0.0, 1.0),), 1.0, "demo")
library = Library(Path(sys.argv[1]) / "library.sqlite3")
try:
    opened = library.open("talk", talk, "talk.wav")
except NotWritableError as error:
    print(error)
    raise SystemExit from error
try:
    for number in range(10_000):
        opened = library.save(opened, Replace(0, 0, f"so{number}" * 100))
except DiskFullError:
    print("full")
again = library.open("talk", talk, "talk.wav")
print("kept" if number and again.document == opened.document else "lost")
"""
