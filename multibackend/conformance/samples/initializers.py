"""`keras.initializers`: values where they are fixed, statistics where they are drawn."""

from collections.abc import Callable
from typing import Any

import numpy as np

from multibackend.conformance.draws import n, v
from multibackend.conformance.sample import Make
from multibackend.conformance.table import Table, bad

T = Table("initializers", "keras.initializers", jit=False)

_VALUE = ["forward"]
_DRAWN = ["random"]


def _seed(number: int = 3) -> Make:
    return Make("keras.random.SeedGenerator", {"seed": number})


_FIXED: dict[str, tuple[dict[str, Any], Callable[..., Any]]] = {
    "Zeros": ({}, np.zeros),
    "Ones": ({}, np.ones),
    "Constant": ({"value": 1.5}, lambda shape: np.full(shape, 1.5)),
}


def _made(
    keras: Any, name: str, settings: dict[str, Any], shape: Any, dtype: Any
) -> Any:
    return getattr(keras.initializers, name)(**settings)(shape, dtype=dtype)


for _name, (_set, _of) in _FIXED.items():
    for _shape in ((3, 4), (), (5,), (0, 3), (2, 1, 3)):
        T(
            _name,
            f"shape {_shape}",
            _name,
            _set,
            _shape,
            None,
            run=_made,
            ref=lambda *given, of=_of: of(given[2]),
            checks=_VALUE,
        )
    for _dtype in ("float16", "bfloat16", "float64", "int32", "uint8", "bool"):
        T(_name, _dtype, _name, _set, (2, 2), _dtype, run=_made, checks=_VALUE)
for _label, _value in {"whole": 3, "truth": True, "negative": -2.5}.items():
    T(
        "Constant",
        _label,
        "Constant",
        {"value": _value},
        (2,),
        None,
        run=_made,
        checks=_VALUE,
    )
T(
    "Constant",
    "array",
    n(2, 3),
    run=lambda keras, x: keras.initializers.Constant(x)((2, 3)),
    checks=_VALUE,
)
T(
    "Constant",
    "row",
    n(3),
    run=lambda keras, x: keras.initializers.Constant(x)((2, 3)),
    checks=_VALUE,
)
T(
    "Constant",
    "refused",
    n(3),
    run=lambda keras, x, shape=(2, 3): keras.initializers.Constant(x)(shape),
    checks=["errors"],
    refuses={"row": bad(n(3), shape=(2, 4)), "text": bad("x")},
)
for _shape in ((3, 3), (2, 4), (4, 2), (1, 1)):
    T(
        "Identity",
        f"shape {_shape}",
        "Identity",
        {"gain": 2.0},
        _shape,
        None,
        run=_made,
        ref=lambda *given: 2.0 * np.eye(*given[2]),
        checks=_VALUE,
    )
T("Identity", "int32", "Identity", {}, (2, 2), "int32", run=_made, checks=_VALUE)
T(
    "Identity",
    "refused",
    n(1),
    run=lambda keras, x: keras.initializers.Identity()(x),
    checks=["errors"],
    refuses={"vector": bad((3,)), "cube": bad((2, 2, 2)), "number": bad(3)},
)


def _beside_one(
    keras: Any, name: str, settings: dict[str, Any], shape: Any, dtype: Any
) -> Any:
    """The roundings of an angle are all that is left at the zeros of its cosine."""
    return _made(keras, name, settings, shape, dtype) + 1.0


for _side in ("real", "imag"):
    for _set in (
        {"side": _side},
        {"side": _side, "window": "hamming", "scaling": "spectrum"},
        {"side": _side, "window": None, "scaling": None, "periodic": True},
    ):
        _told = " ".join(str(each) for each in _set.values())
        T("STFT", _told, "STFT", _set, (8, 1, 5), None, run=_beside_one, checks=_VALUE)
