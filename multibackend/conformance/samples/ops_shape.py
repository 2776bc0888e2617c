"""`keras.ops` that move elements: other shapes, other orders, the same numbers."""

from typing import Any

import numpy as np

from multibackend.conformance.draws import b, i, n, v
from multibackend.conformance.table import NUMPY, Table, bad

T = Table("ops.shape", "keras.ops", reference=NUMPY)
T.alone("meshgrid")

_EDGE = ["forward", "spec"]
_GRAD = ["forward", "spec", "grad_inputs"]

T(
    "reshape",
    "plain",
    n(2, 3, 4),
    (4, 6),
    refuses={"size": bad(n(2, 3), (4, 2)), "two unknown": bad(n(2, 3), (-1, -1))},
)
T("reshape", "unknown", n(2, 3, 4), (3, -1), checks=_EDGE)
T("reshape", "scalar", n(1, 1), (), checks=_EDGE)
T("reshape", "whole", n(2, 3), -1, checks=_EDGE)
T("reshape", "empty", n(0, 3), (3, 0), checks=_EDGE)
T("reshape", "empty unknown", n(0, 3), (-1, 3), checks=_EDGE)
T("reshape", "bool", b(2, 3), (3, 2), checks=_EDGE)
T(
    "reshape",
    "newshape",
    n(2, 6),
    newshape=(3, 4),
    checks=_EDGE,
    ref=lambda x, newshape: x.reshape(newshape),
)

T(
    "transpose",
    "plain",
    n(2, 3, 4),
    refuses={"twice": bad(n(2, 3), axes=(0, 0)), "few": bad(n(2, 3, 4), axes=(0, 1))},
)
T("transpose", "axes", n(2, 3, 4), axes=(1, 2, 0), checks=_GRAD)
T("transpose", "negative", n(2, 3, 4), axes=(-1, 0, 1), checks=_EDGE)
T("transpose", "vector", n(3), checks=_EDGE)
T("transpose", "scalar", n(), checks=_EDGE)
T("transpose", "empty", i(0, 2), checks=_EDGE)

T(
    "moveaxis",
    "plain",
    n(2, 3, 4),
    0,
    -1,
    refuses={"axis": bad(n(2, 3), 0, 2), "lengths": bad(n(2, 3), (0, 1), 1)},
)
T("moveaxis", "several", n(2, 3, 4, 5), (0, 1), (-1, -2), checks=_EDGE)
T("moveaxis", "same", n(2, 3), 1, 1, checks=_EDGE)
T("swapaxes", "plain", n(2, 3, 4), 0, 2, refuses={"axis": bad(n(2, 3), 0, 2)})
T("swapaxes", "negative", n(2, 3, 4), -1, -2, checks=_EDGE)
T("swapaxes", "bool", b(2, 3), 0, 1, checks=_EDGE)

T(
    "squeeze",
    "plain",
    n(2, 1, 3, 1),
    refuses={"not one": bad(n(2, 3), axis=0), "axis": bad(n(1, 3), axis=2)},
)
T("squeeze", "axis", n(2, 1, 3, 1), axis=1, checks=_GRAD)
T("squeeze", "negative", n(2, 1, 3, 1), axis=-1, checks=_EDGE)
T("squeeze", "axes", n(2, 1, 3, 1), axis=(1, -1), checks=_EDGE)
T("squeeze", "to a scalar", n(1, 1), checks=_EDGE)
T("squeeze", "scalar", n(), checks=_EDGE)
T("squeeze", "nothing", n(2, 3), checks=_EDGE)
T(
    "expand_dims",
    "plain",
    n(2, 3),
    1,
    refuses={"axis": bad(n(2, 3), 4), "twice": bad(n(2, 3), (0, 0))},
)
T("expand_dims", "negative", n(2, 3), -1, checks=_GRAD)
T("expand_dims", "axes", n(2, 3), (0, -1), checks=_EDGE)
T("expand_dims", "axes in any order", n(2, 3), (2, 0), checks=_EDGE)
T("expand_dims", "scalar", n(), 0, checks=_EDGE)
T("ravel", "plain", n(2, 3, 4))
T("ravel", "scalar", n(), checks=_EDGE)
T("ravel", "empty", n(2, 0), checks=_EDGE)
T("ravel", "whole numbers", i(2, 3, dtype="int8"), checks=_EDGE)

