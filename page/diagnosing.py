"""Looking at this computer, in a process of its own: what is broken there costs that process, and not the page."""

import multiprocessing
import signal
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, suppress
from html import escape
from multiprocessing.connection import Connection
from pathlib import Path

from transcriber import diagnosis
from transcriber.diagnosis import Finding
from transcriber.progress import OnProgress, Progress

BROKEN = Finding(
    "Device",
    "could not be asked: the process that imports torch ended",
    "install torch again: python -m pip install --force-reinstall -r requirements.txt",
)

LOOKING = "Looking at this computer …"
WELL = "Nothing here needs to be done."
COPY = "Copy for a bug report"


def look(models_dir: Path, on_progress: OnProgress) -> Iterator[Finding]:
    """The findings as they come, within seconds."""
    with closing(_told(models_dir)) as told:
        for finding in told:
            on_progress(Progress("watching", finding.name))  # which raises if nobody wants to know any more
            yield finding


def _told(models_dir: Path) -> Generator[Finding, None, None]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_tell, args=(models_dir, theirs), name="diagnose", daemon=True)
    process.start()
    theirs.close()
    try:
        while finding := ours.recv():
            yield finding
    except (EOFError, OSError):
        yield BROKEN
    finally:
        process.kill()
        process.join()
        ours.close()


def _tell(models_dir: Path, connection: Connection) -> None:
    """Runs in the other process; None is the end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches both on a console, and the page decides
    with suppress(OSError):
        for finding in diagnosis.diagnose(models_dir):
            connection.send(finding)
        connection.send(None)


# --- in HTML ---------------------------------------------------------------------------------------------------------


def report(findings: Sequence[Finding], *, whole: bool) -> str:
    """All that was found, what should be done about it, and in the end the button that copies it."""
    rows = "".join(map(_row, findings))
    copy, said = (_copy(findings), _summary(findings)) if whole else ("", LOOKING)
    return (
        f'<div class="bar-of-buttons">{copy}<span role="status">{said}</span></div>'
        f'<div class="findings" tabindex="0" role="region" aria-label="Findings"><dl>{rows}</dl></div>'
    )


def _copy(findings: Sequence[Finding]) -> str:
    text = escape(diagnosis.as_text(findings))
    return f'<button type="button" class="lead" data-copy-report>{COPY}</button><pre hidden>{text}</pre>'


def _summary(findings: Sequence[Finding]) -> str:
    todo = [each for each in findings if each.advice]
    return f"Marked: {', '.join(escape(each.name) for each in todo)}." if todo else WELL


def _row(finding: Finding) -> str:
    advice = f'<p class="advice">{escape(finding.advice)}</p>' if finding.advice else ""
    marked = ' class="marked"' if finding.advice else ""
    return f"<div{marked}><dt>{escape(finding.name)}</dt><dd>{escape(finding.value)}{advice}</dd></div>"
