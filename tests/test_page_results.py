"""What becomes of recordings in the page: results by the user's names, files, and the HTML of all that is said."""

import os
import sys
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
from speech_data import recording

from page import panels, rendering, transcripts
from page.growth import Growth, fetch
from page.options_card import NO_FOLDER, NO_FORMAT, NO_PLACE, OUTPUTS, OptionsCard
from page.past import Past
from page.places import Look, durations, look, typed_paths
from page.recordings import LONGEST_NAME, Recording, Result, named_by_user, safe_name
from page.saving import Saving
from page.settings import Settings
from page.transcribing import SAMPLE
from page.transcription import ALREADY, Wish, plan, result
from page.uploads import Uploads, page_folder
from transcriber import jobs
from transcriber.catalogue import MODEL_CONFIGS
from transcriber.errors import (
    MediaNotFoundError,
    TranscriptionCancelledError,
    UnknownJobError,
    UnreadableMediaError,
    WorkerDiedError,
)
from transcriber.jobs import Request, Store, Summary
from transcriber.loading import LoadSettings
from transcriber.options import TranscribeOptions
from transcriber.pipeline import Done, Failed, Outcome
from transcriber.progress import Progress, ignore
from transcriber.record import Heard
from transcriber.transcript import Segment, Span, Transcript, Word

OPTIONS = TranscribeOptions()


# --- names -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("Anna's Gespräch – Teil 1.wav", "Anna's Gespräch – Teil 1.wav"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("C:\\a\\b.mp3", "C__a_b.mp3"),
        ('what? "yes" <no>|*.wav', "what_ _yes_ _no___.wav"),
        ("con.wav", "con_.wav"),
        ("COM1", "COM1_"),
        ("confidence.wav", "confidence.wav"),
        ("dots. .", "dots"),
        ("\n", "_"),
        ("", "recording"),
        ("x" * 300 + ".wav", "x" * (LONGEST_NAME - 4) + ".wav"),
    ],
)
def test_every_name_becomes_one_that_every_file_system_takes(given: str, kept: str) -> None:
    assert safe_name(given) == kept


def test_errors_speak_of_an_upload_as_the_user_does_and_of_a_path_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "3f2a" / "Annas.wav"
    error = UnreadableMediaError(str(path), "it is empty")

    of_upload = named_by_user(error, Recording(path, "Anna's.wav", uploaded=True))
    of_path = named_by_user(error, Recording(path, "Annas.wav"))

    assert str(of_upload).startswith("Anna's.wav cannot be read as audio or video: it is empty.")
    assert str(of_path).startswith(f"{path} cannot be read")


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("", []),
        (None, []),
        ('"C:\\talks\\one.wav"\r\n"C:\\talks\\two.wav"', ["C:\\talks\\one.wav", "C:\\talks\\two.wav"]),
        ("  /talks/my talk.wav  \n\n/talks", ["/talks/my talk.wav", "/talks"]),
    ],
)
def test_paths_are_taken_as_windows_copies_them_and_as_people_type_them(text: str | None, paths: list[str]) -> None:
    assert typed_paths(text) == tuple(map(Path, paths))


# --- from a press to results -----------------------------------------------------------------------------------------


def transcript(*words: str) -> Transcript:
    timed = tuple(Word(word, number, number + 0.5, 0.5) for number, word in enumerate(words))
    return Transcript((Segment(" ".join(words), 0, len(words), timed),), len(words), "demo")


def heard(text: str, start: float, end: float) -> Heard:
    words = text.split()
    step = (end - start) / len(words)
    timed = tuple(Word(word, start + n * step, start + (n + 0.5) * step, 0.9) for n, word in enumerate(words))
    return Heard(0, start, end, start, end, text, timed)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "jobs")


@pytest.fixture
def past(tmp_path: Path, store: Store) -> Past:
    return Past(store, Uploads(tmp_path / "uploads"), tmp_path / "downloads")


def wish(*recordings: Recording, paths: tuple[Path, ...] = (), saving: Saving | None = None) -> Wish:
    return Wish(recordings, paths, "demo", LoadSettings(), OPTIONS, saving)