T("flip", "plain", n(2, 3, 4), refuses={"axis": bad(n(2, 3), axis=2)})
T("flip", "axis", n(2, 3, 4), axis=1, checks=_GRAD)
T("flip", "negative", n(2, 3, 4), axis=-1, checks=_EDGE)
T("flip", "axes", n(2, 3, 4), axis=(0, 2), checks=_EDGE)
T("flip", "scalar", n(), checks=_EDGE)
T("flip", "empty", n(0, 3), checks=_EDGE)
T("flip", "bool", b(2, 3), axis=0, checks=_EDGE)
T("fliplr", "plain", n(2, 3), refuses={"vector": bad(n(3))})
T("fliplr", "cube", i(2, 3, 2), checks=_EDGE)
T("flipud", "plain", n(3, 2), refuses={"scalar": bad(n())})
T("flipud", "vector", n(3), checks=_EDGE)
T("roll", "plain", n(3, 4), 2, axis=1, refuses={"axis": bad(n(2, 3), 1, axis=2)})
T("roll", "flat", n(3, 4), 5, checks=_GRAD)
T("roll", "negative", n(3, 4), -1, axis=-1, checks=_EDGE)
T("roll", "far", n(3, 4), 11, axis=0, checks=_EDGE)
T("roll", "axes", n(3, 4), (1, -2), axis=(0, 1), checks=_EDGE)
T("roll", "one shift, two axes", n(3, 4), 1, axis=(0, 1), checks=_EDGE)
T("roll", "empty", n(0, 3), 1, axis=0, checks=_EDGE)
T("roll", "whole numbers", i(5), 2, checks=_EDGE)
T(
    "rot90",
    "plain",
    n(2, 3),
    refuses={
        "vector": bad(n(3)),
        "same axis": bad(n(2, 3), axes=(0, 0)),
        "axis": bad(n(2, 3), axes=(0, 2)),
    },
)
for _k in (-1, 0, 2, 3, 5):
    T("rot90", f"{_k} times", n(2, 3), k=_k, checks=_EDGE)
T("rot90", "axes", n(2, 3, 4), k=1, axes=(2, 1), checks=_GRAD)
T("rot90", "negative axes", n(2, 3, 4), k=3, axes=(-1, 0), checks=_EDGE)

T("tile", "plain", n(2, 3), (2, 1), refuses={"negative": bad(n(2, 3), (2, -1))})
T("tile", "number", n(2, 3), 2, checks=_GRAD)
T("tile", "fewer", n(2, 2, 3), (2, 1), checks=_EDGE)
T("tile", "more", n(3), (2, 1, 2), checks=_EDGE)
T("tile", "nothing", n(2, 3), (0, 1), checks=_EDGE)
T("tile", "scalar", n(), 3, checks=_EDGE)
T("tile", "bool", b(2), 2, checks=_EDGE)
T(
    "repeat",
    "plain",
    n(2, 3),
    2,
    axis=1,
    refuses={"axis": bad(n(2, 3), 2, axis=2), "negative": bad(n(2, 3), -1, axis=0)},
)
T("repeat", "flat", n(2, 3), 2, checks=_GRAD)
T("repeat", "each", n(3, 2), [1, 0, 2], axis=0, checks=_GRAD)
T("repeat", "each, flat", n(2, 2), [1, 2, 0, 3], checks=_EDGE)
T("repeat", "one for all", n(3, 2), [2], axis=0, checks=_EDGE)
T("repeat", "counts as an array", n(3), i(3, high=3), axis=0, checks=["forward"])
T("repeat", "nothing", n(2, 3), 0, axis=-1, checks=_EDGE)
T("repeat", "scalar", n(), 3, checks=_EDGE)
T("repeat", "uint8", i(3, dtype="uint8"), 2, checks=_EDGE)
T(
    "broadcast_to",
    "plain",
    n(3, 1),
    (2, 3, 4),
    refuses={"shape": bad(n(3), (2, 4)), "smaller": bad(n(2, 3), (3,))},
)
T("broadcast_to", "scalar", n(), (2, 3), checks=_GRAD)
T("broadcast_to", "empty", n(1, 3), (0, 3), checks=_EDGE)
T("broadcast_to", "bool", b(3), (2, 3), checks=_EDGE)

