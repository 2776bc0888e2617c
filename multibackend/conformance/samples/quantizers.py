"""`keras.quantizers`: whole numbers for floats, and back."""

from typing import Any

import numpy as np

from multibackend.conformance.draws import i, n, spaced, v
from multibackend.conformance.sample import Make
from multibackend.conformance.table import Table, bad

T = Table("quantizers", "keras.quantizers", jit=False)

_VALUE = ["forward"]
_BOTH = ["forward", "grad_inputs"]


def _scaled(
    x: Any, axis: Any, value_range: Any = (-127, 127), dtype: str = "int8"
) -> Any:
    scale = value_range[1] / (np.max(np.abs(x), axis=axis, keepdims=True) + 1e-7)
    return np.clip(np.round(x * scale), *value_range).astype(dtype), scale


# No number is near the middle of two whole ones, once it is scaled.
_X = v([[0.1, -0.52, 1.0, 0.33], [2.0, -0.3, 0.71, -1.9], [0.0, 0.021, -0.04, 0.011]])
for _axis in (-1, 0, (0, 1)):
    for _to_numpy in (False, True):
        T(
            "abs_max_quantize",
            f"axis {_axis} {_to_numpy}",
            _X,
            axis=_axis,
            to_numpy=_to_numpy,
            checks=_VALUE,
            ref=lambda x, axis, **_: _scaled(x, axis),
        )
T(
    "abs_max_quantize",
    "ordinary",
    _X,
    axis=-1,
    ref=_scaled,
    checks=["forward", "spec", "determinism"],
)
T(
    "abs_max_quantize",
    "int4",
    _X,
    axis=-1,
    value_range=(-8, 7),
    checks=_VALUE,
    ref=_scaled,
)
T(
    "abs_max_quantize",
    "uint8",
    _X,
    axis=-1,
    value_range=(0, 255),
    dtype="uint8",
    checks=_VALUE,
)
T("abs_max_quantize", "null row", v([[0.0, 0.0]]), axis=-1, checks=_VALUE)
T(
    "abs_max_quantize",
    "halves",
    v([[127.0, 0.5, 1.5, 2.5, -0.5, -1.5]]),
    axis=-1,
    epsilon=0.0,
    checks=_VALUE,
)
T(
    "abs_max_quantize",
    "special",
    v([[float("inf"), 1.0], [float("nan"), 1.0]]),
    axis=-1,
    checks=_VALUE,
)
for _dtype in ("float16", "bfloat16"):
    for _to_numpy in (False, True):
        T(
            "abs_max_quantize",
            f"{_dtype} {_to_numpy}",
            v([[1.0, -0.5, 0.25, 0.75]]),
            dtype=_dtype,
            to_numpy=_to_numpy,
            run=lambda keras, x, dtype, to_numpy: keras.quantizers.abs_max_quantize(
                keras.ops.cast(x, dtype), axis=-1, to_numpy=to_numpy
            ),
            checks=_VALUE,
        )
T(
    "abs_max_quantize",
    "refused",
    _X,
    axis=-1,
    checks=["errors"],
    refuses={
        "axis": bad(n(2, 3), axis=2),
        "dtype": bad(n(2, 3), axis=-1, dtype="int3"),
    },
)

_grouped = "abs_max_quantize_grouped_with_zero_point"
for _size in (2, 4, 3):
    for _to_numpy in (False, True):
        T(
            _grouped,
            f"groups of {_size} {_to_numpy}",
            spaced(8, 3, low=-1.03, high=2.07),
            block_size=_size,
            to_numpy=_to_numpy,
            checks=_VALUE,
        )
T(_grouped, "null group", v([[0.0, 1.0], [0.0, 2.0]]), block_size=2, checks=_VALUE)
T(_grouped, "one-sided", v([[1.0, -1.0], [2.0, -2.0]]), block_size=2, checks=_VALUE)
T(
    _grouped,
    "refused",
    n(4, 3),
    block_size=2,
    checks=["errors"],
    refuses={"size": bad(n(4, 3), block_size=0), "vector": bad(n(4), block_size=2)},
)

