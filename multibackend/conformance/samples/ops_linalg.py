"""Linear algebra of `keras.ops`: where signs are free, what does not depend on them."""

from typing import Any

import numpy as np

from multibackend.conformance.draws import i, n, spaced, v
from multibackend.conformance.table import Table, bad

T = Table("ops.linalg", "keras.ops")
# Refused by the compiler of a backend.
T.alone("eig", "det", "slogdet", "lstsq", "lu_factor")

_EDGE = ["forward", "spec"]
_FORWARD = ["forward"]
_GRAD = ["forward", "spec", "grad_inputs"]
_INF, _NAN = float("inf"), float("nan")

_SINGULAR = v([[1.0, 2.0], [2.0, 4.0]])
_NOTHING = v([[0.0, 0.0], [0.0, 0.0]])
_L = np.linalg


# Of any matrix, one that is positive definite, and one that is well conditioned.
def _positive(keras: Any, x: Any) -> Any:
    back = keras.ops.swapaxes(x, -1, -2)
    return keras.ops.matmul(x, back) + keras.ops.eye(x.shape[-2], dtype=x.dtype)


def _good(keras: Any, x: Any) -> Any:
    return x + 4.0 * keras.ops.eye(x.shape[-1], dtype=x.dtype)


def _pos(x: np.ndarray) -> np.ndarray:
    return x @ np.swapaxes(x, -1, -2) + np.eye(x.shape[-2])


def _far(x: np.ndarray) -> np.ndarray:
    return x + 4.0 * np.eye(x.shape[-1])


_SQUARE = {"not square": bad(n(2, 3)), "vector": bad(n(3))}

T(
    "cholesky",
    "plain",
    n(3, 3),
    run=lambda k, x: k.ops.cholesky(_positive(k, x)),
    ref=lambda x: _L.cholesky(_pos(x)),
)
T(
    "cholesky",
    "upper",
    n(3, 3),
    run=lambda k, x: k.ops.cholesky(_positive(k, x), upper=True),
    ref=lambda x: _L.cholesky(_pos(x)).T,
    checks=_GRAD,
)
T(
    "cholesky",
    "batch",
    n(2, 3, 3),
    run=lambda k, x: k.ops.cholesky(_positive(k, x)),
    ref=lambda x: _L.cholesky(_pos(x)),
    checks=_GRAD,
)
T(
    "cholesky",
    "only the lower half counts",
    v([[4.0, 99.0], [2.0, 3.0]]),
    ref=_L.cholesky,
    checks=_FORWARD,
)
T(
    "cholesky",
    "only the upper half counts",
    v([[4.0, 2.0], [99.0, 3.0]]),
    upper=True,
    ref=False,
    checks=_FORWARD,
)
T(
    "cholesky",
    "whole numbers",
    v([[4, 2], [2, 3]], "int32"),
    ref=_L.cholesky,
    checks=_EDGE,
)
T("cholesky", "one", v([[4.0]]), ref=_L.cholesky, checks=_EDGE)
T("cholesky", "empty", n(0, 0), checks=_EDGE)
T(
    "cholesky",
    "refused",
    v([[4.0]]),
    checks=["forward", "errors"],
    refuses={
        **_SQUARE,
        "indefinite": bad(v([[1.0, 2.0], [2.0, 1.0]])),
        "indefinite in a batch": bad(
            v([[[1.0, 2.0], [2.0, 1.0]], [[1.0, 0.0], [0.0, 1.0]]])
        ),
    },
)


def _low(keras: Any, x: Any) -> Any:
    return keras.ops.tril(_good(keras, x))


T(
    "cholesky_inverse",
    "plain",
    n(3, 3),
    run=lambda k, x: k.ops.cholesky_inverse(_low(k, x)),
    ref=lambda x: _L.inv(np.tril(_far(x)) @ np.tril(_far(x)).T),
)
T(
    "cholesky_inverse",
    "upper",
    n(3, 3),
    run=lambda k, x: k.ops.cholesky_inverse(k.ops.triu(_good(k, x)), upper=True),
    ref=lambda x: _L.inv(np.triu(_far(x)).T @ np.triu(_far(x))),
    checks=_GRAD,
)
T(
    "cholesky_inverse",
    "batch",
    n(2, 2, 2),
    run=lambda k, x: k.ops.cholesky_inverse(_low(k, x)),
    ref=lambda x: _L.inv(np.tril(_far(x)) @ np.swapaxes(np.tril(_far(x)), -1, -2)),
    checks=_GRAD,
)
T(
    "cholesky_inverse",
    "the other half",
    v([[4.0, 9.0], [2.0, 3.0]]),
    ref=lambda x: _L.inv(np.tril(x) @ np.tril(x).T),
    checks=_FORWARD,
)
T(
    "cholesky_inverse",
    "whole numbers",
    v([[4, 0], [2, 3]], "int32"),
    ref=lambda x: _L.inv(np.tril(x) @ np.tril(x).T),
    checks=_EDGE,
)
T(
    "cholesky_inverse",
    "refused",
    v([[4.0]]),
    checks=["forward", "errors"],
    refuses={**_SQUARE, "singular": bad(v([[1.0, 0.0], [1.0, 0.0]]))},
)

