"""What `fit` eats: arrays, a `PyDataset`, a `tf.data.Dataset`, a torch `DataLoader`.

Each works on every backend, wherever its own library is installed: the source of the
data and the framework that computes are two choices. The same batches in the same
order give the same losses.

    KERAS_BACKEND=jax python -m multibackend.examples.fit_data
"""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Iterable
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from multibackend.errors import EnvironmentUnfitError
from multibackend.inputs import array
from multibackend.weights import seed_weights

__all__ = ["LIBRARIES", "Batches", "available", "main", "open_source", "train"]

BATCH = 32

#: Every source, with the library it needs.
LIBRARIES: dict[str, str] = {
    "arrays": "numpy",
    "PyDataset": "keras",
    "tf.data": "tensorflow",
    "DataLoader": "torch",
}

Array = npt.NDArray[Any]


class Batches(keras.utils.PyDataset):
    """Cuts arrays into batches: the one source that needs Keras alone.

    Args:
        x: Inputs, shape `(samples, ...)`.
        y: Targets, shape `(samples, ...)`.
        batch_size: Samples in each batch; the last may have fewer.
    """

    def __init__(self, x: Array, y: Array, batch_size: int) -> None:
        super().__init__()
        self.x, self.y, self.batch_size = x, y, batch_size

    def __len__(self) -> int:
        return math.ceil(len(self.x) / self.batch_size)

    def __getitem__(self, index: int) -> tuple[Array, Array]:
        rows = slice(index * self.batch_size, (index + 1) * self.batch_size)
        return self.x[rows], self.y[rows]


def available() -> tuple[str, ...]:
    """The sources whose library is installed; imports none of them."""
    return tuple(s for s, lib in LIBRARIES.items() if importlib.util.find_spec(lib))


def data() -> tuple[Array, Array]:
    """Draws 80 points and a noisy line through them: two full batches and a half."""
    rng = np.random.default_rng(12)
    x = rng.normal(size=(80, 3))
    y = x @ [[1.0], [-2.0], [0.5]] + 0.1 * rng.normal(size=(80, 1))
    return array(x, seed=1), array(y, seed=2)


def open_source(source: str, x: Array, y: Array) -> dict[str, Any]:
    """Returns the arguments that hand `x` and `y` to `fit` through a source.

    Raises:
        ValueError: There is no such source.
        EnvironmentUnfitError: Its library is not installed.
    """
    if source not in LIBRARIES:
        message = (
            f"Expected `source` to be one of {', '.join(LIBRARIES)}, received "
            f"{source!r}. Choose one of these."
        )
        raise ValueError(message)
    if source not in available():
        library = LIBRARIES[source]
        message = (
            f"Expected {library} to be installed for the source {source!r}, found "
            f"none. Leave it out, or install it: python -m pip install {library}"
        )
        raise EnvironmentUnfitError(message)
    if source == "arrays":
        return {"x": x, "y": y, "batch_size": BATCH}  # only arrays need cutting
    if source == "PyDataset":
        return {"x": Batches(x, y, BATCH)}
    if source == "tf.data":
        import tensorflow as tf

        return {"x": tf.data.Dataset.from_tensor_slices((x, y)).batch(BATCH)}
    import torch  # pyright: ignore[reportMissingImports]
    from torch.utils.data import (  # pyright: ignore[reportMissingImports]
        DataLoader,
        TensorDataset,
    )

    pairs = TensorDataset(torch.from_numpy(x), torch.from_numpy(y))
    return {"x": DataLoader(pairs, batch_size=BATCH)}


def train(source: str, epochs: int) -> Any:
    """Trains one layer on a source and returns the `History` of `fit`."""
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    seed_weights(model)  # the same start for every source and backend
    optimizer = keras.optimizers.SGD(learning_rate=0.1)
    model.compile(optimizer, loss="mean_squared_error", metrics=["mean_absolute_error"])
    fed = open_source(source, *data())
    # `fit` shuffles arrays unless told otherwise, on each backend with its own draws.
    return model.fit(**fed, epochs=epochs, shuffle=False, verbose=0)


def main(epochs: int = 3, sources: Iterable[str] | None = None) -> dict[str, Any]:
    """Trains the same layer from each source.

    Args:
        epochs: How often the data are seen.
        sources: Which to compare with arrays; by default all that are available.

    Returns:
        What `History` holds after training on arrays: `epoch`, and by epoch `loss`
        and `mean_absolute_error`; and `agree`, 1.0 if every source gave the same.
    """
    history = train("arrays", epochs)
    numbers: dict[str, Any] = {"epoch": history.epoch, **history.history}
    agree = True
    for source in available() if sources is None else sources:
        other = train(source, epochs).history
        agree &= all(
            np.array_equal(other[key], values)
            for key, values in history.history.items()
        )
    return {**numbers, "agree": float(agree)}


if __name__ == "__main__":
    print("sources here:", ", ".join(available()))
    for what, values in main().items():
        print(f"{what:<20} {values}")
