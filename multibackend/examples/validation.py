"""Holding out data: shuffle, keep 30 % aside, watch them while training, evaluate.

Run it: `KERAS_BACKEND=jax python -m multibackend.examples.validation`
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from multibackend.inputs import array
from multibackend.weights import seed_weights

__all__ = ["hold_out", "main"]

Array = npt.NDArray[Any]


def clouds(samples: int) -> tuple[Array, Array]:
    """Draws two clouds, class after class: unshuffled, as data often come."""
    rng = np.random.default_rng(13)
    half = samples // 2
    covariance = [[1, 0.5], [0.5, 1]]
    negative = rng.multivariate_normal([0, 3], covariance, size=half)
    positive = rng.multivariate_normal([3, 0], covariance, size=samples - half)
    points = np.concatenate([negative, positive])  # (samples, 2)
    labels = (np.arange(samples) >= half).astype("int32")[:, None]  # (samples, 1)
    return array(points, seed=1), labels


def hold_out(
    x: Array, y: Array, *, share: float = 0.3, seed: int = 0
) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """Shuffles, then splits.

    `fit(validation_split=0.3)` takes the last rows as they come; of data sorted by
    class it would hold out one class only. So the rows are shuffled first, with
    NumPy, which draws the same order whatever the backend.

    Args:
        x: Inputs, shape `(samples, ...)`.
        y: Targets, shape `(samples, ...)`.
        share: The part to hold out, above 0 and below 1.
        seed: Another seed gives another order.

    Returns:
        `(x, y)` to train on and `(x, y)` held out, which has
        `int(share * samples)` rows.

    Raises:
        ValueError: `share` leaves one of the two parts empty, or the lengths differ.
    """
    if len(x) != len(y):
        message = (
            f"Expected as many targets as inputs, received {len(y)} targets for "
            f"{len(x)} inputs. Pair each row of `x` with one row of `y`."
        )
        raise ValueError(message)
    held = int(share * len(x))
    if not 0 < held < len(x):
        message = (
            f"Expected `share` to leave rows on both sides, received share={share} of "
            f"{len(x)} rows. Choose a share between 0 and 1, or bring more rows."
        )
        raise ValueError(message)
    order = np.random.default_rng(seed).permutation(len(x))
    x, y = x[order], y[order]
    return (x[held:], y[held:]), (x[:held], y[:held])


def main(epochs: int = 5, samples: int = 320) -> dict[str, Any]:
    """Trains with validation after each epoch, then evaluates once more.

    Args:
        epochs: How often the training part is seen.
        samples: How many points are drawn for both clouds together.

    Returns:
        What `History` holds (`loss`, `val_loss`, and the same of the accuracy, by
        epoch) and what `evaluate` gives for the held-out part (`evaluated loss`,
        `evaluated accuracy`): the last validation, once more.
    """
    (x, y), held_out = hold_out(*clouds(samples))
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    seed_weights(model)  # the same start on every backend
    model.compile(
        optimizer=keras.optimizers.RMSprop(learning_rate=0.05),
        # The layer ends in a score, and the loss applies the sigmoid: near 0 and 1
        # a probability has too few digits left for its logarithm. A score above 0
        # is a probability above one half.
        loss=keras.losses.BinaryCrossentropy(from_logits=True),
        metrics=[keras.metrics.BinaryAccuracy(name="accuracy", threshold=0.0)],
    )
    history = model.fit(
        x,
        y,
        epochs=epochs,
        batch_size=16,
        shuffle=False,
        validation_data=held_out,
        verbose=0,
    )
    # Validation never trains: no weight and no optimizer slot moves.
    loss, accuracy = model.evaluate(*held_out, batch_size=128, verbose=0)
    return {
        **history.history,
        "evaluated loss": float(loss),
        "evaluated accuracy": float(accuracy),
    }


if __name__ == "__main__":
    numbers = main()
    pairs = zip(numbers["loss"], numbers["val_loss"], strict=True)
    for epoch, (trained, held) in enumerate(pairs, start=1):
        print(f"epoch {epoch}: loss {trained:.6f}, held out {held:.6f}")
    print(f"evaluate: loss {numbers['evaluated loss']:.6f}")
    print(f"evaluate: accuracy {numbers['evaluated accuracy']:.3f}")