def results(asked: Wish, past: Past, *outcomes: Outcome) -> list[Result]:
    planned = plan(asked, past.uploads)
    heard = [result(task, outcome, past) for task, outcome in zip(planned.tasks, outcomes, strict=True)]
    return [*planned.results, *heard]


def request(path: Path) -> Request:
    return Request(jobs.source(path), "demo", "weights", 8, OPTIONS)


def upload(folder: Path, name: str = "talk.wav") -> Recording:
    path = folder / ("5f3a" * 16) / "sent.wav"
    path.parent.mkdir(parents=True)
    path.write_bytes(recording("museum.flac").path.read_bytes())
    return Recording(path, name, uploaded=True)


def begun(store: Store, path: Path, *chunks: Heard, reason: str = "It was cancelled.") -> str:
    with store.open(request(path), 60.0) as job:
        if chunks:
            job.add(chunks)
        job.stop(reason)
        return job.id


def test_a_folder_that_refuses_costs_the_saving_and_not_the_transcript(tmp_path: Path, past: Past) -> None:
    in_the_way, talk = tmp_path / "file", tmp_path / "talk.wav"
    in_the_way.write_text("", encoding="utf-8")
    asked = wish(Recording(talk, "talk.wav"), saving=Saving(in_the_way / "folder"))

    (result,) = results(asked, past, Done(talk, transcript("hello"), 1.0, "CPU", 1))

    assert {"talk.txt", "talk.srt", "talk.json"} <= {path.name for path in result.downloads}
    assert result.failure is not None
    assert "cannot be written" in result.failure


def test_where_downloads_cannot_be_written_the_text_is_shown_and_the_next_recording_comes(
    tmp_path: Path, past: Past
) -> None:
    past.downloads.write_text("in the way", encoding="utf-8")
    talks = [tmp_path / "one.wav", tmp_path / "two.wav"]
    done = [Done(talk, transcript(talk.stem), 1.0, "CPU", 1) for talk in talks]

    shown = results(wish(*(Recording(talk, talk.name) for talk in talks)), past, *done)

    assert [each.transcript and each.transcript.text for each in shown] == ["one", "two"]
    assert all(each.failure and "cannot be written" in each.failure for each in shown)


def test_files_go_beside_a_recording_and_what_is_there_already_is_not_transcribed_again(
    tmp_path: Path, past: Past
) -> None:
    talk = tmp_path / "talk.wav"
    talk.write_bytes(b"sound")
    asked = wish(paths=(tmp_path / "talk.wav",), saving=Saving(None, "skip"))

    (first,) = results(asked, past, Done(talk, transcript("hello"), 1.0, "CPU", 1))
    (second,) = results(asked, past)

    assert (tmp_path / "talk.txt").read_text(encoding="utf-8").strip() == "hello"
    assert set(first.saved) == set(second.saved)
    assert (second.transcript, second.notice) == (None, ALREADY)


def test_a_path_that_leads_nowhere_is_a_result_beside_the_others(tmp_path: Path, past: Past) -> None:
    talk = tmp_path / "talk.wav"
    talk.write_bytes(b"sound")

    missing, found = results(
        wish(paths=(tmp_path / "nowhere.wav", talk)), past, Done(talk, transcript("hello"), 1.0, "CPU", 1)
    )

    assert (missing.name, missing.failure) == ("nowhere.wav", str(MediaNotFoundError(str(tmp_path / "nowhere.wav"))))
    assert found.transcript == transcript("hello")


def test_what_was_heard_before_a_cancel_can_be_read_downloaded_and_gone_on_with(
    tmp_path: Path, past: Past, store: Store
) -> None:
    talk = recording("museum.flac").path
    job = begun(store, talk, heard("hello to all", 0, 15))

    (result,) = results(
        wish(Recording(talk, talk.name)), past, Failed(talk, TranscriptionCancelledError(talk.name), None, job)
    )
    shown = transcripts.results([result])

    assert result.transcript is not None
    assert result.transcript.text == "hello to all"
    assert "museum.flac, cancelled at 0:15 of 1:00" in shown
    assert f'data-does="go_on" data-job="{job}"' in shown
    assert 'aria-label="Download .srt"' in shown


