"""`keras.ops` that rearrange blocks of images, and two that fit nowhere else."""

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from multibackend.conformance.draws import i, n, u, v
from multibackend.conformance.table import Table, bad


def _to_space(x: Any, block_size: int, data_format: str = "channels_last") -> Any:
    if data_format == "channels_first":
        x = _to_space(np.moveaxis(x, 1, -1), block_size)
        return np.moveaxis(x, -1, 1)
    many, high, wide, deep = x.shape
    x = x.reshape(many, high, wide, block_size, block_size, deep // block_size**2)
    x = x.transpose(0, 1, 3, 2, 4, 5)
    return x.reshape(many, high * block_size, wide * block_size, -1)


def _to_depth(x: Any, block_size: int, data_format: str = "channels_last") -> Any:
    if data_format == "channels_first":
        x = _to_depth(np.moveaxis(x, 1, -1), block_size)
        return np.moveaxis(x, -1, 1)
    many, high, wide, deep = x.shape
    high, wide = high // block_size, wide // block_size
    x = x.reshape(many, high, block_size, wide, block_size, deep)
    return x.transpose(0, 1, 3, 2, 4, 5).reshape(many, high, wide, -1)


def _pair(value: Any) -> Any:
    return (value, value) if isinstance(value, int) else value


def _unfold(
    x: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1
) -> Any:
    sizes, rates, pads, steps = map(_pair, (kernel_size, dilation, padding, stride))
    x = np.pad(x, [(0, 0), (0, 0), *((p, p) for p in pads)])
    wide = [(k - 1) * r + 1 for k, r in zip(sizes, rates, strict=True)]
    x = sliding_window_view(x, wide, (2, 3))
    x = x[:, :, :: steps[0], :: steps[1], :: rates[0], :: rates[1]]
    x = x.transpose(0, 1, 4, 5, 2, 3)
    return x.reshape(len(x), x.shape[1] * sizes[0] * sizes[1], -1)


def _fold(x: Any, output_size: Any, kernel_size: Any, *args: Any, **kwargs: Any) -> Any:
    """Adds each number where `_unfold` takes it from."""
    sizes, many = _pair(kernel_size), len(x)
    shape = (x.shape[1] // (sizes[0] * sizes[1]), *_pair(output_size))
    places = np.arange(np.prod(shape)).reshape(1, *shape) + 1.0  # 0 is outside
    taken = _unfold(places, kernel_size, *args, **kwargs)[0].astype(int)
    output = np.zeros((many, int(np.prod(shape)) + 1))
    for row, values in zip(output, x, strict=True):
        np.add.at(row, taken, values)
    return output[:, 1:].reshape(many, *shape)


T = Table(
    "ops.blocks",
    "keras.ops",
    reference={
        "depth_to_space": _to_space,
        "fold": _fold,
        "polar": lambda abs_, angle: abs_ * np.exp(1j * angle),
        "psnr": lambda x1, x2, max_val: (
            20 * np.log10(max_val)
            - 10 * np.log10(np.mean(np.subtract(x1, x2, dtype=float) ** 2))
        ),
        "space_to_depth": _to_depth,
        "unfold": _unfold,
    },
)

_FIRST = "channels_first"
_FEW = ["forward", "spec"]

T(
    "depth_to_space",
    "two by two",
    n(2, 3, 2, 8),
    2,
    refuses={
        "channels that do not divide": bad(n(2, 3, 2, 6), 2),
        "three axes": bad(n(3, 2, 8), 2),
        "a block of one": bad(n(2, 3, 2, 8), 1),
        "a block of zero": bad(n(2, 3, 2, 8), 0),
    },
)
T(
    "space_to_depth",
    "two by two",
    n(2, 4, 6, 3),
    2,
    refuses={
        "a height that does not divide": bad(n(2, 5, 6, 3), 2),
        "three axes": bad(n(4, 6, 3), 2),
        "a block of one": bad(n(2, 4, 6, 3), 1),
        "a block of zero": bad(n(2, 4, 6, 3), 0),
    },
)
for _name, _last, _first in (
    ("depth_to_space", (1, 2, 3, 18), (1, 18, 2, 3)),
    ("space_to_depth", (1, 6, 3, 2), (1, 2, 6, 3)),
):
    T(_name, "three by three", n(*_last), 3, checks=_FEW)
    T(_name, "channels first", n(*_first), 3, data_format=_FIRST, checks=_FEW)
    T(_name, "default format", n(*_last), 3, "channels_last", checks=["forward"])
    T(_name, "int32", i(*_last), 3, checks=_FEW)
    T(_name, "nothing", n(0, *_last[1:]), 3, ref=False, checks=["forward"])

T(
    "unfold",
    "blocks",
    n(2, 3, 5, 6),
    2,
    refuses={
        "two axes": bad(n(5, 6), 2),
        "a block too large": bad(n(2, 3, 2, 2), 3),
        "a size of zero": bad(n(2, 3, 5, 6), 0),
    },
)
T(
    "fold",
    "blocks",
    n(2, 12, 20),
    (5, 6),
    2,
    # TensorFlow traces each of its calls for half a second.
    skip=dict.fromkeys(("hvp", "determinism", "dtype"), "too slow on tensorflow"),
    refuses={
        "another number of blocks": bad(n(2, 12, 19), (5, 6), 2),
        "channels that do not divide": bad(n(2, 10, 20), (5, 6), 2),
    },
)
_FOLDS: list[tuple[str, dict[str, Any], int]] = [
    ("stride", {"stride": 2}, 6),
    ("padding", {"padding": 1}, 42),
    ("dilation", {"dilation": 2}, 12),
    ("everything", {"dilation": (2, 1), "padding": (1, 0), "stride": (1, 2)}, 15),
]
for _label, _more, _count in _FOLDS:
    T("unfold", _label, n(2, 3, 5, 6), 2, checks=_FEW, **_more)
    # TensorFlow traces each call of `fold` for half a second.
    if _label in ("stride", "everything"):
        T("fold", _label, n(2, 12, _count), (5, 6), 2, checks=_FEW, **_more)
T("unfold", "uneven", n(1, 2, 5, 6), (3, 2), checks=["forward", "grad_inputs"])
T(
    "fold",
    "not covered",
    n(1, 4, 4),
    (5, 5),
    2,
    stride=2,
    checks=["forward", "grad_inputs"],
)
T("unfold", "int32", i(1, 2, 4, 4), 2, ref=False, checks=["forward"])
T("fold", "int32", i(1, 4, 9), 4, 2, ref=False, checks=["forward"])

T("polar", "matrix", u(3, 4), n(3, 4), checks=_FEW)
T("polar", "broadcast", u(3, 1), n(4), checks=_FEW)
T("polar", "a negative length", v([-1.0, 0.0]), v([0.5, 1.0]), checks=["forward"])
T("polar", "float and int32", u(3), i(3, high=3), ref=False, checks=["forward"])

T(
    "psnr",
    "images",
    u(2, 4, 4, 3),
    u(2, 4, 4, 3),
    1.0,
    refuses={"other shapes": bad(u(2, 4, 4), u(2, 4, 3), 1.0)},
)
T("psnr", "of 255", u(4, 4, high=255.0), u(4, 4, high=255.0), 255, checks=_FEW)
T("psnr", "the same", v([0.5, 1.0]), v([0.5, 1.0]), 1.0, checks=["forward"])
T(
    "psnr",
    "uint8",
    i(4, 4, high=256, dtype="uint8"),
    i(4, 4, high=256, dtype="uint8"),
    255,
    checks=_FEW,
)
