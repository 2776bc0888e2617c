"""Twins of the mixture of experts."""

from __future__ import annotations

from typing import Any

import numpy as np

from twins import Twin


def _mixture_of_experts() -> tuple[Any, Any, tuple[Any, ...]]:
    import keras

    from multibackend.layers import MixtureOfExperts

    inputs = np.random.default_rng(0).normal(size=(8, 128, 64)).astype("float32")
    # All eight experts on every token, where ours takes two of them.
    theirs = keras.Sequential(
        [
            keras.layers.EinsumDense(
                "btd,edh->bteh", (None, 8, 256), bias_axes="eh", activation="relu"
            ),
            keras.layers.EinsumDense("bteh,ehd->btd", (None, 64), bias_axes="d"),
        ]
    )
    return MixtureOfExperts(8, 256, k=2, capacity_factor=1.25), theirs, (inputs,)


TWINS = [
    Twin(
        "MixtureOfExperts",
        "two keras.layers.EinsumDense with all experts",
        _mixture_of_experts,
    )
]
