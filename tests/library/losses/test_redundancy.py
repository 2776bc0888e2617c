"""`BarlowTwins` and `VICReg`: values by hand, weights, and features that never change."""

import keras
import numpy as np
import pytest

from multibackend.autodiff import grad
from multibackend.inputs import array, normal
from multibackend.losses import BarlowTwins, VICReg

both = pytest.mark.parametrize("make", [BarlowTwins, VICReg])


def finite(*tensors):
    return all(np.isfinite(keras.ops.convert_to_numpy(t)).all() for t in tensors)


def test_equal_views_of_independent_features_have_no_redundancy(close):
    views = array([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]])
    close(BarlowTwins()(views, views), 2 * (1e-5 / (1 + 1e-5)) ** 2)


def test_equal_features_are_redundant(close):
    column = array([[1.0], [-1.0]])
    views = np.concatenate([column, column, -column], axis=1)
    # Six pairs of features that correlate fully.
    close(BarlowTwins(0.5, epsilon=1e-7)(views, views), 6 * 0.5)


def test_each_term_of_vicreg_is_weighed_by_its_own_argument(close):
    a, b = array([[1.0, 1.0], [-1.0, -1.0]]), array([[3.0, 1.0], [-1.0, -1.0]])
    close(VICReg(2.0, 0.0, 0.0)(a, b), 2 * 4 / 4)
    # Variances of a: 2 and 2, so that 4 - sqrt(2) is missing; of b: 8 and 2.
    missing = 4 - np.sqrt([2 + 1e-4, 2 + 1e-4, 8 + 1e-4, 2 + 1e-4])
    close(VICReg(0.0, 3.0, 0.0, target=4.0)(a, b), 3 * missing.sum() / 2)
    # Covariances: 2 in a and 4 in b, each twice.
    close(VICReg(0.0, 0.0, 5.0)(a, b), 5 * (2 * 2**2 + 2 * 4**2) / 2)


def test_features_that_spread_widely_are_left_alone(close):
    views = 100 * array([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]])
    close(VICReg()(views, views), 0.0)


@both
def test_who_weighs_nothing_is_as_if_absent(make, close):
    a, b, there = normal(6, 4, seed=1), normal(6, 4, seed=2), [0, 1, 3, 5]
    alone = float(make()(a[there], b[there]))
    a[[2, 4]] = b[[2, 4]] = np.nan  # whatever stands there
    weights = array([3.0, 3.0, 0.0, 3.0, 0.0, 3.0])
    close(make()(a, b, weights), alone, roundings=64)
    close(make()(a, b, weights[:, None]), alone, roundings=64)
    b[[2, 4]] = 0
    close(make()(a, keras.layers.Masking()(b)), alone, roundings=64)


def test_a_weight_of_two_is_a_row_that_stands_twice(close):
    a, b = normal(4, 3, seed=1), normal(4, 3, seed=2)
    twice = [0, 1, 1, 2, 3]
    expected = float(BarlowTwins()(a[twice], b[twice]))
    close(BarlowTwins()(a, b, array([1.0, 2.0, 1.0, 1.0])), expected, roundings=64)


@both
def test_the_reduction_treats_every_sample_as_having_the_loss_of_the_batch(make, close):
    a, b, weights = normal(4, 3, seed=1), normal(4, 3, seed=2), array([1.0, 2, 0, 0.5])
    found = float(make()(a, b, weights))
    close(make(reduction="sum")(a, b, weights), 3.5 * found)
    close(make(reduction=None)(a, b, weights), found * weights)
    close(make(reduction="mean_with_sample_weight")(a, b, weights), found)


@both
@pytest.mark.parametrize(
    "batch",
    [np.ones((1, 4)), np.zeros((6, 4)), np.ones((6, 4)), np.eye(6, 4)],
    ids=["one", "zeros", "constant", "some zeros"],
)
def test_degenerate_batches_have_finite_losses_and_gradients(make, batch):
    x = batch.astype("float32")
    for other in (x, normal(*x.shape, seed=1)):
        assert finite(make()(other, x), grad(make(), 1)(other, x))


@both
def test_nobody_present_is_no_loss(make, close):
    a, b = normal(4, 3, seed=1), normal(4, 3, seed=2)
    nothing = np.zeros(4, "float32")
    close(make()(a, b, nothing), 0.0)
    close(grad(make(), 1)(a, b, nothing), np.zeros((4, 3)))


def test_large_embeddings_stay_finite_in_half_precision():
    a, b = (1e3 * normal(8, 4, seed=s).astype("float16") for s in (1, 2))
    assert finite(BarlowTwins(dtype="float16")(a, b))
    assert finite(grad(BarlowTwins(dtype="float16"), 1)(a, b))


@both
def test_large_embeddings_stay_finite(make):
    a, b = 1e4 * normal(8, 4, seed=1), 1e4 * normal(8, 4, seed=2)
    assert finite(make()(a, b), grad(make(), 1)(a, b))


@both
def test_half_precision_is_summed_in_float32(make, close):
    a, b = (normal(300, 4, seed=s).astype("float16") for s in (1, 2))
    expected = float(make()(a.astype("float32"), b.astype("float32")))
    close(make(dtype="float16")(a, b), expected, dtype="float16", roundings=1)


@pytest.mark.parametrize(
    "loss",
    [
        BarlowTwins(0.1, epsilon=0.2, reduction="sum", name="mine"),
        VICReg(1.0, 2.0, 3.0, target=4.0, epsilon=0.5, reduction="sum", name="mine"),
    ],
    ids=lambda loss: type(loss).__name__,
)
def test_each_survives_its_configuration(loss):
    copy = keras.losses.deserialize(keras.losses.serialize(loss))
    assert type(copy) is type(loss)
    assert copy.get_config() == loss.get_config()
    a, b = normal(4, 3, seed=1), normal(4, 3, seed=2)
    assert float(copy(a, b)) == float(loss(a, b))


@both
def test_views_of_other_shapes_are_refused(make):
    with pytest.raises(ValueError, match="of one shape"):
        make()(normal(4, 3), normal(5, 3))
    with pytest.raises(ValueError, match=r"shape \(batch_size, dim\), received \(4,\)"):
        make()(normal(4), normal(4))


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: BarlowTwins(-1.0), "`redundancy` to be a number at least 0"),
        (
            lambda: BarlowTwins(epsilon=0),
            "`epsilon` to be a number above 0, received 0",
        ),
        (lambda: VICReg(-1.0), "`invariance` to be a number at least 0"),
        (lambda: VICReg(covariance="1"), "`covariance` to be a number at least 0"),  # pyright: ignore[reportArgumentType]
        (lambda: VICReg(target=0.0), "`target` to be a number above 0"),
    ],
)
def test_arguments_out_of_range_are_refused(make, told):
    with pytest.raises(ValueError, match=told):
        make()
