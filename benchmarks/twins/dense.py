"""Twins of the dense layer."""

from __future__ import annotations

from typing import Any

import numpy as np

from twins import Twin


def _dense() -> tuple[Any, Any, tuple[Any, ...]]:
    import keras

    from multibackend.layers import SimpleDense

    inputs = np.random.default_rng(0).normal(size=(256, 512)).astype("float32")
    return (
        SimpleDense(512, activation="relu"),
        keras.layers.Dense(512, activation="relu"),
        (inputs,),
    )


TWINS = [Twin("SimpleDense", "keras.layers.Dense", _dense)]