def test_the_job_of_a_worker_that_died_is_found_by_its_recording(tmp_path: Path, past: Past, store: Store) -> None:
    talk = recording("museum.flac").path
    job = begun(store, talk, heard("hello", 0, 15))

    (result,) = results(wish(Recording(talk, talk.name)), past, Failed(talk, WorkerDiedError(str(talk), "killed")))

    assert (result.job, result.is_partial, result.cancelled) == (job, True, False)
    assert "museum.flac, stopped at 0:15 of 1:00" in transcripts.results([result])
    assert 'class="notice error"' in transcripts.results([result])


def test_a_cancel_before_anything_was_heard_leaves_nothing_behind(tmp_path: Path, past: Past, store: Store) -> None:
    talk = recording("museum.flac").path
    job = begun(store, talk)

    (result,) = results(
        wish(Recording(talk, talk.name)), past, Failed(talk, TranscriptionCancelledError(talk.name), None, job)
    )

    assert (result.failure, result.cancelled, result.job) == ("museum.flac was cancelled.", True, None)
    assert "notice info" in transcripts.results([result])
    assert store.list() == ()


# --- what is wanted --------------------------------------------------------------------------------------------------


class Field:
    """A component of Gradio's that is never shown."""

    def __init__(self, first: object = None, *, value: object = None, elem_id: str | None = None, **_: object) -> None:
        self.elem_id, self.value = elem_id, first if value is None else value

    def __enter__(self) -> "Field":
        return self

    def __exit__(self, *_: object) -> None: ...


@pytest.fixture
def card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OptionsCard:
    kinds = ("Accordion", "Checkbox", "Column", "Dropdown", "HTML", "Number", "Radio", "Textbox")
    monkeypatch.setitem(sys.modules, "gradio", SimpleNamespace(**dict.fromkeys(kinds, Field)))
    return OptionsCard(Settings(), tmp_path)


def chosen(card: OptionsCard, **choices: object) -> dict:
    """What stands in the fields: as they were laid out, but for some of them."""
    return {field: choices.get(field.elem_id.replace("-", "_"), field.value) for field in card.fields}


@pytest.mark.parametrize(
    ("choices", "stream"),
    [({}, 0), ({"stream": "all"}, "all"), ({"stream": "number", "stream_number": 3}, 2), ({"stream_number": 3}, 0)],
)
def test_users_count_audio_streams_from_one(card: OptionsCard, choices: dict, stream: object) -> None:
    assert card.options(chosen(card, **choices), proof=False) == TranscribeOptions(audio_stream=stream)


def test_channels_can_be_voices_of_their_own(card: OptionsCard) -> None:
    assert card.options(chosen(card, channels="split"), proof=False).channels == "split"


def test_files_are_saved_only_where_there_is_a_place_for_them(card: OptionsCard) -> None:
    beside = chosen(card, save=True, place="beside", existing="replace")

    assert card.saving(chosen(card)) is None
    assert card.saving(beside) == Saving(None, "replace")
    assert card.refusal(beside, proof=False, uploads=True) == NO_PLACE
    assert card.refusal(beside, proof=False, uploads=False) is None
    assert card.refusal(chosen(card, save=True, folder=' "" '), proof=False, uploads=False) == NO_FOLDER


def test_files_are_saved_in_the_formats_that_were_chosen(card: OptionsCard) -> None:
    none, two = (chosen(card, save=True, place="beside", file_formats=names) for names in ([], ["premiere", "srt"]))

    assert card.saving(two) == Saving(None, formats=("premiere", "srt"))
    assert card.refusal(none, proof=False, uploads=False) == NO_FORMAT
    assert card.refusal(chosen(card, file_formats=[]), proof=False, uploads=False) is None


# --- uploads that outlive the browser --------------------------------------------------------------------------------


def test_an_upload_stays_as_long_as_its_job_can_be_gone_on_with(tmp_path: Path, past: Past, store: Store) -> None:
    sent = upload(tmp_path)

    (kept,) = past.uploads.keep([sent])
    job = begun(store, kept.path, heard("hello", 0, 15))
    sent.path.unlink()
    past.tidy()
    in_work = kept.path.exists()
    past.uploads.let_go([kept])
    past.tidy()
    unfinished = kept.path.exists()
    past.delete(job)

    assert kept.path.name == "talk.wav"
    assert (in_work, unfinished, kept.path.exists()) == (True, True, False)


