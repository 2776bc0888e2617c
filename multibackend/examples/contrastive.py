"""Supervised contrastive learning: digits of a kind come together, then a line parts them.

The encoder never sees which digit an image shows, only which images of a batch show the
same: it draws these together, away from all others, on a sphere in eight dimensions.
Then its weights stay, and a linear layer learns the digits from what it found. More
than 95 % of the held-out digits are read correctly; on the untrained encoder, fewer than
80 %.

    KERAS_BACKEND=jax python -m multibackend.examples.contrastive

P. Khosla et al., 2020, "Supervised Contrastive Learning",
https://arxiv.org/abs/2004.11362
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from multibackend.examples._adam import adam_step
from multibackend.examples._batches import train
from multibackend.examples._command import command
from multibackend.examples.digits import load
from multibackend.losses import SupervisedContrastive
from multibackend.weights import seed_weights

__all__ = ["contraster", "encoder", "main", "plot", "probe", "prober"]

Array = npt.NDArray[Any]

SIZE = 8  # of an embedding


def encoder(filters: int = 32) -> Any:
    """Returns an untrained network from images to embeddings, `(batch, 8)`."""
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            keras.layers.Conv2D(filters, 3, strides=2, activation="silu"),  # 3 x 3
            keras.layers.Flatten(),  # 9 * filters
            keras.layers.Dense(64, activation="silu"),
            keras.layers.Dense(SIZE),
            keras.layers.UnitNormalization(),
        ]
    )
    seed_weights(model)
    return model


def probe() -> Any:
    """Returns an untrained linear layer from embeddings to the scores of the digits."""
    model = keras.Sequential([keras.Input((SIZE,)), keras.layers.Dense(10)])
    seed_weights(model)
    return model


def contraster(model: Any) -> Any:
    """Makes a compiled step `step(images, labels)` that trains an encoder."""
    loss = SupervisedContrastive(temperature=0.1)
    return adam_step(lambda x, y: loss(y, model(x)), model, 0.003)


def prober(model: Any) -> Any:
    """Makes a compiled step `step(embeddings, labels)` that trains a probe."""
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    return adam_step(lambda x, y: loss(y, model(x)), model, 0.05)


def probed(model: Any, x: Array, y: Array, epochs: int) -> dict[str, Any]:
    """Trains a probe of an encoder as it is, and tests it on the first fifth.

    Returns:
        `loss` by epoch, `accuracy`, and the held-out `scores`, `(held, 10)`.
    """
    held = len(x) // 5
    found = keras.ops.convert_to_numpy(model(x))  # (samples, 8)
    line = probe()
    loss = train(prober(line), epochs, found[held:], y[held:])
    scores = keras.ops.convert_to_numpy(line(found[:held]))
    accuracy = float(np.mean(scores.argmax(axis=1) == y[:held]))
    return {"loss": loss, "accuracy": accuracy, "scores": scores}


def main(epochs: int = 20, samples: int | None = None) -> dict[str, Any]:
    """Trains the encoder, then a probe of it, and one of the untrained encoder.

    Args:
        epochs: How often the encoder sees the training images, and each probe too.
        samples: How many images to take; all 1,797 by default.

    Returns:
        `contrastive_loss` and `probe_loss` by epoch; `accuracy` on the held-out fifth
        and `untrained_accuracy`; the `scores`, `(held, 10)`, and the `embeddings`,
        `(held, 8)`, of the held-out images.
    """
    x, y = load(samples)
    held = len(x) // 5
    model = encoder()
    untrained = probed(model, x, y, epochs)
    contrastive_loss = train(contraster(model), epochs, x[held:], y[held:])
    trained = probed(model, x, y, epochs)
    return {
        "contrastive_loss": contrastive_loss,
        "probe_loss": trained["loss"],
        "accuracy": trained["accuracy"],
        "untrained_accuracy": untrained["accuracy"],
        "scores": trained["scores"],
        "embeddings": keras.ops.convert_to_numpy(model(x[:held])),
    }


def plot(numbers: Any, figure: Any) -> None:
    """Draws the embeddings on their two main axes, coloured by the digit read."""
    embeddings = numbers["embeddings"] - numbers["embeddings"].mean(axis=0)
    *_, axes_of_spread = np.linalg.svd(embeddings, full_matrices=False)
    places = embeddings @ axes_of_spread[:2].T  # (held, 2)
    axes = figure.add_subplot(aspect="equal")
    axes.scatter(*places.T, c=numbers["scores"].argmax(axis=1), cmap="tab10", s=8)


if __name__ == "__main__":
    command(main, __doc__ or "", epochs=20, plot=plot)
