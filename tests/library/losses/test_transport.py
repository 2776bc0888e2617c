"""Distances between two samples: values by hand, limits, weights and degenerate samples."""

import itertools

import keras
import numpy as np
import pytest

from multibackend.autodiff import grad
from multibackend.inputs import array, normal
from multibackend.losses import MaximumMeanDiscrepancy, SinkhornDivergence

LOSSES = {
    "biased": MaximumMeanDiscrepancy,
    "unbiased": lambda **kwargs: MaximumMeanDiscrepancy(unbiased=True, **kwargs),
    "debiased": SinkhornDivergence,
    "transport": lambda **kwargs: SinkhornDivergence(debias=False, **kwargs),
}
every_loss = pytest.mark.parametrize("name", LOSSES)


def finite(*tensors):
    return all(np.isfinite(keras.ops.convert_to_numpy(t)).all() for t in tensors)


def test_two_points_have_the_discrepancy_of_their_kernel(close):
    x, y = array([[0.0, 0.0]]), array([[3.0, 4.0]])
    expected = 2 - np.exp(-25 / 2) - np.exp(-25 / 50)  # two kernels, halved and doubled
    close(MaximumMeanDiscrepancy([1.0, 5.0])(x, y), expected)


def test_the_unbiased_estimate_leaves_out_each_row_with_itself(close):
    x, y = array([[0.0], [1.0]]), array([[0.0], [2.0]])
    k = lambda d: np.exp(-(d**2) / 2)  # noqa: E731 - as a formula has it
    between = (k(0) + k(2) + k(1) + k(1)) / 4
    biased = (1 + k(1)) / 2 + (1 + k(2)) / 2 - 2 * between
    close(MaximumMeanDiscrepancy([1.0])(x, y), biased)
    close(MaximumMeanDiscrepancy([1.0], unbiased=True)(x, y), k(1) + k(2) - 2 * between)


@pytest.mark.parametrize("name", ["biased", "debiased"])
def test_a_sample_is_at_no_distance_from_itself(name, close):
    x = normal(8, 3, seed=1)
    close(LOSSES[name]()(x, x[::-1].copy()), 0.0, roundings=64)
    close(grad(LOSSES[name](), 1)(x, x), np.zeros((8, 3)), roundings=64)


def test_a_sample_that_is_moved_costs_half_the_square_of_the_way(close):
    x, way = normal(8, 3, seed=1), array([1.0, -2.0, 0.5])
    half = np.sum(way.astype("float64") ** 2) / 2
    loss = SinkhornDivergence(0.5, iterations=400)  # the way is long beside epsilon
    close(loss(x, x + way), half, roundings=64)
    moved = np.tile(way / 8, (8, 1))  # each row is moved along
    close(grad(loss, 1)(x, x + way), moved, roundings=64)


def test_with_little_entropy_it_is_the_cheapest_assignment(close):
    x, y = normal(4, 2, seed=1), normal(4, 2, seed=2)
    costs = np.sum((x[:, None] - y[None]).astype("float64") ** 2, axis=-1) / 2
    cheapest = min(
        np.mean(costs[range(4), order]) for order in itertools.permutations(range(4))
    )
    for debias in (True, False):
        loss = SinkhornDivergence(0.01, iterations=300, debias=debias)
        assert abs(float(loss(x, y)) - cheapest) < 0.01 * np.log(4) + 1e-4


def test_with_much_entropy_it_is_half_the_distance_of_the_means():
    # Feydy et al. 2019: between transport and a discrepancy with the kernel -C.
    x, y = normal(6, 2, seed=1), normal(6, 2, seed=2) + 1
    means = np.sum((x.mean(axis=0) - y.mean(axis=0)) ** 2) / 2
    assert abs(float(SinkhornDivergence(1e4)(x, y)) - means) < 2e-2 * means


def test_more_iterations_change_nothing_once_it_has_converged(close):
    x, y = normal(6, 3, seed=1), normal(6, 3, seed=2)
    expected = float(SinkhornDivergence(2.0, iterations=200)(x, y))
    close(SinkhornDivergence(2.0, iterations=30)(x, y), expected, roundings=64)