_MODES = ("reflect", "symmetric")
T(
    "pad",
    "plain",
    n(2, 3),
    ((1, 2), (0, 1)),
    refuses={
        "mode": bad(n(3), 1, mode="nowhere"),
        "values": bad(n(3), 1, mode="reflect", constant_values=1),
    },
)
T("pad", "one number", n(2, 3), 1, checks=_GRAD)
T("pad", "one pair", n(2, 3), ((1, 2),), checks=_EDGE)
T("pad", "flat pair", n(2, 3), (1, 2), checks=_EDGE)
T("pad", "one number in a tuple", n(2, 3), (1,), checks=_EDGE)
T(
    "pad",
    "constant",
    n(2, 3),
    ((1, 2), (0, 1)),
    mode="constant",
    constant_values=2.5,
    checks=_GRAD,
)
T("pad", "fraction into whole numbers", i(3), 1, constant_values=2.5, checks=_EDGE)
T(
    "pad",
    "minus one into uint8",
    i(3, dtype="uint8"),
    1,
    constant_values=255,
    checks=_EDGE,
)
T("pad", "bool", b(3), 1, constant_values=True, checks=_EDGE)
T("pad", "empty", n(0, 2), ((1, 1), (1, 1)), checks=_EDGE)
T("pad", "nothing", n(2, 2), ((0, 0), (0, 0)), checks=_EDGE)
T("pad", "scalar", n(), 0, checks=_EDGE)
T("pad", "five axes", n(1, 2, 1, 2, 2), ((1, 1),) * 5, checks=_EDGE)
for _mode in _MODES:
    T("pad", _mode, n(3, 4), ((1, 2), (0, 1)), mode=_mode, checks=_GRAD)
    T("pad", f"{_mode} vector", n(4), ((2, 1),), mode=_mode, checks=_GRAD)
    T("pad", f"{_mode} cube", n(3, 3, 3), ((1, 1),) * 3, mode=_mode, checks=_GRAD)
    T(
        "pad",
        f"{_mode} four axes",
        n(2, 3, 3, 3),
        ((1, 1),) * 4,
        mode=_mode,
        checks=_EDGE,
    )
    T(
        "pad",
        f"{_mode} five axes",
        n(2, 2, 2, 2, 2),
        ((1, 1),) * 5,
        mode=_mode,
        checks=_EDGE,
    )
    T(
        "pad",
        f"{_mode} last axis of four",
        n(2, 2, 2, 3),
        ((0, 0), (0, 0), (0, 0), (1, 1)),
        mode=_mode,
        checks=_EDGE,
    )
    T("pad", f"{_mode} whole numbers", i(4), 2, mode=_mode, checks=_EDGE)
    T("pad", f"{_mode} bool", b(4), 2, mode=_mode, checks=_EDGE)
    T("pad", f"{_mode} twice the size", n(2), 5, mode=_mode, checks=_EDGE)
    T("pad", f"{_mode} nothing", n(2, 3), ((0, 0), (0, 0)), mode=_mode, checks=_EDGE)

T("meshgrid", "plain", n(2), n(3), ref=lambda *x, **k: list(np.meshgrid(*x, **k)))


