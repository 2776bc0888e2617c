"""`keras.random`: shapes, dtypes and bounds, and how a seed repeats and moves on."""

from collections.abc import Callable
from typing import Any

import numpy as np

from multibackend.conformance.draws import n, v
from multibackend.conformance.table import Table, bad

T = Table("random.state", "keras.random", jit=False)

_VALUE = ["forward"]
#: Every function that takes a shape, with the arguments that it must have.
_FUNCTIONS: dict[str, dict[str, Any]] = {
    "normal": {},
    "uniform": {},
    "truncated_normal": {},
    "randint": {"minval": 0, "maxval": 1000},
    "gamma": {"alpha": 2.0},
    "beta": {"alpha": 2.0, "beta": 3.0},
    "binomial": {"counts": 1000.0, "probabilities": 0.5},
}


def _drawer(keras: Any, name: str, *, checked: bool = True) -> Callable[..., Any]:
    """The function, with PyTorch's checks on, which `torch.compile` switches off."""
    if keras.config.backend() == "torch":
        from multibackend.conformance._torch import check_distributions

        check_distributions(checked=checked)
    return getattr(keras.random, name)


def _shapes(keras: Any, name: str, more: dict[str, Any], shape: Any, dtype: Any) -> Any:
    """Zeros of the shape and dtype that come out."""
    drawn = _drawer(keras, name)(shape, seed=1, dtype=dtype, **more)
    return keras.ops.zeros_like(drawn)


_FLOATS = (None, "float16", "bfloat16", "float32", "float64")
_WHOLE = ("int8", "uint8", "int16", "int32", "uint32", "int64")
for _name, _more in _FUNCTIONS.items():
    for _shape in ((), (3,), (0, 2), (2, 1, 3), [2, 3]):
        T(
            _name,
            f"shape {_shape}",
            _name,
            _more,
            _shape,
            "int32" if _name == "randint" else None,
            run=_shapes,
            checks=_VALUE,
        )
    _more = {"minval": 0, "maxval": 100} if _name == "randint" else _more
    for _dtype in _WHOLE if _name == "randint" else _FLOATS:
        T(
            _name,
            f"dtype {_dtype}",
            _name,
            _more,
            (2, 3),
            _dtype,
            run=_shapes,
            checks=_VALUE,
        )


def _same(keras: Any, one: Any, other: Any) -> bool:
    pair = [
        keras.ops.convert_to_numpy(keras.ops.cast(x, "float32")) for x in (one, other)
    ]
    return bool(np.array_equal(*pair))


def _seeded(keras: Any, name: str, more: dict[str, Any]) -> Any:
    """What must hold of seeds: the same draws alike, another one draws otherwise."""

    def draw(seed: Any) -> Any:
        return getattr(keras.random, name)((20,), seed=seed, **more)

    def generator(seed: int) -> Any:
        return keras.random.SeedGenerator(seed)

    moving = generator(1)
    first, second = draw(moving), draw(moving)
    ahead = generator(1)
    ahead.next()
    return {
        "the same number": _same(keras, draw(1), draw(1)),
        "another number": _same(keras, draw(1), draw(2)),
        "a large number": _same(keras, draw(2**31 - 1), draw(2**31 - 1)),
        "a number beyond int32": _same(keras, draw(2**31 + 7), draw(2**31 + 7)),
        "a generator as its number": _same(keras, draw(generator(1)), draw(1)),
        "two generators": _same(keras, draw(generator(1)), draw(generator(1))),
        "a generator moves": _same(keras, first, second),
        "a generator ahead": _same(keras, draw(ahead), second),
        "its neighbour, later": _same(keras, second, draw(generator(2))),
    }


for _name, _more in _FUNCTIONS.items():
    T(_name, "seeds", _name, _more, run=_seeded, checks=_VALUE)


def _neighbours(keras: Any, of: str) -> Any:
    """The second draw of one seed beside the first draw of the next seed."""
    x = keras.ops.ones((200,))
    moving = keras.random.SeedGenerator(1)

    def draw(seed: Any) -> Any:
        if of == "dropout":
            return keras.random.dropout(x, 0.5, seed=seed)
        if of == "shuffle":
            return keras.random.shuffle(keras.ops.arange(200), seed=seed)
        return keras.random.categorical(keras.ops.zeros((1, 50)), 50, seed=seed)

    first, second = draw(moving), draw(moving)
    return {
        "again": _same(keras, first, draw(1)),
        "moves": _same(keras, first, second),
        "its neighbour, later": _same(keras, second, draw(2)),
    }


for _name in ("dropout", "shuffle", "categorical"):
    T(_name, "seeds", _name, run=_neighbours, checks=_VALUE)


def _global(keras: Any, name: str, more: dict[str, Any]) -> Any:
    """Without a seed the global generator draws: it repeats once it is set."""

    def draw() -> Any:
        return getattr(keras.random, name)((20,), **more)

    keras.utils.set_random_seed(11)
    first, second = draw(), draw()
    keras.utils.set_random_seed(11)
    return {"again": _same(keras, first, draw()), "moves": _same(keras, first, second)}


