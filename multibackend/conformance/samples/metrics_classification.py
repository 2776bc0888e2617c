"""`keras.metrics`: what counts right and wrong classes, batch by batch."""

from collections.abc import Callable
from typing import Any

import numpy as np

from multibackend.conformance.draws import Draw, i, n, u, v
from multibackend.conformance.table import Table, bad

T = Table("metrics.classification", "keras.metrics", jit=False)

_VALUE = ["forward"]
_STREAM = ["forward", "state"]
_EYE = np.eye(4, dtype=int).tolist()


def _mean(of: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    """The weighted mean over all rows so far, after each batch."""

    def expected(batches: Any) -> list[Any]:
        found: list[Any] = []
        total = count = 0.0
        for true, pred, *weights in batches:
            values = of(true, pred)
            weight = weights[0].reshape(-1) if weights else np.ones(len(values))
            total += np.sum(values * weight)
            count += np.sum(weight)
            found.append(total / count if count else 0.0)
        return found

    return expected


def _top(classes: Any, scores: Any, k: int) -> Any:
    own = np.take_along_axis(scores, classes[:, None].astype(int), axis=-1)
    return np.sum(scores > own, axis=-1) < k


def _one_hot(rows: int) -> Draw:
    if not rows:
        return i(0, 4)
    return v([_EYE[(3 * k + rows) % 4] for k in range(rows)], "int32")


def _hot(rows: int) -> tuple[Draw, Draw]:
    return _one_hot(rows), u(rows, 4)


def _chance(rows: int) -> tuple[Draw, Draw]:
    return _one_hot(rows), u(rows, 4, low=0.05, high=0.95)


def _sparse(rows: int) -> tuple[Draw, Draw]:
    return i(rows, high=4), u(rows, 4, low=0.05, high=0.95)


def _binary(rows: int) -> tuple[Draw, Draw]:
    return i(rows, 3, high=2), u(rows, 3, low=0.05, high=0.95)


def _equal(rows: int) -> tuple[Draw, Draw]:
    return i(rows, 1, high=3), i(rows, 1, high=3)


def _log(x: Any) -> Any:
    return np.log(np.clip(x, 1e-7, 1.0 - 1e-7))


_Pair = Callable[[int], tuple[Draw, Draw]]
_MEANS: dict[str, tuple[_Pair, Callable[[Any, Any], Any]]] = {
    "Accuracy": (_equal, lambda t, p: (t == p)[:, 0]),
    "BinaryAccuracy": (_binary, lambda t, p: np.mean(t == (p > 0.5), axis=-1)),
    "CategoricalAccuracy": (_hot, lambda t, p: np.argmax(t, -1) == np.argmax(p, -1)),
    "SparseCategoricalAccuracy": (_sparse, lambda t, p: t == np.argmax(p, -1)),
    "TopKCategoricalAccuracy": (_hot, lambda t, p: _top(np.argmax(t, -1), p, 2)),
    "SparseTopKCategoricalAccuracy": (_sparse, lambda t, p: _top(t, p, 2)),
    "BinaryCrossentropy": (
        _binary,
        lambda t, p: np.mean(-t * _log(p) - (1 - t) * _log(1 - p), axis=-1),
    ),
    "CategoricalCrossentropy": (
        _chance,
        lambda t, p: -np.sum(t * _log(p / p.sum(-1, keepdims=True)), axis=-1),
    ),
    "SparseCategoricalCrossentropy": (
        _sparse,
        lambda t, p: (
            -_log((p / p.sum(-1, keepdims=True))[np.arange(len(t)), t.astype(int)])
        ),
    ),
}
for _name, (_pair, _of) in _MEANS.items():
    _set: dict[str, Any] = {"k": 2} if "TopK" in _name else {}
    _ref = _mean(_of)
    _batches = _pair(3), _pair(2), _pair(1)
    T.make(_name, "three batches", _set, *_batches, ref=_ref, elsewhere=["jit"])
    _weighed = (*_pair(3), u(3)), (*_pair(2), u(2))
    T.make(_name, "weighed", _set, *_weighed, ref=_ref, checks=_STREAM)
    _none = (*_pair(2), v([0.0, 0.0])), _pair(2)
    T.make(_name, "no weight", _set, *_none, checks=_VALUE)
    T.make(_name, "empty", _set, _pair(0), checks=_VALUE)
    T.make(
        _name,
        "refused",
        {},
        _pair(2),
        checks=["errors"],
        refuses={"dtype": bad(dtype="float12"), "argument": bad(smoothing=1)},
    )
for _name, _pair in {
    "TopKCategoricalAccuracy": _hot,
    "SparseTopKCategoricalAccuracy": _sparse,
}.items():
    T.make(_name, "more than there are", {}, _pair(3), checks=_VALUE)
_TIED = v([[0.5, 0.5, 0.1, 0.5], [0.2, 0.2, 0.2, 0.2], [0.0, 1.0, 1.0, 0.0]])
_TIED_CLASSES = v([3, 0, 2], "int32")
_TIED_HOT = v([_EYE[3], _EYE[0], _EYE[2]], "int32")
_NAN = v([[0.1, float("nan"), 0.3, 0.2], [0.1, float("inf"), 0.3, 0.2]])
for _k in (1, 2, 3):
    T.make(
        "TopKCategoricalAccuracy",
        f"k {_k}",
        {"k": _k},
        _hot(5),
        _hot(3),
        checks=_VALUE,
        ref=_mean(lambda t, p, k=_k: _top(np.argmax(t, -1), p, k)),
    )
    T.make(
        "SparseTopKCategoricalAccuracy",
        f"k {_k}",
        {"k": _k},
        _sparse(5),
        _sparse(3),
        checks=_VALUE,
        ref=_mean(lambda t, p, k=_k: _top(t, p, k)),
    )
    T.make(
        "TopKCategoricalAccuracy",
        f"ties {_k}",
        {"k": _k},
        (_TIED_HOT, _TIED),
        checks=_VALUE,
    )
    T.make(
        "SparseTopKCategoricalAccuracy",
        f"ties {_k}",
        {"k": _k},
        (_TIED_CLASSES, _TIED),
        checks=_VALUE,
    )
    T.make(
        "SparseTopKCategoricalAccuracy",
        f"special {_k}",
        {"k": _k},
        (v([1, 1], "int32"), _NAN),
        checks=_VALUE,
    )
T.make(
    "SparseTopKCategoricalAccuracy",
    "sorted ids",
    {"k": 2, "from_sorted_ids": True},
    (v([3, 1], "int32"), v([[3.0, 1.0, 0.0], [2.0, 0.0, 1.0]])),
    checks=_VALUE,
)
T.make(
    "SparseTopKCategoricalAccuracy",
    "steps",
    {"k": 2},
    (i(2, 3, high=4), u(2, 3, 4)),
    checks=_VALUE,
)
T.make(
    "SparseTopKCategoricalAccuracy",
    "class below zero",
    {"k": 2},
    (v([-1, 0], "int32"), u(2, 4)),
    checks=_VALUE,
)
T.make("CategoricalAccuracy", "ties", {}, (_TIED_HOT, _TIED), checks=_VALUE)
T.make(
    "CategoricalAccuracy",
    "special",
    {},
    (v([_EYE[1]] * 2, "int32"), _NAN),
    checks=_VALUE,
)
T.make("SparseCategoricalAccuracy", "ties", {}, (_TIED_CLASSES, _TIED), checks=_VALUE)
T.make(
    "SparseCategoricalAccuracy", "column", {}, (i(3, 1, high=4), u(3, 4)), checks=_VALUE
)
T.make(
    "SparseCategoricalAccuracy",
    "steps",
    {},
    (i(2, 3, high=4), u(2, 3, 4)),
    checks=_VALUE,
)
T.make(
    "BinaryAccuracy",
    "at the threshold",
    {},
    (v([[1, 0, 1]], "int32"), v([[0.5, 0.5, 0.5000001]])),
    checks=_VALUE,
)
T.make(
    "BinaryAccuracy",
    "threshold",
    {"threshold": 0.25},
    _binary(4),
    _binary(2),
    checks=_VALUE,
)
T.make("BinaryAccuracy", "vectors", {}, (i(4, high=2), u(4)), checks=_VALUE)
T.make(
    "BinaryCrossentropy",
    "logits",
    {"from_logits": True, "label_smoothing": 0.1},
    (i(3, 3, high=2), n(3, 3)),
    checks=_STREAM,
)
T.make(
    "CategoricalCrossentropy",
    "logits",
    {"from_logits": True, "label_smoothing": 0.1},
    (_one_hot(3), n(3, 4)),
    checks=_STREAM,
)
T.make(
    "CategoricalCrossentropy",
    "first axis",
    {"axis": 1},
    (u(2, 4, 3), u(2, 4, 3)),
    checks=_VALUE,
)
T.make(
    "SparseCategoricalCrossentropy",
    "logits",
    {"from_logits": True},
    (i(3, high=4), n(3, 4)),
    checks=_STREAM,
)
T.make(
    "SparseCategoricalCrossentropy",
    "ignored",
    {"ignore_class": 3},
    (v([1, 3, 0], "int32"), u(3, 4)),
    checks=_STREAM,
)

for _name in ("F1Score", "FBetaScore"):
    _more: dict[str, Any] = {"beta": 2.0} if _name == "FBetaScore" else {}
    for _how in (None, "micro", "macro", "weighted"):
        _set = _more | {"average": _how}
        T.make(
            _name,
            f"{_how}",
            _set,
            _hot(5),
            _hot(4),
            elsewhere=["jit"] if _how is None else ["jit", "dtype", "config"],
        )
        T.make(
            _name,
            f"{_how} weighed",
            _set,
            (*_hot(5), u(5)),
            (*_hot(4), u(4)),
            checks=_STREAM,
        )
    T.make(
        _name,
        "threshold",
        _more | {"threshold": 0.5},
        (i(4, 3, high=2), u(4, 3)),
        checks=_STREAM,
    )
    T.make(
        _name,
        "at the threshold",
        _more | {"threshold": 0.5},
        (v([[1, 0]], "int32"), v([[0.5, 0.5]])),
        checks=_VALUE,
    )
    T.make(_name, "ties", _more, (_TIED_HOT, _TIED), checks=_VALUE)
    T.make(
        _name,
        "no positives",
        _more,
        (v([[0, 0], [0, 0]], "int32"), v([[0.1, 0.2], [0.3, 0.2]])),
        checks=_VALUE,
    )
    T.make(
        _name,
        "refused",
        {},
        _hot(2),
        checks=["errors"],
        refuses={
            "average": bad(average="median"),
            "threshold": bad(threshold=1),
            "threshold range": bad(threshold=2.0),
            "rank": bad(v([1, 0], "int32"), u(2)),
        },
    )
T.make(
    "FBetaScore",
    "refused beta",
    {},
    _hot(2),
    checks=["errors"],
    refuses={"beta": bad(beta=-1.0), "beta type": bad(beta=1)},
)


def _classes(rows: int) -> tuple[Draw, Draw]:
    return i(rows, 2, high=3), i(rows, 2, high=3)


_IOU = {"num_classes": 3, "target_class_ids": [0, 2]}
_HOT3 = v([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 0, 0]], "int32")
T.make(
    "IoU",
    "three batches",
    _IOU,
    _classes(6),
    _classes(4),
    _classes(3),
)
T.make(
    "IoU",
    "weighed",
    _IOU | {"dtype": "float32"},
    (*_classes(6), u(6, 2)),
    _classes(4),
    checks=_STREAM,
)
T.make("IoU", "ignored", _IOU | {"ignore_class": 1}, _classes(6), checks=_STREAM)
T.make(
    "IoU",
    "dense predictions",
    _IOU | {"sparse_y_pred": False},
    (i(4, high=3), u(4, 3)),
    checks=_STREAM,
)
T.make(
    "IoU",
    "dense",
    _IOU | {"sparse_y_true": False, "sparse_y_pred": False},
    (_HOT3, u(4, 3)),
    checks=_STREAM,
)
T.make(
    "IoU",
    "dense first axis",
    _IOU | {"sparse_y_true": False, "sparse_y_pred": False, "axis": 0},
    (u(3, 4), u(3, 4)),
    checks=_VALUE,
)
T.make(
    "IoU", "absent class", _IOU, (v([1, 1], "int32"), v([1, 1], "int32")), checks=_VALUE
)
T.make(
    "IoU",
    "class too large",
    _IOU,
    (v([0, 3], "int32"), v([0, 1], "int32")),
    checks=_VALUE,
)
T.make(
    "IoU",
    "class below zero",
    _IOU,
    (v([0, -1], "int32"), v([0, 1], "int32")),
    checks=_VALUE,
)
T.make("IoU", "float classes", _IOU, (v([0.0, 2.0]), v([0.0, 2.0])), checks=_VALUE)
T.make(
    "IoU",
    "refused",
    _IOU,
    _classes(2),
    checks=["errors"],
    refuses={
        "target": bad(num_classes=2, target_class_ids=[2]),
        "no classes": bad(target_class_ids=[0]),
    },
)
T.make(
    "MeanIoU",
    "three batches",
    {"num_classes": 3},
    _classes(6),
    _classes(4),
    _classes(3),
    elsewhere=["jit"],
)
T.make(
    "MeanIoU",
    "weighed",
    {"num_classes": 3, "dtype": "float32"},
    (*_classes(6), u(6, 2)),
    _classes(4),
    checks=_STREAM,
)
T.make(
    "MeanIoU",
    "ignored",
    {"num_classes": 3, "ignore_class": 0},
    _classes(6),
    checks=_VALUE,
)
T.make("MeanIoU", "empty", {"num_classes": 3}, (i(0, 2), i(0, 2)), checks=_VALUE)
T.make(
    "BinaryIoU",
    "three batches",
    {},
    _binary(4),
    _binary(3),
    _binary(1),
    elsewhere=["jit"],
)
T.make(
    "BinaryIoU",
    "weighed",
    {"target_class_ids": [1], "threshold": 0.3},
    (*_binary(4), u(4, 3)),
    checks=_STREAM,
)
T.make(
    "BinaryIoU",
    "at the threshold",
    {},
    (v([1, 0, 1], "int32"), v([0.5, 0.5, 0.2])),
    checks=_VALUE,
)
T.make(
    "OneHotIoU",
    "two batches",
    _IOU,
    (_HOT3, u(4, 3)),
    (_HOT3, u(4, 3)),
    elsewhere=["jit"],
)
T.make(
    "OneHotIoU",
    "sparse",
    _IOU | {"sparse_y_pred": True},
    (_HOT3, i(4, high=3)),
    checks=_STREAM,
)
T.make("OneHotIoU", "ties", _IOU, (_HOT3, v([[0.5, 0.5, 0.1]] * 4)), checks=_VALUE)
T.make(
    "OneHotMeanIoU",
    "two batches",
    {"num_classes": 3},
    (_HOT3, u(4, 3)),
    (_HOT3, u(4, 3)),
    elsewhere=["jit"],
)
T.make(
    "OneHotMeanIoU",
    "weighed",
    {"num_classes": 3},
    (_HOT3, u(4, 3), u(4)),
    checks=_STREAM,
)
T.make(
    "OneHotMeanIoU",
    "ignored",
    {"num_classes": 3, "ignore_class": 1},
    (_HOT3, u(4, 3)),
    checks=_VALUE,
)
