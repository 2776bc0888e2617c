"""Knowledge distillation: a student with 4 % of the teacher's weights reads digits.

The teacher learns from labels. The student never sees a label: it follows the
teacher's softened probabilities, which tell more than labels do, such as that this 3
looks a little like an 8. Both read more than 95 % of the held-out digits correctly.

    KERAS_BACKEND=jax python -m multibackend.examples.distillation

G. Hinton, O. Vinyals, J. Dean, 2015, "Distilling the Knowledge in a Neural Network",
https://arxiv.org/abs/1503.02531
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from multibackend.examples._adam import adam_step
from multibackend.examples._batches import train
from multibackend.examples._command import command
from multibackend.examples.digits import load
from multibackend.losses import Distillation
from multibackend.weights import seed_weights

__all__ = ["follower", "learner", "main", "network", "plot"]

TEACHER, STUDENT = (32, 64), (4, 16)  # filters, and units behind them


def network(filters: int, units: int) -> Any:
    """Returns an untrained network, with the same weights on every backend.

    Args:
        filters: How many patterns of 3 x 3 pixels it looks for.
        units: The width of the layer between these and the scores.
    """
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            keras.layers.Conv2D(filters, 3, strides=2, activation="silu"),  # 3 x 3
            keras.layers.Flatten(),  # 9 * filters
            keras.layers.Dense(units, activation="silu"),
            keras.layers.Dense(10),  # the score of each digit
        ]
    )
    seed_weights(model)
    return model


def learner(model: Any) -> Any:
    """Makes a compiled step `step(images, labels)` that learns from labels."""
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    return adam_step(lambda x, y: loss(y, model(x)), model, 0.003)


def follower(student: Any, teacher: Any, temperature: float = 4.0) -> Any:
    """Makes a compiled step `step(images)` that learns from another model.

    Both models are part of one graph; the teacher's scores are no function of the
    student's weights, so nothing of the teacher changes.

    Args:
        student: Whose weights are trained.
        teacher: A trained model with as many scores.
        temperature: Softens both; the higher, the more the small scores count.
    """
    loss = Distillation(temperature)
    return adam_step(lambda x: loss(teacher(x), student(x)), student, 0.006)


def main(epochs: int = 20, samples: int | None = None) -> dict[str, Any]:
    """Trains the teacher, then the student from the teacher, and tests both.

    Args:
        epochs: How often the student sees the training images; the teacher, half as
            often.
        samples: How many images to take; all 1,797 by default.

    Returns:
        `teacher_loss` and `student_loss` by epoch; `teacher_accuracy` and
        `student_accuracy`, the shares of the held-out fifth that are read correctly;
        `share_of_weights`; and the student's `scores` of these, `(held, 10)`.
    """
    x, y = load(samples)
    held = len(x) // 5
    teacher, student = network(*TEACHER), network(*STUDENT)
    teacher_loss = train(learner(teacher), (epochs + 1) // 2, x[held:], y[held:])
    student_loss = train(follower(student, teacher), epochs, x[held:])
    known, scores = (
        keras.ops.convert_to_numpy(m(x[:held])) for m in (teacher, student)
    )
    return {
        "teacher_loss": teacher_loss,
        "student_loss": student_loss,
        "teacher_accuracy": float(np.mean(known.argmax(axis=1) == y[:held])),
        "student_accuracy": float(np.mean(scores.argmax(axis=1) == y[:held])),
        "share_of_weights": student.count_params() / teacher.count_params(),
        "scores": scores,
    }


def plot(numbers: Any, figure: Any) -> None:
    """Draws both losses by epoch."""
    axes = figure.add_subplot(xlabel="epoch", ylabel="loss", yscale="log")
    for who in ("teacher", "student"):
        axes.plot(
            numbers[f"{who}_loss"], label=f"{who}, {numbers[f'{who}_accuracy']:.1%}"
        )
    axes.legend()


if __name__ == "__main__":
    command(main, __doc__ or "", epochs=20, plot=plot)
