"""Cases: `KANLinear`, its splines by the plain recursion over knots."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from multibackend.inputs import array, normal, uniform
from multibackend.parity.cases.case import case
from multibackend.parity.cases.declared._variants import variant

Array = npt.NDArray[Any]
Weights = Mapping[str, Array]


def _silu(x: float) -> float:
    return x / (1 + math.exp(-x))


def _spline(x: float, knots: list[float], j: int, order: int) -> float:
    """The B-spline that begins at knot `j`, by its definition."""
    if order == 0:
        return float(knots[j] <= x < knots[j + 1])
    rise = (x - knots[j]) / (knots[j + order] - knots[j])
    fall = (knots[j + order + 1] - x) / (knots[j + order + 1] - knots[j + 1])
    before = _spline(x, knots, j, order - 1)
    behind = _spline(x, knots, j + 1, order - 1)
    return rise * before + fall * behind


def _curves(
    *,
    grid_size: int = 5,
    order: int = 3,
    low: float = -1.0,
    high: float = 1.0,
    base: Callable[[float], float] = _silu,
) -> Callable[..., Array]:
    """Every edge is one curve, and every output a sum of curves."""

    def reference(x: Array, *, weights: Weights) -> Array:
        step = (high - low) / grid_size
        knots = [low + i * step for i in range(-order, grid_size + order + 1)]
        fixed, splines = weights["base_kernel"], weights["spline_kernel"]
        outputs = np.zeros((*x.shape[:-1], fixed.shape[1]))
        for place in np.ndindex(*x.shape):
            point, edge = float(x[place]), place[-1]
            outputs[place[:-1]] += base(point) * fixed[edge]
            for j in range(grid_size + order):
                height = _spline(point, knots, j, order)
                outputs[place[:-1]] += height * splines[j, edge]
        return outputs

    return reference


def _no_curves() -> Mapping[str, Any]:
    """What a layer over 4 inputs refuses, and what cannot be made at all."""
    from multibackend.layers import KANLinear

    return {
        "other width": normal(4, 5),
        "one axis": normal(4),
        "no units": lambda: KANLinear(0),
        "no grid": lambda: KANLinear(3, grid_size=0),
        "no order": lambda: KANLinear(3, order=0),
        "a range without length": lambda: KANLinear(3, grid_range=(1.0, 1.0)),
        "a range of one number": lambda: KANLinear(3, grid_range=2.0),  # pyright: ignore[reportArgumentType]
        "unknown width": lambda: KANLinear(3).build((None, None)),
    }


@case(reference=_curves(), bad=_no_curves)
def kan_linear() -> Any:
    from multibackend.layers import KANLinear

    return KANLinear(3), uniform(4, 4, low=-0.99, high=0.99)


@variant(reference=_curves())
def kan_linear_beyond_the_grid() -> Any:
    from multibackend.layers import KANLinear

    # Within the fading intervals on both sides, and far from all splines.
    points = [[-1.1, 1.1, -1.7, 1.7], [-2.15, 2.15, -40.0, 40.0]]
    return KANLinear(3), array(points)


@variant(reference=_curves(grid_size=3, order=2, low=-2.5, high=4.0, base=math.tanh))
def kan_linear_quadratic_steps() -> Any:
    from multibackend.layers import KANLinear

    layer = KANLinear(
        3, grid_size=3, order=2, grid_range=(-2.5, 4.0), base_activation="tanh"
    )
    return layer, normal(2, 5, 4)


@variant(reference=_curves(grid_size=1, order=1, low=0.0, high=3.0, base=lambda x: x))
def kan_linear_hats_single() -> Any:
    from multibackend.layers import KANLinear

    layer = KANLinear(
        1, grid_size=1, order=1, grid_range=(0.0, 3.0), base_activation=None
    )
    return layer, array([[0.75]])


@variant(reference=_curves(grid_size=4, order=5))
def kan_linear_quintic() -> Any:
    from multibackend.layers import KANLinear

    return KANLinear(3, grid_size=4, order=5), normal(4, 4)


@variant(reference=_curves(grid_size=4))
def kan_linear_on_the_knots() -> Any:
    from multibackend.layers import KANLinear

    # Two intervals meet here, with one value, one slope and one second derivative.
    return KANLinear(3, grid_size=4), array(
        [[-1.0, -0.5, 0.0, 0.5], [1.0, 1.5, -1.5, 0]]
    )
