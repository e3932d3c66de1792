"""The memory of a graphics card and of a computer, as `batches` wants to know it.

Imports torch: import this module inside a function.
"""

import gc
from typing import Any

import torch

from transcriber.nemo import device as devices

_CARD_MARGIN = 600 << 20
_CARD_MARGIN_SHARE = 0.06
"""Left free of a card, the larger of both: for the screen, and for what CUDA takes past torch."""

_COMPUTER_MARGIN = 1 << 30
"""Left free of the computer's memory, for everybody else."""


class CardMemory:
    """Of a card, its own memory only; see `batches.Memory`.

    When that is full, Windows' driver does not fail: it goes on in the
    computer's memory, a hundred times slower. So torch is told where to stop.
    """

    def __init__(self, device: torch.device, cuda: Any = torch.cuda) -> None:
        self._cuda = cuda
        self._number = cuda.current_device() if device.index is None else device.index
        self._at_first = self._highest = 0

    @property
    def highest_bytes(self) -> int:
        """The most that torch took so far."""
        self._highest = max(self._highest, int(self._cuda.max_memory_allocated(self._number)))
        return self._highest

    def free_bytes(self) -> int:
        """Of the card's own memory, and of what torch keeps there for its next use; less the margin."""
        return max(0, self._reachable() - int(self._cuda.memory_allocated(self._number)))

    def begin(self) -> None:
        """Set the limit, and measure from here."""
        _, total = self._cuda.mem_get_info(self._number)
        self._cuda.set_per_process_memory_fraction(min(1.0, max(0.01, self._reachable() / total)), self._number)
        self._highest = self.highest_bytes
        self._cuda.reset_peak_memory_stats(self._number)
        self._at_first = int(self._cuda.memory_allocated(self._number))

    def taken_bytes(self) -> int:
        """Above what was taken at first."""
        return int(self._cuda.max_memory_allocated(self._number)) - self._at_first

    def recover(self) -> None:
        """What failed lies about in pieces."""
        gc.collect()
        self._cuda.empty_cache()

    def _reachable(self) -> int:
        """All that this process has of the card and may still have."""
        free, total = map(int, self._cuda.mem_get_info(self._number))
        margin = max(_CARD_MARGIN, int(_CARD_MARGIN_SHARE * total))
        return int(self._cuda.memory_reserved(self._number)) + free - margin


class ComputerMemory:
    """Of the computer; see `batches.Memory`. What a batch took cannot be told: freed memory stays in the process."""

    @property
    def highest_bytes(self) -> int:
        """The most that this process had."""
        return devices.peak_memory_bytes(torch.device("cpu"))

    def free_bytes(self) -> int:
        """What the system can give without swapping, less the margin."""
        import psutil

        return max(0, int(psutil.virtual_memory().available) - _COMPUTER_MARGIN)

    def begin(self) -> None:
        """Nothing to prepare."""

    def taken_bytes(self) -> None:
        """Not known."""

    def recover(self) -> None:
        """What failed may refer to itself."""
        gc.collect()


def of(device: torch.device) -> CardMemory | ComputerMemory:
    """The memory that a model on `device` computes in."""
    return CardMemory(device) if device.type == "cuda" else ComputerMemory()
