"""`keras.ops` that put tensors together and take them apart."""

from collections.abc import Callable
from typing import Any

import numpy as np

from multibackend.conformance.draws import b, i, n
from multibackend.conformance.table import NUMPY, Table, bad

T = Table("ops.join", "keras.ops", reference=NUMPY)
T.alone("unstack")

_EDGE = ["forward", "spec"]
_GRAD = ["forward", "spec", "grad_inputs"]

T(
    "stack",
    "plain",
    [n(2, 3), n(2, 3)],
    axis=1,
    refuses={"shapes": bad([n(2), n(3)]), "axis": bad([n(2), n(2)], axis=2)},
)
T("stack", "default", [n(2), n(2), n(2)], checks=_EDGE)
T("stack", "negative", [n(2, 3), n(2, 3)], axis=-1, checks=_GRAD)
T("stack", "scalars", [n(), n()], checks=_EDGE)
T("stack", "one", [n(2)], checks=_EDGE)
T("stack", "mixed dtypes", [n(2), i(2), b(2)], checks=_EDGE)
T("stack", "int8 and uint8", [i(2, dtype="int8"), i(2, dtype="uint8")], checks=_EDGE)
T(
    "concatenate",
    "plain",
    [n(2, 3), n(4, 3)],
    refuses={
        "shapes": bad([n(2, 3), n(2, 4)]),
        "axis": bad([n(2), n(2)], axis=1),
        "ranks": bad([n(2, 2), n(2)]),
        "no axis": bad([n(2, 3), n(2)], axis=None),
    },
)
T("concatenate", "axis", [n(2, 3, 1), n(2, 1, 1)], axis=1, checks=_GRAD)
T("concatenate", "negative", [n(2, 3), n(2, 1)], axis=-1, checks=_EDGE)
T("concatenate", "empty", [n(0, 3), n(2, 3)], checks=_EDGE)
T("concatenate", "mixed dtypes", [i(2), n(2)], checks=_EDGE)
T("concatenate", "bool and uint8", [b(2), i(2, dtype="uint8")], checks=_EDGE)
T("concatenate", "bools", [b(2), b(3)], checks=_EDGE)
T("concatenate", "int32 and int64", [i(2), i(2, dtype="int64")], checks=_EDGE)
T(
    "append",
    "plain",
    n(2, 3),
    n(1, 3),
    axis=0,
    refuses={
        "shapes": bad(n(2, 3), n(2, 2), axis=0),
        "ranks": bad(n(2, 3), n(3), axis=0),
    },
)
T("append", "flat", n(2, 3), n(2), checks=_GRAD)
T("append", "negative", n(2, 3), n(2, 1), axis=-1, checks=_EDGE)
T("append", "scalar", n(3), 2.5, checks=_EDGE)
T("append", "mixed dtypes", i(2), n(3), checks=_EDGE)
for _name, _shape in {"hstack": (2, 3), "vstack": (2, 3), "dstack": (2, 3, 2)}.items():
    T(
        _name,
        "plain",
        [n(*_shape), n(*_shape)],
        refuses={"shapes": bad([n(2, 3), n(4, 5)])},
    )
    T(_name, "vectors", [n(3), n(3)], checks=_GRAD)
    T(_name, "scalars", [n(), n()], checks=_EDGE)
    T(_name, "matrices", [n(2, 2), n(2, 2)], checks=_EDGE)
    T(_name, "cubes", [i(2, 2, 2), i(2, 2, 2)], checks=_EDGE)
    T(_name, "mixed dtypes", [b(3), i(3)], checks=_EDGE)

T(
    "split",
    "plain",
    n(4, 3),
    2,
    refuses={
        "uneven": bad(n(3), 2),
        "axis": bad(n(4), 2, axis=1),
        "none": bad(n(4), 0),
        "indices beyond": bad(n(4), [2, 6]),
        "indices that fall": bad(n(6), [4, 2]),
        "negative indices": bad(n(6), [-2]),
    },
)
T("split", "axis", n(2, 6), 3, axis=1, checks=_GRAD)
T("split", "indices", n(6, 2), [1, 4], checks=_GRAD)
T("split", "negative axis", n(2, 6), [2, 3], axis=-1, checks=_EDGE)
T("split", "equal indices", n(4), [2, 2], checks=_EDGE)
T("split", "one part", i(4), 1, checks=_EDGE)
T("split", "no indices", n(4), [], checks=_EDGE)
T("split", "empty", n(0, 3), 2, checks=_EDGE)
T(
    "array_split",
    "plain",
    n(7, 2),
    3,
    refuses={"axis": bad(n(4), 2, axis=1), "none": bad(n(4), 0)},
)
T("array_split", "axis", n(2, 5), 2, axis=1, checks=_GRAD)
T("array_split", "negative axis", n(2, 5), 2, axis=-1, checks=_EDGE)
T("array_split", "more parts than rows", n(2), 3, checks=_EDGE)
T("array_split", "empty", n(0, 2), 2, checks=_EDGE)
for _name, _shape in {"hsplit": (3, 4), "vsplit": (4, 3), "dsplit": (2, 3, 4)}.items():
    _low = {"hsplit": n(), "vsplit": n(4), "dsplit": n(2, 3)}[_name]
    T(
        _name,
        "plain",
        n(*_shape),
        2,
        refuses={"rank": bad(_low, 2), "uneven": bad(n(*_shape), 5)},
    )
    T(_name, "indices", n(*_shape), [1, 3], checks=_GRAD)
    T(_name, "indices beyond", n(*_shape), [1, 9], checks=_EDGE)
T("hsplit", "vector", n(4), 2, checks=_EDGE)


def _unstack(x: np.ndarray, num: int | None = None, axis: int = 0) -> list[np.ndarray]:
    return [np.take(x, k, axis) for k in range(x.shape[axis])]


T(
    "unstack",
    "plain",
    n(3, 2),
    ref=_unstack,
    refuses={"num": bad(n(3, 2), num=2), "axis": bad(n(3), axis=1), "scalar": bad(n())},
)


# As a list, whatever it is in: what is in it is compared.
def _listed(**kwargs: Any) -> Callable[..., Any]:
    return lambda keras, x: [*keras.ops.unstack(x, **kwargs)]


def _along(axis: int) -> Callable[..., Any]:
    return lambda x: _unstack(x, axis=axis)


T("unstack", "num", n(3, 2), run=_listed(num=3), ref=_unstack, checks=_EDGE)
T("unstack", "axis", n(2, 3, 2), run=_listed(axis=1), ref=_along(1), checks=_GRAD)
T("unstack", "negative", i(2, 3), run=_listed(axis=-1), ref=_along(-1), checks=_EDGE)
T("unstack", "vector", b(3), run=_listed(), ref=_unstack, checks=_EDGE)
T("unstack", "empty", n(3, 0), run=_listed(), ref=_unstack, checks=_EDGE)
