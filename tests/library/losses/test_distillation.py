"""`Distillation`: values by hand, the square of the temperature, and extreme logits."""

import keras
import numpy as np
import pytest

from multibackend.autodiff import grad
from multibackend.inputs import array, normal
from multibackend.losses import Distillation


def finite(*tensors):
    return all(np.isfinite(keras.ops.convert_to_numpy(t)).all() for t in tensors)


def softmax(logits):
    found = np.exp(logits.astype("float64"))
    return found / found.sum(axis=-1, keepdims=True)


def test_a_student_that_agrees_has_no_loss(close):
    logits = normal(4, 5, seed=1)
    close(Distillation()(logits, logits + 3), 0.0)


def test_two_classes_by_hand(close):
    p, q = np.array([0.75, 0.25]), np.array([0.5, 0.5])
    expected = np.sum(p * np.log(p / q))
    close(Distillation(1.0)(array([np.log(p)]), array([np.log(q)])), expected)
    close(
        Distillation(3.0)(array([3 * np.log(p)]), array([3 * np.log(q)])), 9 * expected
    )


def test_the_gradient_keeps_its_size_at_every_temperature(close):
    teacher, student = normal(1, 5, seed=1), normal(1, 5, seed=2)
    for temperature in (1.0, 4.0):
        loss = Distillation(temperature)
        apart = softmax(student / temperature) - softmax(teacher / temperature)
        close(grad(loss, 1)(teacher, student), temperature * apart)
    # When it is hot, this is the difference of the centered logits, over the classes.
    difference = student - teacher
    limit = (difference - difference.mean()) / 5
    found = grad(Distillation(1e3), 1)(teacher, student)
    assert np.allclose(keras.ops.convert_to_numpy(found), limit, atol=2e-3)


def test_weights_and_masks_are_those_of_steps(close):
    teacher, student = normal(2, 3, 5, seed=1), normal(2, 3, 5, seed=2)
    losses = keras.ops.convert_to_numpy(Distillation(reduction=None)(teacher, student))
    assert losses.shape == (2, 3)
    weights = array([[1.0, 2.0, 0.0], [0.5, 0.0, 1.0]])
    close(Distillation()(teacher, student, weights), np.mean(losses * weights))
    student[0, 2] = student[1, 1] = 0  # masked
    masked = keras.layers.Masking()(student)
    there = np.array([[1, 1, 0], [1, 0, 1]])
    close(Distillation()(teacher, masked), np.sum(losses * there) / 4)


@pytest.mark.parametrize(("dtype", "size"), [("float32", 1e4), ("float16", 1e3)])
@pytest.mark.parametrize("temperature", [1.0, 2.0])
def test_extreme_logits_stay_finite(dtype, size, temperature):
    teacher = (size * array([[1.0, -1.0, 0.0], [-1.0, -1.0, 1.0]])).astype(dtype)
    student = teacher[::-1].copy()
    loss = Distillation(temperature, dtype=dtype)
    found = loss(teacher, student)
    assert keras.backend.standardize_dtype(found.dtype) == dtype
    assert finite(found, grad(loss, 1)(teacher, student))
    assert finite(grad(loss, 0)(teacher, student))


def test_one_class_has_no_loss(close):
    close(Distillation()(normal(3, 1, seed=1), normal(3, 1, seed=2)), 0.0)


def test_the_loss_survives_its_configuration():
    loss = Distillation(3.0, reduction="sum", name="mine")
    copy = keras.losses.deserialize(keras.losses.serialize(loss))
    assert isinstance(copy, Distillation)
    assert copy.get_config() == loss.get_config()
    assert copy.get_config()["temperature"] == 3.0


def test_logits_of_other_shapes_are_refused():
    with pytest.raises(ValueError, match=r"received \(4, 5\) and \(4, 3\)"):
        Distillation()(normal(4, 5), normal(4, 3))


def test_a_temperature_of_zero_is_refused():
    with pytest.raises(ValueError, match="`temperature` to be a number above 0"):
        _ = Distillation(0.0)
