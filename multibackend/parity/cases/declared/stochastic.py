"""Cases: layers that draw random numbers in training, with their values at inference."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from multibackend.inputs import array, normal, uniform
from multibackend.parity.cases.case import arguments, case
from multibackend.parity.cases.declared._variants import variant

Array = npt.NDArray[Any]
Weights = Mapping[str, Array]


def _same(x: Array, *, weights: Weights) -> Array:  # noqa: ARG001 - there are none
    return x


def _mean(inputs: list[Array], *, weights: Weights) -> Array:  # noqa: ARG001 - there are none
    return inputs[0]


def _divergence(mean: Array, log_variance: Array, mask: Array | None = None) -> Array:
    """The integral of p * (log p - log q), by the trapezoidal rule, number by number."""
    z = np.linspace(-12, 12, 4001)
    found = np.zeros(len(mean))
    for place in np.ndindex(mean.shape):
        if mask is not None and not mask[place[:-1]]:
            continue
        spread = np.exp(log_variance[place] / 2)
        x = mean[place] + spread * z
        density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
        log_ratio = (x**2 - z**2) / 2 - log_variance[place] / 2
        found[place[0]] += np.trapezoid(density * log_ratio, z)
    return found


def _relaxed(temperature: float) -> Any:
    """`softmax(x / temperature)` over the last axis, as a function of the case."""

    def softmax(x: Array, *, weights: Weights) -> Array:  # noqa: ARG001 - there are none
        found = np.empty_like(x, dtype=np.float64)
        for place in np.ndindex(x.shape):
            row = x[place[:-1]]
            found[place] = 1 / sum(np.exp((row - x[place]) / temperature))
        return found

    return softmax


def _likeliest(x: Array, *, weights: Weights) -> Array:  # noqa: ARG001 - there are none
    """One-hot rows of the first of the largest."""
    found = np.zeros_like(x, dtype=np.float64)
    for place in np.ndindex(x.shape[:-1]):
        row = list(x[place])
        found[place][row.index(max(row))] = 1
    return found


#: What the gradients belong to where outputs are steps of their inputs.
SURROGATES = {
    "gumbel_softmax_hard": _relaxed(0.5),
    "gumbel_softmax_hard_steps": _relaxed(2.0),
    "gumbel_softmax_hard_ties": _relaxed(1.0),
}


def _apart(*shape: int, seed: int) -> Array:
    """Rows of numbers half apart, shuffled: no rounding changes their order."""
    rng = np.random.default_rng(seed)
    row = np.arange(shape[-1]) / 2 - 1.125
    rows = [rng.permutation(row) for _ in range(int(np.prod(shape[:-1])))]
    return array(np.reshape(rows, shape), seed=seed)


def _no_rates() -> Mapping[str, Any]:
    from multibackend.layers import DropPath

    return {
        "no axis": normal(),
        "always dropped": lambda: DropPath(1.0),
        "negative rate": lambda: DropPath(-0.1),
        "rate that is no number": lambda: DropPath("0.1"),  # pyright: ignore[reportArgumentType]
    }


def _no_moments() -> Mapping[str, Any]:
    from multibackend.layers import GaussianSampling

    return {
        "one tensor": normal(4, 3),
        "three tensors": ([normal(4, 3), normal(4, 3), normal(4, 3)],),
        "other width": ([normal(4, 3), normal(4, 1)],),
        "one axis": ([normal(4), normal(4)],),
        "negative weight": lambda: GaussianSampling(kl_weight=-1.0),
        "mask of another length": arguments(
            [normal(2, 5, 3), normal(2, 5, 3)], mask=np.ones((2, 4), bool)
        ),
    }


def _no_logits() -> Mapping[str, Any]:
    from multibackend.layers import GumbelSoftmax

    return {
        "one axis": normal(4),
        "temperature of zero": lambda: GumbelSoftmax(0.0),
        "negative temperature": lambda: GumbelSoftmax(-1.0),
        "hard that is no truth value": lambda: GumbelSoftmax(hard=1),  # pyright: ignore[reportArgumentType]
    }


@case(reference=_same, bad=_no_rates)
def drop_path() -> Any:
    from multibackend.layers import DropPath

    return DropPath(0.3), normal(6, 4)


@variant(reference=_same)
def drop_path_images() -> Any:
    from multibackend.layers import DropPath

    return DropPath(0.6, seed=1), normal(5, 3, 2, 4)


@variant(reference=_same)
def drop_path_that_drops_nothing() -> Any:
    from multibackend.layers import DropPath

    return DropPath(0.0), normal(2, 5, 3)


@case(reference=_mean, bad=_no_moments)
def gaussian_sampling() -> Any:
    from multibackend.layers import GaussianSampling

    return GaussianSampling(kl_weight=0.5), [normal(4, 3), normal(4, 3)]


@variant(reference=_mean)
def gaussian_sampling_steps() -> Any:
    from multibackend.layers import GaussianSampling

    return GaussianSampling(seed=2), [normal(2, 5, 3), uniform(2, 5, 3, low=-2.0)]


@variant(reference=_divergence)
def gaussian_divergence() -> Any:
    from multibackend.layers import GaussianSampling

    # Near a variance of one as well, where the terms cancel.
    spread = array([[0.5, -1.0, 1e-3], [0.25, -2.0, 1.0]])
    return GaussianSampling().divergence, normal(2, 3), spread


@variant(reference=_divergence)
def gaussian_divergence_masked() -> Any:
    from multibackend.layers import GaussianSampling

    mask = np.array([[True, True, False], [True, False, False]])
    return GaussianSampling().divergence, arguments(
        normal(2, 3, 2), normal(2, 3, 2), mask=mask
    )


@case(reference=_relaxed(1.0), bad=_no_logits)
def gumbel_softmax() -> Any:
    from multibackend.layers import GumbelSoftmax

    return GumbelSoftmax(), normal(4, 5)


@variant(reference=_relaxed(0.25))
def gumbel_softmax_cold() -> Any:
    from multibackend.layers import GumbelSoftmax

    return GumbelSoftmax(0.25, seed=3), normal(2, 3, 4)


@variant(reference=_likeliest)
def gumbel_softmax_hard() -> Any:
    from multibackend.layers import GumbelSoftmax

    return GumbelSoftmax(0.5, hard=True), _apart(4, 5, seed=1)


@variant(reference=_likeliest)
def gumbel_softmax_hard_steps() -> Any:
    from multibackend.layers import GumbelSoftmax

    return GumbelSoftmax(2.0, hard=True), _apart(2, 3, 4, seed=2)


@variant(reference=_likeliest)
def gumbel_softmax_hard_ties() -> Any:
    from multibackend.layers import GumbelSoftmax

    # Zeros stay equal whatever the inputs are multiplied by.
    rows = [[-1.0, 0.0, 0.0, -0.5], [0.0, 0.0, 0.0, 0.0], [-2.0, -1.5, -0.5, 0.0]]
    return GumbelSoftmax(hard=True), array(rows)
