"""`keras.ops` that pool: sizes, strides, paddings, layouts, uneven windows, ties."""

import itertools
from math import ceil
from typing import Any

import numpy as np

from multibackend.conformance.draws import i, n, perm, v
from multibackend.conformance.table import Table, bad


def _pooled(reduce: Any, x: Any, starts: Any, ends: Any) -> Any:
    """Reduces the windows of the axes between the first and the last, one by one."""
    for axis, (first, last) in enumerate(zip(starts, ends, strict=True), 1):
        pairs = zip(first, last, strict=True)
        windows = [np.take(x, range(a, b), axis) for a, b in pairs]
        x = np.stack([reduce(w, axis) for w in windows], axis)
    return x


def _tuple(value: Any, rank: int) -> Any:
    return (value,) * rank if isinstance(value, int) else tuple(value)


def _pool(reduce: Any) -> Any:
    def pool(
        x: Any,
        pool_size: Any,
        strides: Any = None,
        padding: str = "valid",
        data_format: Any = None,
    ) -> Any:
        first = data_format == "channels_first"
        x = np.moveaxis(x, 1, -1) if first else x
        sizes = _tuple(pool_size, x.ndim - 2)
        steps = _tuple(sizes if strides is None else strides, x.ndim - 2)
        starts, ends = [], []
        for length, size, step in zip(x.shape[1:-1], sizes, steps, strict=True):
            if padding == "valid":
                count, before = (length - size) // step + 1, 0
            else:
                count = ceil(length / step)
                before = max((count - 1) * step + size - length, 0) // 2
            places = [k * step - before for k in range(count)]
            starts.append([max(place, 0) for place in places])
            ends.append([min(place + size, length) for place in places])
        x = _pooled(reduce, x, starts, ends)
        return np.moveaxis(x, -1, 1) if first else x

    return pool


