"""`keras.losses`: the functions, by rank, by argument, and where they bend."""

from typing import Any

import numpy as np

from multibackend.conformance.draws import Draw, i, n, u, v
from multibackend.conformance.table import Table, bad

_EPSILON = 1e-7
_INF, _NAN = float("inf"), float("nan")


def _hinge_labels(labels: Any) -> Any:
    binary = np.all((labels == 0) | (labels == 1))
    return 2.0 * labels - 1.0 if binary else labels


def _unit(x: Any, axis: int = -1) -> Any:
    size = np.sum(x * x, axis=axis, keepdims=True)
    return x / np.sqrt(np.maximum(size, 1e-12))


def _huber(t: Any, p: Any, delta: float = 1.0) -> Any:
    error = np.abs(p - t)
    large = delta * error - 0.5 * delta**2
    return np.mean(np.where(error <= delta, 0.5 * error**2, large), axis=-1)


def _log(x: Any) -> Any:
    return np.log(np.clip(x, _EPSILON, 1.0 - _EPSILON))


def _log_softmax(x: Any, axis: int = -1) -> Any:
    x = x - np.max(x, axis=axis, keepdims=True)
    return x - np.log(np.sum(np.exp(x), axis=axis, keepdims=True))


def _softmax(x: Any, axis: int = -1) -> Any:
    return np.exp(_log_softmax(x, axis))


def _categorical(
    t: Any,
    p: Any,
    *,
    from_logits: bool = False,
    label_smoothing: float = 0,
) -> Any:
    t = t * (1.0 - label_smoothing) + label_smoothing / t.shape[-1]
    if from_logits:
        return -np.sum(t * _log_softmax(p), axis=-1)
    return -np.sum(t * _log(p / np.sum(p, axis=-1, keepdims=True)), axis=-1)


def _categorical_focal(
    t: Any,
    p: Any,
    *,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0,
) -> Any:
    t = t * (1.0 - label_smoothing) + label_smoothing / t.shape[-1]
    p = _softmax(p) if from_logits else p / np.sum(p, axis=-1, keepdims=True)
    p = np.clip(p, _EPSILON, 1.0 - _EPSILON)
    return np.sum(alpha * (1.0 - p) ** gamma * -t * np.log(p), axis=-1)


def _sparse(t: Any, p: Any, *, from_logits: bool = False) -> Any:
    log = _log_softmax(p) if from_logits else _log(p / np.sum(p, -1, keepdims=True))
    t = t[..., 0] if t.ndim == p.ndim else t
    return -np.take_along_axis(log, t[..., None].astype(int), axis=-1)[..., 0]


def _bce(t: Any, p: Any) -> Any:
    p = np.clip(p, _EPSILON, 1.0 - _EPSILON)
    return -(t * np.log(p) + (1.0 - t) * np.log(1.0 - p))


def _binary(t: Any, p: Any, *, from_logits: bool = False) -> Any:
    if from_logits:
        loss = np.maximum(p, 0) - p * t + np.log1p(np.exp(-np.abs(p)))
    else:
        loss = _bce(t, p)
    return np.mean(loss, axis=-1)


def _binary_focal(
    t: Any,
    p: Any,
    *,
    apply_class_balancing: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
) -> Any:
    p = 1.0 / (1.0 + np.exp(-p)) if from_logits else p
    loss = _bce(t, p) * (1.0 - (t * p + (1.0 - t) * (1.0 - p))) ** gamma
    if apply_class_balancing:
        loss = loss * (t * alpha + (1.0 - t) * (1.0 - alpha))
    return np.mean(loss, axis=-1)


def _tversky(
    t: Any, p: Any, alpha: float = 0.5, beta: float = 0.5, axis: Any = None
) -> Any:
    both = np.sum(t * p, axis=axis)
    missed = alpha * np.sum((1.0 - p) * t, axis=axis)
    wrong = beta * np.sum(p * (1.0 - t), axis=axis)
    return 1.0 - both / (both + missed + wrong + _EPSILON)


def _dice(t: Any, p: Any, axis: Any = None) -> Any:
    whole = np.sum(t, axis=axis) + np.sum(p, axis=axis)
    return 1.0 - 2.0 * np.sum(t * p, axis=axis) / (whole + _EPSILON)


