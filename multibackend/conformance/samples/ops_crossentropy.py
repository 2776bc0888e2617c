"""`keras.ops` of cross entropies: of probabilities and logits, at 0 and at 1."""

from typing import Any

import numpy as np
from scipy import special

from multibackend.conformance.draws import i, n, u, v
from multibackend.conformance.table import Table, bad

_EPSILON = 1e-7


def _binary(target: Any, output: Any, *, from_logits: bool = False) -> Any:
    if from_logits:
        return np.logaddexp(output, 0.0) - output * target
    output = np.clip(output, _EPSILON, 1 - _EPSILON)
    return -target * np.log(output) - (1 - target) * np.log(1 - output)


def _logs(output: Any, axis: int, *, from_logits: bool) -> Any:
    if from_logits:
        return special.log_softmax(output, axis)
    output = output / output.sum(axis, keepdims=True)
    return np.log(np.clip(output, _EPSILON, 1 - _EPSILON))


def _categorical(
    target: Any, output: Any, *, from_logits: bool = False, axis: int = -1
) -> Any:
    return -(target * _logs(output, axis, from_logits=from_logits)).sum(axis)


def _sparse(
    target: Any, output: Any, *, from_logits: bool = False, axis: int = -1
) -> Any:
    target = np.asarray(target).astype(int)
    if target.ndim == output.ndim:
        target = target.squeeze(-1)
    logs = _logs(output, axis, from_logits=from_logits)
    target = np.expand_dims(target, axis)
    return -np.take_along_axis(logs, target, axis).squeeze(axis)


T = Table(
    "ops.crossentropy",
    "keras.ops",
    reference={
        "binary_crossentropy": _binary,
        "categorical_crossentropy": _categorical,
        "sparse_categorical_crossentropy": _sparse,
    },
)

# The compiler of PyTorch refuses it on a machine without Apple's accelerator.
T.alone("binary_crossentropy")

_INF, _NAN = float("inf"), float("nan")
_FEW = ["forward", "grad_inputs"]
_HOT = v([[0, 1, 0], [1, 0, 0]])
_CORNERS = v([[0.0, 1.0, 0.0], [0.0, 0.5, 0.5]])

T(
    "binary_crossentropy",
    "probabilities",
    u(3, 4),
    u(3, 4, low=0.1, high=0.9),
    refuses={"other shapes": bad(u(3, 4), u(3, 5)), "other ranks": bad(u(3), u(3, 1))},
)
T("binary_crossentropy", "logits", u(3, 4), n(3, 4), from_logits=True)
T(
    "binary_crossentropy",
    "default argument",
    u(3, 4),
    u(3, 4, low=0.1, high=0.9),
    from_logits=False,
    checks=["forward"],
)
T(
    "binary_crossentropy",
    "at 0 and 1",
    v([0.0, 1.0, 0.0, 1.0]),
    v([0.0, 0.0, 1.0, 1.0]),
    checks=["forward"],
)
T(
    "binary_crossentropy",
    "near 0 and 1",
    v([0.0, 1.0, 0.0, 1.0]),
    v([1e-5, 1e-5, 0.999, 0.999]),
    checks=_FEW,
)
T(
    "binary_crossentropy",
    "huge logits",
    v([0.0, 1.0, 0.0, 1.0, 0.5]),
    v([-200.0, -200.0, 200.0, 200.0, 1e4]),
    from_logits=True,
    checks=_FEW,
)
T(
    "binary_crossentropy",
    "infinite logits",
    v([0.0, 1.0, 1.0]),
    v([-_INF, _INF, _NAN]),
    from_logits=True,
    ref=False,
    checks=["forward"],
)
T(
    "binary_crossentropy",
    "outside of 0 and 1",
    v([0.0, 1.0]),
    v([-0.5, 1.5]),
    checks=["forward"],
)
T(
    "binary_crossentropy",
    "target of int32",
    i(3, 4, high=2),
    u(3, 4, low=0.1, high=0.9),
    checks=["forward", "spec"],
)
T(
    "binary_crossentropy",
    "nothing",
    n(0, 3),
    n(0, 3),
    ref=False,
    checks=["forward", "spec"],
)

T(
    "categorical_crossentropy",
    "probabilities",
    u(3, 4),
    u(3, 4, low=0.1, high=0.9),
    refuses={
        "other classes": bad(u(3, 4), u(3, 5)),
        "a scalar": bad(u(), u()),
        "an axis out of range": bad(u(3, 4), u(3, 4), axis=2),
    },
)
T("categorical_crossentropy", "logits", u(3, 4), n(3, 4), from_logits=True)
for _axis in (0, 1, -2):
    for _logits in (True, False):
        T(
            "categorical_crossentropy",
            f"axis {_axis}, {'logits' if _logits else 'probabilities'}",
            u(2, 3, 4),
            u(2, 3, 4, low=0.1),
            from_logits=_logits,
            axis=_axis,
            checks=["forward", "spec"],
        )
