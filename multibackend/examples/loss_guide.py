"""Which loss for which task, with its activation and the form of its targets.

A wrong pair rarely fails by itself: it trains, badly. So `choose_loss` looks at the
activation and at the targets, and refuses what does not fit.

    KERAS_BACKEND=jax python -m multibackend.examples.loss_guide
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from multibackend.inputs import array, normal
from multibackend.weights import seed_weights

__all__ = ["GUIDE", "Advice", "choose_loss", "main"]

Targets = npt.NDArray[Any]


def _binary(y: Targets, units: int) -> bool:
    return y.ndim == 2 and y.shape[1] == units and bool(np.isin(y, (0, 1)).all())


def _one_hot(y: Targets, units: int) -> bool:
    return units > 1 and _binary(y, units) and bool((y.sum(axis=1) == 1).all())


def _integers(y: Targets, units: int) -> bool:
    flat = y.ndim == 1 or (y.ndim == 2 and y.shape[1] == 1)
    whole = y.dtype.kind in "iu"
    return units > 1 and flat and whole and bool(((y >= 0) & (y < units)).all())


def _numbers(y: Targets, units: int) -> bool:
    right = y.ndim == 2 and y.shape[1] == units
    return right and y.dtype.kind in "iuf" and bool(np.isfinite(y).all())


def _shares(y: Targets, units: int) -> bool:
    right = units > 1 and _numbers(y, units) and bool((y >= 0).all())
    return right and bool((abs(y.sum(axis=1) - 1) < 1e-3).all())


def _directions(y: Targets, units: int) -> bool:
    return units > 1 and _numbers(y, units) and bool((y != 0).any(axis=1).all())


@dataclass(frozen=True)
class Advice:
    """What fits one task.

    Attributes:
        loss: The class of the loss.
        activations: Of the last layer; the first is the usual one. Each with what the
            loss must be told: `linear` hands over logits, the scores before softmax
            or sigmoid.
        targets: The form of the targets, in words.
        fits: Whether targets have this form, for a last layer of so many units.
        cure: What to do when they have not.
    """

    loss: Any
    activations: Mapping[str, Mapping[str, Any]]
    targets: str
    fits: Callable[[Targets, int], bool]
    cure: str


_SIGMOID: dict[str, dict[str, Any]] = {"sigmoid": {}, "linear": {"from_logits": True}}
_SOFTMAX: dict[str, dict[str, Any]] = {"softmax": {}, "linear": {"from_logits": True}}

GUIDE: dict[str, Advice] = {
    "two classes": Advice(
        keras.losses.BinaryCrossentropy,
        _SIGMOID,
        "0 or 1, of shape (batch, 1) for a last layer of 1 unit",
        lambda y, units: units == 1 and _binary(y, units),
        "Give the layer 1 unit and reshape with `y.reshape(-1, 1)`.",
    ),
    "several labels at once": Advice(
        keras.losses.BinaryCrossentropy,
        _SIGMOID,
        "0 or 1 for each label, of shape (batch, units)",
        _binary,
        "Give one column a label.",
    ),
    "many classes, one-hot": Advice(
        keras.losses.CategoricalCrossentropy,
        _SOFTMAX,
        "a single 1 in each row, of shape (batch, units)",
        _one_hot,
        "Use `keras.utils.to_categorical(y, units)`, or 'many classes, integers'.",
    ),
    "many classes, integers": Advice(
        keras.losses.SparseCategoricalCrossentropy,
        _SOFTMAX,
        "integers from 0 to units - 1, of shape (batch,) or (batch, 1)",
        _integers,
        "Number the classes from 0, or choose 'many classes, one-hot'.",
    ),
    "numbers": Advice(
        keras.losses.MeanSquaredError,
        {"linear": {}},
        "finite numbers, of shape (batch, units)",
        _numbers,
        "Reshape with `y.reshape(len(y), -1)` and remove NaN and infinity.",
    ),
    "shares of a whole": Advice(
        keras.losses.KLDivergence,
        {"softmax": {}},
        "rows that are not negative and sum to 1, of shape (batch, units)",
        _shares,
        "Divide each row by its sum.",
    ),
    "directions": Advice(
        keras.losses.CosineSimilarity,
        {"linear": {}},
        "rows that are not all zero, of shape (batch, units)",
        _directions,
        "Remove the rows without a direction.",
    ),
}


def choose_loss(task: str, *, activation: str, targets: Any, units: int) -> Any:
    """Returns the loss for a task, or says why activation or targets do not fit.

    Args:
        task: A key of `GUIDE`, such as `"two classes"`.
        activation: Of the last layer, by name.
        targets: The targets, as `fit` will get them.
        units: How many units the last layer has.

    Returns:
        A `keras.losses.Loss`; it expects logits where `activation` is `"linear"`
        and the task is a classification.

    Raises:
        ValueError: The task is unknown, or activation or targets do not fit it.
    """
    if task not in GUIDE:
        message = (
            f"Expected `task` to be one of {', '.join(map(repr, GUIDE))}, received "
            f"{task!r}. Choose the one whose targets look like yours."
        )
        raise ValueError(message)
    advice = GUIDE[task]
    if activation not in advice.activations:
        message = (
            f"Expected `activation` {' or '.join(map(repr, advice.activations))} for "
            f"{task!r}, received {activation!r}. Change the last layer's activation."
        )
        raise ValueError(message)
    y = np.asarray(targets)
    if not advice.fits(y, units):
        numeric = y.size and y.dtype.kind in "biuf"
        seen = f"from {y.min()} to {y.max()}" if numeric else "without a number"
        message = (
            f"Expected `targets` for {task!r} to be {advice.targets}, received "
            f"{y.dtype} of shape {y.shape} {seen} for {units} units. {advice.cure}"
        )
        raise ValueError(message)
    return advice.loss(**advice.activations[activation])


def examples() -> dict[str, Targets]:
    """Draws targets that fit, 8 for each task."""
    rng = np.random.default_rng(11)
    classes = rng.integers(0, 3, size=8).astype("int32")  # (8,)
    return {
        "two classes": (classes > 0).astype("int32")[:, None],  # (8, 1)
        "several labels at once": rng.integers(0, 2, size=(8, 3), dtype=np.int32),
        "many classes, one-hot": np.eye(3, dtype="int32")[classes],  # (8, 3)
        "many classes, integers": classes,
        "numbers": array(rng.normal(size=(8, 3)), seed=2),
        "shares of a whole": array(rng.dirichlet(np.ones(3), size=8), seed=3),
        "directions": array(rng.normal(size=(8, 3)), seed=4),
    }


def main() -> dict[str, float]:
    """Computes the loss of one layer for every task and every activation that fits.

    Returns:
        The loss by `"<task>, <activation>"`. From logits or from probabilities is
        the same number: the activation has only moved into the loss.
    """
    x = normal(8, 4, seed=1)  # (batch, features)
    numbers: dict[str, float] = {}
    for task, y in examples().items():
        units = 1 if task == "two classes" else 3
        for activation in GUIDE[task].activations:
            head = keras.layers.Dense(units, activation=activation)
            head.build(x.shape)
            seed_weights(head)  # the same start on every backend
            loss = choose_loss(task, activation=activation, targets=y, units=units)
            value = keras.ops.convert_to_numpy(loss(y, head(x)))
            numbers[f"{task}, {activation}"] = float(value)
    return numbers


if __name__ == "__main__":
    for what, value in main().items():
        name = GUIDE[what.rpartition(", ")[0]].loss.__name__
        print(f"{what:<34} {name:<30} {value:+.6f}")
    try:
        choose_loss("two classes", activation="softmax", targets=[[0], [1]], units=1)
    except ValueError as refusal:
        print(f"\nrefused: {refusal}")
