"""Modules of the user's own, and whether their files were edited since."""

from __future__ import annotations

import functools
import importlib.util
import os
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

__all__ = ["drop_edited", "edited", "installed"]


def installed(place: str | Path) -> bool:
    """Whether a file or folder lies where packages or the standard library are."""
    # As text: of the thousands of modules of a framework each is asked, again and again.
    return str(place).startswith(_roots())


@functools.cache
def _roots() -> tuple[str, ...]:
    paths = (sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib"))
    found = {root for path in paths for root in (Path(path), Path(path).resolve())}
    return tuple(f"{root}{os.sep}" for root in sorted(found))


def edited(since: float) -> bool:
    """Whether a module of this process, other than an installed one, is newer.

    Args:
        since: A moment, by the clock that files are dated with.
    """
    return any(_changed(file) > since for _, file in _own())


def drop_edited(since: float) -> list[str]:
    """Forgets every module of the user's own if one was edited, so that all are read again.

    One that was not edited may hold what an edited one defined before.

    Args:
        since: When they were imported.

    Returns:
        The names of what was forgotten.
    """
    own = [(name, file) for name, file in _own() if not _ours(name)]
    if not any(_changed(file) > since for _, file in own):
        return []
    for name, file in own:
        del sys.modules[name]
        _forget_compiled(file)
    return [name for name, _ in own]


def _forget_compiled(file: str) -> None:
    """Removes compiled code, which Python takes for that of a file as old as itself.

    It compares whole seconds and sizes, and an edit may follow another within one.
    """
    with suppress(NotImplementedError, ValueError, OSError):
        Path(importlib.util.cache_from_source(file)).unlink(missing_ok=True)


def _own() -> Iterator[tuple[str, str]]:
    """The names and files of the modules that are not installed."""
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if isinstance(file, str) and not installed(file):
            yield name, file


def _ours(name: str) -> bool:
    return name == "__main__" or name.partition(".")[0] == "multibackend"


def _changed(file: str) -> float:
    try:
        return Path(file).stat().st_mtime
    except OSError:
        return 0.0
