"""Cases: losses of predicted distributions, against textbook densities and loops."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from multibackend.inputs import array, normal, uniform
from multibackend.parity.cases.case import arguments, case
from multibackend.parity.cases.declared._variants import variant

Array = npt.NDArray[Any]

# ------------------------------------------------------------------- GaussianNLL


def _gaussian_rows(y_true: Array, mean: Array, variance: Array) -> Array:
    """Minus the logarithm of the normal density, averaged over the last axis."""
    from scipy import stats

    return -np.mean(stats.norm.logpdf(y_true, mean, np.sqrt(variance)), axis=-1)


def _halves(y_pred: Array) -> tuple[Array, Array]:
    half = y_pred.shape[-1] // 2
    return y_pred[..., :half], y_pred[..., half:]


def _gaussian_full(y_true: Array, y_pred: Array) -> Any:
    mean, spread = _halves(y_pred)
    return np.mean(_gaussian_rows(y_true, mean, np.exp(spread) + 1e-6))


def _gaussian(y_true: Array, y_pred: Array) -> Any:
    return _gaussian_full(y_true, y_pred) - math.log(2 * math.pi) / 2


def _gaussian_lone(y_true: Array, y_pred: Array) -> Any:
    return _gaussian(y_true[..., None], y_pred)


def _gaussian_variance(y_true: Array, y_pred: Array) -> Array:
    """With a floor of 0.5 that some variances are below."""
    mean, spread = _halves(y_pred)
    rows = _gaussian_rows(y_true, mean, np.maximum(spread, 0.5))
    return rows - math.log(2 * math.pi) / 2


def _gaussian_weighed(y_true: Array, y_pred: Array, sample_weight: Array) -> Any:
    mean, spread = _halves(y_pred)
    rows = _gaussian_rows(y_true, mean, np.exp(spread) + 1e-3)
    return np.sum((rows - math.log(2 * math.pi) / 2) * sample_weight)


def _no_gaussian() -> Mapping[str, Any]:
    """Predictions that are not two numbers a target, and arguments out of bounds."""
    from multibackend.losses import GaussianNLL

    return {
        "means alone": (normal(4, 3), normal(4, 3)),
        "an odd last axis": (normal(4, 3), normal(4, 7)),
        "another batch": (normal(4, 3), normal(5, 6)),
        "scalars": (normal(), normal()),
        "no floor": lambda: GaussianNLL(floor=0.0),
        "a flag that is none": lambda: GaussianNLL(full="yes"),  # pyright: ignore[reportArgumentType]
        "another flag that is none": lambda: GaussianNLL(log_variance=1),  # pyright: ignore[reportArgumentType]
    }


@case(reference=_gaussian, bad=_no_gaussian)
def gaussian_nll() -> Any:
    from multibackend.losses import GaussianNLL

    return GaussianNLL(), (normal(4, 3), normal(4, 6))


@variant(reference=_gaussian_full)
def gaussian_nll_full_steps() -> Any:
    from multibackend.losses import GaussianNLL

    return GaussianNLL(full=True), (normal(2, 5, 1), normal(2, 5, 2))


@variant(reference=_gaussian_lone)
def gaussian_nll_no_last_axis() -> Any:
    from multibackend.losses import GaussianNLL

    return GaussianNLL(), (normal(4), normal(4, 2))


@variant(reference=_gaussian_variance)
def gaussian_nll_variance() -> Any:
    from multibackend.losses import GaussianNLL

    spread = array([[0.2, 0.7, 1.5], [2.0, 0.1, 0.6], [-0.5, 1.0, 3.0], [0.8, 0.9, 4]])
    y_pred = np.concatenate([normal(4, 3), spread], axis=-1)
    loss = GaussianNLL(log_variance=False, floor=0.5, reduction=None)
    return loss, (normal(4, 3), y_pred)


@variant(reference=_gaussian_weighed)
def gaussian_nll_weighed() -> Any:
    from multibackend.losses import GaussianNLL

    loss = GaussianNLL(floor=1e-3, reduction="sum")
    weights = uniform(4, low=0.5, high=2.0)
    return loss, arguments(normal(4, 3), normal(4, 6), sample_weight=weights)


# ----------------------------------------------------------------------- Pinball


def _pinball(y_true: Array, y_pred: Array, quantiles: tuple[float, ...]) -> Array:
    """One number a target, target by target."""
    found = np.zeros(y_pred.shape[:-1])
    targets = y_true.reshape(found.shape)
    for place in np.ndindex(*found.shape):
        for q, predicted in zip(quantiles, y_pred[place], strict=True):
            error = targets[place] - predicted
            found[place] += max(q * error, (q - 1) * error) / len(quantiles)
    return found


def _pinball_median(y_true: Array, y_pred: Array) -> Any:
    return np.mean(_pinball(y_true, y_pred, (0.5,)))


def _pinball_three(y_true: Array, y_pred: Array) -> Any:
    return np.mean(_pinball(y_true, y_pred, (0.1, 0.5, 0.9)))


def _pinball_three_rows(y_true: Array, y_pred: Array) -> Array:
    return _pinball(y_true, y_pred, (0.1, 0.5, 0.9))


def _no_pinball() -> Mapping[str, Any]:
    """Predictions that are not one a quantile, and quantiles that are none."""
    from multibackend.losses import Pinball

    return {
        "two quantiles of three": (normal(4, 1), normal(4, 2)),
        "as many targets as quantiles": (normal(4, 3), normal(4, 3)),
        "another batch": (normal(4, 1), normal(5, 3)),
        "scalars": (normal(), normal()),
        "zero": lambda: Pinball(0.0),
        "one": lambda: Pinball([0.5, 1.0]),
        "none": lambda: Pinball([]),
        "text": lambda: Pinball("0.5"),  # pyright: ignore[reportArgumentType]
    }


@case(reference=_pinball_median)
def pinball_median() -> Any:
    from multibackend.losses import Pinball

    return Pinball(), (normal(4, 1), normal(4, 1))


@variant(reference=_pinball_three, bad=_no_pinball)
def pinball_three() -> Any:
    from multibackend.losses import Pinball

    return Pinball([0.1, 0.5, 0.9]), (normal(4, 1), normal(4, 3))


@variant(reference=_pinball_three_rows)
def pinball_three_no_last_axis() -> Any:
    from multibackend.losses import Pinball

    loss = Pinball((0.1, 0.5, 0.9), reduction=None)
    return loss, (normal(2, 5), normal(2, 5, 3))


# -------------------------------------------------------------------- Evidential


def _log_ratio(alpha: float) -> float:
    """`log(gamma(alpha + 1/2) / gamma(alpha))`, walked down to an `alpha` below 2.

    `scipy.stats.t` subtracts two large logarithms, and is off by 1e-13 at 100.
    """
    whole = int(alpha) - 1
    least = alpha - whole
    start = math.lgamma(least + 0.5) - math.lgamma(least)
    return start + math.fsum(math.log1p(0.5 / (least + step)) for step in range(whole))


def _evidential(
    y_true: Array, gamma: Array, nu: Array, alpha: Array, beta: Array, weight: float
) -> Array:
    """Minus the logarithm of Student's density, and the regularizer."""
    freedom = 2 * alpha
    scale = np.sqrt(beta * (1 + nu) / (nu * alpha))
    powers = (alpha + 0.5) * np.log1p(((y_true - gamma) / scale) ** 2 / freedom)
    factor = np.log(scale) + 0.5 * np.log(math.pi * freedom)
    nll = factor + powers - np.vectorize(_log_ratio)(alpha)
    evidence = np.abs(y_true - gamma) * (2 * nu + alpha)
    return np.mean(nll + weight * evidence, axis=-1)


