"""The distillation example: the student follows the teacher, and only the student moves."""

import keras
import numpy as np
import pytest

from multibackend.examples import distillation
from multibackend.examples.digits import load

_ = pytest.importorskip(
    "sklearn.datasets", reason="scikit-learn is not installed, which brings the digits"
)


@pytest.fixture(scope="module")
def images():
    return load(128)[0]


def entropy_gap(teacher, student, images, temperature):
    """The divergence by its definition, in float64."""
    logs = []
    for model in (teacher, student):
        scores = keras.ops.convert_to_numpy(model(images)).astype("float64")
        scores = scores / temperature
        top = scores.max(axis=1, keepdims=True)
        logs.append(
            scores - top - np.log(np.exp(scores - top).sum(axis=1, keepdims=True))
        )
    known, guessed = logs
    return temperature**2 * np.mean(np.sum(np.exp(known) * (known - guessed), axis=1))


def test_one_compiled_step_returns_the_divergence_and_moves_the_student_only(images):
    teacher, student = distillation.network(6, 8), distillation.network(2, 4)
    step = distillation.follower(student, teacher, temperature=3.0)
    before = [[w.copy() for w in m.get_weights()] for m in (teacher, student)]
    expected = entropy_gap(teacher, student, images, 3.0)
    loss = float(step(images))
    assert step.notes == []
    assert abs(loss - expected) <= 64 * np.finfo(np.float32).eps * expected
    for model, weights, moves in zip((teacher, student), before, (0, 1), strict=True):
        for new, old in zip(model.get_weights(), weights, strict=True):
            assert bool(np.any(new != old)) is bool(moves)
    assert float(step(images)) < loss


def test_the_student_comes_close_to_a_teacher_whose_labels_it_never_saw():
    numbers = distillation.main(epochs=10, samples=480)
    for who, epochs in (("teacher", 5), ("student", 10)):
        losses = numbers[f"{who}_loss"]
        assert losses.shape == (epochs,)
        assert np.all(np.diff(losses) < 0)
        assert numbers[f"{who}_accuracy"] > 0.5  # one in ten by chance
    assert numbers["scores"].shape == (96, 10)
    assert numbers["share_of_weights"] < 0.05


def test_both_losses_are_drawn():
    figure_module = pytest.importorskip(
        "matplotlib.figure", reason="Matplotlib is not installed"
    )
    figure = figure_module.Figure()
    losses = {"teacher_loss": np.ones(2), "student_loss": np.ones(3)}
    accuracies = {"teacher_accuracy": 1.0, "student_accuracy": 0.5}
    distillation.plot({**losses, **accuracies}, figure)
    drawn = [len(line.get_ydata()) for line in figure.axes[0].lines]
    assert drawn == [2, 3]
