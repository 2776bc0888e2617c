"""Controls: metrics of classes; scores are away from thresholds and from ties."""

from __future__ import annotations

from typing import Any

import numpy as np

from multibackend.inputs import integers, normal, uniform
from multibackend.parity.selftest.controls.declare import Table, declare, keras
from multibackend.parity.selftest.controls.inputs import one_hot, shares, signs

# Metrics of true classes and probabilities that count with thresholds.
COUNTING = ("FalseNegatives", "FalsePositives", "TrueNegatives", "TruePositives")
AT = (
    "PrecisionAtRecall",
    "RecallAtPrecision",
    "SensitivityAtSpecificity",
    "SpecificityAtSensitivity",
)

Batches = list[tuple[Any, ...]]


def _away_from_half(*shape: int) -> Any:
    """Probabilities from 0.05 to 0.45 and from 0.55 to 0.95, evenly."""
    return (0.5 + signs(*shape) * uniform(*shape, low=0.05, high=0.45)).astype(
        "float32"
    )


def _binary() -> Batches:
    return [(integers(16, 1, high=2), _away_from_half(16, 1)) for _ in range(2)]


def _classes() -> Batches:
    return [(one_hot(), shares(seed=seed)) for seed in (1, 2)]


def _sparse() -> Batches:
    return [(integers(8, high=4), shares(seed=seed)) for seed in (1, 2)]


def _labels() -> Batches:
    return [(integers(8, high=4), integers(8, high=4)) for _ in range(2)]


def _equal_shares(batches: Batches) -> list[Any]:
    hits, found = list[Any](), list[Any]()
    for true, predicted in batches:
        hits.extend(np.asarray(true) == np.asarray(predicted))
        found.append(np.mean(hits))
    return found


def _of(name: str, *args: Any) -> Any:
    return lambda: (getattr(keras.metrics, name)(*args), _binary())


CONTROLS: Table = {
    "accuracy": (lambda: (keras.metrics.Accuracy(), _labels()), _equal_shares),
    "binary_accuracy_of_scores": lambda: (
        keras.metrics.BinaryAccuracy(threshold=0.0),
        [(integers(16, 1, high=2), normal(16, 1)) for _ in range(2)],
    ),
    "categorical_crossentropy": lambda: (
        keras.metrics.CategoricalCrossentropy(),
        _classes(),
    ),
    "sparse_categorical_crossentropy": lambda: (
        keras.metrics.SparseCategoricalCrossentropy(),
        _sparse(),
    ),
    "mean_categorical_hinge": lambda: (keras.metrics.CategoricalHinge(), _classes()),
    "top_two": lambda: (keras.metrics.TopKCategoricalAccuracy(k=2), _classes()),
    "sparse_top_two": lambda: (
        keras.metrics.SparseTopKCategoricalAccuracy(k=2),
        _sparse(),
    ),
    "area_under_precision_and_recall": lambda: (
        keras.metrics.AUC(curve="PR", num_thresholds=20),
        _binary(),
    ),
    "area_by_label": lambda: (
        keras.metrics.AUC(multi_label=True, num_labels=4, num_thresholds=20),
        [(one_hot(), shares(seed=seed)) for seed in (1, 2)],
    ),
    "precision_of_a_class": lambda: (
        keras.metrics.Precision(top_k=1, class_id=1),
        _classes(),
    ),
    "recall_at_two_thresholds": lambda: (
        keras.metrics.Recall(thresholds=[0.25, 0.75]),
        _binary(),
    ),
    "f1_score": lambda: (keras.metrics.F1Score(average="macro"), _classes()),
    "f1_score_of_each_class": lambda: (keras.metrics.F1Score(), _classes()),
    "f_beta_score": lambda: (
        keras.metrics.FBetaScore(average="weighted", beta=2.0),
        _classes(),
    ),
    "intersection_over_union": lambda: (
        keras.metrics.IoU(num_classes=4, target_class_ids=[0, 2]),
        _labels(),
    ),
    "mean_intersection_over_union": lambda: (
        keras.metrics.MeanIoU(num_classes=4),
        _labels(),
    ),
    "binary_intersection_over_union": lambda: (
        keras.metrics.BinaryIoU(threshold=0.5),
        _binary(),
    ),
    "one_hot_intersection_over_union": lambda: (
        keras.metrics.OneHotIoU(num_classes=4, target_class_ids=[1]),
        _classes(),
    ),
    "one_hot_mean_intersection_over_union": lambda: (
        keras.metrics.OneHotMeanIoU(num_classes=4),
        _classes(),
    ),
}

declare(CONTROLS)
declare({name: _of(name) for name in COUNTING})
declare({name: _of(name, 0.5) for name in AT})
