"""`keras.metrics`: counts and curves over thresholds, batch by batch."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from multibackend.conformance.draws import Draw, i, u, v
from multibackend.conformance.table import Table, bad

T = Table("metrics.thresholds", "keras.metrics", jit=False)

_VALUE = ["forward"]
_STREAM = ["forward", "state"]
_FULL = ["forward", "state", "config", "dtype", "determinism"]


def _pair(rows: int) -> tuple[Draw, Draw]:
    return i(rows, high=2), u(rows)


_SOME = {"thresholds": [0.2, 0.5, 0.8]}
_TIED = (v([1, 0, 1, 0], "int32"), v([0.5, 0.5, 0.25, 0.75]))
_ENDS = (v([1, 0, 1, 0], "int32"), v([0.0, 0.0, 1.0, 1.0]))


def _counts(batches: Any, threshold: float) -> list[Any]:
    """True and false positives and negatives so far, after each batch."""
    found: list[Any] = []
    total = np.zeros(4)
    for true, pred, *weights in batches:
        weight = weights[0] if weights else np.ones(true.shape)
        yes, said = true == 1, pred > threshold
        chosen = [yes & said, ~yes & said, ~yes & ~said, yes & ~said]
        total = total + [np.sum(weight * each) for each in chosen]
        found.append(total)
    return found


def _count(place: int) -> Callable[..., Any]:
    return lambda batches: [c[place] for c in _counts(batches, 0.5)]


def _count_at(place: int) -> Callable[..., Any]:
    def expected(batches: Any) -> list[Any]:
        rows = [_counts(batches, limit) for limit in _SOME["thresholds"]]
        return [np.asarray([c[k][place] for c in rows]) for k in range(len(batches))]

    return expected


def _ratio(place: int) -> Callable[..., Any]:
    return lambda batches: [c[0] / (c[0] + c[place]) for c in _counts(batches, 0.5)]


_REFERENCES = {
    "TruePositives": _count(0),
    "FalsePositives": _count(1),
    "TrueNegatives": _count(2),
    "FalseNegatives": _count(3),
    "Precision": _ratio(1),
    "Recall": _ratio(3),
}
_PLACES = ("TruePositives", "FalsePositives", "TrueNegatives", "FalseNegatives")
for _name, _ref in _REFERENCES.items():
    _at = _count_at(_PLACES.index(_name)) if _name in _PLACES else None
    T.make(
        _name,
        "three batches",
        {},
        _pair(7),
        _pair(5),
        _pair(3),
        ref=_ref,
        elsewhere=["jit"],
    )
    T.make(
        _name,
        "weighed",
        {},
        (*_pair(7), u(7)),
        (*_pair(5), u(5)),
        ref=_ref,
        checks=_STREAM,
    )
    T.make(_name, "thresholds", _SOME, _pair(7), _pair(5), ref=_at, checks=_FULL)
    T.make(_name, "at the threshold", {}, _TIED, checks=_VALUE)
    T.make(_name, "ends", {"thresholds": [0.0, 1.0]}, _ENDS, checks=_VALUE)
    T.make(_name, "empty", {}, (i(0, high=2), u(0)), checks=_VALUE)
    T.make(_name, "matrix", {}, (i(4, 3, high=2), u(4, 3), u(4)), checks=_VALUE)
    T.make(
        _name,
        "truth values",
        {},
        (v([True, False], "bool"), v([0.7, 0.7])),
        checks=_VALUE,
    )
    T.make(
        _name,
        "refused",
        {},
        _pair(2),
        checks=["errors"],
        refuses={
            "threshold": bad(thresholds=[0.5, 1.5]),
            "below zero": bad(thresholds=-0.1),
            "argument": bad(limit=1),
        },
    )
for _name in ("Precision", "Recall"):
    T.make(_name, "top 2", {"top_k": 2}, (i(4, 5, high=2), u(4, 5)), checks=_STREAM)
    T.make(
        _name,
        "top 2 ties",
        {"top_k": 2},
        (v([[1, 0, 1]], "int32"), v([[0.5, 0.5, 0.5]])),
        checks=_VALUE,
    )
    T.make(
        _name, "one class", {"class_id": 1}, (i(4, 3, high=2), u(4, 3)), checks=_STREAM
    )
    T.make(
        _name,
        "top 2 of one class",
        {"class_id": 1, "top_k": 2},
        (i(4, 3, high=2), u(4, 3)),
        checks=_VALUE,
    )
    T.make(
        _name,
        "class too large",
        {"class_id": 3},
        (i(4, 3, high=2), u(4, 3)),
        checks=["errors"],
        refuses={"call": bad(thresholds="a")},
    )
    T.make(
        _name, "nothing found", {}, (v([0, 0], "int32"), v([0.1, 0.2])), checks=_VALUE
    )

for _name, _settings in {
    "SensitivityAtSpecificity": {"specificity": 0.5},
    "SpecificityAtSensitivity": {"sensitivity": 0.5},
    "PrecisionAtRecall": {"recall": 0.5},
    "RecallAtPrecision": {"precision": 0.5},
}.items():
    (_key,) = _settings
    _set = _settings | {"num_thresholds": 11}
    T.make(
        _name, "three batches", _set, _pair(9), _pair(6), _pair(4), elsewhere=["jit"]
    )
    T.make(_name, "weighed", _set, (*_pair(9), u(9)), (*_pair(6), u(6)), checks=_STREAM)
    T.make(_name, "200 thresholds", _settings, _pair(30), _pair(20), checks=_VALUE)
    T.make(
        _name,
        "one threshold",
        _settings | {"num_thresholds": 1},
        _pair(9),
        checks=_VALUE,
    )
    T.make(
        _name,
        "one class",
        _set | {"class_id": 1},
        (i(6, 3, high=2), u(6, 3)),
        checks=_VALUE,
    )
    T.make(_name, "ties", _settings | {"num_thresholds": 5}, _TIED, checks=_VALUE)
    T.make(
        _name,
        "out of reach",
        {_key: 1.0, "num_thresholds": 5},
        (v([1, 0, 0], "int32"), v([0.1, 0.9, 0.9])),
        checks=_VALUE,
    )
    T.make(
        _name, "all negative", _set, (v([0, 0], "int32"), v([0.3, 0.7])), checks=_VALUE
    )
    T.make(_name, "empty", _set, (i(0, high=2), u(0)), checks=_VALUE)
    T.make(
        _name,
        "refused",
        _set,
        _pair(2),
        checks=["errors"],
        refuses={
            "value": bad(**{_key: 1.5}),
            "thresholds": bad(**{_key: 0.5, "num_thresholds": 0}),
        },
    )


def _auc(batches: Any) -> list[Any]:
    """The area under the ROC curve by the trapezoidal rule, with 11 thresholds."""
    found: list[Any] = []
    limits = [-1e-7, *(k / 10 for k in range(1, 10)), 1 + 1e-7]
    rates: list[Any] = [np.zeros(4) for _ in limits]
    for batch in batches:
        new = [_counts([batch], limit)[0] for limit in limits]
        rates = [old + each for old, each in zip(rates, new, strict=True)]
        x = [c[1] / (c[1] + c[2]) for c in rates]
        y = [c[0] / (c[0] + c[3]) for c in rates]
        heights = [(a + b) / 2 for a, b in pairwise(y)]
        found.append(np.sum(-np.diff(x) * heights))
    return found


_FEW = {"num_thresholds": 11}
for _curve in ("ROC", "PR", "PRGAIN"):
    for _how in ("interpolation", "minoring", "majoring"):
        _set = {**_FEW, "curve": _curve, "summation_method": _how}
        _first = (_curve, _how) == ("ROC", "interpolation")
        _ref, _asked = (_auc, []) if _first else (None, ["forward", "state", "config"])
        T.make(
            "AUC", f"{_curve} {_how}", _set, _pair(9), _pair(6), ref=_ref, checks=_asked
        )
    _set = {**_FEW, "curve": _curve}
    T.make(
        "AUC",
        f"{_curve} weighed",
        _set,
        (*_pair(9), u(9)),
        (*_pair(6), u(6)),
        checks=_STREAM,
    )
    T.make(
        "AUC",
        f"{_curve} 200 thresholds",
        {"curve": _curve},
        _pair(30),
        _pair(20),
        checks=_VALUE,
    )
    T.make(
        "AUC",
        f"{_curve} all negative",
        _set,
        (v([0, 0], "int32"), v([0.3, 0.7])),
        checks=_VALUE,
    )
    T.make(
        "AUC",
        f"{_curve} ties",
        {"curve": _curve, "num_thresholds": 5},
        _TIED,
        checks=_VALUE,
    )
    T.make("AUC", f"{_curve} ends", _set, _ENDS, checks=_VALUE)
    T.make("AUC", f"{_curve} empty", _set, (i(0, high=2), u(0)), checks=_VALUE)
_MANY = {**_FEW, "multi_label": True, "num_labels": 3}
_THREE = (i(8, 3, high=2), u(8, 3))
# TensorFlow traces each update for tenths of a second.
T.make("AUC", "labels", _MANY, _THREE, checks=_FULL)
T.make(
    "AUC",
    "weighed labels",
    {**_MANY, "label_weights": [0.2, 0.3, 0.5]},
    _THREE,
    _THREE,
    checks=_STREAM,
)
T.make("AUC", "PR labels", {**_MANY, "curve": "PR"}, _THREE, checks=_STREAM)
T.make(
    "AUC",
    "logits",
    {**_FEW, "from_logits": True},
    (i(8, high=2), u(8, low=-3, high=3)),
    checks=_STREAM,
)
T.make(
    "AUC",
    "own thresholds",
    {"thresholds": [0.1, 0.4, 0.9]},
    _pair(9),
    _pair(6),
    checks=_FULL,
)
T.make("AUC", "two thresholds", {"num_thresholds": 2}, _pair(9), checks=_VALUE)
T.make(
    "AUC",
    "refused",
    {},
    _pair(3),
    checks=["errors"],
    refuses={
        "curve": bad(curve="LIFT"),
        "summation": bad(summation_method="simpson"),
        "one threshold": bad(num_thresholds=1),
    },
)
