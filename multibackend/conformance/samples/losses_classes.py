"""`keras.losses`: the classes, their reductions, weights and masks."""

from typing import Any

from multibackend.conformance.draws import Draw, i, n, u, v
from multibackend.conformance.table import Table, bad

T = Table("losses.classes", "keras.losses", jit=False)

_VALUE = ["forward"]
_BOTH = ["forward", "grad_inputs"]
_ONE_HOT = v([[1, 0, 0, 0], [0, 0, 1, 0], [0, 1, 0, 0]], "int32")
_BITS = i(3, 4, high=2)
_CHANCE = u(3, 4, low=0.05, high=0.95)
_CLASSES = v([1, 3, 0], "int32")
_LABELS = v([[1, 2, 0], [3, 3, 1], [2, 0, 0]], "int32")

_PAIRS: dict[str, tuple[Draw, Draw, dict[str, Any]]] = {
    "MeanSquaredError": (n(3, 4), n(3, 4), {}),
    "MeanAbsoluteError": (n(3, 4), n(3, 4), {}),
    "MeanAbsolutePercentageError": (u(3, 4, low=1, high=2), n(3, 4), {}),
    "MeanSquaredLogarithmicError": (u(3, 4), u(3, 4), {}),
    "CosineSimilarity": (n(3, 4), n(3, 4), {"axis": -1}),
    "Huber": (n(3, 4, std=2), n(3, 4), {"delta": 0.5}),
    "LogCosh": (n(3, 4), n(3, 4), {}),
    "Hinge": (_BITS, n(3, 4), {}),
    "SquaredHinge": (_BITS, n(3, 4), {}),
    "CategoricalHinge": (_ONE_HOT, n(3, 4), {}),
    "KLDivergence": (u(3, 4, low=0.1), u(3, 4, low=0.1), {}),
    "Poisson": (u(3, 4), u(3, 4, low=0.1), {}),
    "BinaryCrossentropy": (_BITS, _CHANCE, {"label_smoothing": 0.1}),
    "BinaryFocalCrossentropy": (_BITS, _CHANCE, {"apply_class_balancing": True}),
    "CategoricalCrossentropy": (_ONE_HOT, n(3, 4), {"from_logits": True}),
    "CategoricalFocalCrossentropy": (_ONE_HOT, _CHANCE, {"alpha": 0.5, "gamma": 1.5}),
    "SparseCategoricalCrossentropy": (_CLASSES, _CHANCE, {"ignore_class": 3}),
    "CTC": (_LABELS, n(3, 6, 4), {}),
    "Dice": (i(3, 2, 2, high=2), u(3, 2, 2), {"axis": (1, 2)}),
    "Tversky": (i(3, 2, 2, high=2), u(3, 2, 2), {"alpha": 0.3, "axis": (1, 2)}),
    "Circle": (v([0, 0, 1], "int32"), n(3, 4, std=0.5), {"gamma": 4.0}),
    "CategoricalGeneralizedCrossEntropy": (_CLASSES, _CHANCE, {"q": 0.7}),
}
for _name, (_true, _pred, _more) in _PAIRS.items():
    # Compiled and derived twice with the functions; one here shows that the reduction is.
    _else = () if _name == "MeanSquaredError" else ("jit", "hvp")
    # Far from 0, it is the scale of 80 by default that rounding shows in.
    _else = (*_else, "grad_inputs") if _name == "Circle" else _else
    T.make(_name, "default", {}, _true, _pred, elsewhere=_else)
    _set = _more | {"reduction": "none"}
    T.make(_name, "set", _set, _true, _pred, checks=[*_BOTH, "config"])
    T.make(_name, "weighed", {}, _true, _pred, sample_weight=u(3), checks=_BOTH)
    T.make(
        _name,
        "refused",
        {},
        _true,
        _pred,
        checks=["errors"],
        refuses={
            "reduction": bad(reduction="average"),
            "argument": bad(smoothing=0.5),
            "dtype": bad(dtype="float12"),
        },
    )