T("det", "plain", n(3, 3), ref=_L.det, refuses=_SQUARE)
T("det", "batch", n(2, 3, 3), ref=_L.det, checks=_GRAD)
T("det", "singular", _SINGULAR, ref=_L.det, checks=["forward", "grad_inputs"])
T("det", "zeros", _NOTHING, ref=_L.det, checks=["forward", "grad_inputs"])
T("det", "whole numbers", i(2, 2), ref=_L.det, checks=_EDGE)
T("det", "empty", n(0, 0), ref=_L.det, checks=_EDGE)
T("slogdet", "plain", n(3, 3), ref=lambda x: tuple(_L.slogdet(x)), refuses=_SQUARE)
T("slogdet", "batch", n(2, 3, 3), ref=lambda x: tuple(_L.slogdet(x)), checks=_GRAD)
T(
    "slogdet",
    "negative",
    v([[0.0, 1.0], [1.0, 0.0]]),
    ref=lambda x: tuple(_L.slogdet(x)),
    checks=_GRAD,
)
T("slogdet", "singular", _NOTHING, ref=lambda x: tuple(_L.slogdet(x)), checks=_FORWARD)
T(
    "slogdet",
    "whole numbers",
    v([[4, 2], [2, 3]], "int32"),
    ref=lambda x: tuple(_L.slogdet(x)),
    checks=_EDGE,
)
T("slogdet", "empty", n(0, 0), ref=lambda x: tuple(_L.slogdet(x)), checks=_EDGE)
T(
    "logdet",
    "plain",
    n(3, 3),
    run=lambda k, x: k.ops.logdet(_positive(k, x)),
    ref=lambda x: _L.slogdet(_pos(x))[1],
)
T(
    "logdet",
    "batch",
    n(2, 3, 3),
    run=lambda k, x: k.ops.logdet(_positive(k, x)),
    ref=lambda x: _L.slogdet(_pos(x))[1],
    checks=_GRAD,
)
T("logdet", "negative", v([[0.0, 1.0], [1.0, 0.0]]), checks=_FORWARD)
T("logdet", "singular", _NOTHING, checks=_FORWARD)
T(
    "logdet",
    "whole numbers",
    v([[4, 2], [2, 3]], "int32"),
    ref=lambda x: _L.slogdet(x)[1],
    checks=_EDGE,
)
T("logdet", "refused", v([[4.0]]), checks=["forward", "errors"], refuses=_SQUARE)


# The signs and the scale of eigenvectors are free, and so is the order of eigenvalues.
def _eig(keras: Any, x: Any) -> Any:
    found, vectors = keras.ops.eig(x)
    image = keras.ops.matmul(keras.ops.cast(x, vectors.dtype), vectors)
    rest = keras.ops.abs(image - vectors * keras.ops.expand_dims(found, -2))
    real = keras.ops.sort(keras.ops.real(found))
    return real, keras.ops.sort(keras.ops.imag(found)), keras.ops.round(rest, 3)


def _eig_of(x: np.ndarray) -> tuple[np.ndarray, ...]:
    found = _L.eigvals(x)
    return np.sort(found.real), np.sort(found.imag), np.zeros(x.shape)


