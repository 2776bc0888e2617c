"""Cases: metrics over two batches, against what NumPy makes of all samples so far."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from multibackend.inputs import array, integers, normal, uniform
from multibackend.parity.cases.case import case
from multibackend.parity.cases.declared._variants import variant

Array = npt.NDArray[Any]
Batches = list[tuple[Any, ...]]


def _so_far(of_all: Callable[..., Any]) -> Callable[[Batches], list[Any]]:
    """After each batch, `of_all(y_true, y_pred, weights)` of all samples until then."""

    def reference(batches: Batches) -> list[Any]:
        found: list[Any] = []
        for count in range(1, len(batches) + 1):
            parts = [
                (batch[0], batch[1], batch[2] if len(batch) > 2 else None)
                for batch in batches[:count]
            ]
            true = np.concatenate([np.asarray(p[0]) for p in parts])
            pred = np.concatenate([np.asarray(p[1], "float64") for p in parts])
            weights = np.concatenate(
                [
                    np.ones(len(p[0])) if p[2] is None else np.asarray(p[2])
                    for p in parts
                ]
            )
            found.append(np.asarray(of_all(true, pred, weights), "float64"))
        return found

    return reference


def _samples(true: Array, pred: Array, weights: Array) -> list[tuple[Any, Any, float]]:
    """Single samples: a label, a row of scores, a weight."""
    classes = pred.shape[-1]
    wide = np.repeat(weights, true.size // len(weights))
    return list(zip(true.reshape(-1), pred.reshape(-1, classes), wide, strict=True))


def _softmax(row: Array) -> Array:
    powers = np.exp(row - row.max())
    return powers / powers.sum()


def _calibration(bins: int, *, logits: bool = False) -> Callable[..., Any]:
    def of_all(true: Array, pred: Array, weights: Array) -> float:
        if pred.ndim == 1:
            pred = np.stack([1 - pred, pred], axis=-1)
        edges = np.linspace(0, 1, bins + 1)
        error = 0.0
        samples = _samples(true, pred, weights)
        total = sum(weight for *_, weight in samples)
        for low, high in pairwise(edges):
            inside: list[tuple[float, float, float]] = []
            for label, row, weight in samples:
                chances = _softmax(row) if logits else row
                if low < chances.max() <= high:
                    right = float(int(np.argmax(chances)) == label)
                    inside.append((weight, right, float(chances.max())))
            share = sum(weight for weight, *_ in inside)
            if share:
                accuracy = sum(w * right for w, right, _ in inside) / share
                confidence = sum(w * sure for w, _, sure in inside) / share
                error += share / total * abs(accuracy - confidence)
        return error

    return of_all


def _matthews(true: Array, pred: Array, weights: Array) -> Any:
    """The correlation of one-hot rows, summed over classes before it is divided."""
    if pred.ndim == 1:
        pred = np.stack([0.5 - pred, pred - 0.5], axis=-1)
    samples = _samples(true, pred, weights)
    classes = range(pred.shape[-1])
    x = np.array([[float(label == c) for c in classes] for label, *_ in samples])
    y = np.array(
        [[float(np.argmax(row) == c) for c in classes] for _, row, _ in samples]
    )
    w = np.array([weight for *_, weight in samples])[:, None]
    x, y = x - (w * x).sum(axis=0) / w.sum(), y - (w * y).sum(axis=0) / w.sum()
    return (w * x * y).sum() / np.sqrt((w * x * x).sum() * (w * y * y).sum())


def _order(scores: Array, relevance: Array) -> list[int]:
    """Places of the documents there are, the best first, of equals the earlier one."""
    there = [place for place, one in enumerate(relevance) if one >= 0]
    return sorted(there, key=lambda place: (-scores[place], place))


def _mean(values: list[tuple[float, float]]) -> float:
    return sum(v * w for v, w in values) / sum(w for _, w in values)


def _recall(k: int) -> Callable[..., Any]:
    def of_all(true: Array, pred: Array, weights: Array) -> float:
        values: list[tuple[float, float]] = []
        for relevance, scores, weight in zip(true, pred, weights, strict=True):
            relevant = {place for place, one in enumerate(relevance) if one > 0}
            if relevant:
                found = relevant & set(_order(scores, relevance)[:k])
                values.append((len(found) / len(relevant), weight))
        return _mean(values)

    return of_all


def _gain(k: int, *, linear: bool = False) -> Callable[..., Any]:
    def discounted(relevance: Array, order: list[int]) -> float:
        gains = [relevance[p] if linear else 2.0 ** relevance[p] - 1 for p in order[:k]]
        return sum(gain / np.log2(rank) for rank, gain in enumerate(gains, 2))

    def of_all(true: Array, pred: Array, weights: Array) -> float:
        values: list[tuple[float, float]] = []
        for relevance, scores, weight in zip(true, pred, weights, strict=True):
            best = discounted(relevance, _order(relevance, relevance))
            if best > 0:
                reached = discounted(relevance, _order(scores, relevance))
                values.append((reached / best, weight))
        return _mean(values)

    return of_all


def _perplexity(
    *, logits: bool = False, ignored: int | None = None
) -> Callable[..., Any]:
    def of_all(true: Array, pred: Array, weights: Array) -> Any:
        product, total = 1.0, 0.0
        for label, row, weight in _samples(true, pred, weights):
            if label != ignored:
                chance = (_softmax(row) if logits else row)[label]
                product *= chance**-weight
                total += weight
        return product ** (1 / total)

    return of_all


def _pearson(*, average: bool = True) -> Callable[..., Any]:
    def of_all(true: Array, pred: Array, weights: Array) -> Any:
        outputs = true.shape[-1] if true.ndim > 1 else 1
        x, y = true.reshape(-1, outputs), pred.reshape(-1, outputs)
        w = np.repeat(weights, len(x) // len(weights))
        found = np.zeros(outputs)
        for place in range(outputs):
            moments = np.cov(x[:, place], y[:, place], aweights=w, ddof=0)
            found[place] = moments[0, 1] / np.sqrt(moments[0, 0] * moments[1, 1])
        return found.mean() if average else found

    return of_all


def _chances(*shape: int) -> Array:
    """Rows of probabilities, away from the edges of bins."""
    powers = np.exp(normal(*shape).astype("float64"))
    return array(powers / powers.sum(axis=-1, keepdims=True))


def _bad_samples() -> Mapping[str, Any]:
    """Labels and scores that do not fit each other: four classes are meant."""
    true, pred = integers(6, high=4), _chances(6, 4)
    return {
        "one-hot labels": (np.eye(4, dtype="int32")[true], pred),
        "too few labels": (true[:5], pred),
        "a label too large": (true + 4, pred),
        "a label below zero": (true - 4, pred),
        "scalars": (np.int32(1), np.float32(0.5)),
        "too many weights": (true, pred, np.ones(7, "float32")),
        "weights of classes": (true, pred, np.ones((6, 4), "float32")),
    }


def _no_calibration() -> Mapping[str, Any]:
    from multibackend.metrics import ExpectedCalibrationError

    return {
        **_bad_samples(),
        "no bins": lambda: ExpectedCalibrationError(0),
        "logits that are no flag": lambda: ExpectedCalibrationError(from_logits=1),  # pyright: ignore[reportArgumentType]
    }


def _no_matthews() -> Mapping[str, Any]:
    from multibackend.metrics import MatthewsCorrelation

    return {
        **_bad_samples(),
        "scores of three classes": (integers(6, high=3), normal(6, 3)),
        "one score for four classes": (integers(6, high=2), normal(6)),
        "one class": lambda: MatthewsCorrelation(1),
        "no classes": lambda: MatthewsCorrelation(0),
        "a threshold that is no number": lambda: MatthewsCorrelation(threshold="0.5"),  # pyright: ignore[reportArgumentType]
    }


def _bad_queries() -> Mapping[str, Any]:
    return {
        "other documents": (normal(3, 5), normal(3, 4)),
        "one axis": (normal(5), normal(5)),
        "three axes": (normal(3, 5, 1), normal(3, 5, 1)),
        "weights of documents": (normal(3, 5), normal(3, 5), normal(3, 5)),
    }


def _no_recall() -> Mapping[str, Any]:
    from multibackend.metrics import RetrievalRecall

    return {**_bad_queries(), "no documents": lambda: RetrievalRecall(0)}


def _no_gain() -> Mapping[str, Any]:
    from multibackend.metrics import NormalizedDiscountedCumulativeGain

    return {
        **_bad_queries(),
        "no ranks": lambda: NormalizedDiscountedCumulativeGain(0),
        "other gains": lambda: NormalizedDiscountedCumulativeGain(gains="square"),
    }


def _no_perplexity() -> Mapping[str, Any]:
    from multibackend.metrics import Perplexity

    return {
        **_bad_samples(),
        "one number a token": (integers(6, high=2), uniform(6)),
        "an id that is no integer": lambda: Perplexity(ignore_class=0.5),  # pyright: ignore[reportArgumentType]
        "logits that are no flag": lambda: Perplexity(from_logits="yes"),  # pyright: ignore[reportArgumentType]
    }


def _no_pearson() -> Mapping[str, Any]:
    from multibackend.metrics import PearsonCorrelation

    return {
        "a column for a row": (normal(6), normal(6, 3)),
        "other width": (normal(6, 2), normal(6, 2)),
        "other count": (normal(6, 3), normal(5, 3)),
        "scalars": (normal(), normal()),
        "too many weights": (normal(6, 3), normal(6, 3), normal(7)),
        "weights of outputs": (normal(6, 3), normal(6, 3), normal(6, 3)),
        "no outputs": lambda: PearsonCorrelation(0),
        "an average that is no flag": lambda: PearsonCorrelation(average=None),  # pyright: ignore[reportArgumentType]
    }


@case(reference=_so_far(_calibration(5)), bad=_no_calibration)
def calibration_error() -> Any:
    from multibackend.metrics import ExpectedCalibrationError

    batches = [(integers(6, high=4), _chances(6, 4)) for _ in range(2)]
    return ExpectedCalibrationError(5), batches


@variant(reference=_so_far(_calibration(15)))
def calibration_error_binary() -> Any:
    from multibackend.metrics import ExpectedCalibrationError

    batches = [
        (integers(8, high=2), uniform(8), uniform(8, low=0.5, high=2.0))
        for _ in range(2)
    ]
    return ExpectedCalibrationError(), batches


@variant(reference=_so_far(_calibration(5, logits=True)))
def calibration_error_logits() -> Any:
    from multibackend.metrics import ExpectedCalibrationError

    batches = [(integers(2, 3, high=4), normal(2, 3, 4)) for _ in range(2)]
    return ExpectedCalibrationError(5, from_logits=True), batches


@case(reference=_so_far(_matthews), bad=_no_matthews)
def matthews() -> Any:
    from multibackend.metrics import MatthewsCorrelation

    batches = [(integers(6, high=4), normal(6, 4)) for _ in range(2)]
    return MatthewsCorrelation(4), batches


@variant(reference=_so_far(_matthews))
def matthews_binary() -> Any:
    from multibackend.metrics import MatthewsCorrelation

    batches = [
        (integers(8, high=2), uniform(8), uniform(8, low=0.5, high=2.0))
        for _ in range(2)
    ]
    return MatthewsCorrelation(), batches


@variant(reference=_so_far(_matthews))
def matthews_steps() -> Any:
    from multibackend.metrics import MatthewsCorrelation

    batches = [
        (integers(2, 5, high=3), normal(2, 5, 3), uniform(2, low=0.5, high=2.0))
        for _ in range(2)
    ]
    return MatthewsCorrelation(3), batches


@case(reference=_so_far(_recall(2)), bad=_no_recall)
def retrieval_recall() -> Any:
    from multibackend.metrics import RetrievalRecall

    # From -1, which is padding, to 1.
    batches = [
        (integers(3, 5, low=-1, high=2), normal(3, 5), uniform(3, low=0.5, high=2.0))
        for _ in range(2)
    ]
    return RetrievalRecall(2), batches


# Whole scores, many of them equal.
@variant(reference=_so_far(_recall(3)))
def retrieval_recall_ties() -> Any:
    from multibackend.metrics import RetrievalRecall

    batches = [(integers(4, 9, high=2), integers(4, 9, high=3)) for _ in range(2)]
    return RetrievalRecall(3), batches


@case(reference=_so_far(_gain(3)), bad=_no_gain)
def cumulative_gain() -> Any:
    from multibackend.metrics import NormalizedDiscountedCumulativeGain

    batches = [
        (integers(3, 5, low=-1, high=4), normal(3, 5), uniform(3, low=0.5, high=2.0))
        for _ in range(2)
    ]
    return NormalizedDiscountedCumulativeGain(3), batches


@variant(reference=_so_far(_gain(9, linear=True)))
def cumulative_gain_ties() -> Any:
    from multibackend.metrics import NormalizedDiscountedCumulativeGain

    batches = [(integers(4, 9, high=3), integers(4, 9, high=3)) for _ in range(2)]
    return NormalizedDiscountedCumulativeGain(gains="linear"), batches


@case(reference=_so_far(_perplexity()), bad=_no_perplexity)
def perplexity() -> Any:
    from multibackend.metrics import Perplexity

    batches = [
        (integers(6, high=4), _chances(6, 4), uniform(6, low=0.5, high=2.0))
        for _ in range(2)
    ]
    return Perplexity(), batches


@variant(reference=_so_far(_perplexity(logits=True, ignored=-1)))
def perplexity_logits() -> Any:
    from multibackend.metrics import Perplexity

    batches = [(integers(2, 5, low=-1, high=4), normal(2, 5, 4)) for _ in range(2)]
    return Perplexity(from_logits=True, ignore_class=-1), batches


@case(reference=_so_far(_pearson(average=False)), bad=_no_pearson)
def pearson() -> Any:
    from multibackend.metrics import PearsonCorrelation

    # The second batch is elsewhere: what is between batches counts most.
    batches = [
        (normal(6, 3), normal(6, 3), uniform(6, low=0.5, high=2.0)),
        (normal(6, 3, mean=2.0), normal(6, 3, mean=1.0), uniform(6, low=0.5, high=2.0)),
    ]
    return PearsonCorrelation(3, average=False), batches


@variant(reference=_so_far(_pearson()))
def pearson_rows() -> Any:
    from multibackend.metrics import PearsonCorrelation

    return PearsonCorrelation(), [(normal(6), normal(6)) for _ in range(2)]


@variant(reference=_so_far(_pearson()))
def pearson_steps() -> Any:
    from multibackend.metrics import PearsonCorrelation

    batches = [(normal(2, 5, 3), normal(2, 5, 3)) for _ in range(2)]
    return PearsonCorrelation(3), batches