for _name, _more in _FUNCTIONS.items():
    T(_name, "global seed", _name, _more, run=_global, checks=_VALUE)


def _bounds(
    keras: Any,
    name: str,
    low: float,
    high: float,
    more: dict[str, Any],
    checked: bool = True,
) -> Any:
    """Whether all of many numbers lie between two."""
    draw = _drawer(keras, name, checked=checked)
    drawn = keras.ops.cast(draw((50000,), seed=4, **more), "float32")
    return {
        "low": bool(keras.ops.all(drawn >= low)),
        "high": bool(keras.ops.all(drawn <= high)),
        "finite": bool(keras.ops.all(keras.ops.isfinite(drawn))),
    }


T("uniform", "bounds", "uniform", 0.0, 1.0, {}, run=_bounds, checks=_VALUE)
T(
    "uniform",
    "bounds of float16",
    "uniform",
    0.0,
    0.9999,
    {"dtype": "float16"},
    run=_bounds,
    checks=_VALUE,
)
T(
    "uniform",
    "bounds of bfloat16",
    "uniform",
    0.0,
    0.999,
    {"dtype": "bfloat16"},
    run=_bounds,
    checks=_VALUE,
)
T(
    "uniform",
    "no room",
    "uniform",
    2.0,
    2.0,
    {"minval": 2.0, "maxval": 2.0},
    run=_bounds,
    checks=_VALUE,
)
T(
    "uniform",
    "turned round",
    "uniform",
    -1.0,
    2.0,
    {"minval": 2.0, "maxval": -1.0},
    run=_bounds,
    checks=_VALUE,
)
T(
    "truncated_normal",
    "bounds",
    "truncated_normal",
    -2.0,
    2.0,
    {},
    run=_bounds,
    checks=_VALUE,
)
T(
    "truncated_normal",
    "moved bounds",
    "truncated_normal",
    4.0,
    6.0,
    {"mean": 5.0, "stddev": 0.5},
    run=_bounds,
    checks=_VALUE,
)
T(
    "randint",
    "bounds",
    "randint",
    -2.0,
    2.0,
    {"minval": -2, "maxval": 3},
    run=_bounds,
    checks=_VALUE,
)
T(
    "randint",
    "bounds of uint8",
    "randint",
    0.0,
    255.0,
    {"minval": 0, "maxval": 256, "dtype": "uint8"},
    run=_bounds,
    checks=_VALUE,
)
T(
    "randint",
    "bounds next to each other",
    "randint",
    3.0,
    3.0,
    {"minval": 3, "maxval": 4},
    run=_bounds,
    checks=_VALUE,
)
T(
    "beta",
    "bounds",
    "beta",
    0.0,
    1.0,
    {"alpha": 0.05, "beta": 0.05},
    run=_bounds,
    checks=_VALUE,
)
T(
    "gamma",
    "small alpha",
    "gamma",
    0.0,
    1e9,
    {"alpha": 0.01},
    run=_bounds,
    checks=_VALUE,
)
for _checked in (True, False):
    T(
        "gamma",
        "alpha 0" if _checked else "alpha 0 unchecked",
        "gamma",
        0.0,
        0.0,
        {"alpha": 0.0},
        run=_bounds,
        checks=_VALUE,
        checked=_checked,
    )
T(
    "binomial",
    "bounds",
    "binomial",
    0.0,
    10.0,
    {"counts": 10.0, "probabilities": 0.5},
    run=_bounds,
    checks=_VALUE,
)
for _chance in (0.0, 1.0):
    T(
        "binomial",
        f"chance {_chance}",
        "binomial",
        7 * _chance,
        7 * _chance,
        {"counts": 7.0, "probabilities": _chance},
        run=_bounds,
        checks=_VALUE,
    )
T(
    "binomial",
    "nothing to count",
    "binomial",
    0.0,
    0.0,
    {"counts": 0.0, "probabilities": 0.5},
    run=_bounds,
    checks=_VALUE,
)
T(
    "normal",
    "no spread",
    "normal",
    2.0,
    2.0,
    {"mean": 2.0, "stddev": 0.0},
    run=_bounds,
    checks=_VALUE,
)

