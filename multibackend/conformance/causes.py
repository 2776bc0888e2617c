"""The causes of known differences of Keras: one cause, many samples.

A file of the folder `causes` holds some of them as TOML. Each has a reason and a
reproducer, which fails as it says on the backends named, and on no other one.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from importlib import resources
from typing import Annotated

import msgspec
from msgspec import Meta

from multibackend.conformance.tables import MODULE
from multibackend.parity.compare.catalogue_entry import Entry, FirstSeen, Text
from multibackend.parity.compare.catalogue_read import Catalogue
from multibackend.parity.compare.verdict import Kind

__all__ = ["Cause", "Shows", "catalogue", "causes"]

#: The most lines that a reproducer may have.
LINES = 15


class Shows(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a cause shows: in which samples, by which checks, as what."""

    samples: Annotated[tuple[Text, ...], Meta(min_length=1)]
    checks: Annotated[tuple[Text, ...], Meta(min_length=1)]
    kind: Kind
    precision: str = "float32"
    backends: tuple[str, ...] = ()
    outputs: tuple[Text, ...] = ()


class Cause(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why some backends are off.

    Attributes:
        id: A name for it.
        backends: The backends that are off.
        keras: The versions of Keras it was seen in, such as `>=3.15,<3.16`.
        reason: A sentence that says why.
        reproducer: A program that fails on these backends: Keras and NumPy, and the
            framework itself where a gradient is meant, for which Keras has no name.
        fails: What its error says there, such as `AssertionError` or part of a message.
        shows: Where it shows.
        first_seen: The day, and the versions of that day.
        link: Where it is reported.
    """

    id: Annotated[str, Meta(pattern=r"^[a-z0-9-]+$")]
    backends: Annotated[tuple[Text, ...], Meta(min_length=1)]
    keras: Text
    reason: Text
    reproducer: Text
    fails: Text
    shows: Annotated[tuple[Shows, ...], Meta(min_length=1)]
    first_seen: FirstSeen
    link: str = ""


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    cause: tuple[Cause, ...] = ()


@functools.cache
def causes() -> tuple[Cause, ...]:
    """All causes, by file and in order.

    Raises:
        ValueError: Two have one id, or a reproducer is too long.
    """
    room = resources.files("multibackend.conformance") / "causes"
    found: dict[str, Cause] = {}
    for file in sorted(room.iterdir(), key=lambda each: each.name):
        if not file.name.endswith(".toml"):
            continue
        for cause in msgspec.toml.decode(file.read_bytes(), type=_File).cause:
            if cause.id in found:
                message = f"Expected ids given once, received {cause.id!r} twice."
                raise ValueError(message)
            length = len(cause.reproducer.strip().splitlines())
            if length > LINES:
                message = (
                    f"Expected a reproducer of at most {LINES} lines, received "
                    f"{length} in {cause.id!r}. Shorten it."
                )
                raise ValueError(message)
            found[cause.id] = cause
    return tuple(found.values())


def catalogue() -> Catalogue:
    """The causes as a catalogue: one entry for each place where one shows."""
    entries = tuple(entry for cause in causes() for entry in _entries(cause))
    return Catalogue(entries, "multibackend/conformance/causes")


def _entries(cause: Cause) -> Iterator[Entry]:
    for number, shown in enumerate(cause.shows, 1):
        yield Entry(
            id=cause.id if len(cause.shows) == 1 else f"{cause.id}.{number}",
            objects=tuple(f"{MODULE}:{sample}" for sample in shown.samples),
            checks=shown.checks,
            backends=shown.backends or cause.backends,
            precision="float64" if shown.precision == "float64" else "float32",
            kind=shown.kind,
            keras=cause.keras,
            reason=cause.reason,
            first_seen=cause.first_seen,
            link=cause.link,
            reproducer=cause.reproducer,
            outputs=shown.outputs,
        )
