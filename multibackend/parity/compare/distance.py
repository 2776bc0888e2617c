r"""How far apart two samples are, and how far chance may take them.

A sample is an array of shape `(calls, n)`: calls are independent, the numbers of one
call need not be (a dropout that drops whole channels, noise before a dense layer). What
they have in common is measured as in cluster sampling: $\lambda$ is the variance of
what a call holds, over what it were for independent numbers, and $m$ numbers are worth
$m / \lambda$.

Two statistics, each with its distribution by SciPy:

- `ordered`: Kolmogorov and Smirnov's largest distance of the distribution functions;
- `repeated`: chi-square of the numbers that occur again and again (the zeros of a
  dropout), of NaN and of infinities, divided by $\lambda$ (Rao and Scott, 1984).

A last bit must not tell two backends apart. In the first, a number counts as smaller
only where it is so by more than rounding; in the second, near numbers are one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from multibackend.parity.compare.budget import roundoff

__all__ = ["Distance", "ordered", "repeated"]

Array = npt.NDArray[Any]

# How many roundoffs two numbers may be apart and still be one: what a few layers round.
_NEAR = 64
# At how many places it is measured what the numbers of a call have in common.
_EDGES = 8
# A number is counted by itself where it is this share of all, and of those the largest.
_SHARE, _MOST = 0.05, 8


@dataclass(frozen=True)
class Distance:
    """How far apart two samples are.

    Attributes:
        size: The distance.
        critical: What chance exceeds with the probability asked about.
        probability: That chance takes them so far apart, or farther.
        place: Where they are apart, in words: `up to 0.31`, `equal to 0`.
        shares: The share of the numbers there, of the one sample and of the other.
    """

    size: float
    critical: float
    probability: float
    place: str
    shares: tuple[float, float]

    @property
    def ratio(self) -> float:
        """The distance in critical distances."""
        return self.size / self.critical


def ordered(one: Array, other: Array, *, alpha: float) -> Distance | None:
    """Compares the distribution functions.

    Args:
        one: A sample, shape `(calls, n)`; its dtype says what rounding may do.
        other: The other sample.
        alpha: The probability of a false alarm.

    Returns:
        The distance, or `None` where one of them holds no finite number.
    """
    from scipy.stats import kstwobign

    slack = _slack(one, other)
    wide = [sample.astype(np.float64) for sample in (one, other)]
    left, right = (np.sort(sample[np.isfinite(sample)]) for sample in wide)
    if not left.size or not right.size:
        return None
    edge, first, second = _ahead(left, right, slack)
    behind, less, more = _ahead(right, left, slack)
    if more - less < second - first:
        edge, first, second = behind, more, less
    size = abs(first - second)
    quantiles = (np.arange(_EDGES) + 0.5) / _EDGES
    edges = [edge, *np.quantile(np.concatenate([left, right]), quantiles)]
    common = max(
        _common([(sample <= e + slack(e)).astype(int) for sample in wide], 2)
        for e in edges
    )
    worth = left.size * right.size / (left.size + right.size) / common
    return Distance(
        size=size,
        critical=float(kstwobign.isf(alpha) / np.sqrt(worth)),
        probability=float(kstwobign.sf(size * np.sqrt(worth))),
        place=f"up to {edge:.4g}",
        shares=(first, second),
    )


def repeated(one: Array, other: Array, *, alpha: float) -> Distance | None:
    """Compares how often single numbers occur, NaN and infinities among them.

    Args:
        one: A sample, shape `(calls, n)`; its dtype says what rounding may do.
        other: The other sample.
        alpha: The probability of a false alarm.

    Returns:
        The distance, or `None` where no number occurs again and again.
    """
    from scipy.stats import chi2_contingency, f

    wide = [sample.astype(np.float64) for sample in (one, other)]
    places, kinds = _kinds(np.stack(wide), _slack(one, other))
    count = len(places)
    if count < 2:
        return None
    table = np.stack([np.bincount(kind.ravel(), minlength=count) for kind in kinds])
    statistic = float(chi2_contingency(table, correction=False).statistic)
    common = _common(list(kinds), count)
    total = float(table.sum())
    shares = table / table.sum(axis=1, keepdims=True)
    worst = int(np.argmax(np.abs(shares[0] - shares[1])))
    # F and not chi-square itself: what the calls have in common is estimated from them.
    degrees = count - 1, 2 * (len(one) - 1)
    return Distance(
        size=float(np.sqrt(statistic / total)),
        critical=float(np.sqrt(f.isf(alpha, *degrees) * degrees[0] * common / total)),
        probability=float(f.sf(statistic / common / degrees[0], *degrees)),
        place=places[worst],
        shares=(float(shares[0, worst]), float(shares[1, worst])),
    )


def _slack(one: Array, other: Array) -> Callable[[Any], Any]:
    """How much of a number is rounding: never less than that of a typical number."""
    unit = _NEAR * max(
        roundoff(sample.dtype) if sample.dtype.kind in "fV" else 0.0
        for sample in (one, other)
    )
    both = np.stack([one, other]).astype(np.float64)
    finite = both[np.isfinite(both)]
    typical = float(np.sqrt(np.mean(finite**2))) if finite.size else 0.0
    return lambda value: unit * np.maximum(np.abs(value), typical)


def _ahead(
    left: Array, right: Array, slack: Callable[[Any], Any]
) -> tuple[float, float, float]:
    """Where the left distribution function is farthest above the right one.

    Returns:
        The number it is at, and the shares of left and right up to there.
    """
    of_left = np.arange(1, left.size + 1) / left.size
    of_right = np.searchsorted(right, left + slack(left), side="right") / right.size
    place = int(np.argmax(of_left - of_right))
    return float(left[place]), float(of_left[place]), float(of_right[place])


def _kinds(both: Array, slack: Callable[[Any], Any]) -> tuple[list[str], Array]:
    """Sorts all numbers into kinds: each that occurs again and again, and the rest.

    Returns:
        What each kind is, in words, and the kind of every number, the shape of `both`.
    """
    places: list[str] = []
    kinds = np.full(both.shape, -1)

    def add(which: Array, place: str) -> None:
        which = which & (kinds < 0)
        if np.any(which):
            kinds[which] = len(places)
            places.append(place)

    add(np.isnan(both), "NaN")
    add(np.isposinf(both), "infinite")
    add(np.isneginf(both), "infinite below zero")
    values = np.sort(both[np.isfinite(both)])
    starts = np.flatnonzero(np.diff(values, prepend=-np.inf) > slack(values))
    sizes = np.diff(starts, append=values.size)
    for group in np.argsort(-sizes, kind="stable")[:_MOST]:
        low, high = values[starts[group]], values[starts[group] + sizes[group] - 1]
        # Many near numbers in a row are a crowd, not one number.
        if sizes[group] >= _SHARE * both.size and high - low <= 4 * slack(low):
            add((low <= both) & (both <= high), f"equal to {(low + high) / 2:.4g}")
    add(kinds < 0, "rare ones")
    return places, kinds


def _common(samples: list[Array], count: int) -> float:
    """What the numbers of a call have in common: 1 for nothing, `n` for everything.

    The largest eigenvalue of the covariance of a call's shares, over that of
    independent numbers: no contrast of kinds varies more than this.

    Args:
        samples: The kind of each number, shape `(calls, n)`, a sample each.
        count: How many kinds there are.
    """
    from scipy.linalg import eigh

    held = [
        np.stack([np.mean(kinds == kind, axis=1) for kind in range(count - 1)])
        for kinds in samples
    ]  # (kinds - 1, calls) each
    share = np.mean([one.mean(axis=1) for one in held], axis=0)
    independent = (np.diag(share) - np.outer(share, share)) / samples[0].shape[1]
    if np.min(np.diag(independent)) <= 0:
        return 1.0
    real = np.mean([np.atleast_2d(np.cov(one, bias=True)) for one in held], axis=0)
    return max(1.0, float(eigh(real, independent, eigvals_only=True)[-1]))