@every_loss
def test_who_weighs_nothing_is_as_if_absent(name, close):
    x, y, there = normal(6, 3, seed=1), normal(6, 3, seed=2), [0, 1, 3, 5]
    alone = float(LOSSES[name]()(x[there], y[there]))
    x[[2, 4]] = y[[2, 4]] = np.nan  # whatever stands there
    weights = array([3.0, 3.0, 0.0, 3.0, 0.0, 3.0])
    close(LOSSES[name]()(x, y, weights), alone, roundings=64)
    close(LOSSES[name]()(x, y, weights[:, None]), alone, roundings=64)
    y[[2, 4]] = 0
    close(LOSSES[name]()(x, keras.layers.Masking()(y)), alone, roundings=64)


@pytest.mark.parametrize("name", ["biased", "debiased", "transport"])
def test_a_weight_of_two_is_a_row_that_stands_twice(name, close):
    x, y = normal(4, 3, seed=1), normal(4, 3, seed=2)
    twice, weights = [0, 1, 1, 2, 3], array([1.0, 2.0, 1.0, 1.0])
    kwargs = {} if name == "biased" else {"epsilon": 1.0}
    expected = float(LOSSES[name](**kwargs)(x[twice], y[twice]))  # pyright: ignore[reportArgumentType]
    close(LOSSES[name](**kwargs)(x, y, weights), expected, roundings=64)  # pyright: ignore[reportArgumentType]


@every_loss
@pytest.mark.parametrize(
    "batch",
    [np.ones((1, 4)), np.zeros((6, 4)), np.ones((6, 4)), np.eye(6, 4)],
    ids=["one", "zeros", "equal", "some equal"],
)
def test_degenerate_samples_have_finite_losses_and_gradients(name, batch):
    x, loss = batch.astype("float32"), LOSSES[name]()
    for other in (x, normal(*x.shape, seed=1)):
        assert finite(loss(other, x), grad(loss, 1)(other, x))


@every_loss
def test_nobody_present_is_no_loss(name, close):
    x, y, nothing = normal(4, 3, seed=1), normal(4, 3, seed=2), np.zeros(4, "float32")
    close(LOSSES[name]()(x, y, nothing), 0.0)
    close(grad(LOSSES[name](), 1)(x, y, nothing), np.zeros((4, 3)))


@every_loss
def test_distant_samples_stay_finite(name):
    loss, x, y = LOSSES[name](), 1e2 * normal(6, 3, seed=1), 1e2 * normal(6, 3, seed=2)
    assert finite(loss(x, y), grad(loss, 1)(x, y))
    half = LOSSES[name](dtype="float16")
    x, y = x.astype("float16"), y.astype("float16")
    found = half(x, y)
    assert keras.backend.standardize_dtype(found.dtype) == "float16"
    assert finite(found, grad(half, 1)(x, y))


@pytest.mark.parametrize(
    "loss",
    [
        MaximumMeanDiscrepancy([0.3, 3.0], unbiased=True, reduction="sum", name="mine"),
        SinkhornDivergence(
            0.3, iterations=7, debias=False, reduction=None, name="mine"
        ),
    ],
    ids=lambda loss: type(loss).__name__,
)
def test_each_survives_its_configuration(loss):
    copy = keras.losses.deserialize(keras.losses.serialize(loss))
    assert type(copy) is type(loss)
    assert copy.get_config() == loss.get_config()
    assert copy.get_config()["name"] == "mine"


@every_loss
def test_samples_of_other_shapes_are_refused(name):
    with pytest.raises(ValueError, match="of one shape"):
        LOSSES[name]()(normal(4, 3), normal(5, 3))
    with pytest.raises(ValueError, match=r"shape \(batch_size, dim\), received \(4,\)"):
        LOSSES[name]()(normal(4), normal(4))


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: MaximumMeanDiscrepancy(()), r"one or more numbers, received \(\)"),
        (lambda: MaximumMeanDiscrepancy(1.0), "one or more numbers, received 1.0"),  # pyright: ignore[reportArgumentType]
        (lambda: MaximumMeanDiscrepancy([-1.0]), "`bandwidths` to be a number above 0"),
        (lambda: MaximumMeanDiscrepancy(unbiased=1), "`unbiased` to be True or False"),  # pyright: ignore[reportArgumentType]
        (lambda: SinkhornDivergence(0.0), "`epsilon` to be a number above 0"),
        (lambda: SinkhornDivergence(iterations=0), "`iterations` to be a positive"),
        (lambda: SinkhornDivergence(debias=None), "`debias` to be True or False"),  # pyright: ignore[reportArgumentType]
    ],
)
def test_arguments_out_of_range_are_refused(make, told):
    with pytest.raises(ValueError, match=told):
        make()
