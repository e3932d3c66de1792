"""Recognition in a process of its own: what happens to it is told in one sentence, and nothing outlives its use."""

import logging
import os
import pickle
import signal
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from multiprocessing import Pipe
from pathlib import Path

import numpy as np
import psutil
import pytest
import soundfile
from speech_data import long_speech, recording, sample
from windows_locks import Locks

from transcriber.catalogue import MODEL_CONFIGS
from transcriber.errors import (
    MissingModelError,
    TempCleanupWarning,
    TranscriptionCancelledError,
    UnexpectedError,
    UnknownModelError,
    UnreadableMediaError,
    WorkerDiedError,
)
from transcriber.jobs import Store
from transcriber.loading import LoadSettings
from transcriber.options import TranscribeOptions
from transcriber.pipeline import Done, Failed, Outcome
from transcriber.progress import Progress
from transcriber.transcript import Reading, Segment, Span, Transcript, Word
from transcriber.worker import Loaded, Order, Worker, exchange, inside
from transcriber.worker.child import ChildGoneError, _wording
from transcriber.worker.exchange import Exchange
from transcriber.worker.messages import Answer, Cancel, Ended, Holding, Leave, Logged, Request, Warned
from transcriber.worker.turns import Turns

ROOT = Path(__file__).resolve().parent.parent
MUSEUM, SAMPLE, LONG = recording("museum.flac"), sample(), long_speech()
CPU = LoadSettings(device="cpu")
PATIENCE = 120


def order(*paths: Path) -> Order:
    return Order(paths, "demo", CPU)


@pytest.fixture(autouse=True)
def _patience(monkeypatch) -> None:
    """A machine that is busy with other things does not make a worker hang."""
    monkeypatch.setattr(exchange, "_PATIENCE_SECONDS", PATIENCE)


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    """One process for all who do not end it: importing NeMo costs 12 CPU seconds."""
    shared = Worker()
    yield shared
    shared.close()


@pytest.fixture
def fresh() -> Iterator[Worker]:
    """A worker whose process the test may end."""
    own = Worker()
    yield own
    own.close()


class Reports(list[Progress]):
    """What was reported; `react` answers each report."""

    def __init__(self, react: Callable[[Progress], None] = lambda _: None) -> None:
        self._react = react

    def __call__(self, progress: Progress) -> None:
        self.append(progress)
        self._react(progress)

    @property
    def stages(self) -> set[str]:
        return {each.stage for each in self}


def cancel(progress: Progress) -> None:
    raise TranscriptionCancelledError(progress.subject)


def cancel_when(stage: str) -> Reports:
    return Reports(lambda progress: cancel(progress) if progress.stage == stage else None)


def text(outcome: Outcome) -> str:
    assert isinstance(outcome, Done), outcome
    return outcome.transcript.text


def works(worker: Worker) -> bool:
    return [text(each) for each in worker.transcribe(order(MUSEUM.path))] == [MUSEUM.text]


def is_gone(pid: int) -> bool:
    with suppress(psutil.NoSuchProcess, psutil.TimeoutExpired):
        psutil.Process(pid).wait(PATIENCE)
    return not psutil.pid_exists(pid)


# --- what goes through the pipe --------------------------------------------------------------------------------------

WORDS = (Word("Old", 0.5, 0.75, 0.5, "Ann", "shared", Reading("Olt", "word")), Word("clock", 0.75, 1.0))
TRANSCRIPT = Transcript((Segment("Old clock", 0.5, 1.0, WORDS),), 2.0, "demo", unheard=(Span(1.25, 2.0),))
PROGRESS = Progress("recognizing", "talk.wav", 1.0, 2.0, TRANSCRIPT.segments, 12.5, 0.08)
RECORD = logging.LogRecord("transcriber.media", logging.INFO, "media.py", 1, "decoded", None, None)