T("eig", "plain", v([[1.0, 2.0], [3.0, 5.0]]), run=_eig, ref=_eig_of, checks=_FORWARD)
T(
    "eig",
    "rotation",
    v([[0.0, -1.0], [1.0, 0.0]]),
    run=_eig,
    ref=_eig_of,
    checks=_FORWARD,
)
T("eig", "batch", n(2, 3, 3), run=_eig, ref=_eig_of, checks=_FORWARD)
T(
    "eig",
    "dtypes",
    n(2, 2),
    run=lambda k, x: [k.ops.zeros_like(one) for one in k.ops.eig(x)],
    checks=_EDGE,
)
T(
    "eig",
    "whole numbers",
    v([[1, 2], [3, 5]], "int32"),
    run=lambda k, x: k.ops.sort(k.ops.real(k.ops.eig(x)[0])),
    ref=lambda x: np.sort(_L.eigvals(x)),
    checks=_FORWARD,
)
T(
    "eig",
    "refused",
    v([[4.0]]),
    run=lambda k, x: k.ops.eig(x)[0],
    checks=["forward", "errors"],
    refuses=_SQUARE,
)


# The signs of eigenvectors are free: what the values and vectors make together is not.
def _eigh(keras: Any, x: Any) -> Any:
    values, vectors = keras.ops.eigh((x + keras.ops.swapaxes(x, -1, -2)) / 2.0)
    scaled = vectors * keras.ops.expand_dims(keras.ops.tanh(values), -2)
    return values, keras.ops.matmul(scaled, keras.ops.swapaxes(vectors, -1, -2))


def _eigh_of(x: np.ndarray) -> tuple[np.ndarray, ...]:
    values, vectors = _L.eigh((x + np.swapaxes(x, -1, -2)) / 2.0)
    return values, (vectors * np.tanh(values)[..., None, :]) @ np.swapaxes(
        vectors, -1, -2
    )


T("eigh", "plain", n(3, 3), run=_eigh, ref=_eigh_of)
T("eigh", "batch", n(2, 3, 3), run=_eigh, ref=_eigh_of, checks=_GRAD)
T(
    "eigh",
    "values alone",
    n(3, 3),
    run=lambda k, x: k.ops.eigh(_positive(k, x))[0],
    ref=lambda x: _L.eigvalsh(_pos(x)),
    checks=_GRAD,
)
T(
    "eigh",
    "which half counts",
    v([[1.0, 99.0], [2.0, 5.0]]),
    run=lambda k, x: k.ops.eigh(x)[0],
    ref=_L.eigvalsh,
    checks=_FORWARD,
)
T(
    "eigh",
    "equal values",
    v([[1.0, 0.0], [0.0, 1.0]]),
    run=_eigh,
    ref=_eigh_of,
    checks=["forward", "grad_inputs"],
)
T(
    "eigh",
    "whole numbers",
    v([[4, 2], [2, 3]], "int32"),
    run=lambda k, x: k.ops.eigh(x)[0],
    ref=_L.eigvalsh,
    checks=_EDGE,
)
T(
    "eigh",
    "not a number",
    v([[_NAN, 0.0], [0.0, 1.0]]),
    run=lambda k, x: k.ops.eigh(x)[0],
    checks=_FORWARD,
)
T("eigh", "empty", n(0, 0), run=lambda k, x: k.ops.eigh(x)[0], checks=_EDGE)
T(
    "eigh",
    "refused",
    v([[4.0]]),
    run=lambda k, x: k.ops.eigh(x)[0],
    checks=["forward", "errors"],
    refuses=_SQUARE,
)

T(
    "inv",
    "plain",
    n(3, 3),
    run=lambda k, x: k.ops.inv(_good(k, x)),
    ref=lambda x: _L.inv(_far(x)),
)
T(
    "inv",
    "batch",
    n(2, 2, 2),
    run=lambda k, x: k.ops.inv(_good(k, x)),
    ref=lambda x: _L.inv(_far(x)),
    checks=_GRAD,
)
T("inv", "whole numbers", v([[4, 2], [2, 3]], "int32"), ref=_L.inv, checks=_EDGE)
T("inv", "empty", n(0, 0), ref=_L.inv, checks=_EDGE)
T("inv", "empty batch", n(0, 2, 2), ref=_L.inv, checks=_EDGE)
T(
    "inv",
    "refused",
    v([[4.0]]),
    checks=["forward", "errors"],
    refuses={**_SQUARE, "singular": bad(_SINGULAR), "zeros": bad(_NOTHING)},
)

