"""What parent and child say to each other: one JSON object a line, typed."""

from __future__ import annotations

from typing import Any

import msgspec

__all__ = [
    "Asked",
    "Begun",
    "Done",
    "Fault",
    "FromChild",
    "Order",
    "Planned",
    "Ready",
    "read",
    "write",
]


class Order(msgspec.Struct, frozen=True, tag="order"):
    """Parent to child, once: what to import and how to ask."""

    targets: tuple[str, ...]
    checks: tuple[str, ...]
    folder: str
    twins: int
    reruns: int
    threads: int
    device: str


class Asked(msgspec.Struct, frozen=True, tag="asked"):
    """Parent to child: run this case now."""

    case: str


class Planned(msgspec.Struct, frozen=True):
    """One case as the child found it."""

    name: str
    file: str
    line: int


class Ready(msgspec.Struct, frozen=True, tag="ready"):
    """Child to parent: who computes here, and which cases there are."""

    environment: dict[str, Any]
    cases: tuple[Planned, ...]
    seconds: float


class Begun(msgspec.Struct, frozen=True, tag="begun"):
    """Child to parent: this check of the case is starting."""

    case: str
    check: str


class Done(msgspec.Struct, frozen=True, tag="done"):
    """Child to parent: the case is on disk."""

    case: str
    seconds: float


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