MESSAGES = [
    Order((Path("talk.wav"),), "canary@main", CPU, TranscribeOptions(proof=True)),
    Cancel(),
    Leave(),
    PROGRESS,
    Holding(Loaded(MODEL_CONFIGS["demo"], "CPU", ("It is slow.",), 1)),
    Holding(None),
    Done(Path("talk.wav"), TRANSCRIPT, 1.0, "CPU", 1),
    Failed(Path("talk.wav"), WorkerDiedError("talk.wav", "killed")),
    Warned(TempCleanupWarning("left")),
    Ended(MissingModelError("parakeet", "parakeet.nemo")),
    Ended(),
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_every_message_arrives_as_it_was_sent(message):
    arrived = pickle.loads(pickle.dumps(message))

    assert type(arrived) is type(message)
    assert repr(arrived) == repr(message)


def test_a_log_line_arrives_as_it_was_sent():
    arrived = pickle.loads(pickle.dumps(Logged(RECORD)))

    assert vars(arrived.record) == vars(RECORD)


# --- the front end's side, with a process that says what it is told to -----------------------------------------------


class Scripted:
    """In the place of a child: gives these answers, and is gone after the last."""

    def __init__(self, *answers: Answer | None) -> None:
        self._answers = list(answers)
        self.sent: list[Request] = []
        self.killed = False

    def send(self, request: Request) -> None:
        self.sent.append(request)

    def receive(self, _: float) -> Answer | None:
        if not self._answers:
            raise ChildGoneError
        return self._answers.pop(0)

    def kill(self) -> None:
        self.killed = True

    def how_it_ended(self) -> str:
        return "killed"


A, B = Path("a.wav"), Path("b.wav")
HOLDING = MESSAGES[4]


def done(path: Path) -> Done:
    return Done(path, TRANSCRIPT, 1.0, "CPU", 1)


def exchanged(child: Scripted, *paths: Path, on_progress: Reports | None = None) -> tuple[list[Outcome], Exchange]:
    one = Exchange(child, order(*paths), Reports() if on_progress is None else on_progress, lambda _: None)
    return list(one.outcomes()), one


def test_a_warning_of_the_process_is_warned_of_where_the_order_came_from():
    child = Scripted(HOLDING, Warned(TempCleanupWarning("left")), done(A), Ended())

    with pytest.warns(TempCleanupWarning, match="left"):
        outcomes, _ = exchanged(child, A)

    assert outcomes == [done(A)]


def test_what_the_process_logs_is_in_the_front_ends_log(caplog):
    caplog.set_level(logging.INFO, "transcriber")

    exchanged(Scripted(Logged(RECORD), HOLDING, done(A), Ended()), A)

    assert caplog.record_tuples == [("transcriber.media", logging.INFO, "decoded")]


def test_what_the_front_ends_log_does_not_want_is_not_in_it(caplog):
    caplog.set_level(logging.WARNING, "transcriber")

    exchanged(Scripted(Logged(RECORD), HOLDING, done(A), Ended()), A)

    assert caplog.records == []


def test_while_nothing_is_said_the_last_report_comes_again_without_its_text():
    reports = Reports()

    exchanged(Scripted(HOLDING, PROGRESS, None, done(A), Ended()), A, on_progress=reports)

    assert reports[0] == PROGRESS
    assert reports[1].done == PROGRESS.done
    assert reports[1].heard == ()


def test_a_process_that_is_gone_after_the_last_outcome_has_done_its_work():
    outcomes, one = exchanged(Scripted(HOLDING, done(A)), A)

    assert outcomes == [done(A)]
    assert one.left == ()


def test_a_process_that_dies_at_a_recording_leaves_the_others_for_another():
    outcomes, one = exchanged(Scripted(HOLDING, PROGRESS), A, B)

    assert [type(each.error) for each in outcomes] == [WorkerDiedError]
    assert outcomes[0].error.args == (str(A), "killed")
    assert outcomes[0].so_far.segments == PROGRESS.heard
    assert one.left == (B,)


def test_a_process_that_dies_before_it_has_the_model_fails_the_order():
    with pytest.raises(WorkerDiedError, match=r"worked on demo ended unexpectedly \(killed\)"):
        exchanged(Scripted(Progress("loading", "demo")), A, B)


def test_a_fault_of_ours_fails_the_recording_it_happened_at_and_leaves_the_others():
    outcomes, one = exchanged(Scripted(HOLDING, Ended(UnexpectedError("demo", "KeyError"))), A, B)

    assert str(outcomes[0].error).startswith("Something unexpected went wrong with a.wav (KeyError).")
    assert one.left == (B,)


def test_cancelling_hears_the_process_out():
    cancelled = Failed(B, TranscriptionCancelledError("b.wav"))
    child = Scripted(HOLDING, PROGRESS, done(A), cancelled, Ended())

    outcomes, one = exchanged(child, A, B, on_progress=cancel_when("recognizing"))

    assert outcomes == [done(A), cancelled]
    assert child.sent[1:] == [Cancel()]
    assert one.left == ()


def test_a_cancelled_process_that_does_not_answer_is_ended():
    child = Scripted(HOLDING, PROGRESS, None)

    outcomes, _ = exchanged(child, A, B, on_progress=cancel_when("recognizing"))

    assert child.killed
    assert [(each.recording, type(each.error)) for each in outcomes] == [(A, TranscriptionCancelledError)]


def test_cancelling_before_the_model_is_there_is_raised():
    child = Scripted(Progress("importing", "NeMo"), Ended(TranscriptionCancelledError("NeMo")))

    with pytest.raises(TranscriptionCancelledError):
        exchanged(child, A, on_progress=cancel_when("importing"))


def test_any_other_exception_of_the_front_end_stops_the_process_and_goes_on():
    def interrupt(_: Progress) -> None:
        raise KeyboardInterrupt

    child = Scripted(HOLDING, PROGRESS, Failed(A, TranscriptionCancelledError("a.wav")), Ended())

    with pytest.raises(KeyboardInterrupt):
        exchanged(child, A, on_progress=Reports(interrupt))
    assert child.sent[1:] == [Cancel()]
    assert not child.killed


def test_interrupting_again_ends_a_process_that_is_being_waited_for():
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    child = Scripted(HOLDING, PROGRESS)
    child.send = lambda request: setattr(child, "receive", interrupt) if isinstance(request, Cancel) else None

    with pytest.raises(KeyboardInterrupt):
        exchanged(child, A, on_progress=Reports(interrupt))
    assert child.killed


@pytest.mark.parametrize(
    ("exit_code", "said"),
    [
        (3, "exit code 3"),
        (0xC000_0005, "exit code 0xC0000005"),
        (None, "it does not answer"),
        (-9, "killed, probably because the computer ran out of memory"),
        (-11, "Segmentation fault"),
    ],
)
def test_how_a_process_ended_is_said_for_people(exit_code, said):
    if exit_code and exit_code < 0 and os.name == "nt":
        pytest.skip("there are no signals")

    assert _wording(exit_code) == said


# --- the process's side, without one ---------------------------------------------------------------------------------


@pytest.fixture
def ends() -> Iterator[tuple]:
    ours, theirs = Pipe()
    with ours, theirs:
        yield ours, theirs


def received(connection) -> list[Answer]:
    answers = []
    while connection.poll():
        answers.append(connection.recv())
    return answers


def test_of_many_reports_those_that_say_something_new_get_through(ends):
    ours, theirs = ends
    line = inside._Line(theirs)
    bytes_come = [Progress("downloading", "parakeet", done, 1000.0) for done in range(1001)]
    text_comes = [Progress("recognizing", "talk.wav", done, 9.0, TRANSCRIPT.segments) for done in range(9)]

    for progress in (*bytes_come, *text_comes):
        line.report(progress)

    answers = received(ours)
    assert [each for each in answers if each.stage == "recognizing"] == text_comes
    assert answers[0] == bytes_come[0]
    assert bytes_come[-1] in answers
    assert len(answers) < 500


def test_the_process_stops_at_its_next_report_when_it_is_told_to(ends):
    ours, theirs = ends
    line = inside._Line(theirs)
    line.report(PROGRESS)
    ours.send(Cancel())

    with pytest.raises(TranscriptionCancelledError):
        line.report(PROGRESS)

    line.report(PROGRESS)


@pytest.mark.parametrize("leave", [lambda ours: ours.send(Leave()), lambda ours: ours.close()], ids=["told", "alone"])
def test_the_process_leaves_in_the_middle_of_an_order_when_nobody_wants_it_any_more(ends, leave):
    ours, theirs = ends
    leave(ours)

    with pytest.raises(SystemExit):
        inside._Line(theirs).report(PROGRESS)


def test_the_log_and_the_warnings_of_the_process_go_through_the_pipe(ends, monkeypatch):
    ours, theirs = ends
    root, own = logging.getLogger(), logging.getLogger("transcriber")
    monkeypatch.setattr(root, "handlers", [])
    monkeypatch.setattr(own, "level", own.level)
    monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)

    with warnings.catch_warnings(record=False):
        warnings.simplefilter("default")
        inside._talk_through(inside._Line(theirs))
        try:
            [].pop()
        except IndexError:
            logging.getLogger("transcriber.media").exception("of %s", theirs)
        warnings.warn(TempCleanupWarning("left"), stacklevel=1)
        warnings.warn("old ways", DeprecationWarning, stacklevel=1)

    fault, left, old = received(ours)
    assert "IndexError" in fault.record.getMessage()
    assert left.warning.args == ("left",)
    assert old.record.getMessage() == "DeprecationWarning: old ways"


