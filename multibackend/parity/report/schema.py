"""The JSON form of a judgement, field by field: what `verdicts.schema.json` tells.

Schema 1 is closed: a new field makes schema 2, so that an old reader says so
instead of leaving something out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal, cast, overload

from msgspec import Struct

from multibackend.parity.compare.verdict import Kind, Word

__all__ = [
    "SCHEMA",
    "Document",
    "Entry",
    "Gap",
    "Line",
    "Number",
    "Place",
    "Proof",
    "Spot",
    "Summary",
    "from_number",
    "to_number",
    "to_plain",
]

SCHEMA = 1

# JSON has no infinity and no NaN. The three words are those of Protocol Buffers, and
# float("Infinity") in Python and Number("Infinity") in JavaScript read them back. Null
# stays what it was: nothing was measured.
Number = float | Literal["Infinity", "-Infinity", "NaN"]


class Place(Struct, forbid_unknown_fields=True):
    """Where the worst element is."""

    output: str
    index: tuple[int, ...] | None


class Gap(Struct, forbid_unknown_fields=True):
    """One `Difference`."""

    kind: Kind
    backend: str
    output: str
    precision: str
    received: str
    expected: str
    index: tuple[int, ...] | None
    error: Number | None
    budget: Number | None
    ratio: Number | None
    ulps: Number | None
    detail: str


class Spot(Struct, forbid_unknown_fields=True):
    """One `Element`."""

    index: tuple[int, ...]
    expected: str
    received: dict[str, str]
    ulps: dict[str, Number]


class Line(Struct, forbid_unknown_fields=True):
    """One `Curve`."""

    name: str
    steps: tuple[int, ...]
    lines: dict[str, tuple[Number, ...]]


class Proof(Struct, forbid_unknown_fields=True):
    """One `Evidence`."""

    output: str
    backend: str
    precision: str
    shape: tuple[int, ...]
    elements: tuple[Spot, ...]
    map: tuple[tuple[Number, ...], ...]
    histogram: dict[str, tuple[int, ...]]
    curves: tuple[Line, ...]


class Entry(Struct, forbid_unknown_fields=True):
    """One `Verdict`; `kind` and `where` are those of its worst difference."""

    case: str
    check: str
    verdict: Word
    kind: Kind | None
    blame: tuple[str, ...]
    error: Number | None
    budget: Number | None
    ratio: Number | None
    output: str | None
    where: Place | None
    referee: str
    site: str | None
    detail: str
    differences: tuple[Gap, ...]
    file: str
    line: int
    seconds: dict[str, Number]
    usage: bool
    evidence: Proof | None = None
    reproducer: str = ""


class Summary(Struct, forbid_unknown_fields=True):
    """How many there are of each."""

    cases: int
    checks: int
    agree: int
    differ: int
    known: int
    abstain: int
    unsupported: int
    failed: int
    missing: int


class Document(Struct, forbid_unknown_fields=True):
    """The whole file."""

    schema: Literal[1]
    summary: Summary
    environments: dict[str, dict[str, Any]]
    verdicts: tuple[Entry, ...]
    stages: dict[str, Number]
    notes: tuple[str, ...]


@overload
def to_number(value: float) -> Number: ...
@overload
def to_number(value: None) -> None: ...
def to_number(value: float | None) -> Number | None:
    """A float as JSON can hold it."""
    if value is None:
        return None
    if math.isfinite(value):
        return float(value)
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"


@overload
def from_number(value: Number) -> float: ...
@overload
def from_number(value: None) -> None: ...
def from_number(value: Number | None) -> float | None:
    """The float that `to_number` wrote."""
    return None if value is None else float(value)


def to_plain(value: Any) -> Any:
    """Any value as JSON can hold it; what JSON does not know becomes its text."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, float):
        return to_number(value)
    if isinstance(value, Mapping):
        items = cast("Mapping[Any, Any]", value).items()
        return {to_plain(str(key)): to_plain(item) for key, item in items}
    if isinstance(value, list | tuple):
        return [to_plain(item) for item in cast("list[Any]", value)]
    return to_plain(str(value))