T(
    "solve",
    "plain",
    n(3, 3),
    n(3, 2),
    run=lambda k, a, b: k.ops.solve(_good(k, a), b),
    ref=lambda a, b: _L.solve(_far(a), b),
)
T(
    "solve",
    "vector",
    n(3, 3),
    n(3),
    run=lambda k, a, b: k.ops.solve(_good(k, a), b),
    ref=lambda a, b: _L.solve(_far(a), b),
    checks=_GRAD,
)
T(
    "solve",
    "batch",
    n(2, 3, 3),
    n(2, 3, 1),
    run=lambda k, a, b: k.ops.solve(_good(k, a), b),
    ref=lambda a, b: _L.solve(_far(a), b),
    checks=_GRAD,
)
T(
    "solve",
    "batch of vectors",
    n(2, 3, 3),
    n(2, 3),
    run=lambda k, a, b: k.ops.solve(_good(k, a), b),
    checks=_EDGE,
)
T(
    "solve",
    "whole numbers",
    v([[4, 2], [2, 3]], "int32"),
    v([[1], [2]], "int32"),
    ref=_L.solve,
    checks=_EDGE,
)
T(
    "solve",
    "mixed dtypes",
    v([[4, 2], [2, 3]], "int32"),
    n(2, 1),
    ref=_L.solve,
    checks=_EDGE,
)
T(
    "solve",
    "refused",
    v([[4.0]]),
    v([[1.0]]),
    checks=["forward", "errors"],
    refuses={
        "not square": bad(n(2, 3), n(2, 1)),
        "shapes": bad(n(2, 2), n(3, 1)),
        "singular": bad(_SINGULAR, v([[1.0], [0.0]])),
    },
)
for _lower in (False, True):
    _half = np.tril if _lower else np.triu
    _name = "lower" if _lower else "upper"
    T(
        "solve_triangular",
        _name,
        n(3, 3),
        n(3, 2),
        _lower,
        run=lambda k, a, b, low: k.ops.solve_triangular(_good(k, a), b, lower=low),
        ref=lambda a, b, low, half=_half: _L.solve(half(_far(a)), b),
        checks=_GRAD if _lower else (),
    )
    T(
        "solve_triangular",
        f"{_name}, batch",
        n(2, 3, 3),
        n(2, 3, 1),
        _lower,
        run=lambda k, a, b, low: k.ops.solve_triangular(_good(k, a), b, lower=low),
        ref=lambda a, b, low, half=_half: _L.solve(half(_far(a)), b),
        checks=_EDGE,
    )
T(
    "solve_triangular",
    "vector",
    n(3, 3),
    n(3),
    run=lambda k, a, b: k.ops.solve_triangular(_good(k, a), b),
    ref=lambda a, b: _L.solve(np.triu(_far(a)), b),
    checks=_GRAD,
)
T(
    "solve_triangular",
    "singular",
    v([[1.0, 2.0], [0.0, 0.0]]),
    v([[1.0], [1.0]]),
    checks=_FORWARD,
)
T(
    "solve_triangular",
    "whole numbers",
    v([[4, 2], [0, 3]], "int32"),
    v([[1], [2]], "int32"),
    ref=_L.solve,
    checks=_EDGE,
)
T(
    "solve_triangular",
    "refused",
    v([[4.0]]),
    v([[1.0]]),
    checks=["forward", "errors"],
    refuses={"not square": bad(n(2, 3), n(2, 1)), "shapes": bad(n(2, 2), n(3, 1))},
)


# The least of all solutions where there are many; the residual is what is left.
def _lstsq(a: np.ndarray, b: np.ndarray, rcond: float | None = None) -> np.ndarray:
    return _L.lstsq(a, b, rcond)[0]


T("lstsq", "plain", n(4, 2), n(4, 1), ref=_lstsq)
T("lstsq", "vector", n(4, 2), n(4), ref=_lstsq, checks=_GRAD)
T("lstsq", "wide", n(2, 4), n(2, 2), ref=_lstsq, checks=_GRAD)
T(
    "lstsq",
    "rank too low",
    v([[1.0, 2.0], [2.0, 4.0], [3.0, 6.0]]),
    n(3, 1),
    ref=_lstsq,
    checks=_FORWARD,
)
T(
    "lstsq",
    "rcond",
    v([[1.0, 0.0], [0.0, 0.01], [0.0, 0.0]]),
    n(3),
    rcond=0.1,
    ref=_lstsq,
    checks=_FORWARD,
)
T(
    "lstsq",
    "square",
    n(2, 2),
    n(2, 1),
    run=lambda k, a, b: k.ops.lstsq(_good(k, a), b),
    ref=lambda a, b: _lstsq(_far(a), b),
    checks=_EDGE,
)
T(
    "lstsq",
    "refused",
    n(2, 2),
    n(2, 1),
    ref=_lstsq,
    checks=["forward", "errors"],
    refuses={"shapes": bad(n(3, 2), n(2, 1)), "vector": bad(n(3), n(3))},
)


