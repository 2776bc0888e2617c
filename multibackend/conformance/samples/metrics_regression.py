"""`keras.metrics`: means, sums and what measures real numbers, batch by batch."""

from collections.abc import Callable
from typing import Any

import numpy as np

from multibackend.conformance.draws import Draw, i, n, u, v
from multibackend.conformance.sample import Make
from multibackend.conformance.table import Table, bad

T = Table("metrics.regression", "keras.metrics", jit=False)

_EPSILON = 1e-7
_VALUE = ["forward"]
_STREAM = ["forward", "state"]


def _mean(of: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    """The weighted mean over all rows so far, after each batch."""

    def expected(batches: Any) -> list[Any]:
        found: list[Any] = []
        total = count = 0.0
        for true, pred, *weights in batches:
            values = of(true, pred)
            weight = np.ones(values.shape)
            for given in weights:
                weight = weight * given.reshape(values.shape)
            total += np.sum(values * weight)
            count += np.sum(weight)
            found.append(total / count if count else 0.0)
        return found

    return expected


def _unit(x: Any) -> Any:
    return x / np.sqrt(np.maximum(np.sum(x * x, axis=-1, keepdims=True), 1e-12))


def _signs(labels: Any) -> Any:
    return 2.0 * labels - 1.0


def _kl(t: Any, p: Any) -> Any:
    t, p = np.clip(t, _EPSILON, 1.0), np.clip(p, _EPSILON, 1.0)
    return np.sum(t * np.log(t / p), axis=-1)


def _r2(batches: Any) -> list[Any]:
    found: list[Any] = []
    for k in range(len(batches)):
        t, p = (np.concatenate([b[j] for b in batches[: k + 1]]) for j in (0, 1))
        rest = np.sum((t - p) ** 2, axis=0)
        found.append(np.mean(1.0 - rest / np.sum((t - t.mean(axis=0)) ** 2, axis=0)))
    return found


def _pearson(t: Any, p: Any) -> Any:
    t, p = (x - np.mean(x, axis=-1, keepdims=True) for x in (t, p))
    both = np.sqrt(np.sum(t * t, axis=-1) * np.sum(p * p, axis=-1))
    return np.sum(t * p, axis=-1) / both


def _concordance(t: Any, p: Any) -> Any:
    apart = (np.mean(t, axis=-1) - np.mean(p, axis=-1)) ** 2
    shared = np.mean(
        (t - t.mean(-1, keepdims=True)) * (p - p.mean(-1, keepdims=True)), axis=-1
    )
    return 2.0 * shared / (np.var(t, axis=-1) + np.var(p, axis=-1) + apart + _EPSILON)


_Pair = Callable[[int], tuple[Draw, Draw]]


def _real(rows: int) -> tuple[Draw, Draw]:
    return n(rows, 4), n(rows, 4)


def _positive(rows: int) -> tuple[Draw, Draw]:
    return u(rows, 4, low=0.1), u(rows, 4, low=0.1)


def _bits(rows: int) -> tuple[Draw, Draw]:
    return i(rows, 4, high=2), n(rows, 4)


_MEANS: dict[str, tuple[_Pair, Callable[[Any, Any], Any] | None]] = {
    "MeanSquaredError": (_real, lambda t, p: np.mean((t - p) ** 2, axis=-1)),
    "MeanAbsoluteError": (_real, lambda t, p: np.mean(np.abs(t - p), axis=-1)),
    "MeanAbsolutePercentageError": (
        _positive,
        lambda t, p: 100.0 * np.mean(np.abs((t - p) / t), axis=-1),
    ),
    "MeanSquaredLogarithmicError": (
        _positive,
        lambda t, p: np.mean((np.log1p(t) - np.log1p(p)) ** 2, axis=-1),
    ),
    "CosineSimilarity": (_real, lambda t, p: np.sum(_unit(t) * _unit(p), axis=-1)),
    "LogCoshError": (
        _real,
        lambda t, p: np.mean(np.logaddexp(p - t, t - p) - np.log(2.0), axis=-1),
    ),
    "Hinge": (
        _bits,
        lambda t, p: np.mean(np.maximum(1.0 - _signs(t) * p, 0.0), axis=-1),
    ),
    "SquaredHinge": (
        _bits,
        lambda t, p: np.mean(np.maximum(1.0 - _signs(t) * p, 0.0) ** 2, axis=-1),
    ),
    "CategoricalHinge": (_bits, None),
    "KLDivergence": (_positive, _kl),
    "Poisson": (_positive, lambda t, p: np.mean(p - t * np.log(p + _EPSILON), axis=-1)),
    "RootMeanSquaredError": (_real, None),
    "PearsonCorrelation": (_real, _pearson),
    "ConcordanceCorrelation": (_real, _concordance),
}
for _name, (_pair, _of) in _MEANS.items():
    _ref = _mean(_of) if _of else None
    T.make(
        _name,
        "three batches",
        {},
        _pair(3),
        _pair(2),
        _pair(1),
        ref=_ref,
        elsewhere=["jit"],
    )
    T.make(
        _name,
        "weighed",
        {},
        (*_pair(3), u(3)),
        (*_pair(2), u(2)),
        ref=_ref,
        checks=_STREAM,
    )
    T.make(_name, "column weights", {}, (*_pair(3), u(3, 1)), checks=_VALUE)
    T.make(
        _name,
        "no weight",
        {},
        (*_pair(2), v([0.0, 0.0])),
        (*_pair(2), u(2)),
        checks=_VALUE,
    )
    T.make(_name, "empty", {}, (n(0, 4), n(0, 4)), _pair(2), checks=_VALUE)
    T.make(
        _name,
        "refused",
        {},
        _pair(2),
        checks=["errors"],
        refuses={"dtype": bad(dtype="float12"), "argument": bad(smoothing=1)},
    )
T.make("CosineSimilarity", "first axis", {"axis": 0}, _real(3), _real(3), checks=_VALUE)
T.make(
    "PearsonCorrelation", "first axis", {"axis": 0}, _real(3), _real(4), checks=_VALUE
)
T.make(
    "PearsonCorrelation", "constant", {}, (v([[1.0, 1.0, 1.0]]), n(1, 3)), checks=_VALUE
)
T.make(
    "ConcordanceCorrelation",
    "constant",
    {},
    (v([[1.0, 1.0, 1.0]]), v([[1.0, 1.0, 1.0]])),
    checks=_VALUE,
)
T.make(
    "ConcordanceCorrelation",
    "first axis",
    {"axis": 0},
    _real(3),
    _real(4),
    checks=_VALUE,
)
T.make("MeanSquaredError", "scalars", {}, (v(1.0), v(3.0)), checks=_VALUE)
T.make("MeanSquaredError", "column", {}, (n(3), n(3, 1)), checks=_VALUE)
T.make(
    "MeanSquaredError",
    "special",
    {},
    (v([[1.0], [1.0]]), v([[float("nan")], [float("inf")]])),
    checks=_VALUE,
)
T.make("MeanSquaredError", "whole numbers", {}, (i(3, 4), i(3, 4)), checks=_VALUE)
T.make(
    "RootMeanSquaredError",
    "equal",
    {},
    (v([[1.0, 2.0]]), v([[1.0, 2.0]])),
    checks=_VALUE,
)

T.make("Mean", "three batches", {}, (n(3, 4),), (n(2, 4),), (n(1, 4),))
T.make("Mean", "weighed", {}, (n(3, 4), u(3)), (n(2, 4), u(2, 4)), checks=_STREAM)
T.make("Mean", "scalars", {}, (v(1.0),), (v(3.0),), checks=_STREAM)
T.make("Mean", "whole numbers", {}, (i(3, 4),), (i(3, dtype="uint8"),), checks=_VALUE)
T.make("Mean", "truth values", {}, (v([True, False], "bool"),), checks=_VALUE)
T.make("Mean", "large", {}, (v([16777216.0]),), (v([1.0] * 8),), checks=_VALUE)
T.make(
    "Mean",
    "special",
    {},
    (v([float("inf"), 1.0]),),
    (v([float("-inf")]),),
    checks=_VALUE,
)
T.make("Mean", "empty", {}, (n(0),), (n(2),), checks=_VALUE)
T.make("Mean", "no weight", {}, (n(2), v([0.0, 0.0])), checks=_VALUE)
T.make(
    "Mean",
    "bfloat16",
    {"dtype": "bfloat16"},
    (v([1.0, 2.0]),),
    (v([4.0]),),
    checks=_VALUE,
)
T.make(
    "Sum", "three batches", {}, (n(3, 4),), (n(2, 4),), (n(1, 4),), elsewhere=["jit"]
)
T.make("Sum", "weighed", {}, (n(3, 4), u(3)), (n(2, 4), u(2, 4)), checks=_STREAM)
T.make("Sum", "whole numbers", {}, (i(3, 4),), (i(3, dtype="uint8"),), checks=_VALUE)
T.make("Sum", "empty", {}, (n(0),), (n(2),), checks=_VALUE)
for _name in ("Mean", "Sum"):
    T.make(
        _name,
        "refused",
        {},
        (n(2),),
        checks=["errors"],
        refuses={"name": bad(names="x"), "dtype": bad(dtype="float12")},
    )

for _how in ("uniform_average", "variance_weighted_average", None):
    _set = {"class_aggregation": _how}
    T.make("R2Score", f"{_how}", _set, _real(5), _real(4), checks=None or _STREAM)
    T.make(
        "R2Score",
        f"{_how} weighed",
        _set,
        (*_real(5), u(5, 1)),
        (*_real(4), u(4, 1)),
        checks=_STREAM,
    )
T.make(
    "R2Score",
    "three batches",
    {},
    _real(5),
    _real(2),
    _real(2),
    ref=_r2,
    elsewhere=["jit"],
)
T.make("R2Score", "adjusted", {"num_regressors": 2}, _real(5), _real(4), checks=_VALUE)
T.make(
    "R2Score",
    "too few for the regressors",
    {"num_regressors": 7},
    _real(5),
    checks=_VALUE,
)
T.make(
    "R2Score",
    "as many as the regressors",
    {"num_regressors": 4},
    _real(5),
    checks=_VALUE,
)
T.make("R2Score", "constant", {}, (v([[1.0], [1.0]]), v([[1.0], [2.0]])), checks=_VALUE)
T.make("R2Score", "perfect", {}, (v([[1.0], [1.0]]), v([[1.0], [1.0]])), checks=_VALUE)
T.make(
    "R2Score",
    "refused",
    {},
    _real(3),
    checks=["errors"],
    refuses={
        "aggregation": bad(class_aggregation="best"),
        "regressors": bad(num_regressors=-1),
    },
)

_SQUARED = Make("keras.losses.MeanSquaredError", {"reduction": "none"})
T.make(
    "MeanMetricWrapper",
    "loss",
    {"fn": _SQUARED},
    _real(3),
    _real(2),
    checks=["forward", "state", "dtype", "determinism"],
)
T.make(
    "MeanMetricWrapper",
    "weighed",
    {"fn": _SQUARED},
    (*_real(3), u(3)),
    _real(2),
    checks=_STREAM,
)


def _own(keras: Any, x: Any, y: Any) -> Any:
    class Largest(keras.metrics.Metric):
        def __init__(self) -> None:
            super().__init__(name="largest")
            self.largest = self.add_variable((), "zeros", name="largest")
            self.count = self.add_weight(
                name="count", initializer="ones", dtype="int32"
            )

        def update_state(self, values: Any, sample_weight: Any = None) -> None:
            del sample_weight
            highest = keras.ops.max(values)
            self.largest.assign(keras.ops.maximum(self.largest, highest))
            self.count.assign_add(1)

        def result(self) -> Any:
            return {"largest": self.largest + 0.0, "count": self.count + 0}

    metric = Largest()
    found = [metric(x), metric(y)]
    before = metric.stateless_update_state(metric.stateless_reset_state(), x)
    found.append(metric.stateless_result(before))
    metric.reset_state()
    return [*found, metric.result()]


T("Metric", "own", n(3), n(4), run=_own, checks=["forward"])


def _bare(keras: Any, x: Any, *, method: str = "") -> Any:
    return getattr(keras.metrics.Metric(), method)(x) if method else x


T(
    "Metric",
    "without methods",
    n(3),
    run=_bare,
    checks=["errors"],
    refuses={
        "update": bad(n(3), method="update_state"),
        "weight": bad(n(3), method="add_weights"),
    },
)
