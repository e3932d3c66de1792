"""What one tab has asked of the queue, and what has become of it."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from page.queue import Entry, State
from page.recordings import Result
from transcriber.worker import Order


@dataclass(slots=True)
class Mine:
    """Lives in a tab's state, from the press with which it begins to wait until it has nothing to wait for.

    `waited_for` are in the queue, `finished` are over, in the order in which
    they ended; the last of them ended as `last`, and all took `seconds` of
    work; `done` are the orders of those that came to a good end. `is_followed`
    says that something shows it while it goes on, `remark` is what is to be
    said besides.
    """

    waited_for: list[Entry] = field(default_factory=list)
    finished: list[Result] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    done: set[Order] = field(default_factory=set)
    last: State | None = None
    seconds: float = 0.0
    is_followed: bool = False
    remark: str = ""

    @property
    def current(self) -> Entry | None:
        """The one in work, or else the one that comes first."""
        running = (each for each in self.waited_for if each.state == "running")
        return next(running, next(iter(self.waited_for), None))

    @property
    def count(self) -> str:
        """Which of how many the current one is, where there are several."""
        number, total = len(self.finished) + 1, len(self.finished) + len(self.waited_for)
        return f"file {number} of {total}" if total > 1 and self.waited_for else ""

    def begin(self) -> None:
        """Somebody asks for something: what was there before is over, unless it is still waited for."""
        self.remark = ""
        if not self.waited_for and not self.is_followed:
            self.finished, self.notices, self.done = [], [], set()
            self.last, self.seconds = None, 0.0

    def wait_for(self, entries: Iterable[Entry]) -> None:
        """These too, each once."""
        self.waited_for += [each for each in dict.fromkeys(entries) if each not in self.waited_for]

    def collect(self) -> bool:
        """Take up what is over by now; whether there is anything new to show."""
        over = [each for each in self.waited_for if each.is_over]
        self.waited_for = [each for each in self.waited_for if each not in over]
        for each in over:
            self.finished += [each.result] if each.result else []
            self.notices += each.notices
            self.done |= {each.task.order} if each.state == "done" else set()
            self.last = each.state
            self.seconds += each.seconds
        return bool(over)
