"""Where a model runs, in which precision, and what to tell a user whose graphics card lies idle.

Imports torch: import this module inside a function.
"""

import ctypes.util
import shutil
import sys

import torch

from transcriber.errors import UnsupportedOptionError
from transcriber.options import Device

CUDA_BUILDS = "https://pytorch.org/get-started/locally"


def choose(wanted: Device) -> torch.device:
    """The torch device for `auto`, `cpu` or `cuda`.

    Raises:
        UnsupportedOptionError: `cuda` was asked for and torch cannot use it.
    """
    usable = torch.cuda.is_available()
    if wanted == "cuda" and not usable:
        reason = advice() or "torch finds no usable NVIDIA card; use --device cpu or auto"
        raise UnsupportedOptionError("--device cuda", "This machine", reason)
    return torch.device("cuda" if usable and wanted != "cpu" else "cpu")


def title(device: torch.device) -> str:
    """`CPU`, or the name of the card."""
    return "CPU" if device.type == "cpu" else torch.cuda.get_device_name(device)


def memory(device: torch.device) -> str:
    """Of the card, and what drives it, for a report; nothing for the CPU."""
    if device.type == "cpu":
        return ""
    free, total = torch.cuda.mem_get_info(device)
    return f", {free / 1e9:.1f} GB free of {total / 1e9:.1f}, CUDA {torch.version.cuda}"


def precision(device: torch.device) -> torch.dtype:
    """bfloat16 where the card computes in it, float16 on the generation before, float32 on older ones and the CPU."""
    if device.type == "cpu":
        return torch.float32
    major, _ = torch.cuda.get_device_capability(device)
    if major >= 8:  # Ampere, 2020
        return torch.bfloat16
    return torch.float16 if major == 7 else torch.float32  # Pascal computes float16 at 1/64 of its speed


def peak_memory_bytes(device: torch.device) -> int:
    """The most memory that torch took of the card, or this process of the computer."""
    if device.type == "cuda":
        return int(torch.cuda.max_memory_allocated(device))
    if sys.platform == "win32":
        import psutil

        return int(psutil.Process().memory_info().peak_wset)
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024  # the one counts bytes, the others kilobytes


def advice() -> str | None:
    """What to do when there is an NVIDIA card but this torch was built without CUDA; None when all is well."""
    if torch.version.cuda is not None or not _has_nvidia_driver():
        return None
    return (
        "this computer has an NVIDIA card, but torch was installed without CUDA and runs on the processor; "
        f"get the pip command for your system and CUDA at {CUDA_BUILDS} and run it with torch==2.13.0"
    )


def _has_nvidia_driver() -> bool:
    if sys.platform == "win32":
        return ctypes.util.find_library("nvcuda") is not None
    return shutil.which("nvidia-smi") is not None
