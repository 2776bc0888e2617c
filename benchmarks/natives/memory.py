"""The most memory that this process held, from a moment on."""

from __future__ import annotations

import ctypes
import gc
from pathlib import Path

__all__ = ["Peak"]

_PROCESS = Path("/proc/self")  # Linux


class Peak:
    """How far the memory of this process rises above what it is now, in bytes."""

    def __init__(self) -> None:
        self._before = _status("VmRSS")

    def forget(self) -> None:
        """Looks at what comes from now on; what is free goes back to the system."""
        _ = gc.collect()
        ctypes.CDLL(None).malloc_trim(0)
        _ = (_PROCESS / "clear_refs").write_text("5", "ascii")  # resets the peak

    def rise(self) -> int:
        """The peak, above what there was at first."""
        return _status("VmHWM") - self._before


def _status(key: str) -> int:
    lines = (_PROCESS / "status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith(key))