_BAD: dict[str, dict[str, Any]] = {
    "normal": {"negative spread": {"stddev": -1.0}, "whole": {"dtype": "int32"}},
    "uniform": {"whole": {"dtype": "int32"}},
    "truncated_normal": {"whole": {"dtype": "int32"}},
    "randint": {
        "no room": {"minval": 3, "maxval": 3},
        "turned round": {"minval": 3, "maxval": 1},
        "beyond uint8": {"minval": 0, "maxval": 1000, "dtype": "uint8"},
        "float bounds": {"minval": 0.5, "maxval": 4.5},
        "floats": {"minval": 0, "maxval": 9, "dtype": "float32"},
    },
    "gamma": {"negative": {"alpha": -1.0}, "shape": {"alpha": [1.0, 2.0]}},
    "beta": {
        "negative": {"alpha": -1.0, "beta": 1.0},
        "shape": {"alpha": [1.0, 2.0], "beta": 1.0},
    },
    "binomial": {
        "chance above 1": {"counts": 5.0, "probabilities": 1.5},
        "chance below 0": {"counts": 5.0, "probabilities": -0.5},
        "negative counts": {"counts": -5.0, "probabilities": 0.5},
    },
}
for _name, _cases in _BAD.items():
    _more = _FUNCTIONS[_name]
    T(
        _name,
        "refused",
        n(1),
        name=_name,
        run=lambda keras, *_, name, shape=(3,), **more: _drawer(keras, name)(
            shape, **more
        ),
        checks=["errors"],
        refuses={
            "seed": bad(name=_name, seed="x", **_more),
            "float seed": bad(name=_name, seed=1.5, **_more),
            "dtype": bad(name=_name, seed=1, **(_more | {"dtype": "float12"})),
            "negative shape": bad(name=_name, shape=(-2,), seed=1, **_more),
            **{key: bad(name=_name, seed=1, **one) for key, one in _cases.items()},
        },
    )


def _advances(keras: Any, seed: int) -> Any:
    """The state and what `next` returns, in order and out of order."""

    def whole(x: Any) -> Any:
        return keras.ops.convert_to_numpy(x).astype("int64")

    made = keras.random.SeedGenerator(seed, name="mine")
    found = {
        "start": whole(made.state),
        "next": whole(made.next()),
        "after": whole(made.state),
    }
    found["second"] = whole(made.next())
    copied = keras.random.SeedGenerator.from_config(made.get_config())
    found["copy"] = whole(copied.state)
    found["out of order"] = whole(made.next(ordered=False))
    found["after all"] = whole(made.state)
    found["name"] = np.asarray(made.name, "U10")
    found["trainable"] = made.state.trainable
    return found


for _number in (0, 1, 1337, 2**31 - 1, 2**31 + 5, 2**32 - 1, -1):
    T("SeedGenerator", f"seed {_number}", _number, run=_advances, checks=_VALUE)
T(
    "SeedGenerator",
    "state dtype",
    run=lambda keras: keras.ops.zeros_like(keras.random.SeedGenerator(1).state),
    checks=_VALUE,
)
T(
    "SeedGenerator",
    "refused",
    n(1),
    run=lambda keras, *_, **more: keras.random.SeedGenerator(**more),
    checks=["errors"],
    refuses={"float": bad(seed=1.5), "text": bad(seed="x"), "argument": bad(sed=1)},
)


def _layer(keras: Any, x: Any) -> Any:
    """Seeds move on in training alone, and come back with the weights."""

    def whole(layer: Any) -> Any:
        (state,) = [w for w in layer.variables if "seed" in w.path]
        return keras.ops.convert_to_numpy(state).astype("int64")

    layer = keras.layers.GaussianNoise(0.5, seed=3)
    found = {"built": whole(layer)}
    still = layer(x, training=False)
    found["inference"] = whole(layer)
    first = layer(x, training=True)
    found["training"] = whole(layer)
    second = layer(x, training=True)
    found["again"] = whole(layer)
    found["as given"] = _same(keras, still, x)
    found["moves"] = _same(keras, first, second)
    for variable in layer.variables:
        variable.assign(np.asarray([3, 0]))
    found["repeats"] = _same(keras, first, layer(x, training=True))
    return found


T("SeedGenerator", "in a layer", n(4, 5), run=_layer, checks=_VALUE)


def _stateless(keras: Any, x: Any) -> Any:
    """Without side effects the new state is handed out, and the old one stays."""
    layer = keras.layers.Dropout(0.5, seed=3)
    layer.build(x.shape)
    states = [w.value for w in layer.non_trainable_variables]
    first, moved = layer.stateless_call([], states, x, training=True)
    again, _ = layer.stateless_call([], states, x, training=True)
    other, _ = layer.stateless_call([], moved, x, training=True)
    kept = layer.non_trainable_variables[0]
    return {
        "repeats": _same(keras, first, again),
        "moves": _same(keras, first, other),
        "kept": keras.ops.convert_to_numpy(kept).astype("int64"),
        "moved": keras.ops.convert_to_numpy(moved[0]).astype("int64"),
    }


T("SeedGenerator", "stateless", n(10, 10), run=_stateless, checks=_VALUE)
T(
    "SeedGenerator",
    "dropped and kept",
    v([[1.0] * 50] * 4),
    run=lambda keras, x: keras.ops.unique(
        keras.random.dropout(x, 0.5, seed=keras.random.SeedGenerator(1))
    ),
    checks=_VALUE,
)
