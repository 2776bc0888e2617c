"""How far two samples are apart, as Gaussians."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["frechet"]

Array = npt.NDArray[Any]


def frechet(first: Array, second: Array) -> float:
    """The squared Fréchet distance of two Gaussians fitted to rows, `(samples, features)`.

    `|m_1 - m_2|^2 + trace(C_1 + C_2 - 2 (C_1 C_2)^(1/2))`, as in the FID.
    """
    means = [np.mean(rows, axis=0, dtype="float64") for rows in (first, second)]
    one, other = (
        np.cov(rows, rowvar=False, dtype="float64") for rows in (first, second)
    )
    values, vectors = np.linalg.eigh(one)
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    shared = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ other @ root), 0))
    apart = np.sum((means[0] - means[1]) ** 2)
    return float(apart + np.trace(one) + np.trace(other) - 2 * np.sum(shared))