# --- turns -----------------------------------------------------------------------------------------------------------


def test_turns_are_taken_in_the_order_of_coming():
    turns, taken = Turns(), []

    def take(number: int, waiting: threading.Event) -> None:
        with turns.turn(waiting.set, 0.001):
            taken.append(number)

    threads = []
    with turns.turn(lambda: None, 0.001):
        for number in range(5):
            waiting = threading.Event()
            threads.append(threading.Thread(target=take, args=(number, waiting)))
            threads[-1].start()
            assert waiting.wait(PATIENCE)
    for thread in threads:
        thread.join(PATIENCE)

    assert taken == [0, 1, 2, 3, 4]


def test_who_gives_up_waiting_keeps_nobody_else():
    turns = Turns()

    with turns.turn(lambda: None, 0.001), pytest.raises(TimeoutError), turns.turn(_give_up, 0.001):
        pass

    with turns.turn(_give_up, 0.001):
        pass


def _give_up() -> None:
    raise TimeoutError


# --- a process that recognizes ---------------------------------------------------------------------------------------


def test_a_model_is_loaded_and_described(worker):
    reports = Reports()

    loaded = worker.load("demo", CPU, reports)

    assert (loaded.spec.name, loaded.device) == ("demo", "CPU")
    assert loaded.memory_bytes > 100e6
    assert worker.loaded == loaded
    assert {"importing", "loading"} <= reports.stages


