"""What parent and child say to each other: one JSON object a line, typed."""

from __future__ import annotations

from typing import Any

import msgspec

__all__ = [
    "Alone",
    "Asked",
    "Begun",
    "Capture",
    "Describe",
    "Done",
    "Fault",
    "FromChild",
    "Load",
    "Order",
    "Place",
    "Planned",
    "Ready",
    "Settle",
    "ToChild",
    "Try",
    "read",
    "write",
]


#: Which arguments and inputs a case that nobody declared is asked with.
Place = tuple[int, int]


class Order(msgspec.Struct, frozen=True, tag="order"):
    """Parent to child, once: what to import and how to ask."""

    targets: tuple[str, ...]
    checks: tuple[str, ...]
    folder: str
    twins: int
    reruns: int
    threads: int
    device: str
    places: dict[str, Place] = {}


class Asked(msgspec.Struct, frozen=True, tag="asked"):
    """Parent to child: run this case now."""

    case: str


class Load(msgspec.Struct, frozen=True, tag="load"):
    """Parent to child: load what these backends saved of a case; records by backend."""

    case: str
    senders: dict[str, str]


class Capture(msgspec.Struct, frozen=True, tag="capture"):
    """Parent to child: write what goes into and out of each sub-layer into a file."""

    case: str
    check: str
    file: str


class Alone(msgspec.Struct, frozen=True, tag="alone"):
    """Parent to child: ask each captured sub-layer alone; observations go to a folder."""

    case: str
    check: str
    file: str
    folder: str


class Settle(msgspec.Struct, frozen=True, tag="settle"):
    """Parent to child: find what goes together in a case that nobody declared.

    With a place, take that instead: every backend is to be asked the same.
    """

    case: str
    place: Place | None = None


class Describe(msgspec.Struct, frozen=True, tag="describe"):
    """Parent to child: write what a reproducer of this difference can be made of.

    Attributes:
        case: The case.
        check: The check.
        output: The output that differs.
        site: The sub-layer or function that differs alone, or nothing.
        wide: Whether it is a difference in float64.
        file: Where the drafts go.
    """

    case: str
    check: str
    output: str
    site: str
    wide: bool
    file: str


class Try(msgspec.Struct, frozen=True, tag="try"):
    """Parent to child: run a reproducer and write what it yields here."""

    case: str
    program: str
    answer: str


ToChild = Asked | Load | Capture | Alone | Settle | Describe | Try


class Planned(msgspec.Struct, frozen=True):
    """One case as the child found it; whether in code that declares none."""

    name: str
    file: str
    line: int
    found: bool = False


class Ready(msgspec.Struct, frozen=True, tag="ready"):
    """Child to parent: who computes here, and which cases there are."""

    environment: dict[str, Any]
    cases: tuple[Planned, ...]
    seconds: float
    source: str = ""


class Begun(msgspec.Struct, frozen=True, tag="begun"):
    """Child to parent: this check of the case is starting."""

    case: str
    check: str


class Done(msgspec.Struct, frozen=True, tag="done"):
    """Child to parent: the order is carried out, and all of it is on disk.

    `left` is what the case had changed around itself; `silent` is why a check had
    nothing to ask of it, by check.
    """

    case: str
    seconds: float
    left: tuple[str, ...] = ()
    place: Place | None = None
    silent: dict[str, str] = {}


class Fault(msgspec.Struct, frozen=True, tag="fault"):
    """Child to parent: it cannot go on, in one sentence, with the exit code."""

    kind: str
    message: str
    exit_code: int


FromChild = Ready | Begun | Done | Fault


def write(message: msgspec.Struct) -> bytes:
    """A message as one line."""
    return msgspec.json.encode(message) + b"\n"


def read(line: bytes, kinds: Any) -> Any:
    """One line as a message of one of these kinds."""
    return msgspec.json.decode(line, type=kinds)