# Pivots are numbered alike; the factors make the matrix together.
T("lu_factor", "plain", n(3, 3), run=lambda k, x: k.ops.lu_factor(_good(k, x)))
T("lu_factor", "pivots", v([[1.0, 2.0], [3.0, 4.0]]), checks=_EDGE)
T(
    "lu_factor",
    "batch",
    n(2, 3, 3),
    run=lambda k, x: k.ops.lu_factor(_good(k, x)),
    checks=_GRAD,
)
T("lu_factor", "tall", n(3, 2), checks=_EDGE)
T("lu_factor", "wide", n(2, 3), checks=_EDGE)
T("lu_factor", "singular", _SINGULAR, checks=_FORWARD)
T("lu_factor", "whole numbers", v([[1, 2], [3, 4]], "int32"), checks=_EDGE)
T(
    "lu_factor",
    "refused",
    v([[4.0]]),
    checks=["forward", "errors"],
    refuses={"vector": bad(n(3))},
)

T(
    "matrix_rank",
    "plain",
    n(3, 4),
    ref=_L.matrix_rank,
    refuses={"vector": bad(n(3))},
)
T("matrix_rank", "low", _SINGULAR, ref=_L.matrix_rank, checks=_EDGE)
T("matrix_rank", "zeros", _NOTHING, ref=_L.matrix_rank, checks=_EDGE)
T("matrix_rank", "batch", n(2, 3, 2), ref=_L.matrix_rank, checks=_EDGE)
T(
    "matrix_rank",
    "tol",
    v([[1.0, 0.0], [0.0, 0.01]]),
    tol=0.1,
    ref=_L.matrix_rank,
    checks=_EDGE,
)
T(
    "matrix_rank",
    "relative tol",
    v([[100.0, 0.0], [0.0, 1.0]]),
    tol=0.1,
    ref=_L.matrix_rank,
    checks=_EDGE,
)
T(
    "matrix_rank",
    "whole numbers",
    v([[1, 2], [2, 4]], "int32"),
    ref=_L.matrix_rank,
    checks=_EDGE,
)

T("pinv", "plain", n(4, 2), ref=_L.pinv)
T("pinv", "wide", n(2, 3), ref=_L.pinv, checks=_GRAD)
T("pinv", "batch", n(2, 3, 2), ref=_L.pinv, checks=_EDGE)
T("pinv", "singular", _SINGULAR, rcond=1e-4, ref=_L.pinv, checks=_FORWARD)
T("pinv", "zeros", _NOTHING, ref=_L.pinv, checks=_FORWARD)
T(
    "pinv",
    "rcond",
    v([[1.0, 0.0], [0.0, 0.01]]),
    rcond=0.1,
    ref=_L.pinv,
    checks=_FORWARD,
)
T("pinv", "whole numbers", v([[4, 2], [2, 3]], "int32"), ref=_L.pinv, checks=_EDGE)
T("pinv", "empty", n(0, 2), ref=_L.pinv, checks=_EDGE)


# Each column of Q may have the other sign, with its row of R: their product has none.
def _qr(keras: Any, x: Any, **more: Any) -> Any:
    q, r = keras.ops.qr(x, **more)
    return keras.ops.matmul(q, r), keras.ops.abs(q), keras.ops.abs(r)


def _qr_of(x: np.ndarray, mode: Any = "reduced") -> tuple[np.ndarray, ...]:
    q, r = _L.qr(x, mode)
    return q @ r, abs(q), abs(r)


T("qr", "plain", n(4, 3), run=_qr, ref=_qr_of)
T("qr", "wide", n(2, 3), run=_qr, ref=_qr_of, checks=_EDGE)
T("qr", "complete", n(3, 2), run=_qr, mode="complete", ref=_qr_of, checks=_EDGE)
T("qr", "batch", n(2, 3, 2), run=_qr, ref=_qr_of, checks=_EDGE)
T("qr", "square", n(2, 2), run=_qr, ref=_qr_of, checks=_GRAD)
T(
    "qr",
    "signs as they come",
    spaced(3, 2),
    ref=lambda x: tuple(_L.qr(x)),
    checks=_FORWARD,
)
T(
    "qr",
    "whole numbers",
    v([[1, 2], [3, 4]], "int32"),
    run=_qr,
    ref=_qr_of,
    checks=_EDGE,
)
T(
    "qr",
    "refused",
    n(2, 2),
    run=_qr,
    ref=_qr_of,
    checks=["forward", "errors"],
    refuses={"mode": bad(n(2, 2), mode="r"), "vector": bad(n(3))},
)


