"""`keras.random`: what is drawn, by its distribution."""

from typing import Any

import numpy as np

from multibackend.conformance.draws import n, spaced, v
from multibackend.conformance.sample import Make
from multibackend.conformance.table import Table, bad

T = Table("random.draws", "keras.random", jit=False)

_DRAWN = ["random"]
_VALUE = ["forward"]


def _seed(number: int = 5) -> Make:
    return Make("keras.random.SeedGenerator", {"seed": number})


def _draw(keras: Any, zero: Any, *, of: str, seed: Any, **more: Any) -> Any:
    """Numbers as a function of an input, which the check `random` asks for."""
    drawn = getattr(keras.random, of)(seed=seed, **more)
    return drawn + keras.ops.cast(zero, drawn.dtype)


_SAMPLES: dict[str, dict[str, dict[str, Any]]] = {
    "normal": {
        "standard": {"shape": (40,)},
        "moved": {"shape": (10, 4), "mean": 3.0, "stddev": 0.5},
        "scalar": {"shape": ()},
        "float16": {"shape": (40,), "dtype": "float16"},
        "bfloat16": {"shape": (40,), "dtype": "bfloat16"},
    },
    "uniform": {
        "standard": {"shape": (40,)},
        "moved": {"shape": (10, 4), "minval": -2.0, "maxval": 5.0},
        "scalar": {"shape": ()},
        "float16": {"shape": (40,), "dtype": "float16"},
        "bfloat16": {"shape": (40,), "dtype": "bfloat16"},
    },
    "truncated_normal": {
        "standard": {"shape": (40,)},
        "moved": {"shape": (10, 4), "mean": 3.0, "stddev": 0.5},
        "float16": {"shape": (40,), "dtype": "float16"},
    },
    "randint": {
        "dice": {"shape": (40,), "minval": 1, "maxval": 7},
        "around 0": {"shape": (40,), "minval": -3, "maxval": 3},
        "one value": {"shape": (40,), "minval": 4, "maxval": 6},
        "int64": {"shape": (40,), "minval": 0, "maxval": 10, "dtype": "int64"},
        "uint8": {"shape": (40,), "minval": 0, "maxval": 10, "dtype": "uint8"},
        "wide": {"shape": (40,), "minval": -(2**30), "maxval": 2**30},
    },
    "gamma": {
        "large": {"shape": (40,), "alpha": 4.0},
        "small": {"shape": (40,), "alpha": 0.3},
        "one": {"shape": (10, 4), "alpha": 1.0},
    },
    "beta": {
        "even": {"shape": (40,), "alpha": 2.0, "beta": 2.0},
        "small": {"shape": (40,), "alpha": 0.4, "beta": 0.6},
        "skew": {"shape": (10, 4), "alpha": 1.0, "beta": 5.0},
    },
    "binomial": {
        "few": {"shape": (40,), "counts": 5.0, "probabilities": 0.3},
        "many": {"shape": (40,), "counts": 100.0, "probabilities": 0.7},
        "coin": {"shape": (10, 4), "counts": 1.0, "probabilities": 0.5},
    },
}
for _name, _variants in _SAMPLES.items():
    for _label, _more in _variants.items():
        T(
            _name,
            _label,
            v(0.0),
            of=_name,
            seed=_seed(),
            run=_draw,
            checks=_DRAWN,
            **_more,
        )


def _by_row(keras: Any, first: Any, second: Any, *, of: str, seed: Any) -> Any:
    """A parameter for each place, in an array that is broadcast."""
    given = (first,) if of == "gamma" else (first, second)
    return getattr(keras.random, of)((6, 3), *given, seed=seed)


for _name, _first, _second in (
    ("gamma", [0.5, 2.0, 8.0], [0.0]),
    ("beta", [0.5, 2.0, 8.0], [1.0, 2.0, 0.5]),
    ("binomial", [3.0, 10.0, 40.0], [0.2, 0.5, 0.9]),
):
    T(
        _name,
        "by place",
        v(_first),
        v(_second),
        of=_name,
        seed=_seed(),
        run=_by_row,
        checks=_DRAWN,
    )


def _categories(keras: Any, logits: Any, *, number: int, seed: Any) -> Any:
    return keras.random.categorical(logits, number, seed=seed)


_LOGITS = v([[0.0, 1.0, 2.0], [3.0, 0.0, 0.0]])
T(
    "categorical",
    "logits",
    _LOGITS,
    number=20,
    seed=_seed(),
    run=_categories,
    checks=_DRAWN,
)
T(
    "categorical",
    "even",
    v([[0.0] * 4]),
    number=40,
    seed=_seed(),
    run=_categories,
    checks=_DRAWN,
)
T(
    "categorical",
    "extreme",
    v([[0.0, 200.0, 0.0], [-1e30, 0.0, -1e30], [1e30, 0.0, 0.0]]),
    number=6,
    seed=3,
    run=_categories,
    checks=_VALUE,
)
T(
    "categorical",
    "infinite",
    v([[float("-inf"), 0.0, float("-inf")]]),
    number=6,
    seed=3,
    run=_categories,
    checks=_VALUE,
)
T(
    "categorical",
    "one class",
    v([[0.5]]),
    number=4,
    seed=3,
    run=_categories,
    checks=_VALUE,
)
T(
    "categorical",
    "refused",
    _LOGITS,
    number=2,
    seed=3,
    run=_categories,
    checks=["errors"],
    refuses={
        "vector": bad(n(3), number=2, seed=1),
        "cube": bad(n(2, 2, 2), number=2, seed=1),
    },
)
for _dtype in ("int32", "int64", "uint8", "float32"):
    T(
        "categorical",
        f"{_dtype} shape",
        v([[0.0, 90.0], [90.0, 0.0]]),
        run=lambda keras, x, dtype: keras.random.categorical(x, 3, dtype=dtype, seed=1),
        dtype=_dtype,
        checks=_VALUE,
    )


