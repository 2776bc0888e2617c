"""`Draft`: what a reproducer is made of, before it is text; shrinking works on it.

Values are nodes, `[kind, content]`, as JSON holds them:

| node | means |
|---|---|
| `["value", 3]` | a plain value |
| `["array", "0"]` | an array of the draft, by its name |
| `["list", [...]]`, `["tuple", [...]]`, `["dict", {...}]` | nodes in a row, or by name |
| `["name", "keras.ops.tanh"]` | whatever stands under a name |
| `["call", ["keras.layers.Dense", {"units": ...}]]` | a call with keywords |
| `["case", "gated_dense"]` | what the user's case function returns first |
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from multibackend.errors import RecordError
from multibackend.parity.record.arrays import pack, unpack
from multibackend.parity.record.atomic import write_atomically

__all__ = [
    "RANGES",
    "Draft",
    "Node",
    "Plan",
    "arrays_in",
    "mapped",
    "read_drafts",
    "write_drafts",
]

Node = Any

#: How weights are drawn, by name: from where, up to where.
RANGES = {"ones": (1.0, 1.0), "zeros": (0.0, 0.0), "drawn": (0.5, 1.5)}

Arrays = Mapping[str, npt.NDArray[Any]]


class Plan(msgspec.Struct, frozen=True):
    """A draft without its arrays.

    Attributes:
        title: What is asked, such as `keras.layers.LeakyReLU`.
        check: The check.
        output: The output that differs, as the check names it.
        kind: What the object is: `layer`, `loss`, `function`, ...
        made: How the object is made, as a node.
        inputs: `[args, kwargs]` as nodes; of a metric its batches.
        labels: The targets of a compiled model, as a node.
        bad: `[args, kwargs]` that a layer must refuse, as nodes.
        weights: How weights start: `given`, one of `RANGES`, or nothing.
        given: The array of each weight in order, where they are given; no name for
            one that is left alone.
        labelled: What each of these weights is called.
        sources: Definitions that are copied into the program.
        remarks: Sentences for its head, such as which import was kept.
        wide: Whether it computes in float64.
        trains: Whether the object takes `training=`.
    """

    title: str
    check: str
    kind: str
    made: Node
    inputs: Node
    output: str = ""
    labels: Node = None
    bad: Node = None
    weights: str = ""
    given: tuple[str, ...] = ()
    labelled: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    wide: bool = False
    trains: bool = False


class _Stored(msgspec.Struct, frozen=True):
    plans: tuple[Plan, ...]
    refused: str
    dtypes: dict[str, str]


@dataclass(frozen=True)
class Draft:
    """What a reproducer is made of.

    Attributes:
        plan: Everything but the arrays.
        arrays: The arrays that its nodes name.
    """

    plan: Plan
    arrays: Arrays = field(default_factory=dict[str, npt.NDArray[Any]])

    def but(self, **changes: Any) -> Draft:
        """The same with other fields of the plan."""
        return Draft(msgspec.structs.replace(self.plan, **changes), self.arrays)


def mapped(node: Node, change: Callable[[Node], Node]) -> Node:
    """The node with `change` applied to it and, before that, to every node inside."""
    match node:
        case ["list" | "tuple" as kind, items]:
            inner: Node = [kind, [mapped(item, change) for item in items]]
        case ["dict", items]:
            inner = ["dict", {k: mapped(v, change) for k, v in items.items()}]
        case ["call", [name, items]]:
            inner = ["call", [name, {k: mapped(v, change) for k, v in items.items()}]]
        case _:
            inner = node
    return change(inner)


def arrays_in(node: Node) -> Iterator[str]:
    """The names of the arrays in a node, in order."""
    found: list[str] = []

    def look(inner: Node) -> Node:
        if inner and inner[0] == "array":
            found.append(inner[1])
        return inner

    _ = mapped(node, look) if node else None
    yield from found


def write_drafts(file: Path, drafts: list[Draft], refused: str = "") -> None:
    """Writes drafts of one difference, the smallest first.

    Args:
        file: The JSON file; the arrays go beside it.
        drafts: The drafts; none where there can be no reproducer.
        refused: Why there is none, in a sentence.

    Raises:
        OutputError: The folder cannot be written.
    """
    arrays = {
        f"{place}/{name}": array
        for place, draft in enumerate(drafts)
        for name, array in draft.arrays.items()
    }
    data, dtypes = pack(arrays)
    if arrays:
        write_atomically(file.with_suffix(".safetensors"), data)
    stored = _Stored(tuple(draft.plan for draft in drafts), refused, dtypes)
    write_atomically(file, msgspec.json.encode(stored))


def read_drafts(file: Path) -> tuple[list[Draft], str]:
    """Reads what `write_drafts` wrote: the drafts, and why there is none.

    Raises:
        RecordError: The file is not there or damaged.
    """
    try:
        stored = msgspec.json.decode(file.read_bytes(), type=_Stored)
        beside = file.with_suffix(".safetensors")
        data = beside.read_bytes() if stored.dtypes else b""
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        message = f"Expected the draft of a reproducer at {file}, received {error}. Run again."
        raise RecordError(message) from error
    arrays = unpack(data, stored.dtypes, str(file)) if stored.dtypes else {}
    drafts = [
        Draft(
            plan,
            {
                name.partition("/")[2]: np.array(array)
                for name, array in arrays.items()
                if name.partition("/")[0] == str(place)
            },
        )
        for place, plan in enumerate(stored.plans)
    ]
    return drafts, stored.refused