# The signs of singular vectors are free in pairs: their product is not.
def _svd(keras: Any, x: Any, full_matrices: bool = False) -> Any:
    u, s, v = keras.ops.svd(x, full_matrices=full_matrices)
    size = s.shape[-1]
    product = keras.ops.matmul(
        u[..., :size] * keras.ops.expand_dims(keras.ops.tanh(s), -2), v[..., :size, :]
    )
    return s, product, keras.ops.zeros_like(u), keras.ops.zeros_like(v)


def _svd_of(x: np.ndarray, full_matrices: bool = False) -> tuple[np.ndarray, ...]:
    u, s, v = _L.svd(x, full_matrices)
    size = s.shape[-1]
    return (
        s,
        (u[..., :size] * np.tanh(s)[..., None, :]) @ v[..., :size, :],
        u * 0,
        v * 0,
    )


T("svd", "plain", n(3, 2), run=_svd, ref=_svd_of)
T("svd", "wide", n(2, 4), run=_svd, ref=_svd_of, checks=_GRAD)
T("svd", "full", n(3, 2), True, run=_svd, ref=_svd_of, checks=_EDGE)
T("svd", "batch", n(2, 3, 2), run=_svd, ref=_svd_of, checks=_EDGE)
T(
    "svd",
    "values alone",
    n(3, 2),
    compute_uv=False,
    ref=lambda x, compute_uv: _L.svd(x, compute_uv=False),
    checks=_GRAD,
)
T(
    "svd",
    "singular",
    _SINGULAR,
    compute_uv=False,
    ref=lambda x, compute_uv: _L.svd(x, compute_uv=False),
    checks=_FORWARD,
)
T(
    "svd",
    "equal values",
    v([[1.0, 0.0], [0.0, 1.0]]),
    run=_svd,
    ref=_svd_of,
    checks=["forward", "grad_inputs"],
)
T(
    "svd",
    "whole numbers",
    v([[1, 2], [3, 4]], "int32"),
    run=lambda k, x: k.ops.svd(x, compute_uv=False),
    ref=lambda x: _L.svd(x, compute_uv=False),
    checks=_EDGE,
)
T(
    "svd",
    "not a number",
    v([[_NAN, 0.0], [0.0, 1.0]]),
    compute_uv=False,
    checks=_FORWARD,
)
T("svd", "empty", n(0, 2), compute_uv=False, checks=_EDGE)
T(
    "svd",
    "refused",
    n(2, 2),
    run=_svd,
    ref=_svd_of,
    checks=["forward", "errors"],
    refuses={"vector": bad(n(3))},
)

# A program as the function under test: `jvp` takes one.
T(
    "jvp",
    "plain",
    n(3),
    n(3),
    run=lambda k, x, d: k.ops.jvp(k.ops.sin, (x,), (d,)),
    ref=lambda x, d: (np.sin(x), np.cos(x) * d),
)
T(
    "jvp",
    "two inputs",
    n(2, 2),
    n(2, 2),
    run=lambda k, x, y: k.ops.jvp(k.ops.multiply, (x, y), (y, x)),
    ref=lambda x, y: (x * y, x * x + y * y),
    checks=_GRAD,
)
T(
    "jvp",
    "aux",
    n(3),
    n(3),
    run=lambda k, x, d: k.ops.jvp(
        lambda z: (k.ops.square(z), z + 1.0), (x,), (d,), has_aux=True
    ),
    ref=lambda x, d: (x * x, 2 * x * d, x + 1),
    checks=_FORWARD,
)
T(
    "jvp",
    "several outputs",
    n(3),
    n(3),
    run=lambda k, x, d: k.ops.jvp(lambda z: (k.ops.sin(z), 2.0 * z), (x,), (d,)),
    ref=lambda x, d: ((np.sin(x), 2 * x), (np.cos(x) * d, 2 * d)),
    checks=_FORWARD,
)
T(
    "jvp",
    "without a derivative",
    n(3),
    n(3),
    run=lambda k, x, d: k.ops.jvp(k.ops.zeros_like, (x,), (d,)),
    ref=lambda x, d: (x * 0, x * 0),
    checks=_FORWARD,
)
