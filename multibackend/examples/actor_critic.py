"""An actor and a critic learn to balance a pole on a cart.

64 carts run side by side, simulated in NumPy. The actor gives the probability of
pushing left or right, the critic foretells how long the pole will stand, and an action
that does better than foretold becomes more probable. A push at random keeps the pole up
for 22 steps; after training, it stands for more than 120 of 200.

    KERAS_BACKEND=jax python -m multibackend.examples.actor_critic

V. Mnih et al., 2016, "Asynchronous Methods for Deep Reinforcement Learning",
https://arxiv.org/abs/1602.01783
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from multibackend import jit
from multibackend.examples._adam import adam_step
from multibackend.examples._cart_pole import Carts
from multibackend.examples._command import command
from multibackend.inputs import array
from multibackend.weights import seed_weights

__all__ = ["agent", "evaluate", "main", "plot", "returns", "stepper"]

Array = npt.NDArray[Any]

DISCOUNT, LIMIT = 0.99, 200


def agent(units: int = 64) -> Any:
    """Returns an untrained network: states to the actor's logits and the critic."""
    state = keras.Input((4,))
    actor = keras.layers.Dense(units, activation="tanh")(state)
    critic = keras.layers.Dense(units, activation="tanh")(state)
    logits, value = keras.layers.Dense(2)(actor), keras.layers.Dense(1)(critic)
    model = keras.Model(state, [logits, value])
    seed_weights(model)
    return model


def policy(model: Any) -> Any:
    """Makes a compiled function: states to the probability of right, and the value."""

    @jit
    def act(state: Any) -> Any:
        logits, value = model(state)
        return keras.ops.softmax(logits)[:, 1], value[:, 0]

    return act


def stepper(model: Any) -> Any:
    """Makes a compiled step `step(states, right, returned)` that returns the loss.

    States are `(rows, 4)`, the actions, 0 or 1, and what came of them `(rows,)`.
    """

    def loss_of(states: Any, right: Any, returned: Any) -> Any:
        logits, value = model(states)
        logs = keras.ops.log_softmax(logits)  # (rows, 2)
        better = returned - value[:, 0]
        # The critic learns from its own loss, not from what the actor makes of it.
        chosen = keras.ops.where(right == 1, logs[:, 1], logs[:, 0])
        actor = -keras.ops.mean(chosen * keras.ops.stop_gradient(better))
        entropy = -keras.ops.mean(keras.ops.sum(keras.ops.exp(logs) * logs, axis=1))
        return actor + 0.5 * keras.ops.mean(better**2) - 0.01 * entropy

    return adam_step(loss_of, model, 0.003)


def returns(failed: Array, last: Array) -> Array:
    """What came of each action: the discounted rewards, 1 a step until the failure.

    Args:
        failed: Booleans, `(steps, carts)`.
        last: What the critic expects after the last step, `(carts,)`.

    Returns:
        `(steps, carts)`, from 0 to 1: a share of what a pole that never falls gets.
    """
    found = np.empty(failed.shape, dtype=last.dtype)
    for step in reversed(range(len(failed))):
        last = (1 - DISCOUNT) + DISCOUNT * last * ~failed[step]
        found[step] = last
    return found


def evaluate(act: Any, carts: int = 100) -> float:
    """How many steps of 200 a pole stands, on average, under the likelier action."""
    fresh = Carts(carts, np.random.default_rng(1))
    standing = np.ones(carts, dtype=bool)
    total = 0
    for _ in range(LIMIT):
        right, _ = act(array(fresh.state))
        total += int(standing.sum())
        standing &= ~fresh.push(keras.ops.convert_to_numpy(right) > 0.5)
    return total / carts


def main(epochs: int = 150, carts: int = 64, steps: int = 32) -> dict[str, Any]:
    """Lets the agent act for some steps, learns from them, and so on.

    Args:
        epochs: How often it learns.
        carts: How many run side by side.
        steps: How often each is pushed before the agent learns.

    Returns:
        `loss` and `failures`, the share of pushes that a failure followed, by epoch;
        `standing_before` and `standing`, the mean number of steps of at most 200 that
        a pole stands; and the `values` that the critic gives the last states,
        `(carts,)`.
    """
    rng = np.random.default_rng(0)
    model, track = agent(), Carts(carts, rng)
    act, step = policy(model), stepper(model)
    before = evaluate(act)
    losses: list[float] = []
    failures: list[float] = []
    for _ in range(epochs):
        seen: list[tuple[Array, Array, Array]] = []
        for _ in range(steps):
            state = array(track.state)
            probability, _ = act(state)
            # Drawn by NumPy: from one seed, each framework draws other numbers.
            right = rng.uniform(size=carts) < keras.ops.convert_to_numpy(probability)
            seen.append((state, right, track.push(right)))
        states, pushes, failed = (np.stack(of) for of in zip(*seen, strict=True))
        last = keras.ops.convert_to_numpy(act(array(track.state))[1])
        came = returns(failed, last).reshape(-1)
        right = pushes.reshape(-1).astype("int32")
        losses.append(float(step(states.reshape(-1, 4), right, came)))
        failures.append(float(np.mean(failed)))
    return {
        "loss": np.asarray(losses),
        "failures": np.asarray(failures),
        "standing_before": before,
        "standing": evaluate(act),
        "values": keras.ops.convert_to_numpy(act(array(track.state))[1]),
    }


def plot(numbers: Any, figure: Any) -> None:
    """Draws how long a pole stands between two failures, by epoch."""
    axes = figure.add_subplot(xlabel="epoch", ylabel="steps a failure", yscale="log")
    axes.plot(1 / np.maximum(numbers["failures"], 1e-4))


if __name__ == "__main__":
    command(main, __doc__ or "", epochs=150, plot=plot)
