"""One model written three ways: Sequential, functional, subclass.

Run it: `KERAS_BACKEND=jax python -m multibackend.examples.three_models`

A model is a graph of layers. Given the same weights, the three give the same numbers.
"""

from __future__ import annotations

from typing import Any

import keras

from multibackend.inputs import normal
from multibackend.layers import SimpleDense
from multibackend.weights import seed_weights

__all__ = ["Subclass", "functional", "main", "sequential"]


def sequential() -> Any:
    """A list of layers."""
    return keras.Sequential(
        [keras.Input((4,)), SimpleDense(8, activation="relu"), SimpleDense(3)]
    )


def functional() -> Any:
    """A graph, drawn by calling the layers on symbolic inputs."""
    inputs = keras.Input((4,))
    hidden = SimpleDense(8, activation="relu")(inputs)
    return keras.Model(inputs, SimpleDense(3)(hidden))


class Subclass(keras.Model):
    """A class of its own: anything that Python can say may stand in `call`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.hidden = SimpleDense(8, activation="relu")
        self.last = SimpleDense(3)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Builds the layers in the order of the data."""
        self.hidden.build(input_shape)
        self.last.build(self.hidden.compute_output_shape(input_shape))

    def call(self, inputs: Any) -> Any:
        """Computes the outputs; use the model as a function instead."""
        return self.last(self.hidden(inputs))


def main() -> dict[str, Any]:
    """Gives the three the same weights and the same inputs.

    Returns:
        The outputs of each, shape `(5, 3)`, and how many parameters each has.
    """
    inputs = normal(5, 4, seed=9)
    models: dict[str, Any] = {
        "sequential": sequential(),
        "functional": functional(),
        "subclass": Subclass(),
    }
    models["subclass"].build((None, 4))  # the others know their input already
    seed_weights(models["sequential"])
    numbers: dict[str, Any] = {}
    for name, model in models.items():
        model.set_weights(models["sequential"].get_weights())
        numbers[name] = keras.ops.convert_to_numpy(model(inputs))  # (5, 3)
        numbers[f"{name}_parameters"] = model.count_params()
    return numbers


if __name__ == "__main__":
    for name, value in main().items():
        print(f"{name}: {value}")
