"""Twins of the poolings."""

from __future__ import annotations

from typing import Any

import numpy as np

from twins import Twin

_BATCH, _STEPS, _WIDTH = 32, 512, 128
_IMAGES = (8, 56, 56, 64)


def _steps() -> np.ndarray[Any, Any]:
    rng = np.random.default_rng(0)
    return rng.normal(size=(_BATCH, _STEPS, _WIDTH)).astype("float32")


def _mask() -> np.ndarray[Any, Any]:
    lengths = np.random.default_rng(1).integers(1, _STEPS + 1, size=(_BATCH, 1))
    return np.arange(_STEPS) < lengths


def _mean() -> tuple[Any, Any, tuple[Any, ...]]:
    import keras

    from multibackend.layers import MaskedMeanPooling

    twin = keras.layers.GlobalAveragePooling1D(data_format="channels_last")
    return MaskedMeanPooling(), twin, (_steps(), _mask())


def _maximum() -> tuple[Any, Any, tuple[Any, ...]]:
    import keras

    from multibackend.layers import MaskedMaxPooling

    # The layer of Keras takes no mask, so neither gets one.
    twin = keras.layers.GlobalMaxPooling1D(data_format="channels_last")
    return MaskedMaxPooling(), twin, (_steps(),)


def _generalized() -> tuple[Any, Any, tuple[Any, ...]]:
    import keras

    from multibackend.layers import GeneralizedMeanPooling

    class Powers(keras.layers.Layer):
        """The formula as it is written, by powers."""

        def build(self, input_shape: Any) -> None:
            del input_shape
            three = keras.initializers.Constant(3.0)
            self.p = self.add_weight(shape=(1,), initializer=three)

        def call(self, inputs: Any) -> Any:
            powers = keras.ops.power(keras.ops.maximum(inputs, 1e-6), self.p)
            return keras.ops.power(keras.ops.mean(powers, axis=(1, 2)), 1 / self.p)

    rng = np.random.default_rng(0)
    images = rng.uniform(0.1, 2.0, size=_IMAGES).astype("float32")
    return GeneralizedMeanPooling(data_format="channels_last"), Powers(), (images,)


TWINS = [
    Twin("MaskedMeanPooling", "keras.layers.GlobalAveragePooling1D, masked", _mean),
    Twin("MaskedMaxPooling", "keras.layers.GlobalMaxPooling1D, unmasked", _maximum),
    Twin("GeneralizedMeanPooling", "a layer of keras.ops.power", _generalized),
]