_T, _P = n(2, 3, 4), n(2, 3, 4)
for _reduction in (
    "sum_over_batch_size",
    "sum",
    "mean",
    "mean_with_sample_weight",
    "none",
    None,
):
    _set = {"reduction": _reduction}
    T.make("MeanSquaredError", f"{_reduction}", _set, _T, _P, checks=_BOTH)
    T.make(
        "MeanSquaredError",
        f"{_reduction} by row",
        _set,
        _T,
        _P,
        sample_weight=u(2, 1),
        checks=_BOTH,
    )
    T.make(
        "MeanSquaredError",
        f"{_reduction} by step",
        _set,
        _T,
        _P,
        sample_weight=u(2, 3),
        checks=_BOTH,
    )
    T.make(
        "MeanSquaredError",
        f"{_reduction} no weight",
        _set,
        _T,
        _P,
        sample_weight=v([[0.0] * 3] * 2),
        checks=_BOTH,
    )
    T.make(
        "MeanSquaredError", f"{_reduction} empty", _set, n(0, 4), n(0, 4), checks=_VALUE
    )
    T(
        "MeanSquaredError",
        f"{_reduction} masked",
        _T,
        v([[[1.0] * 4, [0.0] * 4, [2.0] * 4], [[0.0] * 4, [0.0] * 4, [1.0] * 4]]),
        run=lambda keras, t, p, reduction=_reduction: keras.losses.MeanSquaredError(
            reduction=reduction
        )(t, keras.layers.Masking()(p)),
        checks=_BOTH,
    )
    T(
        "MeanSquaredError",
        f"{_reduction} all masked",
        _T,
        v([[[0.0] * 4] * 3] * 2),
        u(2, 3),
        run=lambda keras, t, p, w, reduction=_reduction: keras.losses.MeanSquaredError(
            reduction=reduction
        )(t, keras.layers.Masking()(p), sample_weight=w),
        checks=_VALUE,
    )
T.make(
    "MeanSquaredError",
    "weights refused",
    {},
    n(3, 4),
    n(3, 4),
    checks=["errors"],
    refuses={
        "too many": bad(n(3, 4), n(3, 4), sample_weight=u(2)),
        "too deep": bad(n(3, 4), n(3, 4), sample_weight=u(3, 2, 2)),
    },
)
T.make("MeanSquaredError", "scalars", {}, v(1.0), v(3.0), checks=_VALUE)
T.make("MeanSquaredError", "vectors", {}, n(3), n(3), checks=_BOTH)
T.make("MeanSquaredError", "whole numbers", {}, i(3, 4), i(3, 4), checks=_VALUE)
T.make(
    "MeanSquaredError", "half", {"dtype": "float16"}, n(3, 4), n(3, 4), checks=_VALUE
)
T.make(
    "MeanSquaredError",
    "bfloat16",
    {"dtype": "bfloat16"},
    n(3, 4),
    n(3, 4),
    checks=_VALUE,
)
T.make(
    "BinaryCrossentropy", "logits", {"from_logits": True}, _BITS, n(3, 4), checks=_BOTH
)
T.make(
    "BinaryFocalCrossentropy",
    "logits",
    {"from_logits": True},
    _BITS,
    n(3, 4),
    checks=_BOTH,
)
T.make(
    "SparseCategoricalCrossentropy",
    "ignored weighed",
    {"ignore_class": 3},
    _CLASSES,
    _CHANCE,
    sample_weight=u(3),
    checks=_BOTH,
)
T.make(
    "SparseCategoricalCrossentropy",
    "all ignored",
    {"ignore_class": 3},
    v([3, 3], "int32"),
    u(2, 4),
    checks=_VALUE,
)
T.make(
    "CategoricalCrossentropy",
    "first axis",
    {"axis": 1},
    u(2, 4, 3),
    u(2, 4, 3),
    checks=_BOTH,
)
T.make("CosineSimilarity", "first axis", {"axis": 0}, n(3, 4), n(3, 4), checks=_BOTH)
T.make(
    "Circle",
    "diagonal",
    {"remove_diagonal": False, "gamma": 4},
    v([0, 0, 1], "int32"),
    n(3, 4),
    checks=_BOTH,
)
T.make(
    "CategoricalGeneralizedCrossEntropy",
    "bad q",
    {},
    _CLASSES,
    _CHANCE,
    checks=["errors"],
    refuses={"q 0": bad(q=0.0), "q 1": bad(q=1.0)},
)


def _own(keras: Any, t: Any, p: Any, **settings: Any) -> Any:
    class Own(keras.losses.Loss):
        def call(self, y_true: Any, y_pred: Any) -> Any:
            return keras.ops.mean(keras.ops.power(y_true - y_pred, 4), axis=-1)

    return Own(**settings)(t, p, sample_weight=keras.ops.abs(t[:, 0]))


T("Loss", "own", n(3, 4), n(3, 4), run=_own)
T("Loss", "own sum", n(3, 4), n(3, 4), reduction="sum", run=_own, checks=_BOTH)
T(
    "Loss",
    "without call",
    n(3, 4),
    n(3, 4),
    run=_own,
    checks=["errors"],
    refuses={"reduction": bad(n(3, 4), n(3, 4), reduction="median")},
)
