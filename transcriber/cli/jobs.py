"""`jobs`: what was transcribed, and what can go on."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from transcriber import assembling, catalogue
from transcriber.cli import delivery, transcribe
from transcriber.cli.terminal import DONE, FAILED, aligned, fail, say
from transcriber.errors import TranscriberError
from transcriber.jobs import Entry, Store, Summary, source
from transcriber.library import Library
from transcriber.loading import LoadSettings
from transcriber.transcript import Transcript
from transcriber.worker import Order

COLUMNS = ("ID", "STATE", "HEARD", "LENGTH", "WORDS", "BEGAN", "MODEL", "RECORDING")


def describe(parser: argparse.ArgumentParser) -> None:
    """The command's flags, and what runs it."""
    parser.set_defaults(run=run)
    actions = parser.add_subparsers(metavar="ACTION")
    _describe_resume(actions.add_parser("resume", help="go on with an unfinished job"))
    _describe_show(
        actions.add_parser("show", help="print or write what was heard, of an unfinished job as far as it went")
    )
    _describe_delete(actions.add_parser("delete", help="delete jobs with their transcripts"))


def _describe_resume(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID")
    delivery.describe(parser)
    transcribe.describe_place(parser)
    parser.set_defaults(run=resume)


def _describe_show(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID")
    delivery.describe(parser)
    parser.set_defaults(run=show)


def _describe_delete(parser: argparse.ArgumentParser) -> None:
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("ids", nargs="*", default=[], metavar="ID")
    which.add_argument("--finished", action="store_true", help="every finished job")
    which.add_argument("--all", action="store_true", help="every job, damaged ones too")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.set_defaults(run=delete)


def run(_: argparse.Namespace) -> int:
    """List the jobs, newest first."""
    summaries = Store().list()
    if summaries:
        print("\n".join(aligned([COLUMNS, *map(_row, summaries)])))
    else:
        say("There are no jobs.")
    return DONE


def resume(arguments: argparse.Namespace) -> int:
    """Ask for the same again; what is known already is not recognized once more."""
    entry = Store().find(arguments.id)
    if entry.summary.state == "finished":
        return fail(f"{arguments.id} is finished. Run python -m transcriber jobs show {arguments.id} to see it.")
    request = entry.request
    source(request.source.path)  # better missed now than after a model was loaded
    choices = (request.device, request.timing, arguments.offline, request.precision)
    settings = LoadSettings(arguments.models_dir, *choices)
    return transcribe.carry_out(Order((request.source.path,), request.model, settings, request.options), arguments)


def show(arguments: argparse.Namespace) -> int:
    """Print or write a transcript, whole or as far as it went."""
    wish = delivery.wish(arguments)
    entry = Store().find(arguments.id)
    recording = entry.summary.recording
    [output] = delivery.planned([recording], arguments)
    delivery.deliver(heard(entry), recording, wish, output)
    return DONE


def heard(entry: Entry) -> Transcript:
    """A job's transcript, whole or as far as it went, as it says then.

    Raises:
        InvalidTranscriptError: it was damaged since.
    """
    transcript = entry.transcript() or _so_far(entry)
    if entry.summary.state != "finished":
        say(f"This is what was heard up to {_clock(transcript.duration)}. {entry.summary.reason or ''}".rstrip())
    return transcript


def delete(arguments: argparse.Namespace) -> int:
    """Delete jobs, as many as can be."""
    store = Store()
    ids = _chosen(store, arguments)
    if not ids:
        say("There is nothing to delete.")
        return DONE
    if not (arguments.yes or _agreed(f"Delete {_counted(ids)}, with all that was heard?")):
        return fail("Nothing was deleted.")
    return max([_deleted(store, job_id) for job_id in ids])


def _so_far(entry: Entry) -> Transcript:
    heard = entry.heard
    spec = catalogue.find(entry.request.model)
    timed = any(each.words for each in heard)  # another model may have told the times
    return assembling.assemble(heard, replace(spec, word_times=timed), entry.request.options)


def _chosen(store: Store, arguments: argparse.Namespace) -> Sequence[str]:
    if arguments.all:
        return sorted(store.ids())
    if arguments.finished:
        return [summary.id for summary in store.list() if summary.state == "finished"]
    return list(dict.fromkeys(arguments.ids))


def _deleted(store: Store, job_id: str) -> int:
    """With what was corrected in it, which goes first: none of that is ever left without its job."""
    try:
        Library.beside(store.folder).forget(job_id)
        store.delete(job_id)
    except TranscriberError as error:
        say(str(error))
        return FAILED
    return DONE


def _agreed(question: str) -> bool:
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


def _counted(ids: Sequence[str]) -> str:
    return ids[0] if len(ids) == 1 else f"{len(ids)} jobs"


def _row(summary: Summary) -> tuple[str, ...]:
    share = "" if summary.share is None else f"{summary.share:.0%}"
    length = "" if summary.duration is None else _clock(summary.duration)
    began = _local(summary.began)
    recording = str(summary.recording)
    return summary.id, summary.state, share, length, str(summary.words), began, summary.model, recording


def _local(moment: datetime) -> str:
    return moment.astimezone().strftime("%Y-%m-%d %H:%M")


def _clock(seconds: float) -> str:
    """Hours, minutes, seconds.

    >>> _clock(3725.4)
    '1:02:05'
    """
    minutes, whole = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{whole:02}"
