"""Reads a catalogue strictly: what an entry says wrongly is one sentence that names it."""

from __future__ import annotations

import datetime as dt
import difflib
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec
from packaging.specifiers import InvalidSpecifier, SpecifierSet

from multibackend import backends
from multibackend.errors import MultibackendError, UnknownBackendError
from multibackend.parity.checks.table import CHECKS
from multibackend.parity.compare.catalogue_entry import Entry
from multibackend.parity.compare.catalogue_names import names
from multibackend.parity.record.observation import BUILD

__all__ = [
    "SHIPPED",
    "Catalogue",
    "CatalogueError",
    "may_mean",
    "parse",
    "read_catalogue",
]

#: What the catalogue of this package is called in messages.
SHIPPED = "multibackend/parity/compare/catalogue.toml"


class CatalogueError(MultibackendError):
    """A catalogue is not there, is no TOML, or an entry of it lacks something."""


@dataclass(frozen=True)
class Catalogue:
    """The entries of one file.

    Attributes:
        entries: In the order of the file.
        name: What the file is called in messages.
        shipped: Whether it is the one that this package ships.
    """

    entries: tuple[Entry, ...]
    name: str
    shipped: bool = False


def read_catalogue(file: Path | None = None, *, new: bool = False) -> Catalogue:
    """Reads a catalogue.

    Args:
        file: Where it is; the one that the package ships if `None`.
        new: Whether the file need not exist yet: then it has no entries.

    Raises:
        CatalogueError: It cannot be read, or an entry of it is wrong.
    """
    if file is None:
        text = (
            resources.files("multibackend.parity.compare") / "catalogue.toml"
        ).read_text("utf-8")
        return Catalogue(parse(text, SHIPPED), SHIPPED, shipped=True)
    if new and not file.exists():
        return Catalogue((), str(file))
    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or error
        message = (
            f"Expected a catalogue at {file}, received: {why}. Correct the path; "
            "--update-catalogue makes the file."
        )
        raise CatalogueError(message) from error
    return Catalogue(parse(text, str(file)), str(file))


def parse(text: str, name: str = "the catalogue") -> tuple[Entry, ...]:
    """Reads entries from TOML.

    Args:
        text: The file's content.
        name: What to call the file in a message.

    Raises:
        CatalogueError: It is no catalogue, or an entry of it is wrong.
    """
    entries = tuple(_entry(raw, place, name) for place, raw in _tables(text, name))
    seen: set[str] = set()
    for entry in entries:
        if entry.id in seen:
            message = (
                f"Expected each entry of {name} to have an id of its own, received "
                f"{entry.id!r} twice. Rename one."
            )
            raise CatalogueError(message)
        seen.add(entry.id)
        for expected, received, cure in _faults(entry):
            message = (
                f"Expected {expected} in entry {entry.id!r} of {name}, received "
                f"{received}. {cure}"
            )
            raise CatalogueError(message)
    return entries


def _tables(text: str, name: str) -> Iterator[tuple[int, dict[str, Any]]]:
    form = f"Expected a catalogue of [[entry]] tables in {name}"
    try:
        whole: dict[str, Any] = tomllib.loads(text)
        found = msgspec.convert(whole.pop("entry", []), list[dict[str, Any]])
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        message = f"{form}, received another text ({error}). Correct it."
        raise CatalogueError(message) from error
    if whole:
        message = f"{form}, received {', '.join(map(repr, whole))} too. Remove it."
        raise CatalogueError(message)
    return enumerate(found, 1)


def _entry(raw: dict[str, Any], place: int, name: str) -> Entry:
    try:
        return msgspec.convert(raw, Entry)
    except msgspec.ValidationError as error:
        told = raw.get("id")
        which = repr(told) if isinstance(told, str) else f"number {place}"
        message = (
            f"Expected every field of entry {which} of {name} as catalogue.schema.json "
            f"has it, received another ({error}). Correct it."
        )
        raise CatalogueError(message) from error


def _faults(entry: Entry) -> Iterator[tuple[str, str, str]]:
    """What the types do not see: what was expected, what came, what to do."""
    if not entry.reason.strip():
        yield "a reason", "an empty one", "Write why the difference is there."
    if not (entry.link.strip() or entry.reproducer.strip()):
        yield "a link or a reproducer", "neither", "Write one of them."
    for name in entry.checks:
        if not may_mean(name):
            known = (*CHECKS, BUILD)
            cure = _nearest(name, known)
            yield f"checks among {', '.join(known)}", repr(name), cure
    for name in (*entry.backends, *entry.frameworks):
        try:
            _ = backends.named(name)
        except UnknownBackendError:
            cure = _nearest(name, backends.BACKENDS)
            yield f"backends among {', '.join(backends.BACKENDS)}", repr(name), cure
    for name in sorted(set(entry.frameworks) - set(entry.backends)):
        yield "frameworks of its own backends only", repr(name), "Remove it."
    for specifier in (entry.keras, *entry.frameworks.values()):
        try:
            _ = SpecifierSet(specifier)
        except InvalidSpecifier:
            cure = "Write it like >=3.15,<3.16."
            yield "a version specifier", repr(specifier), cure
    try:
        _ = dt.date.fromisoformat(entry.first_seen.date)
    except ValueError:
        yield "a date", repr(entry.first_seen.date), "Write it like 2026-01-31."


def may_mean(pattern: str) -> frozenset[str]:
    """The checks that a name or pattern may mean, by its first word.

    A check may have several verdicts a case: `save from torch` is one of `save`.
    """
    meant = names([pattern.partition(" ")[0]])
    return frozenset(name for name in (*CHECKS, BUILD) if name in meant)


def _nearest(name: str, known: Iterable[str]) -> str:
    near: Sequence[str] = difflib.get_close_matches(name, list(known), n=1)
    return f"Did you mean {near[0]!r}?" if near else "Choose one of these."
