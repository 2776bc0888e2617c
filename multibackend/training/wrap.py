"""`wrap`: a plain Keras model with compiled steps."""

from __future__ import annotations

from typing import Any

import keras

from multibackend.training.model import Model

__all__ = ["Wrapped", "wrap"]


@keras.saving.register_keras_serializable(package="multibackend")
class Wrapped(Model):
    """A model around another one, whose layers and weights it shares."""

    def __init__(self, model: Any, **kwargs: Any) -> None:
        super().__init__(**{"name": model.name, **kwargs})
        self.model = model
        if model.built:
            self.built = True

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:  # noqa: FBT001 - as Keras calls it
        """Calls the model inside."""
        return self.model(inputs, training=training, mask=mask)

    def get_config(self) -> dict[str, Any]:
        """The model inside, serialized."""
        return {
            "name": self.name,
            "model": keras.saving.serialize_keras_object(self.model),
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """Makes the model inside, and this one around it."""
        inner = keras.saving.deserialize_keras_object(config["model"])
        return cls(inner, name=config["name"])


def wrap(model: Any) -> Any:
    """Gives a plain Keras model compiled steps: `fit`, `evaluate` and `predict`.

    Layers and weights are shared, so that the model inside is trained. One that is
    compiled already stays so: the new one has its loss and metrics, and its very
    optimizer.

    Args:
        model: A `keras.Model` whose `train_step` is Keras' own.

    Returns:
        A `multibackend.training.Model`.

    Raises:
        ValueError: It is no model, or has a step of its own, which is written for one
            backend.

    Example:
    >>> import keras, numpy as np
    >>> plain = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> plain.compile(optimizer="adam", loss="mse")
    >>> model = wrap(plain)
    >>> x = np.ones((4, 2), "float32")
    >>> len(model.fit(x, x[:, :1], epochs=3, verbose=0).history["loss"])
    3
    """
    if not isinstance(model, keras.Model):
        message = (
            f"Expected a `keras.Model`, received {type(model).__name__}. "
            "Put layers into a `keras.Sequential`."
        )
        raise ValueError(message)  # noqa: TRY004 - as for every wrong argument
    if isinstance(model, Model):
        return model
    own = type(model).train_step is not keras.Model.train_step
    if own:
        message = (
            "Expected a model with Keras' own `train_step`, received a "
            f"{type(model).__name__} with another. Subclass "
            "`multibackend.training.Model` and write it there, once for all backends."
        )
        raise ValueError(message)
    wrapped = Wrapped(model)
    if model.compiled:
        given = keras.saving.deserialize_keras_object(model.get_compile_config())
        wrapped.compile(**{**given, "optimizer": model.optimizer})
    return wrapped
