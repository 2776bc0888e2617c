"""Using a trained model: `model(x)` at once, or `predict` in batches.

`model(x)` computes all rows at once and returns the framework's tensor: differentiable,
and heavy where the data are many. `predict` goes batch by batch through a compiled
function and returns a NumPy array.

    KERAS_BACKEND=jax python -m multibackend.examples.inference
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from multibackend.inputs import array
from multibackend.weights import seed_weights

__all__ = ["main", "trained"]


def points(samples: int, seed: int) -> npt.NDArray[Any]:
    """Draws points of 4 features."""
    rng = np.random.default_rng(seed)
    return array(rng.normal(size=(samples, 4)), seed=seed)  # (samples, 4)


def trained(epochs: int) -> Any:
    """Returns a model that learnt which of a point's first 3 features is largest."""
    x = points(256, seed=14)
    y = x[:, :3].argmax(axis=1).astype("int32")  # (samples,)
    model = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(8, activation="tanh"),
            keras.layers.Dense(3, activation="softmax"),
        ]
    )
    seed_weights(model)  # the same start on every backend
    optimizer = keras.optimizers.RMSprop(learning_rate=0.02)
    model.compile(optimizer, loss="sparse_categorical_crossentropy")
    model.fit(x, y, batch_size=64, epochs=epochs, shuffle=False, verbose=0)
    return model


def main(epochs: int = 3, samples: int = 300) -> dict[str, npt.NDArray[Any]]:
    """Predicts new points in both ways.

    Args:
        epochs: How long the model is trained first.
        samples: How many new points; 300 make two full batches and a rest of 44.

    Returns:
        The probabilities of 3 classes, each of shape `(samples, 3)`: `direct` from
        `model(x)`, `batched` from `predict(x, batch_size=128)`. They are equal up to
        rounding: matrix products of other sizes may add in another order.
    """
    model = trained(epochs)
    new = points(samples, seed=15)
    # A tensor of the framework; only `convert_to_numpy` reads it on every backend
    # (off the GPU, out of the gradient's graph).
    direct = keras.ops.convert_to_numpy(model(new))
    batched = model.predict(new, batch_size=128, verbose=0)
    return {"direct": direct, "batched": batched}


if __name__ == "__main__":
    numbers = main()
    difference = np.abs(numbers["direct"] - numbers["batched"]).max()
    for what, probabilities in numbers.items():
        print(f"{what}: shape {probabilities.shape}, first {probabilities[0].round(4)}")
    print(f"largest difference: {difference:.1e}")