def test_the_same_upload_again_goes_on_with_its_job(tmp_path: Path, past: Past, store: Store) -> None:
    sent = upload(tmp_path)
    (kept,) = past.uploads.keep([sent])
    job = begun(store, kept.path, heard("hello", 0, 15))
    past.uploads.let_go([kept])
    content = sent.path.read_bytes()
    sent.path.unlink()
    sent.path.write_bytes(content)
    os.utime(sent.path, (1e9, 1e9))

    (again,) = past.uploads.keep([sent])
    with store.open(request(again.path)) as gone_on:
        same = gone_on.id

    assert same == job


def test_the_folder_of_a_killed_page_goes_and_that_of_a_living_one_stays(tmp_path: Path) -> None:
    dead = next(pid for pid in range(400_000, 500_000) if not psutil.pid_exists(pid))
    orphan, living, foreign = (tmp_path / f"{owner}-x" for owner in (dead, os.getppid(), "somebody"))
    for folder in (orphan, living, foreign):
        (folder / "upload").mkdir(parents=True)

    with page_folder(tmp_path) as own:
        inside = own.is_dir()

    assert inside
    assert sorted(tmp_path.iterdir()) == sorted([living, foreign])


# --- the past --------------------------------------------------------------------------------------------------------


def finished(store: Store, path: Path, *words: str) -> str:
    with store.open(request(path), 60.0) as job:
        job.finish(transcript(*words), 2.0, "CPU")
        return job.id


def test_a_finished_job_is_opened_with_all_its_files(past: Past, store: Store) -> None:
    job = finished(store, recording("museum.flac").path, "hello", "all")

    result = past.open(job)
    shown = transcripts.results([result])

    assert result.transcript is not None
    assert result.transcript.text == "hello all"
    assert all(path.exists() for path in result.downloads)
    assert "2.0 s (1.0× real time)" in shown
    assert "Go on" not in shown


def test_what_is_deleted_is_nowhere_any_more(tmp_path: Path, past: Past, store: Store) -> None:
    job = finished(store, recording("museum.flac").path, "unmistakable")
    past.open(job)
    before = past.seen()

    past.delete(job)

    assert [each.id for each in before.finished] == [job]
    assert past.seen().finished == ()
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and b"unmistakable" in path.read_bytes()]
    with pytest.raises(UnknownJobError):
        past.open(job)


def test_a_job_that_another_program_begins_or_ends_is_seen(past: Past, store: Store) -> None:
    nothing = past.seen()
    path = recording("museum.flac").path

    with Store(store.folder).open(request(path), 60.0) as job:
        job.add([heard("hello", 0, 15)])
        running = past.seen()
        job.stop("The power went.")
    past.changed()
    stopped = past.seen()

    assert (nothing.unfinished, running.unfinished) == ((), ())
    assert [each.reason for each in stopped.unfinished] == ["The power went."]


# --- a text that grows -----------------------------------------------------------------------------------------------


def said(*texts: str) -> Progress:
    return Progress("recognizing", "talk.wav", heard=tuple(Segment(text, 0, 1) for text in texts))


def texts(answer: dict | None) -> list[str]:
    return [each["text"] for each in answer["paragraphs"]] if answer else []


def test_a_tab_is_sent_only_what_it_does_not_show_yet() -> None:
    growth = Growth()
    growth.hear(said("one", "two"))
    growth.hear(said("three"))

    first = fetch({"key": growth.key, "part": 0, "shown": 0})
    rest = fetch({"key": growth.key, "part": 0, "shown": 2})

    assert texts(first) == ["one", "two", "three"]
    assert texts(rest) == ["three"]


def test_the_next_recording_begins_a_text_of_its_own() -> None:
    growth = Growth()
    growth.hear(said("one"))

    growth.turn_over()
    between = growth.mark()
    growth.hear(said("another"))
    late = fetch({"key": growth.key, "part": 0, "shown": 1})

    assert between is None
    assert late == {"part": 1, "from": 0, "paragraphs": [{"text": "another"}]}