T.make(
    "AbsMaxQuantizer", "default", {}, _X, checks=_VALUE, ref=lambda x: _scaled(x, -1)
)
T.make(
    "AbsMaxQuantizer",
    "axis 0",
    {"axis": 0},
    _X,
    checks=_VALUE,
    ref=lambda x: _scaled(x, 0),
)
T.make(
    "AbsMaxQuantizer", "called with an axis", {"axis": 0}, _X, axis=-1, checks=_VALUE
)
T.make("AbsMaxQuantizer", "int4", {"value_range": (-8, 7)}, _X, checks=_VALUE)
T.make(
    "AbsMaxQuantizer",
    "refused",
    {},
    _X,
    checks=["errors"],
    refuses={"range": bad(value_range=(-300, 300)), "argument": bad(bits=4)},
)
T(
    "Quantizer",
    "own",
    n(3, 4),
    run=lambda keras, x: (
        keras.quantizers.Quantizer()(x),
        np.asarray(keras.quantizers.Quantizer("uint8").output_dtype, "U8"),
    ),
    checks=_VALUE,
)
T(
    "Quantizer",
    "without a configuration",
    n(1),
    run=lambda keras, x: (
        keras.quantizers.Quantizer().get_config() if isinstance(x, int) else x
    ),
    checks=["errors"],
    refuses={"configuration": bad(1)},
)

_fake = "fake_quant_with_min_max_vars"
_SPREAD = v([[-7.3, -5.9, -1.26, 0.41], [0.87, 3.12, 5.71, 8.4]])
# Steps of 1/16: TensorFlow takes float32 alone, in which those of 12/255 are rounded.
T(
    _fake,
    "ordinary",
    _SPREAD,
    -127 / 16,
    8.0,
    checks=["forward", "grad_inputs", "determinism", "spec", "dtype"],
)
for _bits in (2, 4, 8, 16):
    for _narrow in (False, True):
        T(
            _fake,
            f"{_bits} bits {_narrow}",
            _SPREAD,
            v(-3.1),
            v(5.2),
            num_bits=_bits,
            narrow_range=_narrow,
            checks=_BOTH,
        )
T(_fake, "one-sided", _SPREAD, v(0.0), v(5.0), checks=_BOTH)
T(_fake, "beside 0", _SPREAD, v(1.0), v(5.0), num_bits=4, checks=_BOTH)
T(_fake, "below 0", _SPREAD, v(-5.0), v(-1.0), num_bits=4, checks=_BOTH)
T(
    _fake,
    "at the ends",
    v([-3.0, 0.0, 3.0, 6.0]),
    v(-3.0),
    v(6.0),
    num_bits=4,
    checks=_BOTH,
)
T(
    _fake,
    "by channel",
    _SPREAD,
    v([-3.1, -2.2, -1.3, -0.4]),
    v([1.1, 2.2, 3.3, 4.4]),
    axis=1,
    checks=_BOTH,
)
T(
    _fake,
    "by the last channel",
    _SPREAD,
    v([-3.1, -2.2, -1.3, -0.4]),
    v([1.1, 2.2, 3.3, 4.4]),
    axis=-1,
    num_bits=4,
    checks=_BOTH,
)
T(
    _fake,
    "by row",
    _SPREAD,
    v([[-3.1], [-2.2]]),
    v([[1.1], [2.2]]),
    axis=0,
    checks=_VALUE,
)
T(
    _fake,
    "first channel",
    _SPREAD,
    v([-3.1, -2.2]),
    v([1.1, 2.2]),
    axis=0,
    checks=_VALUE,
)
T(_fake, "empty range", _SPREAD, v(0.0), v(0.0), checks=_VALUE)
T(
    _fake,
    "special",
    v([float("nan"), float("inf"), float("-inf"), 1.0]),
    v(-3.0),
    v(3.0),
    checks=_VALUE,
)
T(
    _fake,
    "refused",
    _SPREAD,
    v(-3.0),
    v(3.0),
    checks=["errors"],
    refuses={
        "axis": bad(n(2, 3), v(-3.0), v(3.0), axis=2),
        "bits": bad(n(2, 3), v(-3.0), v(3.0), num_bits=1),
        "many bits": bad(n(2, 3), v(-3.0), v(3.0), num_bits=32),
    },
)

_NIBBLES = i(5, 4, low=-8, high=8, dtype="int8")
for _axis in (0, 1, -1):
    T("pack_int4", f"axis {_axis}", _NIBBLES, axis=_axis, checks=_VALUE)
    T(
        "unpack_int4",
        f"axis {_axis}",
        _NIBBLES,
        axis=_axis,
        run=lambda keras, x, axis: keras.quantizers.unpack_int4(
            *keras.quantizers.pack_int4(x, axis=axis)[::2], axis=axis
        ),
        ref=lambda x, **_: x,
        checks=_VALUE,
    )
