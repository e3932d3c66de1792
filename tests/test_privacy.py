"""What is said stays on this machine, and out of the logs."""

import subprocess
import sys
from pathlib import Path

from speech_data import recording

ROOT = Path(__file__).resolve().parent.parent

WATCHED = """
import logging, runpy, sys
logging.basicConfig(level=logging.DEBUG, stream=sys.stderr)

def watch(event, arguments):
    if event in {"socket.connect", "socket.getaddrinfo", "socket.sendto"}:
        sys.stderr.write(f"NETWORK {event} {arguments}\\n")

sys.addaudithook(watch)
from transcriber.cli import main
code = main(sys.argv[1:])
from nemo.utils import logging as nemo_logging
sys.exit(code)
"""


def test_loading_and_transcribing_reach_for_no_network_and_log_no_word():
    museum = recording("museum.flac")
    command = [sys.executable, "-c", WATCHED, "transcribe", str(museum.path)]

    ran = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", cwd=ROOT, check=True)

    assert ran.stdout.strip() == museum.text
    assert "NETWORK" not in ran.stderr
    assert "Helen" not in ran.stderr
    assert "DEBUG" in ran.stderr, "the log was not looked at"
