"""Arrays become the tensors that the framework itself would make of them."""

import keras
import ml_dtypes
import numpy as np
import pytest

from multibackend import backends
from multibackend.inputs import Working, working
from multibackend.parity.checks.numbers import as_numpy, as_tensor
from multibackend.parity.run.prepare import framework_of
from multibackend.parity.run.referee import float64

DTYPES = ["float32", "float64", "float16", "int8", "int32", "int64", "uint8", "bool"]
ARRAYS = [
    *(pytest.param(np.array([[0, 1, 2]], dtype), id=dtype) for dtype in DTYPES),
    pytest.param(np.array([0.5, 3.0], ml_dtypes.bfloat16), id="bfloat16"),
    pytest.param(np.array([1 + 2j], np.complex64), id="complex64"),
    pytest.param(np.float32(0.5), id="a float"),
    pytest.param(np.zeros((0, 2), np.float32), id="empty"),
]


@pytest.mark.parametrize("array", ARRAYS)
@pytest.mark.parametrize("wide", [False, True])
def test_an_array_becomes_what_keras_makes_of_it(array, wide):
    backend = backends.find(keras.config.backend())
    scope = float64(framework_of(backend).wide()) if wide else working(Working())
    with scope, working(Working("float64" if wide else "float32")):
        found, plain = as_tensor(array), keras.ops.convert_to_tensor(array)
    assert found.dtype == plain.dtype
    assert found.shape == plain.shape
    assert np.array_equal(as_numpy(found), as_numpy(plain))
    if not (array.dtype == "float64" and not wide):  # which JAX narrows
        assert np.array_equal(as_numpy(found), array)
