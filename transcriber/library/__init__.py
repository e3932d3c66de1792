"""The library: every correction of every transcript, kept as it is made, and all their words to be searched.

One SQLite file in a folder that the caller names. It holds the edits, not the
originals: who opens a transcript brings what the models wrote, and gets it back
corrected. Each call opens the file and closes it, so threads, tabs and
processes share nothing but the file, and it can be moved at any time.

    library = Library(folder / "library.sqlite3")
    opened = library.open(job_id, transcript, title="talk.wav")
    opened = library.save(opened, Replace(4, 4, "clock"))   # on the disk when this returns
    corrected(opened.document)
"""

from transcriber.library.entries import Listed as Listed
from transcriber.library.entries import Opened as Opened
from transcriber.library.searching import Found as Found
from transcriber.library.searching import Hit as Hit
from transcriber.library.store import Library as Library