def test_the_recordings_are_heard_to_the_letter_and_in_order(worker):
    reports = Reports()

    outcomes = list(worker.transcribe(order(SAMPLE.path, MUSEUM.path), reports))

    assert [text(each) for each in outcomes] == [SAMPLE.text, MUSEUM.text]
    assert [each.recording for each in outcomes] == [SAMPLE.path, MUSEUM.path]
    assert {each.subject for each in reports if each.stage == "recognizing"} == {SAMPLE.path.name, MUSEUM.path.name}
    assert worker.busy_with is None


def test_the_text_comes_while_the_work_goes_on_each_piece_once(worker):
    reports = Reports()

    [outcome] = worker.transcribe(order(LONG.path), reports)

    heard = [segment.text for each in reports for segment in each.heard]
    assert " ".join(heard) == text(outcome)
    assert sum(bool(each.heard) for each in reports) > 1


def test_a_bad_recording_gets_its_own_error_and_the_others_are_heard(worker, tmp_path):
    bad = tmp_path / "text.wav"
    bad.write_text("This is no sound.", encoding="utf-8")

    failed, heard = worker.transcribe(order(bad, MUSEUM.path))

    assert isinstance(failed.error, UnreadableMediaError)
    assert failed.recording == bad
    assert text(heard) == MUSEUM.text


