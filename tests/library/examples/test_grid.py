"""A grid of images: each in its row and column, upright, a pixel apart."""

import numpy as np
import pytest

from multibackend.examples._grid import draw_grid


def test_each_image_stands_in_its_row_and_column():
    figure_module = pytest.importorskip(
        "matplotlib.figure", reason="Matplotlib is not installed"
    )
    images = np.arange(2 * 3 * 4 * 5.0).reshape(2, 3, 4, 5)
    figure = figure_module.Figure()
    draw_grid(images, figure)
    drawn = np.asarray(figure.axes[0].images[0].get_array().filled(np.nan))
    assert drawn.shape == (2 * 5, 3 * 6)
    for row in range(2):
        for column in range(3):
            tile = drawn[5 * row : 5 * row + 5, 6 * column : 6 * column + 6]
            np.testing.assert_array_equal(tile[1:, 1:], images[row, column])
            assert np.all(np.isnan(tile[0]))
            assert np.all(np.isnan(tile[:, 0]))
