"""The states of stateful recurrent layers, which Keras lists in no `variables`."""

from __future__ import annotations

import importlib
from typing import Any

import keras

from multibackend.parity.checks.sublayers import everything

__all__ = ["compile_scans", "recurrent", "recurrent_states"]


def recurrent(target: Any) -> list[Any]:
    """The stateful recurrent layers of a layer or model, itself included."""
    return [
        layer
        for layer in everything(target)
        if getattr(layer, "stateful", False) and getattr(layer, "states", None)
    ]


def recurrent_states(target: Any) -> list[Any]:
    """What those layers remember from one call to the next."""
    # A Bidirectional layer has the states of the two inside it.
    states = [state for layer in recurrent(target) for state in layer.states]
    return list({id(state): state for state in states}.values())


def compile_scans(target: Any) -> None:
    """Lets the recurrent layers of a layer or model compile once, on JAX alone."""
    if keras.config.backend() != "jax":
        return
    compile_once = importlib.import_module(
        "multibackend.parity.checks._rnn_jax"
    ).compile_once
    for layer in everything(target):
        if isinstance(layer, keras.layers.RNN) and layer.built:
            compile_once(layer)
