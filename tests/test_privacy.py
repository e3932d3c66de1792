"""What is said stays on this machine, and out of the logs."""

import os
import subprocess
import sys
from pathlib import Path

from speech_data import recording

ROOT = Path(__file__).resolve().parent.parent

WATCHER = """
import logging, sys
logging.basicConfig(level=logging.DEBUG, stream=sys.stderr)

def watch(event, arguments):
    if event in {"socket.connect", "socket.getaddrinfo", "socket.sendto"}:
        sys.stderr.write(f"NETWORK {event} {arguments}\\n")
    if event == "import" and arguments[0] == "nemo":
        sys.stderr.write("WATCHED where the model is\\n")

sys.addaudithook(watch)
"""
"""Python runs it at the start of every process, the worker's too."""


def test_loading_and_transcribing_reach_for_no_network_and_log_no_word(tmp_path):
    museum = recording("museum.flac")
    (tmp_path / "sitecustomize.py").write_text(WATCHER, encoding="utf-8")
    command = [sys.executable, "-m", "transcriber", "transcribe", str(museum.path)]
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}

    ran = subprocess.run(
        command, capture_output=True, text=True, encoding="utf-8", cwd=ROOT, check=True, env=environment
    )

    assert ran.stdout.strip() == museum.text
    assert "NETWORK" not in ran.stderr
    assert "Helen" not in ran.stderr
    assert "WATCHED" in ran.stderr, "the worker was not looked at"
    assert "DEBUG" in ran.stderr, "the log was not looked at"