def test_a_model_that_cannot_be_had_is_raised_as_itself_and_the_process_lives_on(worker, tmp_path):
    worker.load("demo", CPU)
    pid = worker.pid

    with pytest.raises(UnknownModelError):
        worker.load("whisper", CPU)
    assert worker.loaded, "nothing took its place"
    with pytest.raises(MissingModelError):
        list(worker.transcribe(Order((MUSEUM.path,), str(tmp_path / "no.nemo"), CPU)))
    assert worker.loaded is None

    assert works(worker)
    assert worker.pid == pid


def test_cancelling_a_recording_is_its_outcome_and_the_process_lives_on(worker):
    worker.load("demo", CPU)
    pid = worker.pid

    *_, last = worker.transcribe(order(LONG.path, LONG.path, MUSEUM.path), cancel_when("recognizing"))

    assert isinstance(last.error, TranscriptionCancelledError)
    assert works(worker)
    assert worker.pid == pid


def test_who_stops_listening_stops_the_work(worker):
    outcomes = worker.transcribe(order(*[MUSEUM.path] * 50))

    next(outcomes)
    outcomes.close()

    assert worker.busy_with is None
    assert works(worker)


def test_two_at_once_queue_and_both_are_served(worker):
    worker.load("demo", CPU)
    first, second = worker.transcribe(order(LONG.path, MUSEUM.path)), []
    reports, waits = Reports(), threading.Event()
    reports._react = lambda progress: waits.set() if progress.stage == "waiting" else None

    next(first)
    other = threading.Thread(target=lambda: second.extend(worker.transcribe(order(SAMPLE.path), reports)))
    other.start()
    assert waits.wait(PATIENCE)
    assert not second
    rest = [text(each) for each in first]
    other.join(PATIENCE)

    assert rest == [MUSEUM.text]
    assert [text(each) for each in second] == [SAMPLE.text]
    assert {each.subject for each in reports if each.stage == "waiting"} & {LONG.path.name, MUSEUM.path.name}


def test_who_waits_may_give_up_and_disturbs_nobody(worker):
    worker.load("demo", CPU)
    first = worker.transcribe(order(MUSEUM.path, SAMPLE.path))
    next(first)

    with pytest.raises(TranscriptionCancelledError):
        list(worker.transcribe(order(LONG.path), cancel_when("waiting")))

    assert [text(each) for each in first] == [SAMPLE.text]


def test_nothing_of_a_recording_is_held_once_it_was_heard(worker, tmp_path, locks: Locks):
    path = tmp_path / "talk.flac"
    path.write_bytes(MUSEUM.path.read_bytes())

    [outcome] = worker.transcribe(order(path))
    path.rename(tmp_path / "renamed.flac")
    (tmp_path / "renamed.flac").unlink()

    assert text(outcome) == MUSEUM.text
    assert locks.violations == []


# --- processes that end ----------------------------------------------------------------------------------------------


@pytest.mark.skipif(os.name == "nt", reason="Windows has no way to hold a process")
def test_a_cancelled_process_that_hangs_is_ended_and_another_takes_over(worker, monkeypatch):
    monkeypatch.setattr(exchange, "_PATIENCE_SECONDS", 0.5)
    worker.load("demo", CPU)
    pid, calls = worker.pid, 0

    def hang_and_cancel(progress: Progress) -> None:
        nonlocal calls
        if progress.stage == "recognizing":
            os.kill(pid, signal.SIGSTOP)
            calls += 1
            if calls == 3:
                cancel(progress)

    *_, last = worker.transcribe(order(LONG.path), Reports(hang_and_cancel))

    assert isinstance(last.error, TranscriptionCancelledError)
    assert calls == 3, "it was asked again although the process said nothing"
    assert is_gone(pid)
    assert worker.loaded is None


@pytest.fixture
def minutes(tmp_path) -> Callable[[str], Path]:
    """Recordings of almost four minutes: long enough for the front end to act before they are finished."""
    samples = np.tile(LONG.samples(), 3)

    def write(name: str) -> Path:
        soundfile.write(tmp_path / name, samples, 16_000)
        return tmp_path / name

    return write


