"""Cases: losses of lists of documents, list by list and pair by pair."""

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

# Four lists of up to five documents: a full one, a padded one, one without a relevant
# document, one with a single document.
GRADES = np.array(
    [[3, 0, 1, 2, 0], [0, 2, 0, -1, -1], [0, 0, 0, 0, -1], [1, -1, -1, -1, -1]], "int32"
)
# The last list has no document at all.
EMPTY = np.where(np.arange(4)[:, None] < 3, GRADES, -1).astype("int32")
FULL = np.array(
    [[3, 0, 1, 2, 0], [0, 2, 0, 4, 1], [0, 1, 0, 0, 1], [1, 2, 3, 4, 0]], "int32"
)


def _lists(y_true: Array, y_pred: Array) -> list[tuple[Array, Array]]:
    """The relevances and scores of each list, without its padding."""
    rows = zip(y_true.reshape(len(y_true), -1), y_pred, strict=True)
    return [(r[r >= 0].astype(float), s.ravel()[r >= 0]) for r, s in rows]


# ----------------------------------------------------------------------- ListNet


def _listnet(y_true: Array, y_pred: Array) -> Array:
    """The probability to stand first is that of a draw in proportion to exp."""
    found: list[float] = []
    for relevance, scores in _lists(y_true, y_pred):
        total = 0.0
        for r, s in zip(relevance, scores, strict=True):
            wanted = 1 / sum(math.exp(other - r) for other in relevance)
            total += wanted * math.log(sum(math.exp(other - s) for other in scores))
        found.append(total)
    return np.array(found)


def _listnet_mean(y_true: Array, y_pred: Array) -> Any:
    return np.mean(_listnet(y_true, y_pred))


def _listnet_weighed(y_true: Array, y_pred: Array, sample_weight: Array) -> Any:
    return np.sum(_listnet(y_true, y_pred) * sample_weight)


def _no_lists() -> Mapping[str, Any]:
    """What are no lists of one length."""
    return {
        "other lengths": (normal(4, 5), normal(4, 6)),
        "a row": (normal(5), normal(5)),
        "a column for a row": (normal(4, 5), normal(5)),
        "two scores a document": (normal(4, 5, 2), normal(4, 5, 2)),
        "scalars": (normal(), normal()),
    }


@case(reference=_listnet_mean, bad=_no_lists)
def listnet() -> Any:
    from multibackend.losses import ListNet

    return ListNet(), (uniform(4, 5, high=3.0), normal(4, 5, std=2.0))


@variant(reference=_listnet)
def listnet_padded() -> Any:
    from multibackend.losses import ListNet

    return ListNet(reduction=None), (array(GRADES), normal(4, 5))


@variant(reference=_listnet_weighed)
def listnet_weighed_columns() -> Any:
    from multibackend.losses import ListNet

    grades = array(EMPTY.astype("float32"))
    weights = uniform(4, low=0.5, high=2.0)
    loss = ListNet(reduction="sum")
    return loss, arguments(grades, normal(4, 5, 1), sample_weight=weights)


# -------------------------------------------------------------------- LambdaRank


def _ndcg(relevance: Array, order: list[int], places: int) -> float:
    best = sorted(relevance, reverse=True)

    def dcg(grades: list[float]) -> float:
        return sum(
            (2**g - 1) / math.log2(2 + place) for place, g in enumerate(grades[:places])
        )

    return dcg([float(relevance[d]) for d in order]) / dcg(best)


def _lambdarank(
    y_true: Array, y_pred: Array, *, sigma: float = 1.0, k: int = 5
) -> Array:
    """Each pair's stake is found by swapping its documents."""
    found: list[float] = []
    for relevance, scores in _lists(y_true, y_pred):
        count, total = len(scores), 0.0
        order = sorted(range(count), key=lambda d, s=scores: (-s[d], d))
        for i in range(count):
            for j in range(count):
                if relevance[i] <= relevance[j]:
                    continue
                swapped = [{i: j, j: i}.get(d, d) for d in order]
                stake = _ndcg(relevance, order, k) - _ndcg(relevance, swapped, k)
                logistic = math.log1p(math.exp(-sigma * (scores[i] - scores[j])))
                total += abs(stake) * logistic
        found.append(total)
    return np.array(found)


def _lambdarank_mean(y_true: Array, y_pred: Array) -> Any:
    return np.mean(_lambdarank(y_true, y_pred))


def _lambdarank_steep(y_true: Array, y_pred: Array) -> Array:
    return _lambdarank(y_true, y_pred, sigma=0.3, k=2)


def _no_ranks() -> Mapping[str, Any]:
    """What are no lists, and arguments out of bounds."""
    from multibackend.losses import LambdaRank

    return {
        **_no_lists(),
        "flat": lambda: LambdaRank(sigma=0.0),
        "no places": lambda: LambdaRank(k=0),
        "half a place": lambda: LambdaRank(k=2.5),  # pyright: ignore[reportArgumentType]
    }


@case(reference=_lambdarank_mean, bad=_no_ranks)
def lambdarank() -> Any:
    from multibackend.losses import LambdaRank

    return LambdaRank(), (array(FULL), normal(4, 5, std=2.0))


@variant(reference=_lambdarank)
def lambdarank_padded() -> Any:
    from multibackend.losses import LambdaRank

    return LambdaRank(reduction=None), (array(GRADES), normal(4, 5))


@variant(reference=_lambdarank_steep)
def lambdarank_first_two_columns() -> Any:
    from multibackend.losses import LambdaRank

    loss = LambdaRank(sigma=0.3, k=2, reduction=None)
    return loss, (array(EMPTY[..., None]), normal(4, 5, 1))