T("pack_int4", "uint8", i(4, 3, high=16, dtype="uint8"), dtype="uint8", checks=_VALUE)
T("pack_int4", "one row", i(1, 3, low=-8, high=8, dtype="int8"), checks=_VALUE)
T("pack_int4", "out of range", v([[100], [-100], [8], [-9]], "int8"), checks=_VALUE)
T(
    "pack_int4",
    "refused",
    _NIBBLES,
    checks=["errors"],
    refuses={
        "floats": bad(n(4, 2)),
        "int32": bad(i(4, 2)),
        "dtype": bad(i(4, 2, dtype="int8"), dtype="int16"),
        "axis": bad(i(4, 2, dtype="int8"), axis=2),
    },
)
T(
    "unpack_int4",
    "every byte",
    v(list(range(-128, 128)), "int8"),
    orig_len=512,
    checks=_VALUE,
)
T(
    "unpack_int4",
    "every uint8",
    v(list(range(256)), "uint8"),
    orig_len=512,
    dtype="uint8",
    checks=_VALUE,
)
T(
    "unpack_int4",
    "cube",
    i(2, 3, 4, low=-128, high=128, dtype="int8"),
    orig_len=5,
    axis=1,
    checks=_VALUE,
)
T(
    "unpack_int4",
    "cube last",
    i(2, 3, 4, low=-128, high=128, dtype="int8"),
    orig_len=7,
    axis=-1,
    checks=_VALUE,
)
T(
    "unpack_int4",
    "refused",
    v([1], "int8"),
    orig_len=2,
    checks=["errors"],
    refuses={
        "floats": bad(n(4, 2), 3),
        "dtype": bad(v([1], "int8"), 2, dtype="int16"),
        "axis": bad(v([1], "int8"), 2, axis=1),
    },
)

_E4, _E5 = 448.0, 57344.0
for _label, _amax in {
    "ordinary": [2.0],
    "zero": [0.0],
    "infinite": [float("inf")],
    "nan": [float("nan")],
    "tiny": [1e-38],
}.items():
    T(
        "compute_float8_scale",
        _label,
        v(_amax),
        v([0.5]),
        _E4,
        checks=["forward", "spec"] if _label == "ordinary" else _VALUE,
    )
T("compute_float8_scale", "margin", v([2.0]), v([0.5]), _E5, margin=2, checks=_VALUE)
T(
    "compute_float8_amax_history",
    "ordinary",
    n(3, 4),
    v([1.0, 2.0, 3.0]),
    checks=["forward", "spec"],
)
T(
    "compute_float8_amax_history",
    "special",
    v([1.0, float("nan")]),
    v([1.0, 2.0, 3.0]),
    checks=_VALUE,
)
T("compute_float8_amax_history", "one", n(3), v([1.0]), checks=_VALUE)
_EIGHTS = v(
    [0.3, -1.7, 500.0, 1e6, -1e6, 1e-3, 1e-9, 0.0, 17.0, 18.0, 19.0, 240.0, 464.0]
)
for _dtype in ("float8_e4m3fn", "float8_e5m2"):
    T(
        "quantize_and_dequantize",
        _dtype,
        _EIGHTS,
        v(1.0),
        _dtype,
        "float32",
        checks=["forward", "grad_inputs"],
    )
    T(
        "quantize_and_dequantize",
        f"{_dtype} scaled",
        _EIGHTS,
        v(4.0),
        _dtype,
        "float32",
        checks=_VALUE,
    )
    T(
        "quantize_and_dequantize",
        f"{_dtype} special",
        v([float("nan"), float("inf"), float("-inf"), -0.0]),
        v(1.0),
        _dtype,
        "float32",
        checks=_VALUE,
    )
    T(
        "quantize_and_dequantize",
        f"{_dtype} in bfloat16",
        v([0.5, 3.0, 1000.0]),
        v(1.0),
        run=lambda keras, x, s, d=_dtype: keras.quantizers.quantize_and_dequantize(
            keras.ops.cast(x, "bfloat16"), s, d, "bfloat16"
        ),
        checks=_VALUE,
    )
    T(
        "quantize_and_dequantize",
        f"{_dtype} ties",
        v([1.0625, 1.1875, 1.125, 1.375, 2.25, 2.75, -1.0625, -1.125]),
        v(1.0),
        _dtype,
        "float32",
        checks=_VALUE,
    )
    T(
        "quantize_and_dequantize",
        f"{_dtype} subnormal",
        v([2.0**-7, 2.0**-9, 2.0**-10, 2.0**-16, 2.0**-17, 3 * 2.0**-18]),
        v(1.0),
        _dtype,
        "float32",
        checks=_VALUE,
    )

