"""Adds entries to a user's catalogue, as text at its end: nothing else is touched."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec

from multibackend.errors import OutputError
from multibackend.parity.compare.catalogue_entry import Entry
from multibackend.parity.record.atomic import replace_whole

__all__ = ["append", "refuse_shipped"]


def refuse_shipped(file: Path) -> None:
    """Raises `OutputError` for the catalogue that the package ships."""
    shipped = str(resources.files("multibackend.parity.compare") / "catalogue.toml")
    if file.resolve() == Path(shipped).resolve():
        message = (
            f"Expected a catalogue of your own for --update-catalogue, received {file}, "
            "which the package ships. Name another file with --catalogue."
        )
        raise OutputError(message)


def append(file: Path, entries: Sequence[Entry]) -> None:
    """Adds entries at the end of a catalogue; what stands there stays as it is.

    Raises:
        OutputError: The file cannot be written, or has no [[entry]] tables.
    """
    target = file.resolve()
    try:
        old = target.read_bytes() if target.exists() else b""
        new = _grown(old, entries)
        if new is not None:
            target.parent.mkdir(parents=True, exist_ok=True)
            replace_whole(target, new)
    except OSError as error:
        message = (
            f"Expected to write {file}, received {error.strerror or error}. Name a file "
            "that you may write with --catalogue."
        )
        raise OutputError(message) from error
    if new is None:
        message = (
            f"Expected {file} to hold [[entry]] tables, received another form. Write "
            "them so, or name another file with --catalogue."
        )
        raise OutputError(message)


def _grown(old: bytes, entries: Sequence[Entry]) -> bytes | None:
    """The file with the entries at its end, or `None` where TOML would not have it."""
    added = "\n".join(map(_toml, entries)).encode("utf-8", "replace")
    gap = b"" if not old else b"\n" if old.endswith(b"\n") else b"\n\n"
    new = old + gap + added
    try:
        before = tomllib.loads(old.decode("utf-8")).get("entry", [])
        after = tomllib.loads(new.decode("utf-8"))["entry"]
    except ValueError:
        return None
    return new if after[: len(before)] == before else None


def _toml(entry: Entry) -> str:
    told = msgspec.to_builtins(entry)
    defaults = {f.name: f.default for f in msgspec.structs.fields(entry)}
    lines = [
        f"{name} = {_value(value)}"
        for name, value in told.items()
        if value not in (defaults[name], [], {})
    ]
    return "\n".join(["[[entry]]", *lines, ""])


def _value(value: Any) -> str:
    """A string, a list of strings or a table, as TOML."""
    if isinstance(value, str):
        # JSON's escapes are TOML's; TOML wants DEL escaped too.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, dict):
        pairs = (f"{_key(key)} = {_value(inner)}" for key, inner in value.items())
        return f"{{ {', '.join(pairs)} }}"
    items = [_value(item) for item in value]
    if len(items) < 2:
        return f"[{', '.join(items)}]"
    return "\n".join(["[", *(f"  {item}," for item in items), "]"])


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _value(key)
