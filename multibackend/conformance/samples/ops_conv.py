"""`keras.ops` that convolve: paddings by strides by dilations by layouts by groups."""

import itertools
from math import ceil
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from multibackend.conformance.draws import i, n, v
from multibackend.conformance.table import Table, bad


def _tuple(value: Any, rank: int) -> Any:
    return (value,) * rank if isinstance(value, int) else tuple(value)


def _patches(
    x: Any, kernel: Any, strides: Any, padding: str, dilation_rate: Any
) -> Any:
    """The patches that a kernel sees: `(examples, *places, channels, *sizes)`."""
    rank = x.ndim - 2
    steps, rates = _tuple(strides, rank), _tuple(dilation_rate, rank)
    sizes = [(k - 1) * r + 1 for k, r in zip(kernel.shape, rates, strict=False)]
    if padding == "same":
        pads = []
        for length, size, step in zip(x.shape[1:], sizes, steps, strict=False):
            total = max((ceil(length / step) - 1) * step + size - length, 0)
            pads.append((total // 2, total - total // 2))
        x = np.pad(x, [(0, 0), *pads, (0, 0)])
    windows = sliding_window_view(x, sizes, tuple(range(1, rank + 1)))
    every = slice(None)
    jumps, holes = (
        [slice(None, None, s) for s in steps],
        [slice(None, None, r) for r in rates],
    )
    return windows[(every, *jumps, every, *holes)]


def _layout(convolve: Any) -> Any:
    def call(
        x: Any,
        *kernels: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: Any = None,
        dilation_rate: Any = 1,
    ) -> Any:
        first = data_format == "channels_first"
        x = np.moveaxis(x, 1, -1) if first else x
        x = convolve(x, *kernels, strides, padding, dilation_rate)
        return np.moveaxis(x, -1, 1) if first else x

    return call


def _conv(x: Any, kernel: Any, *more: Any) -> Any:
    rank, groups = x.ndim - 2, x.shape[-1] // kernel.shape[-2]
    outputs = [
        np.tensordot(
            _patches(part, own, *more),
            own,
            (range(rank + 1, 2 * rank + 2), (rank, *range(rank))),
        )
        for part, own in zip(
            np.split(x, groups, -1), np.split(kernel, groups, -1), strict=True
        )
    ]
    return np.concatenate(outputs, -1)


def _depthwise(x: Any, kernel: Any, *more: Any) -> Any:
    channels = range(x.shape[-1])
    outputs = [_conv(x[..., c, None], kernel[..., c, None, :], *more) for c in channels]
    return np.concatenate(outputs, -1)


def _separable(x: Any, depthwise: Any, pointwise: Any, *more: Any) -> Any:
    return _conv(_depthwise(x, depthwise, *more), pointwise, 1, "valid", 1)


T = Table(
    "ops.conv",
    "keras.ops",
    reference={
        "conv": _layout(_conv),
        "depthwise_conv": _layout(_depthwise),
        "separable_conv": _layout(_separable),
    },
)

_FIRST = "channels_first"
_FEW = ["forward", "grad_inputs"]

T(
    "conv",
    "image",
    n(2, 5, 6, 3),
    n(3, 2, 3, 4),
    refuses={
        "an unknown padding": bad(n(2, 5, 3), n(2, 3, 4), padding="full"),
        "other channels": bad(n(2, 5, 3), n(2, 2, 4)),
        "groups that do not divide": bad(n(2, 5, 4), n(2, 2, 3)),
        "a kernel of another rank": bad(n(2, 5, 3), n(2, 2, 3, 4)),
        "no spatial axis": bad(n(2, 3), n(3, 4)),
        "a kernel too large": bad(n(2, 2, 3), n(3, 3, 4)),
        "a stride of zero": bad(n(2, 5, 3), n(2, 3, 4), strides=0),
    },
)
T(
    "conv",
    "defaults",
    n(2, 5, 3),
    n(2, 3, 4),
    strides=1,
    padding="valid",
    data_format=None,
    dilation_rate=1,
    checks=["forward"],
)
for _size, _step, _padding in itertools.product(
    (1, 2, 3, 4), (1, 2, 3), ("valid", "same")
):
    T(
        "conv",
        f"sequence, {_padding}, {_size} by {_step}",
        n(2, 7, 3),
        n(_size, 3, 2),
        strides=_step,
        padding=_padding,
        checks=_FEW if _padding == "same" and _size in (2, 3) else ["forward"],
    )
for _size, _rate, _padding in itertools.product((2, 3), (2, 3), ("valid", "same")):
    T(
        "conv",
        f"sequence, {_padding}, {_size} dilated by {_rate}",
        n(2, 9, 3),
        n(_size, 3, 2),
        dilation_rate=_rate,
        padding=_padding,
        checks=_FEW if _size == 2 else ["forward"],
    )
for _padding in ("valid", "same"):
    T(
        "conv",
        f"uneven strides, {_padding}",
        n(2, 5, 6, 3),
        n(2, 3, 3, 4),
        strides=(1, 2),
        padding=_padding,
        checks=["forward", "spec", "grad_inputs"],
    )
    T(
        "conv",
        f"uneven dilation, {_padding}",
        n(2, 5, 6, 3),
        n(2, 2, 3, 4),
        dilation_rate=(1, 2),
        padding=_padding,
        checks=["forward", "spec"],
    )
    T(
        "conv",
        f"channels first, {_padding}",
        n(2, 3, 5, 6),
        n(2, 3, 3, 4),
        strides=2,
        padding=_padding,
        data_format=_FIRST,
        checks=["forward", "spec", "grad_inputs"],
    )
    T(
        "conv",
        f"channels first, a sequence, {_padding}",
        n(2, 3, 8),
        n(2, 3, 4),
        strides=3,
        padding=_padding,
        data_format=_FIRST,
        checks=["forward", "spec"],
    )
    T(
        "conv",
        f"volume, {_padding}",
        n(1, 4, 3, 5, 2),
        n(2, 2, 3, 2, 3),
        strides=(1, 2, 1),
        padding=_padding,
        checks=["forward", "spec"],
    )
    T(
        "conv",
        f"groups, {_padding}",
        n(2, 5, 6, 4),
        n(3, 2, 2, 6),
        padding=_padding,
        checks=["forward", "spec", "grad_inputs"],
    )
T(
    "conv",
    "groups, channels first",
    n(2, 4, 5, 6),
    n(3, 2, 2, 6),
    data_format=_FIRST,
    checks=["forward"],
)
T(
    "conv",
    "volume, channels first",
    n(1, 2, 4, 3, 5),
    n(2, 2, 3, 2, 3),
    data_format=_FIRST,
    checks=["forward"],
)
T(
    "conv",
    "groups of a volume",
    n(1, 3, 4, 3, 4),
    n(2, 2, 2, 2, 4),
    checks=["forward"],
)
T("conv", "int32", i(2, 5, 3), i(2, 3, 4), ref=False, checks=["forward"])
T("conv", "float and int32", n(2, 5, 3), i(2, 3, 4), ref=False, checks=["forward"])
T("conv", "no examples", n(0, 5, 3), n(2, 3, 4), checks=["forward", "spec"])
T(
    "conv",
    "stride and dilation",
    n(2, 9, 3),
    n(2, 3, 4),
    strides=2,
    dilation_rate=2,
    checks=["forward"],
)
T(
    "conv",
    "infinity",
    v([[[1.0], [float("inf")], [0.0]]]),
    v([[[0.0]]]),
    ref=False,
    checks=["forward"],
)
T(
    "conv",
    "same, a kernel larger than the input",
    n(1, 3, 2),
    n(8, 2, 3),
    padding="same",
    checks=["forward"],
)

T(
    "depthwise_conv",
    "image",
    n(2, 5, 6, 3),
    n(3, 2, 3, 2),
    refuses={
        "other channels": bad(n(2, 5, 3), n(2, 2, 4)),
        "an unknown padding": bad(n(2, 5, 3), n(2, 3, 1), padding="full"),
    },
)
T(
    "separable_conv",
    "image",
    n(2, 5, 6, 3),
    n(3, 2, 3, 2),
    n(1, 1, 6, 4),
    refuses={
        "other channels": bad(n(2, 5, 6, 3), n(2, 2, 2, 4), n(1, 1, 8, 2)),
        "other points": bad(n(2, 5, 6, 3), n(2, 2, 3, 2), n(1, 1, 5, 2)),
    },
)
for _name, _points in {"depthwise_conv": 0, "separable_conv": 3}.items():
    _one = (n(1, 4, _points),) if _points else ()
    _two = (n(1, 1, 4, _points),) if _points else ()
    for _size, _step, _padding in itertools.product((2, 3), (1, 2), ("valid", "same")):
        T(
            _name,
            f"sequence, {_padding}, {_size} by {_step}",
            n(2, 7, 2),
            n(_size, 2, 2),
            *_one,
            strides=_step,
            padding=_padding,
            checks=["forward"],
        )
    for _padding in ("valid", "same"):
        T(
            _name,
            f"dilated, {_padding}",
            n(2, 6, 7, 2),
            n(2, 3, 2, 2),
            *_two,
            dilation_rate=2,
            padding=_padding,
            checks=_FEW,
        )
        T(
            _name,
            f"channels first, {_padding}",
            n(2, 2, 6, 7),
            n(2, 3, 2, 2),
            *_two,
            strides=2,
            padding=_padding,
            data_format=_FIRST,
            # The check would double a kernel of points, which are one by one.
            checks=["forward"] if _points else ["forward", "spec"],
        )
    T(
        _name,
        "uneven strides",
        n(2, 6, 7, 2),
        n(2, 3, 2, 2),
        *_two,
        strides=(1, 2),
        ref=False,
        checks=["forward"],
    )
