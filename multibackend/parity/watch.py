"""Waits until a file that the targets are made of is edited."""

from __future__ import annotations

import ast
import importlib.util
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from multibackend.parity.cases.select import OWN, parse

__all__ = ["broken", "changes", "sources"]

# How often files are looked at, and how long they must stay as they are, in seconds.
_PERIOD = 0.25


def sources(targets: Sequence[str]) -> list[Path]:
    """The Python files that the targets may be made of, importing nothing.

    Of a file, those in its folder too; of a module, its whole top-level package.
    """
    folders: dict[Path, str] = {}
    for target in map(parse, targets or (OWN,)):
        if target.file is not None:
            folders[target.file.resolve().parent] = "*.py"
            continue
        spec = importlib.util.find_spec(target.module.partition(".")[0])
        for place in (spec and spec.submodule_search_locations) or ():
            folders[Path(place)] = "**/*.py"
        if spec and spec.origin and not spec.submodule_search_locations:
            folders[Path(spec.origin).parent] = "*.py"
    return sorted(
        {f for folder, pattern in folders.items() for f in folder.glob(pattern)}
    )


def changes(targets: Sequence[str]) -> Iterator[list[Path]]:
    """The files that were edited, added or removed, each time that some were."""
    before = _dates(sources(targets))
    while True:
        time.sleep(_PERIOD)
        now = _dates(sources(targets))
        if now == before:
            continue
        time.sleep(_PERIOD)
        settled = _dates(sources(targets))
        if settled != now:
            continue  # an editor is still writing
        names = {*before, *settled}
        yield sorted(f for f in names if before.get(f) != settled.get(f))
        before = settled


def broken(files: Iterable[Path]) -> str:
    """Where a file is no Python, in a sentence; nothing where all are."""
    for file in files:
        try:
            _ = ast.parse(file.read_bytes(), str(file))
        except FileNotFoundError:
            continue
        except (SyntaxError, ValueError) as error:
            line = f":{error.lineno}" if isinstance(error, SyntaxError) else ""
            return f"Expected Python in {file}{line}, received {error}. Correct it."
    return ""


def _dates(files: Iterable[Path]) -> Mapping[Path, int]:
    found: dict[Path, int] = {}
    for file in files:
        try:
            found[file] = file.stat().st_mtime_ns
        except OSError:
            continue
    return found
