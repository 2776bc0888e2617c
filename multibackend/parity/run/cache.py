"""Where JAX and torch keep what they compiled, between runs too.

Most of JAX's time is compiling, and nearly all of the check `jit` on torch. Both caches
are keyed by program, version, flags and machine. A user's own is left alone.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

__all__ = ["compiled_before", "prune"]

#: What the folder of one backend may hold before the oldest half of it goes.
LIMIT = 512 * 1024**2

# A cache of JAX has tens of thousands of files: to look at each takes seconds, and every
# child that starts would wait for it. So it is looked at once in so many seconds.
_OFTEN = 3600.0


def compiled_before(backend: str) -> dict[str, str]:
    """The variables that name the cache of a backend; none where the user has his own.

    JAX's own limit on the size is left unset: with one, every entry that it adds reads
    a file for each entry there is (JAX 0.10.2), which took longer than compiling.
    """
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    place = Path(home) / "multibackend" / backend
    if backend == "jax" and "JAX_COMPILATION_CACHE_DIR" not in os.environ:
        _prune_now_and_then(place)
        return {
            "JAX_COMPILATION_CACHE_DIR": str(place),
            "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
            "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
        }
    if backend == "torch":
        # One thread: the children share the cores, and no pool of workers is started.
        own = {"TORCHINDUCTOR_COMPILE_THREADS": "1"}
        if "TORCHINDUCTOR_CACHE_DIR" not in os.environ:
            _prune_now_and_then(place)
            own["TORCHINDUCTOR_CACHE_DIR"] = str(place)
        return own
    return {}


def _prune_now_and_then(folder: Path) -> None:
    """Prunes a cache unless that was done within the hour, as a file beside it says."""
    stamp = folder.with_name(f"{folder.name}.pruned")
    # A folder that cannot be written holds no cache of ours either.
    with contextlib.suppress(OSError):
        if stamp.exists() and 0 <= time.time() - stamp.stat().st_mtime < _OFTEN:
            return
        if folder.is_dir():
            stamp.touch()
            prune(folder, LIMIT)


def prune(folder: Path, limit: int) -> None:
    """Removes the oldest half of the files where all of them are more than `limit`.

    Args:
        folder: A cache; it need not exist.
        limit: Its largest size in bytes.
    """
    if not folder.is_dir():
        return
    ages: list[tuple[float, int, Path]] = []
    for file in _files(folder):
        with contextlib.suppress(OSError):  # another run may have removed it
            about = file.stat()
            ages.append((about.st_mtime, about.st_size, Path(file)))
    total = sum(size for _, size, _ in ages)
    if total <= limit:
        return
    for _, size, file in sorted(ages, key=lambda each: each[0]):
        with contextlib.suppress(OSError):
            file.unlink()
        total -= size
        if total <= limit / 2:
            return


def _files(folder: Path) -> Iterator[os.DirEntry[str]]:
    """Every file below; `os.scandir` knows what is one without asking again."""
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _files(Path(entry))
            elif entry.is_file():
                yield entry