def _ctc(labels: Any, logits: Any) -> Any:
    """The probability of all alignments, summed step by step."""
    losses: list[float] = []
    for row, scores in zip(labels, np.asarray(logits, np.float64), strict=True):
        path = [0]
        for label in row[: np.sum(row != 0)]:
            path += [int(label), 0]
        chances = _softmax(scores)
        alive = np.zeros(len(path))
        alive[:2] = chances[0, path[:2]]
        for chance in chances[1:]:
            before = np.concatenate([[0.0, 0.0], alive])
            skips = [k > 1 and c != 0 and c != path[k - 2] for k, c in enumerate(path)]
            alive = (alive + before[1:-1] + np.where(skips, before[:-2], 0.0)) * chance[
                path
            ]
        losses.append(-np.log(np.sum(alive[-2:])))
    return np.asarray(losses)


def _circle(t: Any, p: Any, gamma: float = 80, margin: float = 0.4) -> Any:
    far = np.maximum(1.0 - p @ p.T, 0.0)
    same = t[:, None] == t[None, :]
    positive, negative = same & ~np.eye(len(t), dtype=bool), ~same
    up = np.where(positive, np.exp(-gamma * (margin + far) * (margin - far)), 0.0)
    weight = np.maximum(1.0 + margin - far, 0.0)
    down = np.where(negative, np.exp(gamma * weight * (1.0 - margin - far)), 0.0)
    return np.log1p(np.sum(up, axis=1) * np.sum(down, axis=1))


def _generalized(t: Any, p: Any, q: float) -> Any:
    chosen = np.take_along_axis(p, t[:, None].astype(int), axis=-1)[:, 0]
    return (1.0 - chosen**q) / q


def _percentage(t: Any, p: Any) -> Any:
    return 100.0 * np.mean(np.abs(t - p) / np.maximum(np.abs(t), _EPSILON), axis=-1)


def _logarithmic(t: Any, p: Any) -> Any:
    first, second = (np.log1p(np.maximum(x, _EPSILON)) for x in (p, t))
    return np.mean((first - second) ** 2, axis=-1)


def _kl(t: Any, p: Any) -> Any:
    t, p = np.clip(t, _EPSILON, 1.0), np.clip(p, _EPSILON, 1.0)
    return np.sum(t * np.log(t / p), axis=-1)


T = Table(
    "losses.functions",
    "keras.losses",
    reference={
        "mean_squared_error": lambda t, p: np.mean((t - p) ** 2, axis=-1),
        "mean_absolute_error": lambda t, p: np.mean(np.abs(t - p), axis=-1),
        "mean_absolute_percentage_error": _percentage,
        "mean_squared_logarithmic_error": _logarithmic,
        "cosine_similarity": lambda t, p, axis=-1: (
            -np.sum(_unit(t, axis) * _unit(p, axis), axis=axis)
        ),
        "huber": _huber,
        "log_cosh": lambda t, p: np.mean(
            np.logaddexp(p - t, t - p) - np.log(2.0), axis=-1
        ),
        "hinge": lambda t, p: np.mean(
            np.maximum(1.0 - _hinge_labels(t) * p, 0.0), axis=-1
        ),
        "squared_hinge": lambda t, p: np.mean(
            np.maximum(1.0 - _hinge_labels(t) * p, 0.0) ** 2, axis=-1
        ),
        "categorical_hinge": lambda t, p: np.maximum(
            np.max((1.0 - t) * p, axis=-1) - np.sum(t * p, axis=-1) + 1.0, 0.0
        ),
        "kl_divergence": _kl,
        "poisson": lambda t, p: np.mean(p - t * np.log(p + _EPSILON), axis=-1),
        "categorical_crossentropy": _categorical,
        "categorical_focal_crossentropy": _categorical_focal,
        "sparse_categorical_crossentropy": _sparse,
        "binary_crossentropy": _binary,
        "binary_focal_crossentropy": _binary_focal,
        "ctc": _ctc,
        "dice": _dice,
        "tversky": _tversky,
        "circle": _circle,
        "categorical_generalized_cross_entropy": _generalized,
    },
)

T.alone("hinge", "squared_hinge", "categorical_hinge", "ctc")
T.alone("binary_crossentropy", "binary_focal_crossentropy")

_VALUE = ["forward"]
_BOTH = ["forward", "grad_inputs"]
_ONE_HOT = v([[1, 0, 0, 0], [0, 0, 1, 0], [0, 1, 0, 0]], "int32")
_BITS = i(3, 4, high=2)