def _adaptive(reduce: Any) -> Any:
    def pool(x: Any, output_size: Any, data_format: Any = None) -> Any:
        first = data_format == "channels_first"
        x = np.moveaxis(x, 1, -1) if first else x
        counts = _tuple(output_size, x.ndim - 2)
        pairs = list(zip(x.shape[1:-1], counts, strict=True))
        starts = [[k * size // c for k in range(c)] for size, c in pairs]
        ends = [[-(-(k + 1) * size // c) for k in range(c)] for size, c in pairs]
        x = _pooled(reduce, x, starts, ends)
        return np.moveaxis(x, -1, 1) if first else x

    return pool


T = Table(
    "ops.pooling",
    "keras.ops",
    reference={
        "max_pool": _pool(np.max),
        "average_pool": _pool(np.mean),
        "adaptive_max_pool": _adaptive(np.max),
        "adaptive_average_pool": _adaptive(np.mean),
    },
)

_INF, _NAN = float("inf"), float("nan")
_FIRST = "channels_first"

for _name in ("max_pool", "average_pool"):
    T(
        _name,
        "image",
        perm(2, 5, 6, 3),
        2,
        strides=2,
        refuses={
            "an unknown padding": bad(n(2, 5, 6, 3), 2, 2, "full"),
            "causal padding": bad(n(2, 5, 3), 2, 2, "causal"),
            "no spatial axis": bad(n(2, 3), 2, 2),
            "sizes of another rank": bad(n(2, 5, 6, 3), (2, 2, 2), 2),
            "a window too large": bad(n(2, 2, 2, 3), 3, 3),
            "a stride of zero": bad(n(2, 5, 6, 3), 2, strides=0),
        },
    )
    T(
        _name,
        "defaults",
        perm(2, 5, 6, 3),
        2,
        strides=None,
        padding="valid",
        data_format=None,
        checks=["forward"],
    )
    T(_name, "sequence", perm(2, 7, 3), 3, strides=2, checks=["forward", "spec"])
    T(_name, "volume", perm(1, 4, 5, 3, 2), 2, strides=2, checks=["forward", "spec"])
    for _size, _step in itertools.product((1, 2, 3), (1, 2, 3)):
        T(
            _name,
            f"same, {_size} by {_step}",
            n(2, 7, 2),
            _size,
            strides=_step,
            padding="same",
            checks=["forward", "grad_inputs"] if _size == 2 else ["forward"],
        )
    T(
        _name,
        "same, uneven",
        n(2, 5, 6, 2),
        (2, 3),
        strides=(3, 2),
        padding="same",
        checks=["forward", "spec", "grad_inputs"],
    )
    for _padding in ("valid", "same"):
        T(
            _name,
            f"channels first, {_padding}",
            n(2, 3, 5, 6),
            (3, 2),
            strides=2,
            padding=_padding,
            data_format=_FIRST,
            checks=["forward", "spec"],
        )
    T(
        _name,
        "same, a window larger than the input",
        n(1, 3, 2),
        8,
        strides=1,
        padding="same",
        checks=["forward"],
    )
    T(
        _name,
        "same volume",
        n(1, 4, 3, 5, 2),
        (2, 3, 2),
        strides=2,
        padding="same",
        checks=["forward"],
    )
    T(
        _name,
        "special",
        v([[[-_INF], [1.0], [_NAN], [2.0], [_INF], [3.0], [-_INF], [-_INF]]]),
        2,
        strides=2,
        ref=False,
        checks=["forward"],
    )
    T(_name, "int32", i(2, 6, 3), 2, strides=2, ref=False, checks=["forward"])
    T(
        _name,
        "int32, same",
        i(2, 5, 3, low=-9, high=0),
        2,
        strides=2,
        padding="same",
        ref=False,
        checks=["forward"],
    )
    T(_name, "no examples", n(0, 6, 3), 2, strides=2, checks=["forward", "spec"])
    T(_name, "no channels", n(2, 6, 0), 2, strides=2, ref=False, checks=["forward"])
T(
    "max_pool",
    "ties",
    v([[[1.0], [1.0], [0.0], [2.0], [2.0], [2.0]]]),
    3,
    strides=3,
    checks=["forward", "grad_inputs"],
)
T(
    "max_pool",
    "negative and padded",
    v([[[-1.0], [-2.0], [-3.0]]]),
    2,
    strides=2,
    padding="same",
    checks=["forward", "grad_inputs"],
)
T("max_pool", "overlap", perm(2, 7, 3), 3, strides=1, checks=["forward", "grad_inputs"])

for _name in ("adaptive_max_pool", "adaptive_average_pool"):
    T(
        _name,
        "image",
        perm(2, 5, 6, 3),
        (2, 3),
        refuses={
            "no spatial axis": bad(n(2, 3), 2),
            "sizes of another rank": bad(n(2, 5, 6, 3), (2, 2, 2)),
            "a size of zero": bad(n(2, 5, 3), 0),
        },
    )
    for _length, _size in ((7, 3), (7, 4), (7, 7), (7, 1), (11, 4), (10, 7), (3, 5)):
        if (_name, _size) == ("adaptive_max_pool", 1):
            continue  # TensorFlow ends the process: SIGFPE, keras 3.15.1
        T(
            _name,
            f"{_length} to {_size}",
            perm(2, _length, 3),
            _size,
            checks=["forward", "spec"] if _size == 3 else ["forward"],
        )
    T(_name, "volume", perm(1, 4, 5, 3, 2), 2, checks=["forward", "spec"])
    T(
        _name,
        "channels first",
        perm(2, 3, 5, 6),
        (2, 4),
        data_format=_FIRST,
        checks=["forward", "spec", "grad_inputs"],
    )
    T(_name, "int32", i(2, 6, 3), 4, ref=False, checks=["forward"])
    T(
        _name,
        "special",
        v([[[-_INF], [1.0], [_NAN], [2.0], [_INF], [3.0], [-_INF], [4.0]]]),
        4,
        ref=False,
        checks=["forward"],
    )