T(
    "STFT",
    "float16",
    "STFT",
    {"side": "real"},
    (8, 1, 5),
    "float16",
    # Angles in float16 have no float64 beside them: the dtype is asked for.
    run=lambda keras, *given: keras.ops.zeros_like(_made(keras, *given)),
    checks=_VALUE,
)
T(
    "STFT",
    "float64",
    "STFT",
    {"side": "real"},
    (8, 1, 5),
    "float64",
    run=_made,
    checks=_VALUE,
)
T(
    "STFT",
    "refused",
    n(1),
    run=lambda keras, **settings: keras.initializers.STFT(**settings),
    checks=["errors"],
    refuses={
        "side": bad(side="left"),
        "scaling": bad(side="real", scaling="linear"),
        "window": bad(side="real", window="no such window"),
    },
)

_SPREAD = {
    "GlorotNormal": {},
    "GlorotUniform": {},
    "HeNormal": {},
    "HeUniform": {},
    "LecunNormal": {},
    "LecunUniform": {},
    "RandomNormal": {"mean": 0.5, "stddev": 0.2},
    "RandomUniform": {"minval": -0.5, "maxval": 1.5},
    "TruncatedNormal": {"mean": 0.5, "stddev": 0.2},
    "VarianceScaling": {"scale": 2.0, "mode": "fan_avg", "distribution": "uniform"},
}
for _name, _set in _SPREAD.items():
    T.make(_name, "drawn", {**_set, "seed": _seed()}, (12, 20), checks=_DRAWN)
T.make(
    "GlorotUniform",
    "drawn for a kernel",
    {"seed": _seed()},
    (3, 3, 4, 5),
    checks=_DRAWN,
)
T.make("HeNormal", "drawn for a row", {"seed": _seed()}, (200,), checks=_DRAWN)
for _how in ("fan_in", "fan_out", "fan_avg"):
    for _what in ("truncated_normal", "untruncated_normal", "uniform"):
        _set = {"mode": _how, "distribution": _what, "seed": _seed()}
        T.make("VarianceScaling", f"{_how} {_what}", _set, (6, 40), checks=_DRAWN)


def _stated(keras: Any, name: str, settings: dict[str, Any]) -> Any:
    """What holds of every draw: shapes, dtypes, and that one seed draws alike."""
    of = getattr(keras.initializers, name)
    shapes = [(3, 4), (5,), (2, 2, 3, 4), (0, 3)]
    if name == "Orthogonal":
        shapes = [(3, 4), (4, 3), (2, 2, 3, 4)]
    found: dict[str, Any] = {}
    for shape in shapes:
        drawn = of(seed=7, **settings)(shape)
        found[f"zeros {shape}"] = drawn * 0
    for dtype in ("float16", "bfloat16", "float64"):
        if name != "Orthogonal":
            found[dtype] = of(seed=7, **settings)((3, 4), dtype=dtype) * 0
    first, again = of(seed=7, **settings), of(seed=7, **settings)
    one, two, three = (
        keras.ops.convert_to_numpy(x((3, 4))) for x in (first, first, again)
    )
    other = keras.ops.convert_to_numpy(of(seed=8, **settings)((3, 4)))
    copied = of.from_config(first.get_config())
    found["again"] = bool(np.array_equal(one, two))
    found["same seed"] = bool(np.array_equal(one, three))
    found["copy"] = bool(
        np.array_equal(one, keras.ops.convert_to_numpy(copied((3, 4))))
    )
    found["other seed"] = bool(np.array_equal(one, other))
    generator = keras.random.SeedGenerator(7)
    moving = of(seed=generator, **settings)
    pair = [keras.ops.convert_to_numpy(moving((3, 4))) for _ in range(2)]
    found["generator moves"] = bool(np.array_equal(*pair))
    found["generator state"] = np.asarray(generator.state.numpy()).astype("int64")
    return found


for _name, _set in (_SPREAD | {"Orthogonal": {}}).items():
    T(_name, "seeds", _name, _set, run=_stated, checks=_VALUE)
    T(
        _name,
        "refused",
        n(1),
        name=_name,
        run=lambda keras, *_, name, **settings: getattr(keras.initializers, name)(
            **settings
        ),
        checks=["errors"],
        refuses={
            "seed": bad(name=_name, seed="x"),
            "argument": bad(name=_name, speed=1),
        },
    )
T(
    "VarianceScaling",
    "refused settings",
    n(1),
    run=lambda keras, *_, **settings: keras.initializers.VarianceScaling(**settings),
    checks=["errors"],
    refuses={
        "scale": bad(scale=0.0),
        "mode": bad(mode="fan"),
        "distribution": bad(distribution="cauchy"),
    },
)


