"""`SquareLoss` against its formula in NumPy."""

import keras
import numpy as np
import pytest

from multibackend.autodiff import grad
from multibackend.inputs import array, normal
from multibackend.losses import SquareLoss


@pytest.mark.parametrize("shape", [(1, 1), (5, 1), (4, 3), (2, 5, 3), (6,)], ids=str)
def test_the_loss_is_the_mean_of_the_squared_errors(shape, close):
    true, pred = normal(*shape, seed=1), normal(*shape, seed=2)
    expected = np.mean((true.astype("float64") - pred) ** 2)
    close(SquareLoss()(true, pred), expected)


def test_without_reduction_each_sample_has_its_loss(close):
    true, pred = normal(4, 3, seed=1), normal(4, 3, seed=2)
    expected = np.mean((true.astype("float64") - pred) ** 2, axis=-1)
    close(SquareLoss(reduction=None)(true, pred), expected)


def test_nested_lists_are_taken_as_arrays(close):
    close(SquareLoss()([[0.0], [1.0]], [[1.0], [3.0]]), 2.5)


def test_sample_weights_weigh_samples(close):
    true, pred = normal(4, 3, seed=1), normal(4, 3, seed=2)
    weights = array([0.0, 1.0, 2.0, 0.5])
    per_sample = np.mean((true.astype("float64") - pred) ** 2, axis=-1)
    close(SquareLoss()(true, pred, weights), np.mean(per_sample * weights))


def test_the_gradient_is_that_of_the_formula(close):
    true, pred = normal(4, 3, seed=1), normal(4, 3, seed=2)
    expected = 2 * (pred.astype("float64") - true) / true.size
    close(grad(SquareLoss(), 1)(true, pred), expected)


def test_the_loss_computes_in_its_own_dtype(close):
    loss = SquareLoss(dtype="float16")
    close(loss(array([[1.0]]), array([[3.0]])), 4.0, dtype="float16")


def test_float64_stays_float64(float64, close):
    true, pred = normal(4, 3, seed=1), normal(4, 3, seed=2)
    close(SquareLoss()(true, pred), np.mean((true - pred) ** 2), dtype="float64")


@pytest.mark.parametrize(
    ("true", "pred"), [((4,), (4, 1)), ((4, 1), (4, 3)), ((), ())], ids=str
)
def test_shapes_that_would_broadcast_are_refused(true, pred):
    with pytest.raises(
        ValueError, match="of one shape with at least one axis, received"
    ):
        SquareLoss()(normal(*true), normal(*pred))


def test_the_loss_trains_by_name_and_survives_its_configuration(close):
    loss = SquareLoss(reduction="sum", name="mine")
    copy = keras.losses.deserialize(keras.losses.serialize(loss))
    assert isinstance(copy, SquareLoss)
    assert copy.get_config() == loss.get_config()
    true, pred = normal(4, 1, seed=1), normal(4, 1, seed=2)
    close(copy(true, pred), np.sum((true.astype("float64") - pred) ** 2))


def test_fit_reports_the_loss_of_an_unknown_batch_size(close):
    model = keras.Sequential(
        [keras.Input((2,)), keras.layers.Dense(1, kernel_initializer="zeros")]
    )
    model.compile(keras.optimizers.SGD(0.1), loss=SquareLoss())
    y = normal(4, 1, seed=3)
    history = model.fit(normal(4, 2, seed=4), y, verbose=0).history["loss"]
    close(array(history), [np.mean(y.astype("float64") ** 2)])