# Two arrays of floats.
_REAL: dict[str, tuple[Draw, Draw]] = {
    "mean_squared_error": (n(3, 4), n(3, 4)),
    "mean_absolute_error": (n(3, 4), n(3, 4)),
    "mean_absolute_percentage_error": (u(3, 4, low=1, high=2), n(3, 4)),
    "mean_squared_logarithmic_error": (u(3, 4), u(3, 4)),
    "cosine_similarity": (n(3, 4), n(3, 4)),
    "huber": (n(3, 4, std=2), n(3, 4)),
    "log_cosh": (n(3, 4), n(3, 4)),
    "kl_divergence": (u(3, 4, low=0.1), u(3, 4, low=0.1)),
    "poisson": (u(3, 4), u(3, 4, low=0.1)),
}
# The check `spec` asks nothing of a function that takes no symbolic tensor at all: as
# JAX alone refuses here, samples of their own ask it.
_SYMBOLS = {"spec": "JAX refuses symbolic tensors; see the samples `symbolic`"}


def _symbolic(keras: Any, name: str) -> Any:
    given = [keras.KerasTensor((3, 4)) for _ in range(2)]
    return list(getattr(keras.losses, name)(*given).shape)


for _name in ("huber", "hinge", "squared_hinge"):
    T(_name, "symbolic", _name, run=_symbolic, checks=_VALUE, ref=False)
for _name, (_true, _pred) in _REAL.items():
    T(_name, "matrix", _true, _pred, skip=_SYMBOLS if _name == "huber" else None)
    T(_name, "cube", u(2, 3, 4, low=0.1), u(2, 3, 4, low=0.1), checks=_VALUE)
    T(_name, "whole labels", i(3, 4, low=1), u(3, 4, low=0.1), checks=_VALUE)
    T(_name, "equal", v([[1.0, 2.0]]), v([[1.0, 2.0]]), checks=_VALUE)
    T(_name, "zeros", v([[0.0, 0.0, 1.0]]), v([[0.0, 1.0, 0.0]]), checks=_BOTH)
    T(
        _name,
        "special",
        v([[1.0], [1.0], [2.0]]),
        v([[_NAN], [_INF], [-_INF]]),
        checks=_VALUE,
    )
    T(_name, "empty batch", u(0, 3), u(0, 3), checks=["forward", "spec"])
for _name in list(_REAL)[:7]:
    T(_name, "column", u(4, low=0.1), u(4, 1, low=0.1), checks=_VALUE, ref=False)
for _name in list(_REAL):
    T(
        _name,
        "other shapes",
        n(3, 4),
        n(3, 4),
        checks=["errors"],
        refuses={"lengths": bad(n(3, 4), n(3, 5))},
    )
T("cosine_similarity", "first axis", n(3, 4), n(3, 4), axis=0, checks=_BOTH)
T("cosine_similarity", "null vector", v([[0.0, 0.0]]), v([[1.0, 2.0]]), checks=_BOTH)
T("huber", "delta", n(3, 4, std=2), n(3, 4), delta=0.5, checks=_BOTH)
T("huber", "at the bend", v([[0.0, 1.0, -1.0]]), v([[1.0, 0.0, 0.0]]), checks=_BOTH)
T("log_cosh", "far", v([[0.0, 0.0]]), v([[90.0, -90.0]]), checks=_BOTH)
T("mean_absolute_error", "integers", i(3, 4), i(3, 4), checks=_VALUE, ref=False)
T("mean_squared_error", "integers", i(3, 4), i(3, 4), checks=_VALUE, ref=False)
T("kl_divergence", "out of range", v([[0.0, 1.5]]), v([[-0.5, 2.0]]), checks=_BOTH)
T("poisson", "zero", v([[0.0, 1.0]]), v([[0.0, 0.0]]), checks=_BOTH)
T("poisson", "negative", v([[1.0, 1.0]]), v([[-1.0, 0.5]]), checks=_VALUE)

for _name in ("hinge", "squared_hinge"):
    T(_name, "zeros and ones", _BITS, n(3, 4), skip=_SYMBOLS)
    T(_name, "signs", v([[1, -1, 1], [-1, 0, 1]], "int32"), n(2, 3), checks=_BOTH)
    T(
        _name,
        "at the bend",
        v([[1, -1, 1]], "int32"),
        v([[1.0, -1.0, 0.5]]),
        checks=_BOTH,
    )
    T(
        _name,
        "whole predictions",
        _BITS,
        i(3, 4, low=-2, high=3),
        checks=_VALUE,
        ref=False,
    )
    T(_name, "empty batch", i(0, 3), n(0, 3), checks=["forward", "spec"])
T("categorical_hinge", "one-hot", _ONE_HOT, n(3, 4))
T(
    "categorical_hinge",
    "ties",
    v([[1, 0, 0]], "int32"),
    v([[0.5, 0.5, 0.5]]),
    checks=_BOTH,
)
T("categorical_hinge", "bend", v([[1, 0]], "int32"), v([[1.0, 0.0]]), checks=_VALUE)

