"""`CRFNegativeLogLikelihood`: a logarithm of a probability over all paths."""

from itertools import product

import keras
import numpy as np
import pytest

from multibackend.autodiff import grad
from multibackend.inputs import normal
from multibackend.layers import LinearChainCRF
from multibackend.losses import CRFNegativeLogLikelihood
from multibackend.weights import seed_weights


def numpy(tensor):
    return keras.ops.convert_to_numpy(tensor)


def potentials(x, mask=None, scale=1.0):
    layer = LinearChainCRF(x.shape[-1])
    layer.build(x.shape)
    seed_weights(layer)
    layer.set_weights([scale * w for w in layer.get_weights()])
    return layer(x, mask=mask)


def test_the_probabilities_of_all_paths_add_up_to_one(close):
    paths = np.array(list(product(range(3), repeat=4)))
    y_pred = potentials(np.repeat(normal(1, 4, 3, seed=1), len(paths), axis=0), scale=5)
    losses = CRFNegativeLogLikelihood(reduction=None)(paths, y_pred)
    close(keras.ops.sum(keras.ops.exp(-losses)), 1.0, roundings=64)


def test_one_step_is_the_cross_entropy_of_its_emission(close):
    x = normal(2, 1, 3, seed=1)
    y_pred = potentials(x, scale=0.0)
    shares = np.exp(x[:, 0].astype("float64"))
    expected = -np.log(shares[[0, 1], [2, 0]] / shares.sum(axis=1))
    close(
        CRFNegativeLogLikelihood(reduction=None)(np.array([[2], [0]]), y_pred), expected
    )


def test_tags_behind_the_last_step_do_not_count(close):
    x = normal(2, 4, 3, seed=1)
    mask = np.array([[True] * 4, [True, True, False, False]])
    loss = CRFNegativeLogLikelihood(reduction=None)
    y_pred = potentials(x, mask)
    first = loss(np.array([[0, 1, 2, 0], [2, 1, -1, 99]]), y_pred)
    other = loss(np.array([[0, 1, 2, 0], [2, 1, 0, 0]]), y_pred)
    close(first, numpy(other), roundings=0)


def test_the_gradient_is_what_is_expected_less_what_is_true(close):
    x = normal(1, 4, 3, seed=1)
    y_pred = potentials(x)
    y_true = np.array([[2, 0, 1, 1]])
    slope = numpy(grad(CRFNegativeLogLikelihood(), 1)(y_true, y_pred))[0]
    rows = np.arange(4)
    # Each step's row sums to the probabilities of all tags less that of the true one.
    assert np.abs(slope[5:, :3].sum(axis=1)).max() < 1e-6
    assert (slope[5 + rows, y_true[0]] < 0).all()
    # Three transitions are expected, and three are true.
    assert abs(slope[:3, :3].sum()) < 1e-6
    assert not slope[:, 3].any()


@pytest.mark.parametrize(
    ("dtype", "size"), [("float32", 1e4), ("float16", 1e3)], ids=str
)
def test_extreme_scores_give_finite_losses_and_gradients(dtype, size):
    x = size * np.sign(normal(2, 5, 3, seed=1))
    y_pred = potentials(x)
    loss = CRFNegativeLogLikelihood(dtype=dtype)
    y_true = np.zeros((2, 5), "int32")
    assert np.isfinite(numpy(loss(y_true, y_pred)))
    slope = grad(lambda p: loss(y_true, p))(y_pred)
    assert np.isfinite(numpy(slope)).all()


def test_the_loss_is_never_negative_and_zero_where_the_path_is_certain(close):
    x = np.full((1, 3, 2), 0.0, "float32")
    x[0, :, 1] = 200.0
    y_pred = potentials(x)
    close(CRFNegativeLogLikelihood()(np.array([[1, 1, 1]]), y_pred), 0.0)


@pytest.mark.parametrize("tag", [-1, 3])
def test_tags_out_of_range_are_refused(tag):
    y_pred = potentials(normal(1, 3, 3, seed=1))
    with pytest.raises(ValueError, match=f"`y_true` from 0 to 2, received {tag}"):
        CRFNegativeLogLikelihood()(np.array([[0, tag, 1]]), y_pred)


def test_shapes_that_do_not_fit_are_refused():
    y_pred = potentials(normal(1, 3, 3, seed=1))
    loss = CRFNegativeLogLikelihood()
    with pytest.raises(
        ValueError, match="with 9 rows for 4 steps and 3 tags, received 8"
    ):
        loss(np.zeros((1, 4)), y_pred)
    with pytest.raises(ValueError, match=r"`y_true` of shape \(batch_size, steps\)"):
        loss(np.zeros((1, 3, 3)), y_pred)
    with pytest.raises(ValueError, match="`y_pred` of shape"):
        loss(np.zeros((1, 3)), np.zeros((1, 3), "float32"))


def test_the_loss_survives_its_configuration():
    loss = CRFNegativeLogLikelihood(reduction="sum", name="mine")
    copy = keras.losses.deserialize(keras.losses.serialize(loss))
    assert type(copy) is CRFNegativeLogLikelihood
    assert copy.get_config() == loss.get_config()
