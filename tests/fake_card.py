"""A graphics card of 8 GB for tests: what torch.cuda tells of its memory, and how it runs out."""

import torch

GB = 1 << 30


class Cuda:
    """Stands in for torch.cuda: a card of 8 GB, 2 of them taken by others."""

    total, others = 8 * GB, 2 * GB

    def __init__(self) -> None:
        self.allocated = self.reserved = self.highest = 0
        self.share = 1.0
        self.emptied = 0

    def take(self, size: int) -> None:
        self.allocated += size
        if max(self.reserved, self.allocated) > self.share * self.total:
            self.allocated -= size
            raise torch.OutOfMemoryError
        self.reserved, self.highest = max(self.reserved, self.allocated), max(self.highest, self.allocated)

    def give_back(self, size: int) -> None:
        self.allocated -= size

    def current_device(self) -> int:
        return 0

    def mem_get_info(self, device: object) -> tuple[int, int]:
        return max(0, self.total - self.others - self.reserved), self.total

    def memory_allocated(self, device: object) -> int:
        return self.allocated

    def memory_reserved(self, device: object) -> int:
        return self.reserved

    def max_memory_allocated(self, device: object) -> int:
        return self.highest

    def reset_peak_memory_stats(self, device: object) -> None:
        self.highest = self.allocated

    def set_per_process_memory_fraction(self, share: float, device: object) -> None:
        _number(device)
        self.share = share

    def empty_cache(self) -> None:
        self.emptied += 1
        self.reserved = self.allocated


def _number(device: object) -> int:
    """As torch: not every function of its takes a device without a number."""
    if isinstance(device, int):
        return device
    raise ValueError(f"Expected a torch.device with a specified index or an integer, but got: {device}")