def _quarters(y_pred: Array) -> list[Array]:
    return np.split(y_pred, 4, axis=-1)


def _evidential_plain(y_true: Array, y_pred: Array) -> Any:
    return np.mean(_evidential(y_true, *_quarters(y_pred), weight=0.01))


def _evidential_lone(y_true: Array, y_pred: Array) -> Array:
    return _evidential(y_true[..., None], *_quarters(y_pred), weight=0.0)


def _evidential_logits(y_true: Array, y_pred: Array) -> Any:
    gamma, *raw = _quarters(y_pred)
    nu, alpha, beta = (np.logaddexp(0, x) for x in raw)
    return np.mean(_evidential(y_true, gamma, nu, alpha + 1, beta, weight=0.5))


def _no_evidential() -> Mapping[str, Any]:
    """Predictions that are not four numbers a target, and a negative weight."""
    from multibackend.losses import Evidential

    return {
        "three numbers": (normal(4, 1), normal(4, 3)),
        "four for two targets": (normal(4, 2), normal(4, 4)),
        "another batch": (normal(4, 1), normal(5, 4)),
        "scalars": (normal(), normal()),
        "a negative weight": lambda: Evidential(regularization=-0.1),
        "a flag that is none": lambda: Evidential(from_logits=None),  # pyright: ignore[reportArgumentType]
    }


@case(reference=_evidential_plain, bad=_no_evidential)
def evidential() -> Any:
    from multibackend.losses import Evidential

    parts = [
        normal(4, 3),
        uniform(4, 3, low=0.2, high=3.0),
        uniform(4, 3, low=1.1, high=5.0),
        uniform(4, 3, low=0.2, high=3.0),
    ]
    return Evidential(), (normal(4, 3), np.concatenate(parts, axis=-1))


@variant(reference=_evidential_lone)
def evidential_sure() -> Any:
    """Much evidence, where the two gamma functions are huge and close."""
    from multibackend.losses import Evidential

    parts = [normal(4, 1), *(uniform(4, 1, low=50.0, high=200.0) for _ in range(3))]
    loss = Evidential(regularization=0.0, reduction=None)
    return loss, (normal(4), np.concatenate(parts, axis=-1))


@variant(reference=_evidential_logits)
def evidential_logits_steps() -> Any:
    from multibackend.losses import Evidential

    loss = Evidential(regularization=0.5, from_logits=True)
    return loss, (normal(2, 5, 2), normal(2, 5, 8, std=2.0))
