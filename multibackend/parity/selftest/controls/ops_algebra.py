"""Controls: products, decompositions and transforms."""

from __future__ import annotations

from typing import Any

import numpy as np

from multibackend.inputs import normal
from multibackend.parity.selftest.controls.declare import Table, declare, keras
from multibackend.parity.selftest.controls.inputs import Array, images, rows, steps


def _definite(x: Any) -> Any:
    """A symmetric matrix whose eigenvalues are 1 and more."""
    product = keras.ops.matmul(x, keras.ops.transpose(x))
    return product + keras.ops.eye(4, dtype=x.dtype)


def _definite_again(x: Array) -> Array:
    return x @ x.T + np.eye(4)


def _pair_of_products(x: Array, y: Array) -> Array:
    return np.einsum("abc,adc->abd", x, y)


def _projection(x: Any) -> Any:
    """The columns' span, which does not depend on the signs that QR chose."""
    q, _ = keras.ops.qr(x)
    return keras.ops.matmul(q, keras.ops.transpose(q))


CONTROLS: Table = {
    "matmul": (lambda: (keras.ops.matmul, rows(), normal(16, 8)), np.matmul),
    "einsum": (
        lambda: (
            lambda x, y: keras.ops.einsum("abc,adc->abd", x, y),
            steps(),
            steps(),
        ),
        _pair_of_products,
    ),
    "einsum_trace": lambda: (
        lambda x: keras.ops.einsum("aa->", _definite(x)),
        normal(4, 4),
    ),
    "tensordot": (
        lambda: (
            lambda x, y: keras.ops.tensordot(x, y, axes=[[1, 2], [0, 1]]),
            steps(),
            normal(5, 8, 3),
        ),
        lambda x, y: np.tensordot(x, y, axes=((1, 2), (0, 1))),
    ),
    "outer": (lambda: (keras.ops.outer, normal(4), normal(8)), np.outer),
    "kronecker": (lambda: (keras.ops.kron, normal(2, 3), normal(3, 2)), np.kron),
    "cross": (lambda: (keras.ops.cross, normal(4, 3), normal(4, 3)), np.cross),
    "correlation": (lambda: (keras.ops.corrcoef, rows()), np.corrcoef),
    "cholesky": (
        lambda: (lambda x: keras.ops.cholesky(_definite(x)), normal(4, 4)),
        lambda x: np.linalg.cholesky(_definite_again(x)),
    ),
    "inverse": (
        lambda: (lambda x: keras.ops.inv(_definite(x)), normal(4, 4)),
        lambda x: np.linalg.inv(_definite_again(x)),
    ),
    "solve": (
        lambda: (
            lambda x, y: keras.ops.solve(_definite(x), y),
            normal(4, 4),
            normal(4, 2),
        ),
        lambda x, y: np.linalg.solve(_definite_again(x), y),
    ),
    "solve_triangular": lambda: (
        lambda x, y: keras.ops.solve_triangular(
            keras.ops.cholesky(_definite(x)), y, lower=True
        ),
        normal(4, 4),
        normal(4, 2),
    ),
    "determinant": (
        lambda: (lambda x: keras.ops.det(_definite(x)), normal(4, 4)),
        lambda x: np.linalg.det(_definite_again(x)),
    ),
    "log_determinant": lambda: (
        lambda x: keras.ops.slogdet(_definite(x))[1],
        normal(4, 4),
    ),
    "eigenvalues": lambda: (
        lambda x: keras.ops.eigh(_definite(x))[0],
        normal(4, 4),
    ),
    "singular_values": lambda: (
        lambda x: keras.ops.svd(x, compute_uv=False),
        rows(),
    ),
    "projection": lambda: (_projection, normal(4, 2)),
    "norms": lambda: (
        lambda x: [
            keras.ops.norm(x),
            keras.ops.norm(x, ord=1, axis=-1),
            keras.ops.norm(x, ord="fro", axis=(0, 1)),
        ],
        rows(),
    ),
    "fourier": lambda: (
        lambda x, y: keras.ops.fft((x, y)),
        rows(),
        rows(),
    ),
    "fourier_of_reals": lambda: (keras.ops.rfft, rows()),
    "fourier_and_back": (
        lambda: (lambda x: keras.ops.irfft(keras.ops.rfft(x)), rows()),
        lambda x: x,
    ),
    "image_resized": lambda: (
        lambda x: keras.ops.image.resize(x, (5, 6)),
        images(),
    ),
    "image_moved": lambda: (
        lambda x: keras.ops.image.affine_transform(
            x,
            # One a picture: torch and jax broadcast no single transform.
            np.array([[1, 0, 0.5, 0, 1, -0.25, 0, 0]] * 2, dtype="float32"),
        ),
        images(),
    ),
    "image_patches": lambda: (
        lambda x: keras.ops.image.extract_patches(x, (2, 2), strides=2),
        images(),
    ),
    "image_gray": lambda: (keras.ops.image.rgb_to_grayscale, images()),
}

declare(CONTROLS)