def test_nobody_gets_a_text_without_its_key() -> None:
    growth = Growth()
    growth.hear(said("secret"))

    assert fetch({"key": "guess", "part": 0, "shown": 0}) is None
    assert fetch({}) is None


# --- a first look at paths -------------------------------------------------------------------------------------------


def test_recordings_are_counted_and_measured_and_what_is_none_costs_only_its_own_length(tmp_path: Path) -> None:
    bad = tmp_path / "bad.wav"
    bad.write_text("no sound", encoding="utf-8")
    museum = recording("museum.flac")

    looks = list(look([museum.path, bad, tmp_path / "nowhere"], ignore))

    assert [len(each.durations) for each in looks] == [0, 1, 2]
    assert looks[-1].durations == (pytest.approx(museum.duration, abs=0.1), None)
    assert [type(each) for each in looks[-1].failures] == [MediaNotFoundError]


def tell_or_crash(paths: tuple[Path, ...], connection: Connection) -> None:
    for path in paths:
        if path.stem == "crash":
            os._exit(139)
        connection.send(1.0)


def test_a_file_that_crashes_the_reader_costs_only_its_own_length(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("page.places._tell", tell_or_crash)

    told = list(durations([Path("one.wav"), Path("crash.wav"), Path("two.wav")]))

    assert told == [1.0, None, 1.0]


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        (Look((Path("a/1.wav"),), ()), "1 recording."),
        (Look((Path("a/1.wav"), Path("b/2.wav")), (), (7200.0,)), "2 recordings in 2 folders, 2 h so far."),
        (
            Look((Path("a/1.wav"), Path("a/2.wav")), (), (7200.0, None), 1),
            "2 recordings in 1 folder, 2 h; 1 is already transcribed.",
        ),
    ],
)
def test_what_was_found_is_told_in_words(found: Look, sentence: str) -> None:
    assert f">{sentence}<" in rendering.look(found)


# --- HTML ------------------------------------------------------------------------------------------------------------


def test_what_was_said_and_how_files_are_called_cannot_become_html(tmp_path: Path, past: Past) -> None:
    evil = '<script>alert("1")</script>'
    asked = wish(Recording(tmp_path / "x.wav", f"{evil}.wav"))
    done = Done(tmp_path / "x.wav", transcript(evil), 1.0, evil, 1)
    row = Summary("x", Path(evil), evil, datetime.now(UTC), "unfinished", 0.5, 60.0, 1, reason=evil)
    lost = Look((), (MediaNotFoundError(evil),))

    page = transcripts.results(results(asked, past, done)) + rendering.notice(evil) + rendering.look(lost)
    page += rendering.progress(Progress("recognizing", evil)) + panels.unfinished([row])

    assert "<script" not in page
    assert '"1"' not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize(
    ("progress", "sentence"),
    [
        (None, "Starting …"),
        (Progress("importing", "NeMo"), "Importing NeMo …"),
        (Progress("loading", "/models/mine.nemo"), "Loading mine.nemo …"),
        (Progress("recognizing", "talk.wav", 62, 184), "Transcribing talk.wav"),
        (Progress("recognizing", "talk.wav", 62, 184), "1:02 of 3:04"),
        (Progress("recognizing", "talk.wav", 62), "1:02 done"),
        (Progress("recognizing", "talk.wav", 62, 184, (), 12.4, 700), "1:02 of 3:04 · 12× real time"),
        (Progress("recognizing", "talk.wav", 62, 184, (), 12.4, 700), "about 12 minutes left"),
        (Progress("downloading", "parakeet", 12_300_000, 2.47e9), "Downloading parakeet: 12.3 MB of 2.5 GB"),
        (Progress("waiting", "talk.wav", 1), "Waiting: talk.wav is being transcribed (next in line)"),
        (Progress("waiting", "talk.wav", 2), "Waiting: talk.wav is being transcribed (2nd in line)"),
    ],
)
def test_progress_is_told_in_words(progress: Progress | None, sentence: str) -> None:
    assert f"<span>{sentence}</span>" in rendering.progress(progress)


