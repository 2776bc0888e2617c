"""Draws images side by side."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["draw_grid"]


def draw_grid(images: Any, figure: Any) -> None:
    """Draws images, `(rows, columns, height, width)`, dark on light, a pixel apart."""
    framed = np.pad(images, ((0, 0), (0, 0), (1, 0), (1, 0)), constant_values=np.nan)
    rows, columns, height, width = framed.shape
    pixels = framed.transpose(0, 2, 1, 3).reshape(rows * height, columns * width)
    axes = figure.add_subplot()
    axes.imshow(pixels, cmap="gray_r")
    axes.set_axis_off()
