"""`KANLinear` against the B-splines of SciPy."""

import keras
import numpy as np
import pytest
from scipy.interpolate import BSpline

from multibackend.inputs import uniform
from multibackend.layers import KANLinear
from multibackend.weights import seed_weights


def curve_layer(grid_size, order, grid_range):
    layer = KANLinear(1, grid_size, order, grid_range)
    layer.build((None, 1))
    seed_weights(layer)
    layer.base_kernel.assign(np.zeros((1, 1)))
    low, high = grid_range
    step = (high - low) / grid_size
    knots = low + step * np.arange(-order, grid_size + order + 1)
    return layer, knots


GRIDS = [
    (5, 3, (-1.0, 1.0)),
    (8, 2, (0.0, 4.0)),
    (3, 1, (-2.5, 4.0)),
    (4, 5, (0.0, 1.0)),
]


@pytest.mark.parametrize(("grid_size", "order", "grid_range"), GRIDS)
def test_a_curve_on_the_grid_is_that_of_scipy(grid_size, order, grid_range):
    layer, knots = curve_layer(grid_size, order, grid_range)
    points = uniform(50, 1, low=grid_range[0], high=grid_range[1], seed=1)
    peer = BSpline(knots, layer.spline_kernel.numpy()[:, 0, 0].astype("float64"), order)
    ours = keras.ops.convert_to_numpy(layer(points))
    assert np.abs(ours - peer(points.astype("float64"))).max() < 1e-6


@pytest.mark.parametrize(("grid_size", "order", "grid_range"), GRIDS)
def test_beyond_the_grid_the_sum_of_scipys_elements_goes_on(
    grid_size, order, grid_range
):
    layer, knots = curve_layer(grid_size, order, grid_range)
    low, high = grid_range
    length = high - low
    points = uniform(50, 1, low=low - 2 * length, high=high + 2 * length, seed=1)
    # BSpline itself goes on with the last polynomial, or gives NaN; its elements are
    # zero beyond their own knots, and ours is their sum.
    heights = layer.spline_kernel.numpy()[:, 0, 0].astype("float64")
    theirs = np.zeros(points.shape)
    for j, height in enumerate(heights):
        element = BSpline.basis_element(knots[j : j + order + 2], extrapolate=False)
        theirs += height * np.nan_to_num(element(points.astype("float64")))
    ours = keras.ops.convert_to_numpy(layer(points))
    assert np.abs(ours - theirs).max() < 1e-6
    inside = (points > low) & (points < high)
    assert np.any(~inside)
    peer = BSpline(knots, heights, order)(points.astype("float64"))
    assert np.abs(np.where(inside, ours - peer, 0)).max() < 1e-6
    assert np.abs(ours - peer).max() > 0.1
