"""The states of stateful recurrent layers, which Keras lists in no `variables`."""

from __future__ import annotations

import importlib
from typing import Any

import keras

__all__ = ["compile_scans", "recurrent", "recurrent_states"]


def recurrent(target: Any) -> list[Any]:
    """The stateful recurrent layers of a layer or model, itself included."""
    if getattr(target, "stateful", False) and getattr(target, "states", None):
        return [target]
    found = [one for layer in _inside(target) for one in recurrent(layer)]
    return list({id(layer): layer for layer in found}.values())


def recurrent_states(target: Any) -> list[Any]:
    """What those layers remember from one call to the next."""
    return [state for layer in recurrent(target) for state in layer.states]


def compile_scans(target: Any) -> None:
    """Lets the recurrent layers of a layer or model compile once, on JAX alone."""
    if keras.config.backend() != "jax":
        return
    compile_once = importlib.import_module(
        "multibackend.parity.checks._rnn_jax"
    ).compile_once
    for layer in _scanning(target):
        if layer.built:
            compile_once(layer)


def _scanning(target: Any) -> list[Any]:
    if isinstance(target, keras.layers.RNN):
        return [target]
    found = [one for layer in _inside(target) for one in _scanning(layer)]
    return list({id(layer): layer for layer in found}.values())


def _inside(target: Any) -> list[Any]:
    """The layers of a model, or those that a layer holds, alone or in a list."""
    held = getattr(target, "layers", None) or [
        one
        for value in vars(target).values()
        for one in (value if isinstance(value, list | tuple) else [value])
    ]
    return [one for one in held if isinstance(one, keras.layers.Layer)]