T("categorical_crossentropy", "at 0 and 1", _HOT, _CORNERS, checks=["forward"])
T(
    "categorical_crossentropy",
    "a row of zeros",
    _HOT,
    v([[0.0, 0.0, 0.0], [0.2, 0.3, 0.5]]),
    ref=False,
    checks=["forward"],
)
T(
    "categorical_crossentropy",
    "huge logits",
    _HOT,
    v([[200.0, -200.0, 0.0], [1e4, 1e4, -1e4]]),
    from_logits=True,
    checks=_FEW,
)
T(
    "categorical_crossentropy",
    "infinite logits",
    _HOT,
    v([[-_INF, 1.0, 0.0], [1.0, -_INF, -_INF]]),
    from_logits=True,
    ref=False,
    checks=["forward"],
)
T(
    "categorical_crossentropy",
    "target of int32",
    i(3, 4, high=2),
    u(3, 4, low=0.1),
    checks=["forward", "spec"],
)
T(
    "categorical_crossentropy",
    "probabilities of another sum",
    u(3, 4),
    u(3, 4, low=1.0, high=3.0),
    checks=["forward", "grad_inputs"],
)
T("categorical_crossentropy", "vector", u(4), u(4, low=0.1), checks=["forward"])

T(
    "sparse_categorical_crossentropy",
    "probabilities",
    i(3, high=4),
    u(3, 4, low=0.1),
    refuses={
        "other rows": bad(i(2, high=4), u(3, 4)),
        "a scalar": bad(i(high=4), u()),
        "an axis out of range": bad(i(3, high=4), u(3, 4), axis=2),
    },
)
T("sparse_categorical_crossentropy", "logits", i(3, high=4), n(3, 4), from_logits=True)
T(
    "sparse_categorical_crossentropy",
    "a column of targets",
    i(3, 1, high=4),
    n(3, 4),
    from_logits=True,
    checks=["forward", "spec"],
)
T(
    "sparse_categorical_crossentropy",
    "targets in floats",
    v([0, 2, 1]),
    n(3, 4),
    from_logits=True,
    checks=["forward", "spec"],
)
for _axis in (1, -2):
    for _logits in (True, False):
        T(
            "sparse_categorical_crossentropy",
            f"axis {_axis}, {'logits' if _logits else 'probabilities'}",
            i(2, 4, high=3),
            u(2, 3, 4, low=0.1),
            from_logits=_logits,
            axis=_axis,
            checks=["forward", "spec"],
        )
for _label, _target in {"above": [4, 0], "negative": [-1, 0]}.items():
    for _logits in (True, False):
        T(
            "sparse_categorical_crossentropy",
            f"target {_label}, {'logits' if _logits else 'probabilities'}",
            v(_target, "int32"),
            v([[0.1, 0.2, 0.3, 0.4], [0.4, 0.3, 0.2, 0.1]]),
            from_logits=_logits,
            ref=False,
            checks=["forward"],
        )
T(
    "sparse_categorical_crossentropy",
    "at 0 and 1",
    v([1, 0], "int32"),
    _CORNERS,
    checks=["forward"],
)
T(
    "sparse_categorical_crossentropy",
    "huge logits",
    v([1, 0], "int32"),
    v([[200.0, -200.0, 0.0], [1e4, 1e4, -1e4]]),
    from_logits=True,
    checks=_FEW,
)
T(
    "sparse_categorical_crossentropy",
    "an image",
    i(2, 3, 3, high=4),
    u(2, 3, 3, 4, low=0.1),
    checks=["forward", "spec", "grad_inputs"],
)

# TensorFlow may go back to the logits that a probability was made of.
T(
    "binary_crossentropy",
    "of a sigmoid far out",
    v([0.0, 1.0, 1.0]),
    v([40.0, -40.0, 0.5]),
    ref=lambda target, x: _binary(target, special.expit(x)),
    run=lambda keras, target, x: keras.ops.binary_crossentropy(
        target, keras.ops.sigmoid(x)
    ),
    checks=["forward"],
)
T(
    "categorical_crossentropy",
    "of a softmax far out",
    _HOT,
    v([[40.0, 0.0, 0.0], [0.0, 40.0, 0.0]]),
    ref=lambda target, x: _categorical(target, special.softmax(x, -1)),
    run=lambda keras, target, x: keras.ops.categorical_crossentropy(
        target, keras.ops.softmax(x)
    ),
    checks=["forward"],
)
T(
    "sparse_categorical_crossentropy",
    "of a softmax far out",
    v([1, 0], "int32"),
    v([[40.0, 0.0, 0.0], [0.0, 40.0, 0.0]]),
    ref=lambda target, x: _sparse(target, special.softmax(x, -1)),
    run=lambda keras, target, x: keras.ops.sparse_categorical_crossentropy(
        target, keras.ops.softmax(x)
    ),
    checks=["forward"],
)