def _dropped(
    keras: Any, x: Any, *, rate: float, seed: Any, noise_shape: Any = None
) -> Any:
    return keras.random.dropout(x, rate, noise_shape=noise_shape, seed=seed)


_ONES = spaced(8, 5, low=1.0, high=2.0)
for _rate in (0.1, 0.5, 0.9):
    T(
        "dropout",
        f"rate {_rate}",
        _ONES,
        rate=_rate,
        seed=_seed(),
        run=_dropped,
        checks=_DRAWN,
    )
T(
    "dropout",
    "without an own seed",
    _ONES,
    rate=0.5,
    seed=Make("keras.random.SeedGenerator", {}),
    run=_dropped,
    checks=_DRAWN,
)
T(
    "dropout",
    "by row",
    _ONES,
    rate=0.5,
    noise_shape=(8, 1),
    seed=_seed(),
    run=_dropped,
    checks=_DRAWN,
)
T(
    "dropout",
    "by column",
    _ONES,
    rate=0.5,
    noise_shape=(None, 1),
    seed=_seed(),
    run=_dropped,
    checks=_DRAWN,
)
T(
    "dropout",
    "rate 0",
    _ONES,
    rate=0.0,
    seed=1,
    run=_dropped,
    checks=["forward", "grad_inputs"],
)
T(
    "dropout",
    "rate 1",
    _ONES,
    rate=1.0,
    seed=1,
    run=_dropped,
    checks=["forward", "grad_inputs"],
)
T(
    "dropout",
    "special rate 1",
    v([float("nan"), float("inf")]),
    rate=1.0,
    seed=1,
    run=_dropped,
    checks=_VALUE,
)
T(
    "dropout",
    "refused",
    _ONES,
    rate=0.5,
    seed=1,
    run=_dropped,
    checks=["errors"],
    refuses={
        "negative": bad(n(3, 4), rate=-0.1, seed=1),
        "above 1": bad(n(3, 4), rate=1.5, seed=1),
        "noise shape": bad(n(3, 4), rate=0.5, seed=1, noise_shape=(2, 4)),
        "noise rank": bad(n(3, 4), rate=0.5, seed=1, noise_shape=(3,)),
        "seed": bad(n(3, 4), rate=0.5, seed="x"),
    },
)


def _shuffled(keras: Any, x: Any, *, seed: Any, axis: int = 0) -> Any:
    return keras.random.shuffle(x, axis=axis, seed=seed)


T("shuffle", "vector", spaced(6), seed=_seed(), run=_shuffled, checks=_DRAWN)
T("shuffle", "rows", spaced(4, 3), seed=_seed(), run=_shuffled, checks=_DRAWN)
T(
    "shuffle",
    "columns",
    spaced(4, 3),
    axis=1,
    seed=_seed(),
    run=_shuffled,
    checks=_DRAWN,
)


def _together(keras: Any, x: Any, *, axis: int) -> Any:
    """Whether every row, or column, is still whole, and every number still there."""
    shuffled = keras.ops.convert_to_numpy(keras.random.shuffle(x, axis=axis, seed=3))
    given = np.moveaxis(keras.ops.convert_to_numpy(x), axis, 0).reshape(
        x.shape[axis], -1
    )
    after = np.moveaxis(shuffled, axis, 0).reshape(x.shape[axis], -1)
    whole = {tuple(row) for row in given.tolist()} == {
        tuple(row) for row in after.tolist()
    }
    return {
        "whole": whole,
        "sorted": np.sort(shuffled.ravel()),
        "shape": shuffled.shape,
    }


for _axis in (0, 1):
    T(
        "shuffle",
        f"whole along axis {_axis}",
        spaced(8, 9),
        axis=_axis,
        run=_together,
        checks=_VALUE,
    )
T(
    "shuffle",
    "whole along the last axis",
    spaced(3, 4, 8),
    axis=-1,
    run=_together,
    checks=_VALUE,
)
T("shuffle", "cube", spaced(3, 4, 5), axis=1, run=_together, checks=_VALUE)
T(
    "shuffle",
    "whole numbers",
    v([[1, 2], [3, 4]], "int32"),
    axis=0,
    run=_together,
    checks=_VALUE,
)
T("shuffle", "one row", n(1, 4), seed=1, run=_shuffled, checks=_VALUE)
T("shuffle", "empty", n(0, 4), seed=1, run=_shuffled, checks=_VALUE)
T(
    "shuffle",
    "refused",
    n(3),
    seed=1,
    run=_shuffled,
    checks=["errors"],
    refuses={
        "axis": bad(n(3), seed=1, axis=1),
        "axis below": bad(n(3), seed=1, axis=-2),
        "scalar": bad(v(1.0), seed=1),
    },
)
