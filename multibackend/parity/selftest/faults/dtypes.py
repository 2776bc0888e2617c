"""Faults: outputs of another dtype, and constants that promote or narrow."""

from __future__ import annotations

from typing import Any

import numpy as np

from multibackend.inputs import current, integers, normal
from multibackend.parity.selftest.fault import planted
from multibackend.parity.selftest.plant import Plant, scaled

DTYPE = ("forward", "dtype")
CONSTANTS = "promoted constants"


@planted("dtype", checks=DTYPE)
def half_comes_out(plant: Plant) -> Any:
    import keras

    return lambda x: keras.ops.cast(x, plant.pick("float16", x.dtype)), normal(4, 16)


@planted("dtype", checks=DTYPE)
def index_is_wide(plant: Plant) -> Any:
    import keras

    narrow = plant.pick("int16", "int32")
    return lambda x: keras.ops.cast(keras.ops.argmax(x, -1), narrow), normal(4, 16)


@planted("dtype", checks=DTYPE)
def truth_is_a_number(plant: Plant) -> Any:
    import keras

    return lambda x: keras.ops.cast(x > 0, plant.pick("int32", "bool")), normal(4, 16)


@planted("dtype", checks=DTYPE)
def dense_widens_a_half(plant: Plant) -> Any:
    import keras

    def widened(y: Any) -> Any:
        half = keras.backend.standardize_dtype(y.dtype) in ("float16", "bfloat16")
        return keras.ops.cast(y, "float32") if half else y

    return scaled(keras.layers.Dense, plant, how=widened)(8), normal(4, 16)


@planted("dtype", checks=DTYPE)
def norm_keeps_bfloat16(plant: Plant) -> Any:
    import keras

    def narrowed(y: Any) -> Any:
        half = keras.backend.standardize_dtype(y.dtype) == "float16"
        return keras.ops.cast(y, "bfloat16") if half else y

    layer = scaled(keras.layers.LayerNormalization, plant, how=narrowed)
    return layer(), normal(4, 16)


@planted(CONSTANTS, checks=DTYPE)
def whole_numbers_become_floats(plant: Plant) -> Any:
    return lambda x: x * plant.pick(1.0, 1), integers(4, 5, high=9)


@planted(CONSTANTS, checks=DTYPE, sizes=("1e-11",))
def pi_in_single(plant: Plant) -> Any:
    import keras

    single = float(np.float32(np.pi))
    return lambda x: keras.ops.sin(x * plant.pick(single, np.pi)), normal(4, 16)


@planted(CONSTANTS, checks=DTYPE, sizes=("1e-11",))
def narrowed_on_the_way(plant: Plant) -> Any:
    import keras

    def through(x: Any) -> Any:
        kept = keras.backend.standardize_dtype(x.dtype)
        way = "float32" if plant.here and kept == "float64" else kept
        return keras.ops.tanh(keras.ops.cast(keras.ops.cast(x, way), kept) * 1.1)

    return through, normal(4, 16)


@planted(CONSTANTS, checks=DTYPE, sizes=("1e-3",))
def summed_in_bfloat16(plant: Plant) -> Any:
    import keras

    single = plant.here and current().dtype == "float32"

    def summed(x: Any) -> Any:
        if not single:
            return keras.ops.sum(x, axis=-1)
        narrow = keras.ops.cast(x, "bfloat16")
        return keras.ops.cast(keras.ops.sum(narrow, axis=-1), x.dtype)

    return summed, normal(4, 16)


@planted(CONSTANTS, checks=DTYPE)
def whole_division(plant: Plant) -> Any:
    import keras

    def halved(x: Any) -> Any:
        return plant.pick(keras.ops.floor_divide, keras.ops.true_divide)(x, 2)

    return halved, integers(4, 5, high=9)
