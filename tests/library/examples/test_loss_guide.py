"""The loss guide: each task gets the right loss, and what does not fit is refused."""

import keras
import numpy as np
import pytest

from multibackend.examples import loss_guide

TASKS = {
    "two classes": "BinaryCrossentropy",
    "several labels at once": "BinaryCrossentropy",
    "many classes, one-hot": "CategoricalCrossentropy",
    "many classes, integers": "SparseCategoricalCrossentropy",
    "numbers": "MeanSquaredError",
    "shares of a whole": "KLDivergence",
    "directions": "CosineSimilarity",
}
SCORES = np.array([[0.3, -1.2, 0.8], [1.5, 0.1, -0.4]])
SHARES = np.exp(SCORES) / np.exp(SCORES).sum(axis=1, keepdims=True)
CHANCES = 1 / (1 + np.exp(-SCORES))
ROWS = np.array([[0.2, 0.3, 0.5], [0.6, 0.3, 0.1]])
LABELS = np.array([[1, 0, 1], [0, 0, 1]], dtype="int32")
ONE_HOT = np.array([[0, 0, 1], [1, 0, 0]], dtype="int32")
CLASSES = np.array([2, 0], dtype="int32")
BINARY = -np.mean(LABELS * np.log(CHANCES) + (1 - LABELS) * np.log(1 - CHANCES))
CATEGORICAL = -np.mean(np.log(SHARES[[0, 1], CLASSES]))
LENGTHS = np.linalg.norm(ROWS, axis=1) * np.linalg.norm(SCORES, axis=1)

FITTING = [
    (
        "two classes",
        "sigmoid",
        LABELS[:, :1],
        CHANCES[:, :1],
        -(np.log(CHANCES[0, 0]) + np.log(1 - CHANCES[1, 0])) / 2,
    ),
    (
        "two classes",
        "linear",
        LABELS[:, :1],
        SCORES[:, :1],
        -(np.log(CHANCES[0, 0]) + np.log(1 - CHANCES[1, 0])) / 2,
    ),
    ("several labels at once", "sigmoid", LABELS, CHANCES, BINARY),
    ("several labels at once", "linear", LABELS, SCORES, BINARY),
    ("many classes, one-hot", "softmax", ONE_HOT, SHARES, CATEGORICAL),
    ("many classes, one-hot", "linear", ONE_HOT, SCORES, CATEGORICAL),
    ("many classes, integers", "softmax", CLASSES, SHARES, CATEGORICAL),
    ("many classes, integers", "linear", CLASSES[:, None], SCORES, CATEGORICAL),
    ("numbers", "linear", ROWS, SCORES, np.mean((ROWS - SCORES) ** 2)),
    (
        "shares of a whole",
        "softmax",
        ROWS,
        SHARES,
        np.mean((ROWS * np.log(ROWS / SHARES)).sum(axis=1)),
    ),
    (
        "directions",
        "linear",
        ROWS,
        SCORES,
        -np.mean((ROWS * SCORES).sum(axis=1) / LENGTHS),
    ),
]


@pytest.mark.parametrize(("task", "activation", "y", "output", "expected"), FITTING)
def test_the_chosen_loss_is_the_formula_of_the_task(
    task, activation, y, output, expected
):
    loss = loss_guide.choose_loss(
        task, activation=activation, targets=y, units=output.shape[1]
    )
    assert type(loss).__name__ == TASKS[task]
    value = keras.ops.convert_to_numpy(loss(y, output.astype(keras.config.floatx())))
    assert value.shape == ()
    assert value.dtype == keras.config.floatx()
    assert float(value) == pytest.approx(expected, rel=1e-6, abs=0)


def test_the_guide_has_no_task_and_no_activation_without_a_formula_here():
    tried = {(task, activation) for task, activation, *_ in FITTING}
    guide = loss_guide.GUIDE.items()
    assert tried == {(task, a) for task, advice in guide for a in advice.activations}


REFUSED = [
    ("two classes", "softmax", LABELS[:, :1], 1, "'sigmoid' or 'linear'"),
    ("two classes", "sigmoid", LABELS[:, 0], 1, "y.reshape(-1, 1)"),
    ("two classes", "sigmoid", 2 * LABELS[:, :1], 1, "from 0 to 2"),
    ("two classes", "sigmoid", LABELS[:, :2], 2, "1 unit"),
    ("several labels at once", "softmax", LABELS, 3, "'sigmoid'"),
    ("several labels at once", "sigmoid", LABELS, 2, "(2, 3)"),
    ("many classes, one-hot", "sigmoid", ONE_HOT, 3, "'softmax'"),
    ("many classes, one-hot", "softmax", CLASSES, 3, "to_categorical"),
    ("many classes, one-hot", "softmax", LABELS, 3, "a single 1 in each row"),
    ("many classes, integers", "softmax", ONE_HOT, 3, "'many classes, one-hot'"),
    ("many classes, integers", "softmax", CLASSES, 2, "from 0 to units - 1"),
    ("many classes, integers", "softmax", CLASSES - 1, 3, "Number the classes from 0"),
    ("many classes, integers", "softmax", CLASSES.astype("float32"), 3, "float32"),
    ("numbers", "sigmoid", ROWS, 3, "'linear'"),
    ("numbers", "linear", ROWS[:, 0], 1, "y.reshape(len(y), -1)"),
    ("numbers", "linear", ROWS * np.nan, 3, "nan"),
    ("numbers", "linear", np.array([["a"], ["b"]]), 1, "finite numbers"),
    ("shares of a whole", "softmax", 2 * ROWS, 3, "Divide each row by its sum"),
    ("shares of a whole", "softmax", ROWS - [[1, -1, 0]], 3, "not negative"),
    ("shares of a whole", "linear", ROWS, 3, "'softmax'"),
    ("directions", "softmax", ROWS, 3, "'linear'"),
    ("directions", "linear", 0 * ROWS, 3, "Remove the rows"),
    ("directions", "linear", ROWS[:0], 2, "without a number"),
    ("ranking", "linear", ROWS, 3, "'two classes'"),
]


@pytest.mark.parametrize(("task", "activation", "y", "units", "says"), REFUSED)
def test_what_does_not_fit_is_refused_with_expected_received_and_a_cure(
    task, activation, y, units, says
):
    with pytest.raises(ValueError, match=r"^Expected .*, received ") as refusal:
        loss_guide.choose_loss(task, activation=activation, targets=y, units=units)
    assert says in str(refusal.value)
    assert str(refusal.value).endswith(".")


def test_scores_and_probabilities_give_the_same_loss():
    numbers = loss_guide.main()
    classifications = [task for task in TASKS if f"{task}, linear" in numbers]
    compared = 0
    for task in classifications:
        for activation in ("sigmoid", "softmax"):
            if f"{task}, {activation}" in numbers:
                compared += 1
                assert numbers[f"{task}, {activation}"] == pytest.approx(
                    numbers[f"{task}, linear"], rel=1e-6, abs=0
                )
    assert compared == 4


def test_every_task_and_activation_of_the_guide_is_computed():
    guide = loss_guide.GUIDE.items()
    expected = {f"{task}, {a}" for task, advice in guide for a in advice.activations}
    numbers = loss_guide.main()
    assert set(numbers) == expected
    assert all(
        type(value) is float and np.isfinite(value) for value in numbers.values()
    )
