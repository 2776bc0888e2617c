"""Cases: losses of views and labels, against their formulas pair by pair in NumPy."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from multibackend.inputs import array, normal, uniform
from multibackend.parity.cases.case import arguments, case
from multibackend.parity.cases.declared._variants import variant

Array = npt.NDArray[Any]

LABELS = np.array([0, 0, 1, 1, 2, 0, 1, 0], "int32")


def _cosine(u: Array, v: Array) -> Any:
    return u @ v / np.sqrt((u @ u) * (v @ v))


def _surprise(positive: Any, compared: Iterable[Any]) -> Any:
    """How surprising the positive is among all that are compared."""
    return np.log(np.sum(np.exp(np.array(list(compared)) - positive)))


def _two_views(a: Array, b: Array, temperature: float, weights: Array) -> Array:
    """NT-Xent of each sample, both its views as anchors; who weighs nothing is out."""
    here = np.flatnonzero(weights)
    views = [a[i] for i in here] + [b[i] for i in here]
    count, losses = len(here), np.zeros(len(a))
    for place, view in enumerate(views):
        other = views[(place + count) % (2 * count)]
        compared = [
            _cosine(view, one) / temperature
            for at, one in enumerate(views)
            if at != place
        ]
        surprise = _surprise(_cosine(view, other) / temperature, compared)
        losses[here[place % count]] += surprise / 2
    return losses


def _other_view(y_true: Array, y_pred: Array) -> Any:
    """The mean over samples and directions of the cross entropy over the other view."""
    losses = [
        _surprise(_cosine(u, v) / 0.5, (_cosine(u, one) / 0.5 for one in others))
        for us, others in ((y_true, y_pred), (y_pred, y_true))
        for u, v in zip(us, others, strict=True)
    ]
    return np.mean(losses)


def _both_views(y_true: Array, y_pred: Array) -> Any:
    return np.mean(_two_views(y_true, y_pred, 0.5, np.ones(len(y_true))))


def _each_sample(y_true: Array, y_pred: Array) -> Array:
    return _two_views(y_true, y_pred, 0.1, np.ones(len(y_true)))


def _weighed_views(y_true: Array, y_pred: Array, sample_weight: Array) -> Any:
    losses = _two_views(y_true, y_pred, 0.5, sample_weight)
    return np.mean(losses * sample_weight)


def _supervised(labels: Array, x: Array, temperature: float, weights: Array) -> Array:
    """The loss of each anchor: the mean surprise of the others with its label."""
    labels, losses = labels.reshape(-1), np.zeros(len(x))
    here = np.flatnonzero(weights)
    for i in here:
        others = [a for a in here if a != i]
        logits = {a: _cosine(x[i], x[a]) / temperature for a in others}
        surprises = [
            _surprise(logits[p], logits.values())
            for p in others
            if labels[p] == labels[i]
        ]
        losses[i] = np.mean(surprises) if surprises else 0
    return losses


def _labelled(y_true: Array, y_pred: Array) -> Any:
    return np.mean(_supervised(y_true, y_pred, 0.5, np.ones(len(y_pred))))


def _each_anchor(y_true: Array, y_pred: Array) -> Array:
    return _supervised(y_true, y_pred, 0.1, np.ones(len(y_pred)))


def _weighed_anchors(y_true: Array, y_pred: Array, sample_weight: Array) -> Any:
    losses = _supervised(y_true, y_pred, 0.5, sample_weight)
    return np.mean(losses * sample_weight)


def _triplets(
    labels: Array,
    x: Array,
    margin: float,
    distance: Callable[[Array, Array], Any],
    weights: Array | None = None,
) -> Any:
    """Anchor by anchor, positive by positive: the negative is searched for."""
    weights = np.ones(len(x)) if weights is None else weights
    here, total, whole = np.flatnonzero(weights), 0.0, 0.0
    for a in here:
        negatives = [distance(x[a], x[n]) for n in here if labels[n] != labels[a]]
        for p in here:
            if p == a or labels[p] != labels[a] or not negatives:
                continue
            near = distance(x[a], x[p])
            farther = [far for far in negatives if far > near]
            negative = min(farther) if farther else max(negatives)
            weight = weights[a] * weights[p]
            total += weight * max(0.0, margin + near - negative)
            whole += weight
    return total / whole if whole else 0.0


def _length(u: Array, v: Array) -> Any:
    return np.sqrt(np.sum((u - v) ** 2))


def _euclidean(y_true: Array, y_pred: Array) -> Any:
    return _triplets(y_true, y_pred, 1.0, _length)


def _squared(y_true: Array, y_pred: Array) -> Any:
    return _triplets(y_true, y_pred, 0.5, lambda u, v: np.sum((u - v) ** 2))


def _angular(y_true: Array, y_pred: Array) -> Any:
    return _triplets(y_true, y_pred, 0.2, lambda u, v: 1 - _cosine(u, v))


def _weighed_triplets(y_true: Array, y_pred: Array, sample_weight: Array) -> Any:
    return _triplets(y_true, y_pred, 1.0, _length, sample_weight)


def _no_views() -> Mapping[str, Any]:
    """What two views cannot be, and what the loss cannot be made with."""
    from multibackend.losses import InfoNCE

    return {
        "another batch": (normal(8, 4), normal(6, 4)),
        "another width": (normal(8, 4), normal(8, 3)),
        "one axis": (normal(8), normal(8)),
        "three axes": (normal(8, 2, 4), normal(8, 2, 4)),
        "no temperature": lambda: InfoNCE(0.0),
        "negatives of a third view": lambda: InfoNCE(negatives="third"),
    }


def _no_labels() -> Mapping[str, Any]:
    """What labels of eight embeddings cannot be."""
    from multibackend.losses import SupervisedContrastive

    return {
        "another batch": (array(LABELS[:6]), normal(8, 4)),
        "a label of two numbers": (normal(8, 2), normal(8, 4)),
        "embeddings of one axis": (array(LABELS), normal(8)),
        "a negative temperature": lambda: SupervisedContrastive(-1.0),
    }


def _no_triplets() -> Mapping[str, Any]:
    """What labels of eight embeddings cannot be, and what no distance is."""
    from multibackend.losses import SemiHardTriplet

    return {
        "another batch": (array(LABELS[:6]), normal(8, 4)),
        "a label of two numbers": (normal(8, 2), normal(8, 4)),
        "embeddings of one axis": (array(LABELS), normal(8)),
        "no margin": lambda: SemiHardTriplet(0.0),
        "an unknown distance": lambda: SemiHardTriplet(distance="manhattan"),
    }


@case(reference=_both_views, bad=_no_views)
def info_nce() -> Any:
    from multibackend.losses import InfoNCE

    return InfoNCE(0.5), (normal(8, 4), normal(8, 4))


@variant(reference=_other_view)
def info_nce_other_view() -> Any:
    from multibackend.losses import InfoNCE

    return InfoNCE(0.5, negatives="other"), (normal(8, 4), normal(8, 4))


@variant(reference=_each_sample)
def info_nce_per_sample() -> Any:
    from multibackend.losses import InfoNCE

    return InfoNCE(reduction=None), (normal(8, 4), normal(8, 4))


@variant(reference=_weighed_views)
def info_nce_weighed() -> Any:
    from multibackend.losses import InfoNCE

    weights = array([1.0, 0.5, 0.0, 2.0, 1.0, 0.0, 1.5, 1.0])
    return InfoNCE(0.5), arguments(normal(8, 4), normal(8, 4), sample_weight=weights)


@variant(reference=_both_views)
def info_nce_single() -> Any:
    from multibackend.losses import InfoNCE

    return InfoNCE(0.5), (normal(1, 4), normal(1, 4))


@case(reference=_labelled, bad=_no_labels)
def supervised_contrastive() -> Any:
    from multibackend.losses import SupervisedContrastive

    return SupervisedContrastive(0.5), (array(LABELS), normal(8, 4))


@variant(reference=_each_anchor)
def supervised_contrastive_per_anchor() -> Any:
    from multibackend.losses import SupervisedContrastive

    column = array(LABELS)[:, None]
    return SupervisedContrastive(reduction=None), (column, normal(8, 4))


@variant(reference=_weighed_anchors)
def supervised_contrastive_weighed() -> Any:
    from multibackend.losses import SupervisedContrastive

    weights = array([1.0, 0.5, 0.0, 2.0, 1.0, 0.0, 1.5, 1.0])
    return SupervisedContrastive(0.5), arguments(
        array(LABELS), normal(8, 4), sample_weight=weights
    )


@variant(reference=_labelled)
def supervised_contrastive_no_positives() -> Any:
    from multibackend.losses import SupervisedContrastive

    return SupervisedContrastive(0.5), (
        array(np.arange(8, dtype="int32")),
        normal(8, 4),
    )


@case(reference=_euclidean, bad=_no_triplets)
def semi_hard_triplet() -> Any:
    from multibackend.losses import SemiHardTriplet

    return SemiHardTriplet(), (array(LABELS), normal(8, 4))


@variant(reference=_squared)
def semi_hard_triplet_squared() -> Any:
    from multibackend.losses import SemiHardTriplet

    return SemiHardTriplet(0.5, distance="squared"), (array(LABELS), normal(8, 4))


@variant(reference=_angular)
def semi_hard_triplet_cosine() -> Any:
    from multibackend.losses import SemiHardTriplet

    return SemiHardTriplet(0.2, distance="cosine"), (array(LABELS), normal(8, 4))


@variant(reference=_weighed_triplets)
def semi_hard_triplet_weighed() -> Any:
    from multibackend.losses import SemiHardTriplet

    weights = uniform(8, low=0.5, high=2.0)
    weights[2] = 0  # absent, also as a negative
    return SemiHardTriplet(), arguments(
        array(LABELS), normal(8, 4), sample_weight=weights
    )


@variant(reference=_euclidean)
def semi_hard_triplet_one_label() -> Any:
    from multibackend.losses import SemiHardTriplet

    return SemiHardTriplet(), (array(np.full(8, 3, "int32")), normal(8, 4))
