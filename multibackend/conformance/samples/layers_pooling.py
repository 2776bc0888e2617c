"""Pooling: windows, whole images, and a given number of windows."""

from functools import partial
from typing import Any

import numpy as np

from multibackend.conformance.draws import n, perm, v
from multibackend.conformance.references.windows import first, pool
from multibackend.conformance.table import Table, bad

T = Table("layers.pooling", "keras.layers", objects=True)

_FEW = ("forward", "grad_inputs", "spec")
#: Its compiler takes half a minute for the windows of three dimensions.
_LONG = {"jit": "asked of one and two dimensions"}
_SPACE = {"1D": (7,), "2D": (7, 6), "3D": (4, 5, 6)}
_WINDOWS = {
    "same": {"pool_size": 3, "padding": "same"},
    "same, even window": {"pool_size": 2, "padding": "same", "strides": 1},
    "same, overlapping": {"pool_size": 3, "strides": 2, "padding": "same"},
    "valid, stride beyond the window": {"pool_size": 2, "strides": 3},
}


def _space(x: Any) -> Any:
    return tuple(range(1, x.ndim - 1))


def _mean(x: Any, *, keepdims: Any = False, weights: Any = None) -> Any:
    del weights
    return x.mean(axis=_space(x), keepdims=keepdims)


def _largest(x: Any, *, keepdims: Any = False, weights: Any = None) -> Any:
    del weights
    return x.max(axis=_space(x), keepdims=keepdims)


def _adaptive(x: Any, *, size: Any, reduce: Any, weights: Any = None) -> Any:
    """Window `i` of `m` goes from `floor(i n / m)` to `ceil((i + 1) n / m)`."""
    del weights
    for axis in _space(x):
        length, parts = x.shape[axis], size[axis - 1]
        cuts = [
            reduce(
                np.take(
                    x, range(i * length // parts, -(-(i + 1) * length // parts)), axis
                ),
                axis=axis,
            )
            for i in range(parts)
        ]
        x = np.stack(cuts, axis=axis)
    return x


for _rank, _shape in _SPACE.items():
    for _kind, _draw in (("Average", n), ("Max", perm)):
        _name = f"{_kind}Pooling{_rank}" if _kind == "Average" else f"MaxPool{_rank}"
        _reference = partial(pool, kind=_kind.lower())
        T.make(
            _name,
            "valid",
            {"pool_size": 2},
            _draw(2, *_shape, 3),
            ref=partial(_reference, size=2),
            refuses={
                "no window": bad(pool_size=0),
                "negative strides": bad(pool_size=2, strides=-1),
            },
        )
        for _label, _settings in _WINDOWS.items():
            if _rank == "3D" and _label != "same, overlapping":
                continue
            _options = {k: s for k, s in _settings.items() if k != "pool_size"}
            T.make(
                _name,
                _label,
                _settings,
                _draw(2, *_shape, 3),
                ref=partial(_reference, size=_settings["pool_size"], **_options),
                checks=_FEW if _rank != "3D" else ["forward"],
            )
        T.make(
            _name,
            "channels first, same",
            {
                "pool_size": 3,
                "strides": 2,
                "padding": "same",
                "data_format": "channels_first",
            },
            _draw(2, 3, *_shape),
            ref=first(partial(_reference, size=3, strides=2, padding="same")),
            checks=["forward", "spec"],
        )
        _name = f"Global{_kind}Pool{'ing' if _kind == 'Average' else ''}{_rank}"
        _reference = _mean if _kind == "Average" else _largest
        T.make(_name, "flat", {}, _draw(2, *_shape, 3), ref=_reference)
        T.make(
            _name,
            "channels first, kept axes",
            {"data_format": "channels_first", "keepdims": True},
            _draw(2, 3, *_shape),
            ref=first(partial(_reference, keepdims=True)),
            checks=_FEW,
        )
        _name = f"Adaptive{_kind}Pooling{_rank}"
        _size = (3, 4, 5)[: len(_shape)]
        _reference = np.mean if _kind == "Average" else np.max
        T.make(
            _name,
            "windows of unlike size",
            {"output_size": _size},
            _draw(2, *_shape, 3),
            ref=partial(_adaptive, size=_size, reduce=_reference),
            skip=_LONG if _rank == "3D" else {},
        )
        T.make(
            _name,
            "channels first",
            {"output_size": 2, "data_format": "channels_first"},
            _draw(2, 3, *_shape),
            ref=first(partial(_adaptive, size=(2,) * len(_shape), reduce=_reference)),
            checks=_FEW,
        )
        T.make(
            _name,
            "more windows than places",
            {"output_size": 8},
            _draw(2, *_shape, 3),
            ref=partial(_adaptive, size=(8,) * len(_shape), reduce=_reference),
            checks=["forward"],
        )

# PyTorch's compiler refuses the largest of them all.
T.alone(*(f"GlobalMaxPool{rank}" for rank in _SPACE))

_TIES = v([[[1.0, 1.0], [1.0, 0.0], [0.0, 0.0], [0.0, 0.0]]] * 2)
_NAN = v([[[1.0], [float("nan")], [-float("inf")], [float("inf")]]] * 2)
for _name in ("MaxPool1D", "GlobalMaxPool1D", "AdaptiveMaxPooling1D"):
    _settings = {"output_size": 2} if "Adaptive" in _name else {}
    T.make(_name, "ties", _settings, _TIES, checks=["forward", "grad_inputs"])
    T.make(_name, "special numbers", _settings, _NAN, checks=["forward"])
for _name in ("AveragePooling1D", "MaxPool1D"):
    T.make(
        _name,
        "all minus infinity, same",
        {"pool_size": 2, "padding": "same"},
        v([[[-float("inf")], [-float("inf")], [-float("inf")]]]),
        checks=["forward"],
    )
    T.make(
        _name,
        "window larger than the sequence",
        {"pool_size": 5, "padding": "valid"},
        n(2, 6, 3),
        checks=["errors"],
        refuses={"too short": bad(n(2, 3, 3)), "rank": bad(n(2, 3))},
    )