_CHANCE = u(3, 4, low=0.05, high=0.95)
_CERTAIN = v([[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.25, 0.25, 0.25, 0.25]])
for _name in ("categorical_crossentropy", "categorical_focal_crossentropy"):
    T(_name, "chances", _ONE_HOT, _CHANCE)
    T(_name, "logits", _ONE_HOT, n(3, 4), from_logits=True)
    T(_name, "smoothing", _ONE_HOT, _CHANCE, label_smoothing=0.1, checks=_BOTH)
    T(_name, "certain", _ONE_HOT, _CERTAIN, checks=_BOTH)
    T(_name, "null row", _ONE_HOT, v([[0.0] * 4] * 3), checks=_VALUE)
    T(_name, "far logits", _ONE_HOT, n(3, 4, std=300), from_logits=True, checks=_BOTH)
    T(_name, "first axis", n(3, 4), _CHANCE, axis=0, checks=_VALUE, ref=False)
    T(_name, "empty batch", n(0, 4), n(0, 4), checks=["forward", "spec"])
    T(
        _name,
        "bad",
        _ONE_HOT,
        _CHANCE,
        checks=["errors"],
        refuses={
            "axis": bad(_ONE_HOT, _CHANCE, axis=True),
            "classes": bad(_ONE_HOT, u(3, 5)),
            "rank": bad(v(1, "int32"), v(0.5)),
        },
    )
T("categorical_crossentropy", "soft labels", u(2, 3, 4), u(2, 3, 4), checks=_BOTH)
T("categorical_focal_crossentropy", "gamma", _ONE_HOT, _CHANCE, alpha=0.5, gamma=0.5)

_CLASSES = v([1, 3, 0], "int32")
_sparse_name = "sparse_categorical_crossentropy"
T(_sparse_name, "chances", _CLASSES, _CHANCE)
T(_sparse_name, "logits", _CLASSES, n(3, 4), from_logits=True)
T(_sparse_name, "column", v([[1], [3], [0]], "int32"), _CHANCE, checks=_BOTH)
T(_sparse_name, "images", i(2, 3, 3, high=4), u(2, 3, 3, 4), checks=_BOTH)
T(_sparse_name, "float classes", v([1.0, 3.0, 0.0]), _CHANCE, checks=_VALUE)
T(_sparse_name, "uint8 classes", v([1, 3, 0], "uint8"), _CHANCE, checks=_VALUE)
T(_sparse_name, "certain", v([0, 0, 2], "int32"), _CERTAIN, checks=_BOTH)
T(
    _sparse_name,
    "class too large",
    v([1, 4, 0], "int32"),
    _CHANCE,
    checks=_VALUE,
    ref=False,
)
T(
    _sparse_name,
    "class below zero",
    v([1, -1, 0], "int32"),
    _CHANCE,
    checks=_VALUE,
    ref=False,
)
T(_sparse_name, "ignored", _CLASSES, _CHANCE, ignore_class=3, checks=_BOTH, ref=False)
T(
    _sparse_name,
    "ignored below zero",
    v([1, -1, 0], "int32"),
    _CHANCE,
    ignore_class=-1,
    checks=_BOTH,
    ref=False,
)
T(
    _sparse_name,
    "second axis",
    i(2, 3, high=4),
    u(2, 4, 3),
    axis=1,
    checks=_VALUE,
    ref=False,
)
T(_sparse_name, "empty batch", i(0, high=4), n(0, 4), checks=["forward", "spec"])
T(
    _sparse_name,
    "bad",
    _CLASSES,
    _CHANCE,
    checks=["errors"],
    refuses={
        "rows": bad(v([1, 3], "int32"), _CHANCE),
        "rank": bad(v([[[1]]], "int32"), _CHANCE),
        "scalar": bad(v(1, "int32"), v(0.5)),
    },
)

_EDGE = v([[0.0, 1.0, 0.5, 1.0]])
for _name in ("binary_crossentropy", "binary_focal_crossentropy"):
    T(_name, "chances", _BITS, _CHANCE)
    T(_name, "logits", _BITS, n(3, 4), from_logits=True)
    T(_name, "certain", v([[0, 1, 1, 0]], "int32"), _EDGE, checks=_BOTH)
    T(_name, "far logits", _BITS, n(3, 4, std=300), from_logits=True, checks=_VALUE)
    T(
        _name,
        "out of range",
        v([[1, 0]], "int32"),
        v([[-0.5, 1.5]]),
        checks=_VALUE,
        ref=False,
    )
    T(_name, "smoothing", _BITS, _CHANCE, label_smoothing=0.2, checks=_BOTH, ref=False)
    T(_name, "first axis", _BITS, _CHANCE, axis=0, checks=_VALUE, ref=False)
    T(_name, "empty batch", i(0, 4), n(0, 4), checks=["forward", "spec"])
    T(
        _name,
        "bad",
        _BITS,
        _CHANCE,
        checks=["errors"],
        refuses={"lengths": bad(_BITS, u(3, 5))},
    )
