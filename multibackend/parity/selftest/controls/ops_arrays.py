"""Controls: functions that sort, pick, place, cut and add up."""

from __future__ import annotations

from typing import Any

import numpy as np

from multibackend.inputs import integers, normal
from multibackend.parity.selftest.controls.declare import Table, declare, keras
from multibackend.parity.selftest.controls.inputs import Array, rows, wide

# Which of 4 groups each of 8 rows is in, and 8 places of 16, none twice.
GROUPS = np.array([0, 2, 1, 1, 3, 0, 2, 2], dtype="int32")
PLACES = np.array([3, 1, 4, 15, 9, 2, 6, 5], dtype="int32")


def _by_group(values: Array) -> Array:
    return np.stack([wide(values)[group == GROUPS].sum(axis=0) for group in range(4)])


def _placed(values: Array) -> Array:
    found = np.zeros((16, 4))
    found[PLACES] = values
    return found


def _largest(x: Array) -> tuple[Array, Array]:
    order = np.argsort(-x, axis=-1)[:, :3].astype("int32")
    return np.take_along_axis(x, order, axis=-1), order


def _segments(name: str) -> Any:
    return lambda: (
        lambda x: getattr(keras.ops, name)(x, GROUPS, num_segments=4),
        normal(8, 4),
    )


CONTROLS: Table = {
    "sort": (lambda: (lambda x: keras.ops.sort(x, axis=-1), rows()), np.sort),
    "sort_down_the_columns": (
        lambda: (lambda x: keras.ops.sort(x, axis=0), rows()),
        lambda x: np.sort(x, axis=0),
    ),
    "argsort": lambda: (lambda x: keras.ops.argsort(x, axis=-1), rows()),
    "top_k": (lambda: (lambda x: keras.ops.top_k(x, 3), rows()), _largest),
    "argmax": lambda: (lambda x: keras.ops.argmax(x, axis=-1), rows()),
    "median": (
        lambda: (lambda x: keras.ops.median(x, axis=-1), rows()),
        lambda x: np.median(x, axis=-1),
    ),
    "quantile": lambda: (
        lambda x: keras.ops.quantile(x, 0.375, axis=-1),
        rows(),
    ),
    "cumulative_sum": (
        lambda: (lambda x: keras.ops.cumsum(x, axis=1), rows()),
        lambda x: np.cumsum(x, axis=1),
    ),
    "cumulative_product": (
        lambda: (lambda x: keras.ops.cumprod(x, axis=1), rows()),
        lambda x: np.cumprod(x, axis=1),
    ),
    "differences": (
        lambda: (lambda x: keras.ops.diff(x, n=2, axis=-1), rows()),
        lambda x: np.diff(x, n=2, axis=-1),
    ),
    "segment_sum": (_segments("segment_sum"), _by_group),
    "segment_max": _segments("segment_max"),
    "segment_min": _segments("segment_min"),
    "scatter": (
        lambda: (
            lambda x: keras.ops.scatter(PLACES[:, None], x, (16, 4)),
            normal(8, 4),
        ),
        _placed,
    ),
    "scatter_update": lambda: (
        lambda x, y: keras.ops.scatter_update(x, PLACES[:, None], y),
        normal(16, 4),
        normal(8, 4),
    ),
    "take": (
        lambda: (lambda x: keras.ops.take(x, PLACES, axis=1), rows()),
        lambda x: x[:, PLACES],
    ),
    "take_along_axis": lambda: (
        lambda x, places: keras.ops.take_along_axis(x, places, axis=1),
        rows(),
        integers(4, 3, high=16),
    ),
    "where": lambda: (
        lambda x, y: keras.ops.where(x > y, x, 2 * y),
        rows(),
        rows(),
    ),
    "roll": (
        lambda: (lambda x: keras.ops.roll(x, 3, axis=-1), rows()),
        lambda x: np.roll(x, 3, axis=-1),
    ),
    "pad_reflected": (
        lambda: (lambda x: keras.ops.pad(x, ((1, 0), (2, 1)), "reflect"), rows()),
        lambda x: np.pad(x, ((1, 0), (2, 1)), "reflect"),
    ),
    "tiled_and_repeated": lambda: (
        lambda x: keras.ops.repeat(keras.ops.tile(x, (1, 2)), 2, axis=0),
        rows(),
    ),
    "searched": lambda: (
        lambda x, y: keras.ops.searchsorted(keras.ops.sort(x), y),
        normal(16),
        normal(8),
    ),
    "counted": lambda: (
        lambda x: keras.ops.bincount(x, minlength=6),
        integers(16, high=6),
    ),
}

declare(CONTROLS)
