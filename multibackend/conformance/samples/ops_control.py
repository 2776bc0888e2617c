"""Control flow of `keras.ops`, and what changes a function or its gradient."""

from typing import Any

import numpy as np

from multibackend.conformance.draws import b, i, n, u, v
from multibackend.conformance.table import Table, bad

T = Table("ops.control", "keras.ops")
T.alone("scan", "while_loop", "fori_loop", "cond", "switch", "associative_scan", "map")
T.alone("vectorize")

_EDGE = ["forward", "spec"]
_FORWARD = ["forward"]
_GRAD = ["forward", "grad_inputs"]
_TRUE, _FALSE = v(True, "bool"), v(False, "bool")


def _cond(keras: Any, pred: Any, x: Any) -> Any:
    return keras.ops.cond(pred, lambda: keras.ops.sin(x), lambda: 2.0 * x)


T(
    "cond",
    "plain",
    _TRUE,
    n(3),
    run=_cond,
    ref=lambda p, x: np.sin(x),
    skip={"spec": "Branches take no arguments, so that they close over real tensors."},
)
T("cond", "otherwise", _FALSE, n(3), run=_cond, ref=lambda p, x: 2 * x, checks=_GRAD)
T(
    "cond",
    "number",
    v(2, "int32"),
    n(3),
    run=_cond,
    ref=lambda p, x: np.sin(x),
    checks=_FORWARD,
)
T(
    "cond",
    "Python value",
    True,
    n(3),
    run=_cond,
    ref=lambda p, x: np.sin(x),
    checks=_GRAD,
)
T(
    "cond",
    "nested",
    _TRUE,
    n(3),
    run=lambda k, p, x: k.ops.cond(
        p, lambda: {"a": x, "b": [2.0 * x]}, lambda: {"a": -x, "b": [x]}
    ),
    ref=lambda p, x: {"a": x, "b": [2 * x]},
    checks=_FORWARD,
)
# Both branches return the same kind, and what chooses is a scalar.
T(
    "cond",
    "refused",
    _TRUE,
    n(3),
    n(3),
    run=lambda k, p, x, y: k.ops.cond(p, lambda: x, lambda: y),
    ref=lambda p, x, y: x,
    checks=["forward", "errors"],
    refuses={
        "other dtypes": bad(_TRUE, n(3), i(3)),
        "other shapes": bad(_TRUE, n(3), n(1)),
        "vector of one": bad(v([True], "bool"), n(3), n(3)),
    },
)
T(
    "cond",
    "nothing",
    _TRUE,
    n(3),
    run=lambda k, p, x: k.ops.cond(p, lambda: None, lambda: None) or x,
    checks=_FORWARD,
)
T(
    "cond",
    "not a number in the other branch",
    _TRUE,
    v([0.0, -1.0]),
    run=lambda k, p, x: k.ops.cond(p, lambda: x, lambda: k.ops.log(x)),
    ref=lambda p, x: x,
    checks=_GRAD,
)


def _switch(keras: Any, index: Any, x: Any) -> Any:
    return keras.ops.switch(
        index, [keras.ops.sin, lambda y: 2.0 * y, lambda y: y - 1.0], x
    )


for _k, _f in {0: np.sin, 1: lambda x: 2 * x, 2: lambda x: x - 1}.items():
    T(
        "switch",
        f"branch {_k}",
        v(_k, "int32"),
        n(3),
        run=_switch,
        ref=lambda k, x, f=_f: f(x),
        checks=() if not _k else _GRAD,
    )
T(
    "switch",
    "below",
    v(-1, "int32"),
    n(3),
    run=_switch,
    ref=lambda k, x: np.sin(x),
    checks=_FORWARD,
)
T(
    "switch",
    "above",
    v(7, "int32"),
    n(3),
    run=_switch,
    ref=lambda k, x: x - 1,
    checks=_FORWARD,
)
T("switch", "number", 1, n(3), run=_switch, ref=lambda k, x: 2 * x, checks=_GRAD)
T(
    "switch",
    "number above",
    7,
    n(3),
    run=_switch,
    ref=lambda k, x: x - 1,
    checks=_FORWARD,
)
T(
    "switch",
    "uint8",
    v(1, "uint8"),
    n(3),
    run=_switch,
    ref=lambda k, x: 2 * x,
    checks=_FORWARD,
)
T(
    "switch",
    "two operands",
    v(1, "int32"),
    n(3),
    n(3),
    run=lambda k, j, x, y: k.ops.switch(j, [k.ops.add, k.ops.subtract], x, y),
    ref=lambda k, x, y: x - y,
    checks=_GRAD,
)


