"""Layers that reshape, crop, pad, repeat and scale up."""

from typing import Any

import numpy as np

from multibackend.conformance.draws import i, n
from multibackend.conformance.references.plain import plain
from multibackend.conformance.table import Table, bad

T = Table("layers.reshaping", "keras.layers", objects=True)

_FEW = ("forward", "grad_inputs", "spec")


_ROWS = plain(lambda x: x.reshape(len(x), -1))
T.make("Flatten", "images", {}, n(2, 3, 4, 2), ref=_ROWS)
T.make("Flatten", "numbers", {}, n(3), checks=["forward", "spec"])
T.make("Flatten", "rows", {}, n(3, 4), ref=_ROWS, checks=_FEW)
T.make(
    "Flatten",
    "channels first",
    {"data_format": "channels_first"},
    n(2, 2, 3, 4),
    ref=plain(lambda x: np.moveaxis(x, 1, -1).reshape(len(x), -1)),
    checks=_FEW,
)
T.make("Flatten", "no steps", {}, n(2, 0, 4), checks=["forward", "spec"])
T.make(
    "Reshape",
    "inferred",
    {"target_shape": (-1, 2)},
    n(2, 6),
    ref=plain(lambda x: x.reshape(len(x), -1, 2)),
    refuses={
        "no such shape": bad(n(2, 5)),
        "two unknown": bad(target_shape=(-1, -1)),
        "negative": bad(target_shape=(-2, 3)),
    },
)
T.make(
    "Reshape",
    "to numbers",
    {"target_shape": ()},
    n(3, 1),
    ref=plain(lambda x: x.reshape(3)),
    checks=_FEW,
)
T.make(
    "Reshape", "no rows", {"target_shape": (3, 2)}, n(0, 6), checks=["forward", "spec"]
)
T.make(
    "Permute",
    "three axes",
    {"dims": (3, 1, 2)},
    n(2, 3, 4, 5),
    ref=plain(lambda x: np.transpose(x, (0, 3, 1, 2))),
    refuses={"twice": bad(dims=(1, 1)), "from zero": bad(dims=(0, 1))},
)
T.make(
    "RepeatVector",
    "three",
    {"n": 3},
    n(2, 4),
    ref=plain(lambda x: np.repeat(x[:, None], 3, axis=1)),
    refuses={"a fraction": bad(n=2.5), "rank": bad(n(2, 3, 4))},
)

_SPACE = {"1D": (5,), "2D": (5, 6), "3D": (4, 5, 6)}
# After the width of a pad torch.compile refuses any further layer.
T.alone(*(f"ZeroPadding{rank}" for rank in _SPACE))
_SIDES = ((1, 2), (0, 1), (2, 0))
for _rank, _shape in _SPACE.items():
    _axes = len(_shape)
    _pads = _SIDES[:_axes]
    _given = _pads[0] if _axes == 1 else _pads
    _cuts = tuple(slice(a, -b or None) for a, b in _pads)
    T.make(
        f"Cropping{_rank}",
        "sides apart",
        {"cropping": _given},
        n(2, *_shape, 3),
        ref=plain(lambda x, cuts=_cuts: x[(slice(None), *cuts)]),
        refuses={
            "all cropped": bad(n(2, *[2] * _axes, 3)),
            "not even pairs": bad(cropping=(1, 2, 3, 4)),
        },
    )
    T.make(
        f"ZeroPadding{_rank}",
        "sides apart",
        {"padding": _given},
        n(2, *_shape, 3),
        ref=plain(lambda x, pads=_pads: np.pad(x, [(0, 0), *pads, (0, 0)])),
        refuses={
            "not even pairs": bad(padding=(1, 2, 3, 4)),
        },
    )
    _first = {"data_format": "channels_first"}
    for _name, _argument in (("Cropping", "cropping"), ("ZeroPadding", "padding")):
        T.make(
            f"{_name}{_rank}",
            "channels first" if _axes > 1 or _name == "ZeroPadding" else "whole number",
            {_argument: 1, **(_first if _axes > 1 or _name == "ZeroPadding" else {})},
            n(2, 3, *_shape),
            checks=_FEW,
        )

    def _grown(x: Any, size: Any = 2) -> Any:
        for axis in range(1, x.ndim - 1):
            x = np.repeat(x, size, axis=axis)
        return x

    T.make(
        f"UpSampling{_rank}",
        "by two",
        {"size": 2},
        n(2, *_shape, 3),
        ref=plain(_grown),
        refuses={"rank": bad(n(2, 3)), "no size": bad(size=(1, 2, 3, 4))},
    )
    if _axes > 1:
        T.make(
            f"UpSampling{_rank}",
            "channels first",
            {"size": 2, "data_format": "channels_first"},
            n(2, 3, *_shape),
            ref=plain(lambda x: np.moveaxis(_grown(np.moveaxis(x, 1, -1)), -1, 1)),
            checks=_FEW,
        )
for _how in ("bilinear",):
    T.make(
        "UpSampling2D",
        _how,
        {"size": (2, 3), "interpolation": _how},
        n(2, 3, 4, 2),
        checks=_FEW,
    )
T.make(
    "UpSampling2D",
    "bilinear, channels first",
    {"size": 2, "interpolation": "bilinear", "data_format": "channels_first"},
    n(2, 2, 3, 4),
    checks=_FEW,
)
T.make(
    "UpSampling2D",
    "whole numbers",
    {"size": 2, "dtype": "uint8"},
    i(2, 3, 4, 2, high=255, dtype="uint8"),
    checks=["forward", "spec"],
)
T.make(
    "ZeroPadding1D",
    "whole numbers",
    {"padding": 1, "dtype": "int32"},
    i(2, 3, 2),
    checks=["forward", "spec"],
)
