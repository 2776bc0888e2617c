"""`KANLinear`: what B-splines are known for."""

import keras
import numpy as np
import pytest

from multibackend.autodiff import grad
from multibackend.inputs import array, normal
from multibackend.layers import KANLinear
from multibackend.weights import seed_weights


def splines(points, **kwargs):
    """The values of all splines at some points: `(points, splines)`."""
    layer = KANLinear(kwargs["grid_size"] + kwargs["order"], **kwargs)
    points = np.asarray(points, keras.config.floatx())[:, None]
    layer.build(points.shape)
    layer.base_kernel.assign(np.zeros((1, layer.units)))
    layer.spline_kernel.assign(np.eye(layer.units)[:, None, :])
    return keras.ops.convert_to_numpy(layer(points))


def numpy(tensor):
    return keras.ops.convert_to_numpy(keras.ops.cast(tensor, "float32"))


@pytest.mark.parametrize("order", [1, 2, 3, 4, 7])
def test_on_the_grid_the_splines_are_positive_and_sum_to_one(order):
    points = np.linspace(-2.0, 3.0, 101)[:-1]
    values = splines(points, grid_size=6, order=order, grid_range=(-2.0, 3.0))
    assert values.min() >= 0
    assert np.abs(values.sum(axis=1) - 1).max() < 1e-6
    # The grid's points do not all lie on floats: one beside a knot sees one more spline.
    assert np.sum(values > 1e-6, axis=1).max() <= order + 1


def test_the_cubic_spline_on_whole_knots_is_known_by_heart(close):
    values = splines([0, 1, 2, 3], grid_size=4, order=3, grid_range=(0.0, 4.0))
    known = np.array([1, 4, 1]) / 6
    expected = np.zeros((4, 7))
    for point in range(4):
        expected[point, point : point + 3] = known
    close(values, expected)


@pytest.mark.parametrize("order", [1, 2, 3])
def test_outside_of_the_grid_the_splines_fade_to_zero(order):
    far = splines([-9.0, -order, 4 + order, 9.0, 1e30, -1e30], grid_size=4, order=order, grid_range=(0.0, 4.0))  # fmt: skip
    assert np.all(far == 0)
    near = splines([-0.5, 4.5], grid_size=4, order=order, grid_range=(0.0, 4.0))
    assert np.all((near.sum(axis=1) > 0) & (near.sum(axis=1) < 1))


@pytest.mark.parametrize("side", [-1, 1])
def test_a_hair_beside_a_knot_the_splines_are_those_of_the_knot(side):
    knots = np.array([1.0, 2.0, 3.0], "float32")
    beside = np.nextafter(knots, np.float32(side * 10))
    kwargs = {"grid_size": 4, "order": 3, "grid_range": (0.0, 4.0)}
    assert np.abs(splines(beside, **kwargs) - splines(knots, **kwargs)).max() < 1e-6
    tiny = np.array([side * 1e-30], "float32")
    at_zero = splines([0.0], **kwargs)
    assert np.abs(splines(tiny, **kwargs) - at_zero).max() < 1e-6


def test_equal_weights_make_a_constant_curve_without_a_slope():
    layer = KANLinear(1, base_activation=None)
    points = array([[-0.9], [-0.2], [0.0], [0.31], [0.99]])
    layer.build(points.shape)
    layer.base_kernel.assign(np.zeros((1, 1)))
    layer.spline_kernel.assign(np.full((8, 1, 1), 2.5))
    assert np.abs(numpy(layer(points)) - 2.5).max() < 1e-5
    slopes = grad(lambda x: keras.ops.sum(layer(x)))(points)
    assert np.abs(numpy(slopes)).max() < 1e-4


def test_weights_on_a_line_make_a_line():
    # The spline of weight j has its centre of mass there: the curve is the identity.
    layer = KANLinear(1, grid_size=4, order=3, grid_range=(0.0, 4.0))
    points = np.linspace(0, 4, 9, endpoint=False, dtype="float32")[:, None]
    layer.build(points.shape)
    layer.base_kernel.assign(np.zeros((1, 1)))
    layer.spline_kernel.assign((np.arange(7) - 1.0)[:, None, None])
    assert np.abs(numpy(layer(points)) - points).max() < 1e-5
    slopes = grad(lambda x: keras.ops.sum(layer(x)))(points)
    assert np.abs(numpy(slopes) - 1).max() < 1e-5


@pytest.mark.parametrize(
    ("policy", "size"), [("float32", 1e4), ("mixed_float16", 1e3)], ids=["full", "half"]
)
def test_far_inputs_give_finite_outputs_and_slopes(policy, size):
    inputs = size * np.sign(normal(4, 5, seed=1))
    layer = KANLinear(3, dtype=policy)
    layer.build(inputs.shape)
    seed_weights(layer)
    assert np.all(np.isfinite(numpy(layer(inputs))))
    slopes = grad(lambda x: keras.ops.sum(layer(x)))(inputs)
    assert np.all(np.isfinite(numpy(slopes)))


@pytest.mark.parametrize(
    ("grid_range", "told"),
    [
        ((1.0, 1.0), r"`grid_range\[1\]` to be a number above 1, received 1.0"),
        (
            (0.0, float("inf")),
            r"`grid_range\[1\]` to be a number above 0, received inf",
        ),
        ((1.0,), r"`grid_range` to be two numbers, received \(1.0,\)"),
        (None, "`grid_range` to be two numbers, received None"),
    ],
    ids=["empty", "endless", "one", "none"],
)
def test_a_range_that_is_none_is_refused(grid_range, told):
    with pytest.raises(ValueError, match=told):
        _ = KANLinear(2, grid_range=grid_range)


def test_the_configuration_round_trip_keeps_every_argument():
    layer = KANLinear(3, 4, 2, [0, 2], "tanh")
    copy = keras.layers.deserialize(keras.layers.serialize(layer))
    assert type(copy) is KANLinear
    assert copy.get_config() == layer.get_config()
    assert copy.grid_range == (0.0, 2.0)
