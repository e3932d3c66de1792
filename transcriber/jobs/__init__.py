"""Transcriptions that survive a crash: what was heard is kept as it comes, and what was finished is the history.

A job is a folder below the user's data directory:

    20261123-143005-talk-1a2b/
        job.json         what was asked for (`Request`); a folder without it is no job
        clips.jsonl      what was heard so far, a line per group of chunks; gone once the job is finished
        transcript.json  the finished transcript, as `export.transcript_json` writes it
        ending.json      how the work ended the last time; not there while it goes on, and after a crash
        lock             held by the process that works on it
"""

from transcriber.jobs.folder import Entry as Entry
from transcriber.jobs.folder import State as State
from transcriber.jobs.folder import Summary as Summary
from transcriber.jobs.request import Request as Request
from transcriber.jobs.request import Source as Source
from transcriber.jobs.request import source as source
from transcriber.jobs.store import Job as Job
from transcriber.jobs.store import Store as Store
