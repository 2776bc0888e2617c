"""Makes a draft smaller while it still shows its difference.

The rule: a smaller draft is kept when it shows the same kind of difference on the same
backend. For an error that is the same class on either side, for a dtype the same two
dtypes; for values the error, relative to the largest number expected, stays at least
half of what it was, and above `CLEAR` roundings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from multibackend.parity.reproduce.draft import Draft, Node, arrays_in
from multibackend.parity.reproduce.literals import LONGEST, drawn

__all__ = ["CLEAR", "Shown", "clear", "holds", "shrunk"]

#: How many roundings of the dtype an error is at least, to be no rounding.
CLEAR = 16
_EPS = {"float64": 2.0**-52, "float32": 2.0**-23, "float16": 2.0**-10}


@dataclass(frozen=True)
class Shown:
    """A draft and the difference that it shows, as `outcome.difference` tells it."""

    draft: Draft
    gap: dict[str, Any]


#: The difference that a draft shows, or `None`.
Oracle = Callable[[Draft], dict[str, Any] | None]


def clear(draft: Draft, gap: dict[str, Any]) -> bool:
    """Whether a difference is well beyond rounding."""
    if gap["kind"] != "value" or draft.plan.check == "determinism":
        return True  # where the very same bits are asked for, a rounding counts
    dtype = "float64" if draft.plan.wide else "float32"
    if draft.plan.check == "dtype" and "16" in draft.plan.output:
        dtype = "float16"
    return gap["error"] >= CLEAR * _EPS[dtype]


def holds(first: dict[str, Any], gap: dict[str, Any] | None, draft: Draft) -> bool:
    """Whether a smaller draft still shows the first difference; see the module."""
    if gap is None or gap["kind"] != first["kind"] or not clear(draft, gap):
        return False
    if gap["kind"] == "value":
        return gap["error"] >= first["error"] / 2
    if gap["kind"] == "error":
        return all(
            gap[side].partition(":")[0] == first[side].partition(":")[0]
            for side in ("received", "expected")
        )
    if gap["kind"] == "dtype":
        return all(gap[side] == first[side] for side in ("received", "expected"))
    return True


def shrunk(start: Shown, oracle: Oracle, left: Callable[[], float]) -> Shown:
    """The smallest draft that was found in time.

    Args:
        start: What is shown so far.
        oracle: Asks what a draft shows.
        left: The seconds that are left; nothing is asked where there are none.
    """
    best, first = start, start.gap
    for step in (_weights, _plain, _settings, _axes, _settings, _values):
        best = _step(best, step, first, oracle, left)
    return best


def _step(
    best: Shown,
    step: Callable[[Draft], Iterator[Draft]],
    first: dict[str, Any],
    oracle: Oracle,
    left: Callable[[], float],
) -> Shown:
    """Takes the first smaller draft that holds, until none does."""
    refused: set[str] = set()
    again = True
    while again:
        again = False
        for smaller in step(best.draft):
            key = _key(smaller)
            if key in refused:
                continue
            if left() <= 0:
                return best
            gap = oracle(smaller)
            if gap is not None and holds(first, gap, smaller):
                best, again = Shown(smaller, gap), True
                break
            refused.add(key)
    return best


def _key(draft: Draft) -> str:
    arrays = [(n, a.shape, a.tobytes()) for n, a in sorted(draft.arrays.items())]
    return repr((draft.plan, arrays))


def _weights(draft: Draft) -> Iterator[Draft]:
    """Weights by a formula, whatever their shapes: then these may change."""
    if draft.plan.weights == "given":
        kept = {n: a for n, a in draft.arrays.items() if n not in draft.plan.given}
        for name in ("drawn", "ones", "zeros"):
            yield Draft(draft.but(weights=name, given=(), labelled=()).plan, kept)


def _plain(draft: Draft) -> Iterator[Draft]:
    """All float inputs of ones at once: a quick step where it holds."""
    floats = [n for n in _inputs(draft) if draft.arrays[n].dtype.kind == "f"]
    ones = {name: np.ones_like(draft.arrays[name]) for name in floats}
    if any(not np.array_equal(draft.arrays[name], ones[name]) for name in floats):
        yield Draft(draft.plan, {**draft.arrays, **ones})


def _settings(draft: Draft) -> Iterator[Draft]:
    """Each argument of a constructor left out, or each whole number smaller."""
    for change in _changes(draft.plan.made):
        yield draft.but(made=change)


def _changes(node: Node) -> Iterator[Node]:
    match node:
        case ["call", [name, items]]:
            for key in items:
                rest = {k: v for k, v in items.items() if k != key}
                yield ["call", [name, rest]]
            for key, item in items.items():
                for change in _changes(item):
                    yield ["call", [name, items | {key: change}]]
        case ["list" | "tuple" as kind, items]:
            for place in range(len(items)):
                if len(items) > 1 and items[place][0] == "call":
                    yield [kind, items[:place] + items[place + 1 :]]
                for change in _changes(items[place]):
                    yield [kind, [*items[:place], change, *items[place + 1 :]]]
        case ["value", int(number)] if number > 1 and not isinstance(number, bool):
            for smaller in sorted({1, 2, number // 2} - {number}):
                if smaller < number:
                    yield ["value", smaller]
        case _:
            return


def _axes(draft: Draft) -> Iterator[Draft]:
    """The first axis of all inputs shorter, then every other length."""
    names = _inputs(draft)
    arrays = {name: draft.arrays[name] for name in names}
    rows = {array.shape[0] for array in arrays.values() if array.ndim}
    if len(rows) == 1:
        for fewer in _fewer(rows.pop()):
            yield _cut(draft, names, lambda axis, _size: axis == 0, fewer)
    lengths = sorted({n for a in arrays.values() for n in a.shape[1:]}, reverse=True)
    for length in lengths:
        for fewer in _fewer(length):
            yield _cut(
                draft, names, lambda axis, size, n=length: axis > 0 and size == n, fewer
            )


def _fewer(length: int) -> Iterator[int]:
    yield from sorted({n for n in (1, 2, length // 2, length - 1) if 0 < n < length})


def _cut(
    draft: Draft, names: list[str], meant: Callable[[int, int], bool], fewer: int
) -> Draft:
    def shorter(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
        places = tuple(
            slice(0, fewer) if meant(axis, size) else slice(None)
            for axis, size in enumerate(array.shape)
        )
        return np.ascontiguousarray(array[places]).reshape(array[places].shape)

    cut = {name: shorter(draft.arrays[name]) for name in names}
    return Draft(draft.plan, {**draft.arrays, **cut})


def _values(draft: Draft) -> Iterator[Draft]:
    """Each array of ones, of zeros, or of few digits."""
    for name in (*_inputs(draft), *(n for n in draft.plan.given if n)):
        given = draft.arrays[name]
        if given.dtype.kind not in "fiu":
            continue
        for simpler in _simpler(given):
            if _cost(simpler) < _cost(given):
                yield Draft(draft.plan, {**draft.arrays, name: simpler})


def _simpler(given: npt.NDArray[Any]) -> Iterator[npt.NDArray[Any]]:
    yield np.ones_like(given)
    yield np.zeros_like(given)
    if given.size > LONGEST:
        yield drawn(given)
    if given.dtype.kind == "f" and np.isfinite(given).all():
        for digits in (0, 1, 2):
            yield np.round(given, digits) + np.zeros_like(given)


def _cost(array: npt.NDArray[Any]) -> int:
    """How much there is to read."""
    if array.size > LONGEST and np.array_equal(array, drawn(array)):
        return 50
    if array.size and bool(np.all(array == array.flat[0])):
        return 1 + len(repr(array.flat[0].item()))
    digits = (
        [np.format_float_positional(v, trim="-") for v in array.flat]
        if array.dtype.kind == "f"
        else map(str, array.ravel().tolist())
    )
    return 2 + sum(map(len, digits))


def _inputs(draft: Draft) -> list[str]:
    nodes: list[Node] = [*draft.plan.inputs, draft.plan.labels]
    return list(dict.fromkeys(n for node in nodes if node for n in arrays_in(node)))