def _step(carry: Any, x: Any) -> tuple[Any, Any]:
    return carry * 0.5 + x, carry


def _scanned(init: np.ndarray, xs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    carry, ys = init, []
    for x in xs:
        ys.append(carry)
        carry = carry * 0.5 + x
    return carry, np.stack(ys)


T(
    "scan",
    "plain",
    n(3),
    n(4, 3),
    run=lambda k, c, x: k.ops.scan(_step, c, x),
    ref=_scanned,
    skip={"spec": "The first axis of the carry is another one than that of the steps."},
)
T(
    "scan",
    "reverse",
    n(3),
    n(4, 3),
    run=lambda k, c, x: k.ops.scan(_step, c, x, reverse=True),
    ref=lambda c, x: (_scanned(c, x[::-1])[0], _scanned(c, x[::-1])[1][::-1]),
    checks=_GRAD,
)
T(
    "scan",
    "unroll",
    n(),
    n(5),
    run=lambda k, c, x: k.ops.scan(_step, c, x, unroll=2),
    ref=_scanned,
    checks=_EDGE,
)
T(
    "scan",
    "length alone",
    n(2),
    run=lambda k, c: k.ops.scan(lambda z, _: (z * 0.5, z), c, length=3),
    ref=lambda c: (c / 8, np.stack([c, c / 2, c / 4])),
    checks=_GRAD,
)
T(
    "scan",
    "no outputs",
    n(2),
    n(3, 2),
    run=lambda k, c, x: k.ops.scan(lambda z, y: (z + y, None), c, x)[0],
    ref=lambda c, x: c + x.sum(0),
    checks=_FORWARD,
)
T(
    "scan",
    "nested",
    n(2),
    n(3, 2),
    n(3, 2),
    run=lambda k, c, x, y: k.ops.scan(
        lambda z, e: ({"a": z["a"] + e[0]}, z["a"] * e[1]), {"a": c}, (x, y)
    ),
    checks=_GRAD,
)
T(
    "scan",
    "outputs of another shape",
    n(2),
    n(3, 2),
    run=lambda k, c, x: k.ops.scan(lambda z, y: (z + y, k.ops.sum(y)), c, x),
    ref=lambda c, x: (c + x.sum(0), x.sum(1)),
    checks=_FORWARD,
)
T(
    "scan",
    "nothing to scan",
    n(2),
    n(0, 2),
    run=lambda k, c, x: k.ops.scan(_step, c, x),
    checks=_FORWARD,
)
T(
    "scan",
    "whole numbers",
    i(),
    i(4),
    run=lambda k, c, x: k.ops.scan(lambda z, y: (z + y, z), c, x),
    ref=lambda c, x: (c + x.sum(), c + np.cumsum(x) - x),
    checks=_FORWARD,
)

T(
    "associative_scan",
    "plain",
    n(5, 2),
    run=lambda k, x: k.ops.associative_scan(k.ops.add, x),
    ref=lambda x: np.cumsum(x, 0),
)
T(
    "associative_scan",
    "products",
    u(6, low=0.5, high=2.0),
    run=lambda k, x: k.ops.associative_scan(k.ops.multiply, x),
    ref=np.cumprod,
    checks=_GRAD,
)
T(
    "associative_scan",
    "reverse",
    n(4, 2),
    run=lambda k, x: k.ops.associative_scan(k.ops.add, x, reverse=True),
    ref=lambda x: np.cumsum(x[::-1], 0)[::-1],
    checks=_GRAD,
)
T(
    "associative_scan",
    "axis",
    n(2, 7),
    run=lambda k, x: k.ops.associative_scan(k.ops.add, x, axis=1),
    ref=lambda x: np.cumsum(x, 1),
    checks=_GRAD,
)
T(
    "associative_scan",
    "negative axis",
    n(2, 4),
    run=lambda k, x: k.ops.associative_scan(k.ops.maximum, x, axis=-1),
    ref=lambda x: np.maximum.accumulate(x, -1),
    checks=_FORWARD,
)
T(
    "associative_scan",
    "nested",
    n(4),
    n(4),
    run=lambda k, x, y: k.ops.associative_scan(
        lambda a, c: [a[0] * c[0], a[1] * c[0] + c[1]], [x, y]
    ),
    checks=_GRAD,
)
T(
    "associative_scan",
    "one",
    n(1, 2),
    run=lambda k, x: k.ops.associative_scan(k.ops.add, x),
    ref=lambda x: x,
    checks=_FORWARD,
)
T(
    "associative_scan",
    "two",
    n(2, 2),
    run=lambda k, x: k.ops.associative_scan(k.ops.add, x),
    ref=lambda x: np.cumsum(x, 0),
    checks=_FORWARD,
)
T(
    "associative_scan",
    "empty",
    n(0, 2),
    run=lambda k, x: k.ops.associative_scan(k.ops.add, x),
    ref=lambda x: x,
    checks=_FORWARD,
)
T(
    "associative_scan",
    "whole numbers",
    i(5),
    run=lambda k, x: k.ops.associative_scan(k.ops.add, x),
    ref=np.cumsum,
    checks=_FORWARD,
)

T(
    "while_loop",
    "plain",
    n(3),
    run=lambda k, x: k.ops.while_loop(
        lambda j, y: j < 4, lambda j, y: (j + 1, y * 0.5), (0, x)
    ),
    ref=lambda x: (4, x / 16),
    checks=["forward", "jit"],
)
T(
    "while_loop",
    "until a value",
    v(1.0),
    run=lambda k, x: k.ops.while_loop(lambda y: y < 50.0, lambda y: y * 3.0, x),
    ref=lambda x: 81.0,
    checks=_FORWARD,
)
T(
    "while_loop",
    "in a list",
    v(1.0),
    run=lambda k, x: k.ops.while_loop(lambda y: y < 50.0, lambda y: [y * 3.0], [x]),
    ref=lambda x: [81.0],
    checks=_FORWARD,
)
T(
    "while_loop",
    "dictionary",
    n(2),
    run=lambda k, x: k.ops.while_loop(
        lambda s: s["j"] < 3,
        lambda s: {"j": s["j"] + 1, "x": s["x"] + 1.0},
        {"j": 0, "x": x},
    ),
    ref=lambda x: {"j": 3, "x": x + 3},
    checks=_FORWARD,
)
T(
    "while_loop",
    "at most",
    n(2),
    run=lambda k, x: k.ops.while_loop(
        lambda y: True, lambda y: y + 1.0, x, maximum_iterations=5
    ),
    ref=lambda x: x + 5,
    checks=_FORWARD,
)
T(
    "while_loop",
    "never",
    n(2),
    run=lambda k, x: k.ops.while_loop(lambda y: False, lambda y: y + 1.0, x),
    ref=lambda x: x,
    checks=_FORWARD,
)
T(
    "while_loop",
    "maximum of none",
    n(2),
    run=lambda k, x: k.ops.while_loop(
        lambda y: True, lambda y: y + 1.0, x, maximum_iterations=0
    ),
    ref=lambda x: x,
    checks=_FORWARD,
)
# The state has the same shape and dtype all along.
T(
    "while_loop",
    "refused",
    n(2),
    n(2),
    run=lambda k, x, y: k.ops.while_loop(
        lambda j, _: j < 2, lambda j, _: (j + 1, y), (0, x)
    )[1],
    ref=lambda x, y: y,
    checks=["forward", "errors"],
    refuses={
        "another dtype": bad(n(2), i(2)),
        "another shape": bad(n(2), n(4)),
    },
)
T(
    "while_loop",
    "gradient",
    n(3),
    run=lambda k, x: k.ops.while_loop(
        lambda j, y: j < 3, lambda j, y: (j + 1, k.ops.sin(y)), (0, x)
    )[1],
    ref=lambda x: np.sin(np.sin(np.sin(x))),
    checks=_GRAD,
)

T(
    "fori_loop",
    "plain",
    n(3),
    run=lambda k, x: k.ops.fori_loop(0, 4, lambda j, y: y * 0.5, x),
    ref=lambda x: x / 16,
    checks=["forward", "jit"],
)
T(
    "fori_loop",
    "with the number",
    v(0, "int32"),
    run=lambda k, x: k.ops.fori_loop(2, 6, lambda j, y: y + j, x),
    ref=lambda x: 14,
    checks=_FORWARD,
)
T(
    "fori_loop",
    "never",
    n(2),
    run=lambda k, x: k.ops.fori_loop(3, 1, lambda j, y: y + 1.0, x),
    ref=lambda x: x,
    checks=_FORWARD,
)
T(
    "fori_loop",
    "pair",
    n(2),
    run=lambda k, x: k.ops.fori_loop(
        0, 3, lambda j, s: (s[0] + 1.0, s[1] + s[0]), (x, x)
    ),
    ref=lambda x: (x + 3, 4 * x + 3),
    checks=_FORWARD,
)
T(
    "fori_loop",
    "tensor bounds",
    n(2),
    v(3, "int32"),
    run=lambda k, x, m: k.ops.fori_loop(0, m, lambda j, y: y + 1.0, x),
    ref=lambda x, m: x + 3,
    checks=_FORWARD,
)
T(
    "fori_loop",
    "gradient",
    n(3),
    run=lambda k, x: k.ops.fori_loop(0, 3, lambda j, y: k.ops.sin(y), x),
    ref=lambda x: np.sin(np.sin(np.sin(x))),
    checks=_GRAD,
)

T(
    "map",
    "plain",
    n(4, 3),
    run=lambda k, x: k.ops.map(k.ops.sum, x),
    ref=lambda x: x.sum(1),
)
T(
    "map",
    "pair",
    n(4, 3),
    n(4),
    run=lambda k, x, y: k.ops.map(lambda e: e[0] * e[1], (x, y)),
    ref=lambda x, y: x * y[:, None],
    checks=_GRAD,
)
T(
    "map",
    "several outputs",
    n(4, 3),
    run=lambda k, x: k.ops.map(lambda e: {"a": e + 1.0, "b": k.ops.max(e)}, x),
    ref=lambda x: {"a": x + 1, "b": x.max(1)},
    checks=_FORWARD,
)
T(
    "map",
    "another dtype",
    n(4),
    run=lambda k, x: k.ops.map(lambda e: k.ops.cast(e > 0.0, "int32"), x),
    ref=lambda x: (x > 0).astype("int32"),
    checks=_EDGE,
)
T(
    "map",
    "whole numbers",
    i(3),
    run=lambda k, x: k.ops.map(lambda e: e * 2, x),
    ref=lambda x: 2 * x,
    checks=_EDGE,
)
T(
    "map",
    "empty",
    n(0, 3),
    run=lambda k, x: k.ops.map(lambda e: e + 1.0, x),
    ref=lambda x: x,
    checks=_FORWARD,
)
T(
    "vectorized_map",
    "plain",
    n(4, 3),
    run=lambda k, x: k.ops.vectorized_map(k.ops.sum, x),
    ref=lambda x: x.sum(1),
)
T(
    "vectorized_map",
    "list",
    n(4, 3),
    n(4),
    run=lambda k, x, y: k.ops.vectorized_map(lambda e: e[0] * e[1], [x, y]),
    ref=lambda x, y: x * y[:, None],
    checks=_GRAD,
)
T(
    "vectorized_map",
    "several outputs",
    n(4, 3),
    run=lambda k, x: k.ops.vectorized_map(lambda e: (e + 1.0, k.ops.max(e)), x),
    ref=lambda x: (x + 1, x.max(1)),
    checks=_FORWARD,
)
T(
    "vectorized_map",
    "branch by value",
    n(4),
    run=lambda k, x: k.ops.vectorized_map(
        lambda e: k.ops.cond(e > 0.0, lambda: e, lambda: -e), x
    ),
    ref=np.abs,
    checks=_FORWARD,
)
T(
    "vectorized_map",
    "constant",
    n(4),
    run=lambda k, x: k.ops.vectorized_map(lambda e: k.ops.ones((2,)), x),
    ref=lambda x: np.ones((4, 2)),
    checks=_FORWARD,
)
T(
    "vectorized_map",
    "empty",
    n(0, 3),
    run=lambda k, x: k.ops.vectorized_map(lambda e: e + 1.0, x),
    ref=lambda x: x,
    checks=_FORWARD,
)

T(
    "vectorize",
    "plain",
    n(4, 2),
    n(4, 2),
    run=lambda k, x, y: k.ops.vectorize(lambda a, c: k.ops.sin(a) * c)(x, y),
    ref=lambda x, y: np.sin(x) * y,
)
T(
    "vectorize",
    "broadcast",
    n(4, 1),
    n(3),
    run=lambda k, x, y: k.ops.vectorize(lambda a, c: a + c)(x, y),
    ref=lambda x, y: x + y,
    checks=_FORWARD,
)
T(
    "vectorize",
    "signature",
    n(2, 3),
    n(3),
    run=lambda k, x, y: k.ops.vectorize(k.ops.dot, signature="(n),(n)->()")(x, y),
    ref=lambda x, y: x @ y,
    checks=_GRAD,
)
T(
    "vectorize",
    "excluded",
    n(4),
    run=lambda k, x: k.ops.vectorize(lambda a, power: a**power, excluded={1})(x, 2),
    ref=lambda x: x**2,
    checks=_FORWARD,
)
T(
    "vectorize",
    "output of a shape",
    n(4),
    run=lambda k, x: k.ops.vectorize(
        lambda a: k.ops.stack([a, 2.0 * a]), signature="()->(m)"
    )(x),
    ref=lambda x: np.stack([x, 2 * x], 1),
    checks=_FORWARD,
)

T(
    "stop_gradient",
    "plain",
    n(3),
    run=lambda k, x: x * k.ops.stop_gradient(x),
    ref=lambda x: x * x,
)
T(
    "stop_gradient",
    "alone",
    n(3),
    ref=lambda x: x,
    checks=["forward", "spec", "grad_inputs"],
)
T("stop_gradient", "whole numbers", i(3), ref=lambda x: x, checks=_EDGE)
T("stop_gradient", "bool", b(3), ref=lambda x: x, checks=_EDGE)


def _custom(keras: Any) -> Any:
    @keras.ops.custom_gradient
    def square(x: Any) -> Any:
        def grad(*args: Any, upstream: Any = None) -> Any:
            if upstream is None:
                (upstream,) = args
            return keras.ops.multiply(upstream, 10.0 * x)

        return keras.ops.square(x), grad

    return square


def _custom_pair(keras: Any) -> Any:
    @keras.ops.custom_gradient
    def product(x: Any, y: Any) -> Any:
        def grad(*args: Any, upstream: Any = None) -> Any:
            if upstream is None:
                (upstream,) = args
            return upstream * 3.0, upstream * 5.0

        return x * y, grad

    return product


T(
    "custom_gradient",
    "plain",
    n(3),
    run=lambda k, x: _custom(k)(x),
    ref=np.square,
    checks=["forward", "grad_inputs"],
)
T(
    "custom_gradient",
    "two inputs",
    n(3),
    n(3),
    run=lambda k, x, y: _custom_pair(k)(x, y),
    ref=np.multiply,
    checks=["forward", "grad_inputs"],
)
T(
    "custom_gradient",
    "compiled",
    n(3),
    run=lambda k, x: k.ops.sin(_custom(k)(x)),
    ref=lambda x: np.sin(x * x),
    checks=["forward", "grad_inputs", "jit"],
)
