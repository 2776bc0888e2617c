"""Controls: models of 1 to 30 layers; rounding grows with depth, and stays rounding."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from multibackend.inputs import normal
from multibackend.parity.selftest.controls.declare import Table, declare, keras
from multibackend.parity.selftest.controls.inputs import rows, steps

# Hidden layers of each plain model.
DEPTHS = (1, 3, 10, 30)


def _plain(depth: int) -> Callable[[], Any]:
    def build() -> Any:
        layers = [keras.layers.Dense(16, "tanh") for _ in range(depth)]
        return keras.Sequential([keras.Input((16,)), *layers]), rows()

    return build


def _residual(depth: int, activation: str) -> Callable[[], Any]:
    """Each block adds to what came in, so that nothing vanishes."""

    def build() -> Any:
        inputs = hidden = keras.Input((16,))
        for _ in range(depth):
            added = keras.layers.Dense(16, activation)(hidden)
            hidden = keras.layers.Add()([hidden, added])
        return keras.Model(inputs, hidden), rows()

    return build


def _normalized() -> Any:
    inputs = hidden = keras.Input((16,))
    for _ in range(10):
        hidden = keras.layers.LayerNormalization()(hidden)
        hidden = keras.layers.Dense(16, "silu")(hidden)
    return keras.Model(inputs, hidden), rows()


def _convolutions() -> Any:
    layers = [
        keras.layers.Conv1D(8, 3, padding="same", activation="tanh") for _ in range(8)
    ]
    return keras.Sequential([keras.Input((5, 8)), *layers]), steps()


def _nested() -> Any:
    """A model in a model in a model, each used twice."""
    inner = keras.Sequential(
        [keras.Input((16,)), keras.layers.Dense(16, "tanh", name="twice")]
    )
    inputs = keras.Input((16,))
    middle = keras.Model(inputs, inner(inner(inputs)))
    outer = keras.Input((16,))
    return keras.Model(outer, middle(outer) + middle(middle(outer))), rows()


def _encoder() -> Any:
    """One block of an encoder: attention and two dense layers, each added."""
    inputs = keras.Input((5, 8))
    attended = keras.layers.AdditiveAttention(use_scale=False)([inputs, inputs])
    hidden = keras.layers.LayerNormalization()(inputs + attended)
    wide = keras.layers.Dense(16, "silu")(hidden)
    outputs = keras.layers.LayerNormalization()(hidden + keras.layers.Dense(8)(wide))
    return keras.Model(inputs, outputs), steps()


def _trained() -> Any:
    """Ten layers and four training steps."""
    layers = [keras.layers.Dense(16, "tanh") for _ in range(10)]
    model = keras.Sequential([keras.Input((16,)), *layers])
    model.compile(
        keras.optimizers.SGD(0.125, momentum=0.5), keras.losses.MeanSquaredError()
    )
    return model, (normal(8, 16), normal(8, 16))


CONTROLS: Table = {
    "residual_10_tanh": _residual(10, "tanh"),
    "residual_30_softsign": _residual(30, "softsign"),
    "normalized_10": _normalized,
    "convolutions_8": _convolutions,
    "models_in_models": _nested,
    "encoder_block": _encoder,
    "trained_10": _trained,
}

declare({f"plain_{depth}": _plain(depth) for depth in DEPTHS})
declare(CONTROLS)
