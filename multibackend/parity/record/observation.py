"""`Observation`: what one check of one case yielded on one backend, or how it failed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

__all__ = ["BUILD", "Arrays", "Judged", "Observation", "Raised", "Status", "flatten"]

Arrays = Mapping[str, npt.NDArray[Any]]
Status = Literal["ok", "raised", "abstain", "unsupported", "failed"]

#: How the answers of a check are compared: numbers by what rounding may cost; exactly,
#: as text, whole numbers and bits are; or as samples of one distribution.
Judged = Literal["numbers", "exact", "sample"]

#: The observation that every case makes first: it was built, or why not.
BUILD = "build"


@dataclass(frozen=True)
class Raised:
    """An exception, as text: its class, its message, and where it was raised."""

    kind: str
    message: str
    place: str = ""


@dataclass(frozen=True)
class Observation:
    """One check of one case on one backend.

    Attributes:
        case: The case's name.
        check: The check's name, or `build`.
        status: `"ok"` with arrays; `"raised"` by the code under test; `"abstain"` or
            `"unsupported"` with a reason; `"failed"` where the process died.
        structure: The nesting of the outputs, as text.
        outputs: The float32 run, by name.
        noise: The largest move of the float32 run under one roundoff, by name: it
            holds the rounding inside, where the float64 run has none.
        referee: The float64 run, by name; empty where the backend has none.
        spread: The largest move of the referee under one roundoff, by name.
        reference: What the case's NumPy function expects, by name.
        expected: What this same backend must yield by the check's own rule, by name;
            in float64 where the backend has it. It goes before any other truth.
        compute: The float dtype computed in, by the first part of an output's name,
            and by an empty name for every other output; else float32.
        judged: How the outputs are compared.
        raised: The exception, where one was raised.
        detail: A sentence: the reason, or what the referee could not do.
        seconds: How long the check took, all its runs together.
        file: Where the case is declared.
        line: In which line.
        usage: Whether the fault lies in how the case is written.
    """

    case: str
    check: str
    status: Status
    structure: str = ""
    outputs: Arrays = field(default_factory=dict[str, npt.NDArray[Any]])
    noise: Arrays = field(default_factory=dict[str, npt.NDArray[Any]])
    referee: Arrays = field(default_factory=dict[str, npt.NDArray[Any]])
    spread: Arrays = field(default_factory=dict[str, npt.NDArray[Any]])
    reference: Arrays = field(default_factory=dict[str, npt.NDArray[Any]])
    expected: Arrays = field(default_factory=dict[str, npt.NDArray[Any]])
    compute: Mapping[str, str] = field(default_factory=dict[str, str])
    judged: Judged = "numbers"
    raised: Raised | None = None
    detail: str = ""
    seconds: float = 0.0
    file: str = ""
    line: int = 0
    usage: bool = False


def flatten(nested: Any, prefix: str = "") -> tuple[str, dict[str, npt.NDArray[Any]]]:
    """Takes nested arrays apart.

    Args:
        nested: Arrays and numbers in dictionaries, lists and tuples.
        prefix: What the names start with.

    Returns:
        The nesting as text, such as `{a: *, b: [*, *]}`, and the arrays by name,
        such as `a`, `b/0`, `b/1`. A lone array is named `output`.

    Raises:
        TypeError: A leaf is neither an array nor a number.

    Example:

    >>> structure, arrays = flatten({"a": np.ones(2), "b": [np.zeros(1)]})
    >>> structure, list(arrays)
    ('{a: *, b: [*]}', ['a', 'b/0'])
    """
    if nested is None:
        return "None", {}
    if isinstance(nested, Mapping):
        items = [(str(key), value) for key, value in sorted(nested.items(), key=_key)]
        left, right = "{}"
    elif isinstance(nested, list | tuple):
        items = [(str(place), value) for place, value in enumerate(nested)]
        left, right = "[]" if isinstance(nested, list) else "()"
    else:
        leaf = np.asarray(nested)
        if leaf.dtype.kind == "O":
            message = f"{prefix or 'output'} is a {type(nested).__name__}, not an array"
            raise TypeError(message)
        return "*", {prefix or "output": leaf}
    arrays: dict[str, npt.NDArray[Any]] = {}
    inner: list[str] = []
    for key, value in items:
        text, found = flatten(value, f"{prefix}/{key}" if prefix else key)
        inner.append(f"{key}: {text}" if isinstance(nested, Mapping) else text)
        twice = sorted(set(arrays) & set(found))
        if twice:
            message = f"two arrays have one name, {twice[0]!r}: rename a key"
            raise TypeError(message)
        arrays |= found
    return f"{left}{', '.join(inner)}{right}", arrays


def _key(item: tuple[Any, Any]) -> str:
    return str(item[0])
