"""How far new points are from those of the data, kind by kind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from multibackend.losses import MaximumMeanDiscrepancy

__all__ = ["discrepancy"]

Array = npt.NDArray[Any]


def discrepancy(
    made: Any, unseen: Array, kinds: Array, widths: Sequence[float] = (0.1, 0.3, 1.0)
) -> float:
    """The squared maximum mean discrepancy, unbiased, the mean over the kinds of points.

    Args:
        made: New points, `(samples, size)`.
        unseen: As many points of the data.
        kinds: Of which kind both are, `(samples,)`.
        widths: Of the kernels: they should cover the distances between points.
    """
    loss = MaximumMeanDiscrepancy(widths, unbiased=True)
    made = keras.ops.convert_to_numpy(made)
    of_each = [kinds == kind for kind in np.unique(kinds)]
    return float(np.mean([float(loss(unseen[of], made[of])) for of in of_each]))