T("binary_crossentropy", "soft labels", u(3, 4), _CHANCE, checks=_BOTH)
T(
    "binary_crossentropy",
    "truth values",
    v([[True, False]], "bool"),
    v([[0.3, 0.6]]),
    checks=_VALUE,
)
T(
    "binary_focal_crossentropy",
    "balanced",
    _BITS,
    _CHANCE,
    apply_class_balancing=True,
    alpha=0.75,
    gamma=1.5,
)
T(
    "binary_focal_crossentropy",
    "gamma 0",
    v([[0, 1, 1, 0]], "int32"),
    _EDGE,
    gamma=0.0,
    checks=_BOTH,
)

_LABELS = v([[1, 2, 0], [3, 3, 1], [2, 0, 0]], "int32")
T(
    "ctc",
    "labels",
    _LABELS,
    n(3, 6, 4),
    skip={"hvp": "PyTorch has no second derivative of it"},
)
T("ctc", "no label", v([[0, 0], [1, 0]], "int32"), n(2, 4, 3), checks=_BOTH)
T("ctc", "too long", v([[1, 1, 2], [1, 0, 0]], "int32"), n(2, 3, 3), checks=_BOTH)
T("ctc", "one step", v([[1]], "int32"), n(1, 1, 3), checks=_BOTH)
T("ctc", "far logits", _LABELS, n(3, 6, 4, std=50), checks=_VALUE)
T(
    "ctc",
    "bad",
    _LABELS,
    n(3, 6, 4),
    checks=["errors"],
    refuses={
        "labels": bad(v([1, 2], "int32"), n(2, 6, 4)),
        "logits": bad(_LABELS, n(3, 4)),
        "rows": bad(_LABELS, n(2, 6, 4)),
    },
)

for _name in ("dice", "tversky"):
    T(_name, "masks", i(2, 3, 3, 1, high=2), u(2, 3, 3, 1))
    T(
        _name,
        "by image",
        i(2, 3, 3, 1, high=2),
        u(2, 3, 3, 1),
        axis=(1, 2, 3),
        checks=_BOTH,
    )
    T(_name, "nothing", v([[0, 0]], "int32"), v([[0.0, 0.0]]), checks=_BOTH)
    T(_name, "everything", v([[1, 1]], "int32"), v([[1.0, 1.0]]), checks=_BOTH)
    T(
        _name,
        "bad axis",
        _BITS,
        _CHANCE,
        checks=["errors"],
        refuses={"axis": bad(_BITS, _CHANCE, axis=4)},
    )
T("tversky", "weighed", i(2, 5, high=2), u(2, 5), alpha=0.2, beta=0.8, checks=_BOTH)

_VECTORS = n(6, 3, std=0.5)
_PAIRS = v([0, 0, 1, 1, 2, 2], "int32")
T("circle", "pairs", _PAIRS, _VECTORS, gamma=4)
T("circle", "defaults", _PAIRS, _VECTORS, checks=_VALUE, ref=False)
T("circle", "one class", v([1, 1, 1], "int32"), n(3, 3), checks=_VALUE, ref=False)
T("circle", "all different", v([1, 2, 3], "int32"), n(3, 3), checks=_VALUE, ref=False)
T(
    "circle",
    "diagonal",
    _PAIRS,
    _VECTORS,
    remove_diagonal=False,
    gamma=4,
    checks=_BOTH,
    ref=False,
)
T(
    "circle",
    "others",
    _PAIRS,
    _VECTORS,
    ref_labels=v([0, 1, 3], "int32"),
    ref_embeddings=n(3, 3),
    remove_diagonal=False,
    gamma=4,
    checks=_BOTH,
    ref=False,
)

_gce = "categorical_generalized_cross_entropy"
T(_gce, "half", _CLASSES, _CHANCE, q=0.5)
T(_gce, "near one", _CLASSES, _CHANCE, q=0.9, checks=_BOTH)
T(_gce, "certain", v([0, 0, 2], "int32"), _CERTAIN, q=0.5, checks=_BOTH)
T(
    _gce,
    "class too large",
    v([1, 4, 0], "int32"),
    _CHANCE,
    q=0.5,
    checks=_VALUE,
    ref=False,
)
