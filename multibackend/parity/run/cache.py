"""Where JAX and torch keep what they compiled, between runs too.

Most of JAX's time is compiling, and nearly all of the check `jit` on torch. Both caches
are keyed by program, version, flags and machine. A user's own is left alone.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

__all__ = ["compiled_before", "prune"]

#: What the folder of one backend may hold before the oldest half of it goes.
LIMIT = 512 * 1024**2


def compiled_before(backend: str) -> dict[str, str]:
    """The variables that name the cache of a backend; none where the user has his own.

    JAX's own limit on the size is left unset: with one, every entry that it adds reads
    a file for each entry there is (JAX 0.10.2), which took longer than compiling.
    """
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    place = Path(home) / "multibackend" / backend
    if backend == "jax" and "JAX_COMPILATION_CACHE_DIR" not in os.environ:
        prune(place, LIMIT)
        return {
            "JAX_COMPILATION_CACHE_DIR": str(place),
            "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
            "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
        }
    if backend == "torch":
        # One thread: the children share the cores, and no pool of workers is started.
        own = {"TORCHINDUCTOR_COMPILE_THREADS": "1"}
        if "TORCHINDUCTOR_CACHE_DIR" not in os.environ:
            prune(place, LIMIT)
            own["TORCHINDUCTOR_CACHE_DIR"] = str(place)
        return own
    return {}


def prune(folder: Path, limit: int) -> None:
    """Removes the oldest half of the files where all of them are more than `limit`.

    Args:
        folder: A cache; it need not exist.
        limit: Its largest size in bytes.
    """
    if not folder.is_dir():
        return
    ages: list[tuple[float, int, Path]] = []
    for file in folder.rglob("*"):
        with contextlib.suppress(OSError):  # another run may have removed it
            about = file.stat()
            if file.is_file():
                ages.append((about.st_mtime, about.st_size, file))
    total = sum(size for _, size, _ in ages)
    if total <= limit:
        return
    for _, size, file in sorted(ages, key=lambda each: each[0]):
        with contextlib.suppress(OSError):
            file.unlink()
        total -= size
        if total <= limit / 2:
            return
