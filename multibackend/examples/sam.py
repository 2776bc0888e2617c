"""Sharpness-aware minimisation: two gradients a step find a flatter minimum.

The first gradient climbs to where the loss is highest nearby, a distance `RADIUS` away;
the second, taken there, is the one that is applied. On digits, a fifth of whose labels
for training are wrong, the minimum it ends in rises less than a third as much within
this radius as that of plain descent, and more than 95 % of the held-out digits are read
correctly, where plain descent, which learns the mistakes by heart, reads about 90 %.

    KERAS_BACKEND=jax python -m multibackend.examples.sam

P. Foret, A. Kleiner, H. Mobahi, B. Neyshabur, 2021, "Sharpness-Aware Minimization for
Efficiently Improving Generalization", https://arxiv.org/abs/2010.01412
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from multibackend import jit
from multibackend.autodiff import value_and_grad
from multibackend.examples._batches import batches
from multibackend.examples._command import command
from multibackend.examples.digits import load
from multibackend.weights import seed_weights

__all__ = ["learner", "main", "network", "plot"]

Array = npt.NDArray[Any]

BATCH = 64
RADIUS = 0.5
WRONG = 0.2  # the share of wrong labels


def network(units: int = 64) -> Any:
    """Returns an untrained network, with the same weights on every backend."""
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            keras.layers.Flatten(),
            keras.layers.Dense(units, activation="silu"),
            keras.layers.Dense(units, activation="silu"),
            keras.layers.Dense(10),  # the score of each digit
        ]
    )
    seed_weights(model)
    return model


def learner(model: Any, optimizer: Any, radius: float) -> Any:
    """Makes a compiled step on images and labels.

    Args:
        model: Whose weights are trained.
        optimizer: Built for these.
        radius: How far to climb before the second gradient; at 0, the second is the
            first, and the step is plain descent.

    Returns:
        The step; it returns the loss before it, and by how much the loss rises within
        the radius.
    """
    weights = model.trainable_variables
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    slopes_of = value_and_grad(lambda x, y: loss(y, model(x)), variables=weights)

    @jit
    def step(x: Any, y: Any) -> Any:
        here, slopes = slopes_of(x, y)
        squares = [keras.ops.sum(slope**2) for slope in slopes]
        length = keras.ops.sqrt(keras.ops.sum(keras.ops.stack(squares)))
        length = keras.ops.maximum(length, 1e-12)  # on flat ground there is no way up
        climb = [radius * slope / length for slope in slopes]
        for weight, up in zip(weights, climb, strict=True):
            weight.assign_add(up)
        there, slopes = slopes_of(x, y)
        for weight, up in zip(weights, climb, strict=True):
            weight.assign_sub(up)
        optimizer.apply(slopes, weights)
        return keras.ops.stack([here, there - here])

    return step


def mislabel(labels: Array) -> Array:
    """Replaces a share of `WRONG` of the labels by another digit, seeded."""
    rng = np.random.default_rng(0)
    wrong = rng.permutation(len(labels))[: int(WRONG * len(labels))]
    changed = labels.copy()
    changed[wrong] = (labels[wrong] + rng.integers(1, 10, len(wrong))) % 10
    return changed


def descent(model: Any, rate: float) -> Any:
    """Returns stochastic gradient descent with momentum, built for the model."""
    optimizer = keras.optimizers.SGD(rate, momentum=7 / 8)
    optimizer.build(model.trainable_variables)
    return optimizer


def main(epochs: int = 50, samples: int | None = None) -> dict[str, Any]:
    """Trains one network by plain descent and its twin by SAM, and tests both.

    Args:
        epochs: How often each sees the training images.
        samples: How many images to take; all 1,797 by default.

    Returns:
        For `plain` and `sam`: `..._loss` by epoch, on the labels with mistakes;
        `..._sharpness`, by how much that loss rises within the radius, at the end;
        `..._accuracy`, the share of the held-out half that is read correctly; and
        `..._scores`, the scores there, `(held, 10)`.
    """
    x, y = load(samples)
    held = len(x) // 2
    seen, labels = x[held:], mislabel(y[held:])
    numbers: dict[str, Any] = {}
    for name, radius in (("plain", 0.0), ("sam", RADIUS)):
        model = network()
        step = learner(model, descent(model, 0.05), radius)
        rng = np.random.default_rng(1)
        losses: list[float] = []
        for _ in range(epochs):
            rows_of = batches(rng, len(seen), BATCH)
            each = [step(seen[rows], labels[rows])[0] for rows in rows_of]
            losses.append(float(np.mean([float(loss) for loss in each])))
        look = learner(model, descent(model, 0.0), RADIUS)  # goes nowhere
        scores = keras.ops.convert_to_numpy(model(x[:held]))
        numbers[f"{name}_scores"] = scores
        numbers[f"{name}_loss"] = np.asarray(losses)
        numbers[f"{name}_sharpness"] = float(look(seen, labels)[1])
        numbers[f"{name}_accuracy"] = float(np.mean(scores.argmax(axis=1) == y[:held]))
    return numbers


def plot(numbers: Any, figure: Any) -> None:
    """Draws both losses by epoch."""
    axes = figure.add_subplot(xlabel="epoch", ylabel="loss")
    for name in ("plain", "sam"):
        label = f"{name}, {numbers[f'{name}_accuracy']:.1%} of held-out digits"
        axes.plot(numbers[f"{name}_loss"], label=label)
    axes.legend()


if __name__ == "__main__":
    command(main, __doc__ or "", epochs=50, plot=plot)
