"""A page whose corrections lie on a disk of a few megabytes, of its own, which a story can fill up and clear again."""

import shutil
import subprocess
import textwrap
from pathlib import Path

from page_driver import PROJECT, Server

SMALL_DISK = """
mv "$0" "$0.away" && mkdir "$0" && mount -t tmpfs -o size=8m tmpfs "$0" && cp -r "$0.away"/. "$0" && exec "$@"
"""
BALLAST = "ballast"
MOST_BYTES = 16 << 20


def can_be_had() -> bool:
    """Whether this machine lets a process have disks of its own: Linux, where the user may."""
    command = ["unshare", "-rm", "true"]
    return (
        shutil.which("unshare") is not None and not subprocess.run(command, capture_output=True, check=False).returncode
    )


def script(home: Path) -> str:
    """What starts the page of that home so: its folder of jobs and corrections is the disk."""
    starter = home / "on_a_small_disk.py"
    starter.write_text(
        textwrap.dedent(f"""
        import os, sys
        command = ["sh", "-c", {SMALL_DISK!r}, {str(home / "transcribe-ui")!r}, sys.executable]
        os.chdir({str(PROJECT)!r})
        os.execvp("unshare", ["unshare", "-rm", *command, "transcribe_ui.py", *sys.argv[1:]])
        """),
        encoding="utf-8",
    )
    return str(starter)


def fill(server: Server) -> None:
    """Write until nothing more fits."""
    with _ballast(server).open("wb", buffering=0) as file:
        try:
            for _ in range(MOST_BYTES >> 12):
                file.write(bytes(1 << 12))
        except OSError:
            return
    raise AssertionError("the disk is not small")


def clear(server: Server) -> None:
    """Make room again."""
    _ballast(server).unlink()


def _ballast(server: Server) -> Path:
    """As the page's own process sees its disks."""
    return Path(f"/proc/{server.process.pid}/root{server.home}/transcribe-ui/{BALLAST}")