def test_a_process_that_ends_costs_its_recording_only_and_the_next_goes_on_from_there(worker, minutes):
    killed, crashed = minutes("killed.flac"), minutes("crashed.flac")
    [undisturbed] = worker.transcribe(order(killed))
    ended = dict[str, int]()

    def end_once(progress: Progress) -> None:
        if progress.heard and progress.subject in ENDINGS and progress.subject not in ended:
            ended[progress.subject] = worker.pid
            ENDINGS[progress.subject](worker.pid)

    *failed, heard = worker.transcribe(order(killed, crashed, MUSEUM.path), Reports(end_once))
    [again] = worker.transcribe(order(killed))

    assert [each.recording for each in failed] == [killed, crashed]
    assert all(isinstance(each.error, WorkerDiedError) and each.so_far for each in failed)
    assert f"worked on {killed}" in str(failed[0].error)
    if os.name != "nt":
        assert "probably because the computer ran out of memory" in str(failed[0].error)
        assert "Segmentation fault" in str(failed[1].error)
    assert text(heard) == MUSEUM.text
    assert len({*ended.values(), worker.pid}) == 3
    assert again.transcript == undisturbed.transcript
    assert {each.state for each in Store().list() if each.recording == killed} == {"finished"}


def _kill(pid: int) -> None:
    psutil.Process(pid).kill()


def _crash(pid: int) -> None:
    os.kill(pid, signal.SIGSEGV) if os.name != "nt" else _kill(pid)


ENDINGS = {"killed.flac": _kill, "crashed.flac": _crash}


def test_unloading_gives_all_memory_back_and_the_models_file_too(worker, tmp_path, demo_path, locks: Locks):
    path = tmp_path / "mine.nemo"
    path.write_bytes(demo_path.read_bytes())
    worker.load(str(path), CPU)
    pid = worker.pid

    worker.unload()

    assert worker.loaded is None
    assert not psutil.pid_exists(pid)
    path.unlink()
    assert locks.violations == []


def test_a_process_that_dies_between_two_orders_is_not_missed(fresh, tmp_path):
    missing = str(tmp_path / "no.nemo")
    with pytest.raises(MissingModelError):
        fresh.load(missing)
    pid = fresh.pid

    psutil.Process(pid).kill()
    assert is_gone(pid)

    assert fresh.pid is None
    with pytest.raises(MissingModelError):
        fresh.load(missing)
    assert fresh.pid != pid


def test_closing_ends_the_process_for_good_and_may_be_repeated(fresh, tmp_path):
    with pytest.raises(MissingModelError):
        fresh.load(str(tmp_path / "no.nemo"))
    pid = fresh.pid

    fresh.close()
    fresh.close()

    assert is_gone(pid)
    with pytest.raises(TranscriptionCancelledError):
        fresh.load("demo")


def test_closing_stops_what_is_going_on(fresh):
    began, failures = threading.Event(), []

    def load() -> None:
        try:
            fresh.load("demo", CPU, Reports(lambda _: began.set()))
        except TranscriptionCancelledError as error:
            failures.append(error)

    loading = threading.Thread(target=load)
    loading.start()
    assert began.wait(PATIENCE)
    pid = fresh.pid
    fresh.close()
    loading.join(PATIENCE)

    assert len(failures) == 1
    assert is_gone(pid)


FRONT_END = """
import sys
from pathlib import Path
from transcriber.worker import Order, Worker

def show(progress):
    print(progress.stage, worker.pid, "torch" in sys.modules, flush=True)

if __name__ == "__main__":
    worker = Worker()
    list(worker.transcribe(Order((Path(sys.argv[1]),) * 1000, "demo"), show))
"""


def test_when_the_front_end_is_killed_the_process_ends_in_the_middle_of_its_work(tmp_path):
    script = tmp_path / "front_end.py"
    script.write_text(FRONT_END, encoding="utf-8")
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(script), str(LONG.path)]

    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as front_end:
        stage = ""
        while stage != "recognizing":
            stage, pid, has_torch = front_end.stdout.readline().split()
            assert has_torch == "False"
        front_end.kill()

    assert is_gone(int(pid))
