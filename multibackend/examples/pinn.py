"""A physics-informed network solves Burgers' equation without a single data point.

`u_t + u u_x = nu u_xx` on -1 < x < 1, 0 < t < 1, from `-sin(pi x)`, zero at both ends,
with `nu = 0.05 / pi`: the wave steepens into a front at x = 0. The network is trained
on what its own derivatives leave of the equation: gradients, with respect to the
weights, of first and second derivatives with respect to the inputs. Against a finite-
difference solution on a fine grid its relative L2 error is at most 5 %.

    KERAS_BACKEND=jax python -m multibackend.examples.pinn

M. Raissi, P. Perdikaris, G. E. Karniadakis, 2019, "Physics-informed neural networks",
Journal of Computational Physics 378, https://doi.org/10.1016/j.jcp.2018.10.045
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from multibackend import jit
from multibackend.autodiff import grad, value_and_grad
from multibackend.examples._adam import adam
from multibackend.examples._burgers import NU, TIMES, finite_differences
from multibackend.examples._command import command
from multibackend.inputs import array
from multibackend.weights import seed_weights

__all__ = ["main", "network", "plot", "residual", "solution"]


def network(width: int = 32) -> Any:
    """Returns an untrained network of `(x, t)`, the same on every backend."""
    model = keras.Sequential(
        [
            keras.Input((2,)),
            *(keras.layers.Dense(width, activation="tanh") for _ in range(3)),
            keras.layers.Dense(1),
        ]
    )
    seed_weights(model)
    return model


def solution(model: Any, x: Any, t: Any) -> Any:
    """The solution that the network stands for: `u` of shape `(points, 1)`.

    It starts from `-sin(pi x)` and is zero at both ends whatever the weights are, so
    that only the equation is left to learn.
    """
    x, t = (keras.ops.convert_to_tensor(values) for values in (x, t))
    free = model(keras.ops.concatenate([x, t], axis=-1))
    return t * (1 - x**2) * free - keras.ops.sin(np.pi * x)


def residual(model: Any, x: Any, t: Any) -> Any:
    """What `u_t + u u_x - nu u_xx` leaves at each point: `(points, 1)`.

    Points do not influence each other, so the gradient of a sum over them holds the
    derivative at each.
    """

    def total(x: Any, t: Any) -> Any:
        u = solution(model, x, t)
        return keras.ops.sum(u), u

    def total_slope(x: Any, t: Any) -> Any:
        (u_x, u_t), u = grad(total, (0, 1), has_aux=True)(x, t)
        return keras.ops.sum(u_x), (u, u_x, u_t)

    u_xx, (u, u_x, u_t) = grad(total_slope, has_aux=True)(x, t)
    return u_t + u * u_x - NU * u_xx


def stepper(model: Any, optimizer: Any) -> Any:
    """Makes a compiled step `step(x, t)` that returns the mean squared residual.

    Args:
        model: Whose weights are trained.
        optimizer: Built for these; its learning rate may change between steps.
    """
    weights = model.trainable_variables

    def loss_of(x: Any, t: Any) -> Any:
        return keras.ops.mean(residual(model, x, t) ** 2)

    @jit
    def step(x: Any, t: Any) -> Any:
        loss, slopes = value_and_grad(loss_of, variables=weights)(x, t)
        optimizer.apply(slopes, weights)
        return loss

    return step


def main(
    epochs: int = 60, steps: int = 50, points: int = 256, cells: int = 512
) -> dict[str, Any]:
    """Trains the network and compares it with the finite differences.

    Args:
        epochs: How many times `steps` steps.
        steps: How many steps an epoch has, each on new points.
        points: How many points each step looks at.
        cells: How fine the grid is that it is compared on.

    Returns:
        `loss` by epoch; `error`, the relative L2 error over the grid and all times
        after the first; `found` and `expected`, both `(times, cells)`.
    """
    rng = np.random.default_rng(0)
    model = network()
    optimizer = adam(0.01, model.trainable_variables)
    step = stepper(model, optimizer)
    losses: list[float] = []
    for epoch in range(epochs):
        # a variable, which the compiled step reads: half a cosine down to nearly zero
        optimizer.learning_rate = 0.005 * (1 + np.cos(np.pi * epoch / epochs))
        # (steps, points, 1); every second point comes close to the front
        x = rng.uniform(-1, 1, (steps, points, 1))
        x[:, ::2] **= 3
        x, t = array(x), array(rng.uniform(0, 1, (steps, points, 1)))
        each = [step(*pair) for pair in zip(x, t, strict=True)]
        losses.append(float(np.mean([float(loss) for loss in each])))
    x, expected = finite_differences(cells)
    grid, times = np.meshgrid(x, TIMES)
    found = solution(model, array(grid.reshape(-1, 1)), array(times.reshape(-1, 1)))
    found = keras.ops.convert_to_numpy(found).reshape(expected.shape)
    gap = np.linalg.norm(found[1:] - expected[1:])
    error = float(gap / np.linalg.norm(expected[1:]))
    return {
        "loss": np.asarray(losses),
        "error": error,
        "found": found,
        "expected": expected,
    }


def plot(numbers: Any, figure: Any) -> None:
    """Draws the network's solution over the grid's at four times."""
    axes = figure.add_subplot(xlabel="x", ylabel="u")
    cells = numbers["expected"].shape[1]
    x = (np.arange(cells) + 0.5) * 2 / cells - 1
    for row in (0, 3, 6, 10):
        axes.plot(x, numbers["expected"][row], color="0.8", linewidth=4)
        axes.plot(x, numbers["found"][row], label=f"t = {TIMES[row]:.1f}")
    axes.legend()


if __name__ == "__main__":
    command(main, __doc__ or "", epochs=60, plot=plot)
