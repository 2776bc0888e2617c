"""Reductions of `keras.ops` over segments that ids name."""

from collections.abc import Callable
from typing import Any

import numpy as np

from multibackend.conformance.draws import b, i, n, u, v
from multibackend.conformance.table import Table, bad

T = Table("ops.segment", "keras.ops")

_EDGE = ["forward", "spec"]
_FORWARD = ["forward"]
_GRAD = ["forward", "spec", "grad_inputs"]

_SORTED = v([0, 0, 1, 3], "int32")
_MIXED = v([2, 0, 2, 0, 1], "int32")


def _by(change: np.ufunc, start: float) -> Callable[..., Any]:
    """The reduction of each segment; one without elements has what it starts with."""

    def reference(
        data: np.ndarray,
        ids: np.ndarray,
        num_segments: int | None = None,
        sorted: bool = False,
    ) -> np.ndarray:
        ids = ids.astype(int)
        count = int(ids.max()) + 1 if num_segments is None else num_segments
        first = start
        if data.dtype.kind in "iu" and np.isinf(start):
            # Whole numbers have no infinity: the last one of their dtype.
            end = np.iinfo(data.dtype)
            first = end.max if start > 0 else end.min
        out = np.full((count, *data.shape[1:]), first, data.dtype)
        kept = (ids >= 0) & (ids < count)
        change.at(out, ids[kept], data[kept])
        return out

    return reference


for _name, _ref in {
    "segment_sum": _by(np.add, 0.0),
    "segment_prod": _by(np.multiply, 1.0),
    "segment_max": _by(np.maximum, -np.inf),
    "segment_min": _by(np.minimum, np.inf),
}.items():
    _first = v([0, 0, 1, 2], "int32")
    T(
        _name,
        "plain",
        n(4, 3),
        _first,
        num_segments=3,
        ref=_ref,
        refuses={"ids": bad(n(4), v([[0, 1], [1, 2]], "int32"), num_segments=3)},
    )
    T(_name, "unsorted", n(5, 2), _MIXED, num_segments=3, ref=_ref, checks=_GRAD)
    T(_name, "vector", n(5), _MIXED, num_segments=3, ref=_ref, checks=_GRAD)
    T(_name, "cube", n(5, 2, 2), _MIXED, num_segments=3, ref=_ref, checks=_EDGE)
    T(
        _name,
        "sorted",
        n(4, 2),
        _first,
        num_segments=3,
        sorted=True,
        ref=_ref,
        checks=_GRAD,
    )
    T(_name, "as many as there are", n(5), _MIXED, ref=_ref, checks=_FORWARD)
    T(
        _name,
        "sorted, as many as there are",
        n(4),
        _first,
        sorted=True,
        ref=_ref,
        checks=_FORWARD,
    )
    T(_name, "one left out", n(4), _SORTED, ref=_ref, checks=_FORWARD)
    T(
        _name,
        "sorted, one left out",
        n(4),
        _SORTED,
        sorted=True,
        ref=_ref,
        checks=_FORWARD,
    )
    T(_name, "no element", n(4), _SORTED, num_segments=5, ref=_ref, checks=_GRAD)
    T(
        _name,
        "sorted, no element",
        n(4),
        _SORTED,
        num_segments=5,
        sorted=True,
        ref=_ref,
        checks=_FORWARD,
    )
    T(_name, "fewer segments", n(4), _SORTED, num_segments=2, ref=_ref, checks=_FORWARD)
    T(
        _name,
        "sorted, fewer segments",
        n(4),
        _SORTED,
        num_segments=2,
        sorted=True,
        ref=_ref,
        checks=_FORWARD,
    )
    T(
        _name,
        "negative ids",
        n(4),
        v([-1, 0, 1, -1], "int32"),
        num_segments=2,
        ref=_ref,
        checks=_FORWARD,
    )
    T(
        _name,
        "int64 ids",
        n(4),
        v([1, 0, 1, 1], "int64"),
        num_segments=2,
        ref=_ref,
        checks=_EDGE,
    )
    T(
        _name,
        "whole numbers",
        i(5, low=-9),
        _MIXED,
        num_segments=3,
        ref=_ref,
        checks=_EDGE,
    )
    T(
        _name,
        "whole numbers, no element",
        i(4),
        _SORTED,
        num_segments=5,
        ref=_ref,
        checks=_FORWARD,
    )
    T(
        _name,
        "large whole numbers",
        v([16777217, 1, 1], "int32"),
        v([0, 1, 1], "int32"),
        num_segments=2,
        ref=_ref,
        checks=_FORWARD,
    )
    T(
        _name,
        "uint8",
        i(5, high=200, dtype="uint8"),
        _MIXED,
        num_segments=3,
        checks=_FORWARD,
    )
    T(_name, "bool", b(5), _MIXED, num_segments=3, checks=_FORWARD)
    T(
        _name,
        "float16",
        v([1.0, 2.0, 4.0, 8.0]),
        _SORTED,
        checks=_FORWARD,
        run=lambda keras, x, ids, f=_name: getattr(keras.ops, f)(
            keras.ops.cast(x, "float16"), ids, num_segments=4
        ),
    )
    T(
        _name,
        "ties",
        v([1.0, 1.0, 2.0, 1.0, 2.0]),
        _MIXED,
        num_segments=3,
        ref=_ref,
        checks=["forward", "grad_inputs"],
    )
    T(
        _name,
        "not a number",
        v([1.0, float("nan"), 2.0, 1.0, 2.0]),
        _MIXED,
        num_segments=3,
        ref=_ref,
        checks=_FORWARD,
    )
    T(_name, "empty", n(0, 2), i(0), num_segments=2, ref=_ref, checks=_FORWARD)
T(
    "segment_prod",
    "zeros",
    v([0.0, 2.0, 0.0, 3.0, 5.0]),
    _MIXED,
    num_segments=3,
    ref=_by(np.multiply, 1.0),
    checks=["forward", "grad_inputs"],
)
T(
    "segment_sum",
    "many",
    u(2000),
    i(2000, high=3),
    num_segments=3,
    ref=_by(np.add, 0.0),
    checks=_FORWARD,
)
