"""A linear classifier from scratch: two clouds, two variables, 40 steps, one line.

Run it: `KERAS_BACKEND=jax python -m multibackend.examples.linear_classifier`

No layer, no optimizer: only variables, operations and gradients. Each step uses all
points, so nothing is shuffled and every backend walks the same way.
`--plot FILE` draws the points and the line.
"""

from __future__ import annotations

import argparse
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from multibackend.autodiff import value_and_grad
from multibackend.inputs import array, uniform
from multibackend.losses import SquareLoss

__all__ = ["clouds", "main", "model", "plot", "start", "train"]

Array = npt.NDArray[Any]

STEPS = 40
RATE = 0.1


def clouds(samples: int = 1000) -> tuple[Array, Array]:
    """Draws two Gaussian clouds that a line can separate.

    Args:
        samples: How many points each cloud has.

    Returns:
        The points `(2 * samples, 2)` and their classes 0 or 1, `(2 * samples, 1)`.
    """
    rng = np.random.default_rng(0)
    covariance = [[1.0, 0.5], [0.5, 1.0]]
    drawn = [
        # Cholesky: the default, an SVD, may flip signs from one machine to another.
        rng.multivariate_normal(mean, covariance, size=samples, method="cholesky")
        for mean in ([0.0, 3.0], [3.0, 0.0])
    ]
    classes = np.repeat([[0.0], [1.0]], samples, axis=0)
    return array(np.vstack(drawn), seed=1), array(classes, seed=2)


def start() -> tuple[Array, Array]:
    """Draws the first kernel `(2, 1)` from 0 to 1; the first bias `(1,)` is zero."""
    return uniform(2, 1, seed=3), array([0.0], seed=4)


def model(inputs: Any, kernel: Any, bias: Any) -> Any:
    """One affine transformation: `(points, 2)` to `(points, 1)`."""
    return keras.ops.matmul(inputs, kernel) + bias


def train(inputs: Any, targets: Any, kernel: Any, bias: Any) -> dict[str, Any]:
    """Fits kernel and bias by gradient descent on the square loss.

    Args:
        inputs: Points, shape `(points, 2)`.
        targets: Classes, shape `(points, 1)`.
        kernel: The first kernel, shape `(2, 1)`.
        bias: The first bias, shape `(1,)`.

    Returns:
        The loss before each step `(40,)`, the last kernel and bias, and the
        predictions with these `(points, 1)`: all as tensors.
    """
    W, b = keras.Variable(kernel), keras.Variable(bias)  # noqa: N806 - as in W x + b
    square_loss = SquareLoss()
    inputs = keras.ops.convert_to_tensor(inputs)
    targets = keras.ops.convert_to_tensor(targets)

    def loss_of() -> Any:
        return square_loss(targets, model(inputs, W, b))

    losses: list[Any] = []
    for _ in range(STEPS):
        loss, (slope_of_W, slope_of_b) = value_and_grad(loss_of, variables=[W, b])()  # noqa: N806
        W.assign_sub(RATE * slope_of_W)
        b.assign_sub(RATE * slope_of_b)
        losses.append(loss)
    return {
        "losses": keras.ops.stack(losses),
        "kernel": keras.ops.convert_to_tensor(W),
        "bias": keras.ops.convert_to_tensor(b),
        "predictions": model(inputs, W, b),
    }


def plot(
    file: str, inputs: Array, predictions: Array, kernel: Array, bias: Array
) -> None:
    """Draws the points, coloured by prediction, and the line `W x + b = 0.5`.

    Args:
        file: Where to write the picture; the ending chooses the format.
        inputs: Points, shape `(points, 2)`.
        predictions: Shape `(points, 1)`; above 0.5 means class 1.
        kernel: Shape `(2, 1)`.
        bias: Shape `(1,)`.
    """
    from matplotlib.figure import Figure  # the extra `plot`

    figure: Any = Figure()
    axes: Any = figure.add_subplot()
    colours = np.where(predictions[:, 0] > 0.5, "gold", "indigo")
    axes.scatter(inputs[:, 0], inputs[:, 1], c=colours, s=8)
    # w_1 x + w_2 y + b = 0.5, solved for y
    x = np.linspace(-1, 4, 100)
    axes.plot(x, (0.5 - bias[0] - kernel[0, 0] * x) / kernel[1, 0], "-r")
    axes.set(xlabel="x", ylabel="y", title=f"W x + b = 0.5 ({keras.config.backend()})")
    figure.savefig(file)


def main(plot_file: str | None = None) -> dict[str, Any]:
    """Draws, trains, and measures.

    Args:
        plot_file: Where to write the picture, or `None` for no picture.

    Returns:
        The 40 losses, kernel, bias and predictions as NumPy arrays, and the accuracy.
    """
    inputs, targets = clouds()
    trained: dict[str, Any] = {
        name: keras.ops.convert_to_numpy(value)
        for name, value in train(inputs, targets, *start()).items()
    }
    predictions, kernel, bias = (
        trained[name] for name in ("predictions", "kernel", "bias")
    )
    if plot_file is not None:
        plot(plot_file, inputs, predictions, kernel, bias)
    return {
        **trained,
        "accuracy": float(np.mean((predictions > 0.5) == (targets > 0.5))),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Trains a linear classifier.")
    _ = parser.add_argument("--plot", metavar="FILE", help="write the picture to FILE")
    numbers = main(parser.parse_args().plot)
    for step, loss in enumerate(numbers["losses"]):
        print(f"step {step}: loss {loss:.4f}")
    print(f"W = {numbers['kernel'].ravel().tolist()}, b = {numbers['bias'].tolist()}")
    print(f"accuracy {numbers['accuracy']:.4f}")