_SETTINGS: dict[str, list[dict[str, Any]]] = {
    "Int8QuantizationConfig": [
        {},
        {"activation_quantizer": None},
        {"weight_quantizer": Make("keras.quantizers.AbsMaxQuantizer", {"axis": 0})},
    ],
    "Int4QuantizationConfig": [
        {},
        {"block_size": None},
        {
            "block_size": -1,
            "weight_quantizer": Make(
                "keras.quantizers.AbsMaxQuantizer", {"value_range": (-8, 7)}
            ),
        },
    ],
    "Float8QuantizationConfig": [{}],
    "GPTQConfig": [
        {"dataset": None, "tokenizer": None},
        {
            "dataset": None,
            "tokenizer": None,
            "weight_bits": 8,
            "group_size": -1,
            "symmetric": True,
        },
    ],
    "AWQConfig": [
        {"dataset": None, "tokenizer": None},
        {"dataset": None, "tokenizer": None, "group_size": 32, "num_grid_points": 5},
    ],
}


def _round_trip(keras: Any, made: Any) -> Any:
    config = keras.quantizers.serialize(made)
    again = keras.quantizers.deserialize(config)
    return {
        "mode": np.asarray(made.mode, "U8"),
        "kept": repr(keras.quantizers.serialize(again)) == repr(config),
        "class": type(again) is type(made),
        "text": np.asarray(repr(sorted(config["config"])), "U300"),
    }


for _name, _sets in _SETTINGS.items():
    for _place, _set in enumerate(_sets, 1):
        T(
            _name,
            f"round trip {_place}",
            Make(f"keras.quantizers.{_name}", _set),
            run=_round_trip,
            checks=_VALUE,
        )
_REFUSED: dict[str, dict[str, dict[str, Any]]] = {
    "Int8QuantizationConfig": {
        "dtype": {
            "weight_quantizer": Make(
                "keras.quantizers.AbsMaxQuantizer", {"output_dtype": "uint8"}
            )
        }
    },
    "Int4QuantizationConfig": {
        "block": {"block_size": 0},
        "range": {
            "block_size": None,
            "weight_quantizer": Make("keras.quantizers.AbsMaxQuantizer", {}),
        },
        "own in blocks": {
            "weight_quantizer": Make(
                "keras.quantizers.AbsMaxQuantizer", {"value_range": (-8, 7)}
            )
        },
    },
    "Float8QuantizationConfig": {"argument": {"weight_quantizer": None}},
    "GPTQConfig": {
        "bits": {"dataset": None, "tokenizer": None, "weight_bits": 5},
        "samples": {"dataset": None, "tokenizer": None, "num_samples": 0},
        "group": {"dataset": None, "tokenizer": None, "group_size": 0},
        "damping": {"dataset": None, "tokenizer": None, "hessian_damping": 2.0},
        "nothing": {},
    },
    "AWQConfig": {
        "bits": {"dataset": None, "tokenizer": None, "weight_bits": 8},
        "points": {"dataset": None, "tokenizer": None, "num_grid_points": 0},
    },
}


def _config(keras: Any, *_: Any, name: str, **settings: Any) -> Any:
    made = {
        key: getattr(keras.quantizers, value.symbol.rpartition(".")[2])(
            **value.settings
        )
        if isinstance(value, Make)
        else value
        for key, value in settings.items()
    }
    return getattr(keras.quantizers, name)(**made)


for _name, _cases in _REFUSED.items():
    T(
        _name,
        "refused",
        n(1),
        name=_name,
        run=_config,
        checks=["errors"],
        refuses={key: bad(name=_name, **one) for key, one in _cases.items()},
    )
T(
    "QuantizationConfig",
    "own",
    run=lambda keras: {
        "keys": np.asarray(
            repr(sorted(keras.quantizers.QuantizationConfig().get_config())), "U80"
        ),
        "default": keras.quantizers.QuantizationConfig.weight_quantizer_or_default(
            None, 3
        ),
    },
    checks=_VALUE,
)
T(
    "QuantizationConfig",
    "without a mode",
    n(1),
    run=lambda keras, x: (
        keras.quantizers.QuantizationConfig().mode if isinstance(x, int) else x
    ),
    checks=["errors"],
    refuses={"mode": bad(1)},
)


def _quantized(keras: Any, x: Any, kernel: Any, *, mode: str) -> Any:
    layer = keras.layers.Dense(kernel.shape[1], use_bias=False)
    layer.build(x.shape)
    layer.kernel.assign(kernel)
    before = layer(x)
    layer.quantize(mode)
    after = layer(x)
    return {
        "before": before,
        "near": bool(keras.ops.max(keras.ops.abs(after - before)) < 0.5),
        "variables": len(layer.variables),
    }


for _mode, _name in {
    "int8": "Int8QuantizationConfig",
    "int4": "Int4QuantizationConfig",
    "float8": "Float8QuantizationConfig",
}.items():
    T(_name, "a layer", n(3, 8), n(8, 4), mode=_mode, run=_quantized, checks=_VALUE)