def _orthogonal(keras: Any, shape: tuple[int, ...], gain: float) -> Any:
    made = keras.initializers.Orthogonal(gain=gain, seed=1)(shape)
    flat = keras.ops.reshape(made, (-1, shape[-1]))
    if flat.shape[0] < flat.shape[1]:
        flat = keras.ops.transpose(flat)
    return keras.ops.round(keras.ops.matmul(keras.ops.transpose(flat), flat) * 1000.0)


for _shape in ((3, 5), (5, 3), (2, 2, 3, 4), (4, 4)):
    T(
        "Orthogonal",
        f"product of {_shape}",
        _shape,
        2.0,
        run=_orthogonal,
        checks=_VALUE,
        ref=lambda shape, gain: (
            1000.0 * gain**2 * np.eye(min(shape[-1], int(np.prod(shape[:-1]))))
        ),
    )
T.make("Orthogonal", "drawn", {"seed": _seed()}, (3, 4), checks=_DRAWN)
T(
    "Orthogonal",
    "vector",
    n(1),
    run=lambda keras, x: keras.initializers.Orthogonal(seed=1)(x),
    checks=["errors"],
    refuses={"vector": bad((3,)), "scalar": bad(())},
)


def _own(keras: Any, shape: tuple[int, ...]) -> Any:
    class Ramp(keras.initializers.Initializer):
        def __call__(self, shape: Any, dtype: Any = None) -> Any:
            size = int(np.prod(shape))
            return keras.ops.reshape(
                keras.ops.arange(size, dtype=dtype or "float32"), shape
            )

    layer = keras.layers.Dense(shape[1], kernel_initializer=Ramp())
    layer.build((None, shape[0]))
    return layer.kernel.value, Ramp().clone()(shape)


T("Initializer", "own", (2, 3), run=_own, checks=_VALUE)

_NAMES: str = (
    "Identity identity IdentityInitializer Ones ones one Zeros zeros "
    "zero STFT stft STFTInitializer GlorotNormal glorot_normal GlorotUniform "
    "glorot_uniform HeNormal he_normal HeUniform he_uniform LecunNormal lecun_normal "
    "LecunUniform lecun_uniform Orthogonal orthogonal OrthogonalInitializer RandomNormal "
    "random_normal normal RandomUniform random_uniform uniform TruncatedNormal "
    "truncated_normal VarianceScaling variance_scaling"
)


def _moments(keras: Any, names: list[str]) -> Any:
    """The class by every name, and the mean and size of what it draws, coarsely."""
    found: dict[str, Any] = {}
    for name in names:
        made = keras.initializers.get(name)
        found[f"{name} class"] = np.asarray(type(made).__name__, "U24")
        shape = (40, 1, 21) if "stft" in name.lower() else (60, 60)
        drawn = keras.ops.convert_to_numpy(made(shape)).astype("float64")
        # Of 3600 draws, far enough from a boundary of the rounding on every backend.
        found[f"{name} spread"] = np.round(np.log2(1e-6 + drawn.std()) * 2)
        found[f"{name} dtype"] = (
            keras.backend.standardize_dtype(made(shape).dtype) == keras.config.floatx()
        )
    return found


T("get", "every name", _NAMES.split(), run=_moments, checks=_VALUE)
T(
    "get",
    "others",
    v([[1.0, 2.0]]),
    run=lambda keras, x: [
        keras.initializers.get(keras.initializers.Ones)((2,)),
        keras.initializers.get({"class_name": "Constant", "config": {"value": 2.0}})(
            (2,)
        ),
        keras.initializers.get(lambda shape, dtype=None: keras.ops.ones(shape, dtype))(
            (2,)
        ),
        keras.initializers.get(x)((1, 2)),
        keras.initializers.get(None) is None,
    ],
    checks=_VALUE,
)
T(
    "get",
    "refused",
    n(1),
    run=lambda keras, x: keras.initializers.get(x),
    checks=["errors"],
    refuses={
        "name": bad("no_such_thing"),
        "number": bad(3),
        "class": bad({"class_name": "NoSuchThing", "config": {}}),
    },
)