# As a list, whatever it is in: what is in it is compared.
def _grid(**kwargs: Any) -> dict[str, Any]:
    return {
        "run": lambda keras, *x: [*keras.ops.meshgrid(*x, **kwargs)],
        "ref": lambda *x: [*np.meshgrid(*x, **kwargs)],
    }


T("meshgrid", "ij", n(2), n(3), n(4), **_grid(indexing="ij"), checks=_GRAD)
T("meshgrid", "xy of three", n(2), n(3), n(4), **_grid(indexing="xy"), checks=_EDGE)
T("meshgrid", "one", n(3), **_grid(), checks=_EDGE)
T("meshgrid", "scalar", n(), n(3), **_grid(), checks=_EDGE)
T("meshgrid", "matrix", n(2, 2), n(3), **_grid(), checks=_EDGE)
T("meshgrid", "mixed dtypes", n(2), i(3), **_grid(), checks=_EDGE)
T("meshgrid", "empty", n(0), n(3), **_grid(), checks=_EDGE)

T(
    "rearrange",
    "plain",
    n(2, 3, 4),
    "b h w -> b (h w)",
    ref=lambda x, _: x.reshape(2, 12),
    refuses={
        "names": bad(n(2, 3), "a b c -> a (b c)"),
        "size": bad(n(2, 3), "a (b c) -> a b c", b=2),
    },
)
T(
    "rearrange",
    "transpose",
    n(2, 3, 4),
    "b h w -> w b h",
    ref=lambda x, _: x.transpose(2, 0, 1),
    checks=_GRAD,
)
T(
    "rearrange",
    "split",
    n(2, 6),
    "b (h w) -> b h w",
    h=2,
    ref=lambda x, _, h: x.reshape(2, h, 3),
    checks=_EDGE,
)
T(
    "rearrange",
    "all at once",
    n(2, 4, 6, 3),
    "b (h p) (w q) c -> b (h w) (p q c)",
    p=2,
    q=3,
    ref=lambda x, _, p, q: (
        x.reshape(2, 2, p, 2, q, 3).transpose(0, 1, 3, 2, 4, 5).reshape(2, 4, 18)
    ),
    checks=_GRAD,
)

T(
    "view",
    "as int32",
    v([1.0, -2.0, 0.5]),
    run=lambda keras, x: keras.ops.view(keras.ops.cast(x, "float32"), "int32"),
    ref=lambda x: x.astype("float32").view("int32"),
    checks=_EDGE,
)
T(
    "view",
    "as float32",
    i(4, high=1 << 30),
    dtype="float32",
    checks=_EDGE,
    ref=lambda x, dtype: x.astype("int32").view(dtype),
)
T(
    "view",
    "as uint8",
    i(2, 3),
    dtype="uint8",
    checks=_EDGE,
    ref=lambda x, dtype: x.astype("int32").view(dtype),
)
T(
    "view",
    "as wider",
    i(2, 8, dtype="uint8"),
    dtype="int32",
    checks=_EDGE,
    ref=lambda x, dtype: x.astype("uint8").view(dtype),
    refuses={"odd": bad(i(3, dtype="uint8"), dtype="int32")},
)
T("view", "as itself", n(2, 3), checks=_EDGE, ref=lambda x: x)
T(
    "view_as_complex",
    "plain",
    n(2, 3, 2),
    ref=lambda x: x[..., 0] + 1j * x[..., 1],
    refuses={"three": bad(n(2, 3))},
)
T(
    "view_as_complex",
    "pair",
    n(2),
    ref=lambda x: x[..., 0] + 1j * x[..., 1],
    checks=_EDGE,
)
T(
    "view_as_real",
    "plain",
    n(2, 3),
    n(2, 3),
    run=lambda keras, x, y: keras.ops.view_as_real(
        keras.ops.view_as_complex(keras.ops.stack([x, y], -1))
    ),
    ref=lambda x, y: np.stack([x, y], -1),
)