def test_the_time_left_runs_down_between_two_reports() -> None:
    report = Progress("recognizing", "talk.wav", 62, 184, (), 12.4, 700)

    assert "about 12 minutes left" in rendering.progress(report)
    assert "about 10 minutes left" in rendering.progress(report, since=120)


def test_who_waits_for_a_model_is_told_so() -> None:
    sentence = "Waiting: Loading demo (next in line)"

    assert f"<span>{sentence}</span>" in rendering.progress(Progress("waiting", "demo", 1), meanwhile="Loading demo …")


def test_where_no_model_is_waited_for_it_is_the_hub() -> None:
    sentence = "Waiting for the Hub, or for another download of canary …"

    assert f"<span>{sentence}</span>" in rendering.progress(Progress("waiting", "canary"))


def test_times_that_nobody_heard_are_explained_where_there_are_any() -> None:
    def shown(*words: Word) -> str:
        return transcripts.results([Result("talk.wav", Transcript((Segment("a b", 0, 2, words),), 2, "canary"))])

    heard_word = Word("a", 0, 1)

    assert "<caption>" not in shown(heard_word)
    assert "<caption>" in shown(heard_word, Word("b", 1, 2, timing="shared"))
    assert shown(heard_word, Word("b", 1, 2, timing="shared")).count('<tr class="shared"') == 1


def test_what_was_not_heard_and_what_was_made_up_is_told_where_there_is_any() -> None:
    doubtful = Transcript((), 80.0, "demo", unheard=(Span(61.2, 63.0), Span(70.0, 71.0)), dropped_words=3)

    shown = transcripts.results([Result("talk.wav", doubtful)])
    sure = transcripts.results([Result("talk.wav", transcript("hello"))])

    assert "no words were found: 1:01–1:03, 1:10–1:11." in shown
    assert "<dd>2 passages</dd>" in shown
    assert "<dd>3 words outside speech</dd>" in shown
    assert "Not heard" not in sure
    assert "Left out" not in sure


def test_every_voice_of_a_recording_with_tracks_is_named() -> None:
    tracks = Transcript((Segment("hello", 0, 1, (), "Anna <1>"),), 1, "demo")

    assert '<b class="speaker">Anna &lt;1&gt;: </b>hello' in transcripts.results([Result("talk.wav", tracks)])


def test_a_bar_without_an_end_says_so_to_a_screen_reader() -> None:
    assert 'aria-valuenow="25"' in rendering.progress(Progress("recognizing", "talk.wav", 1, 4))
    assert "aria-valuenow" not in rendering.progress(Progress("recognizing", "talk.wav", 1))


def test_a_choice_tells_size_languages_licence_and_whether_it_is_there() -> None:
    assert rendering.choice(MODEL_CONFIGS["parakeet-v3"], installed=False) == (
        "Parakeet TDT 0.6B v3 (25 languages)\n2.5 GB · 25 languages · CC-BY-4.0 · not installed"
    )


def job(**known: object) -> Summary:
    began = datetime.now(UTC) - timedelta(days=400)
    told = {"id": "x", "recording": Path("/talks/talk.wav"), "model": "demo", "began": began, "state": "unfinished"}
    return Summary(**({**told, "share": 0.25, "duration": 3600.0, "words": 1200} | known))


def test_an_unfinished_job_tells_how_far_it_went_and_why_it_stopped() -> None:
    crashed, cancelled = panels.unfinished([job()]), panels.unfinished([job(reason="talk.wav was cancelled.")])

    assert "15:00 of 1:00:00 done · demo · " in crashed
    assert "It ended unexpectedly." in crashed
    assert cancelled.count("talk.wav was cancelled") == 0
    assert "Cancelled." in cancelled
    assert panels.unfinished([]) == ""


def test_the_sample_is_there_and_the_outputs_are_not_tracked() -> None:
    ignored = (OUTPUTS.parent / ".gitignore").read_text(encoding="utf-8").splitlines()

    assert SAMPLE.is_file()
    assert f"/{OUTPUTS.name}/" in ignored
