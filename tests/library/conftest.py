"""What the library's tests share: a seed, a comparison, float64, compiled code."""

import importlib
import os

from multibackend.parity.run.cache import compiled_before

# Most of the time under JAX is compiling; its two processes compile much alike. A graph
# of PyTorch is replayed: fused code takes seconds each. TensorFlow would take oneDNN or
# not by the processor. Before the import, since that is when the frameworks read it.
os.environ.update(
    {"MULTIBACKEND_OPTIMIZE": "never", "TF_ENABLE_ONEDNN_OPTS": "1"}
    | compiled_before(os.environ.get("KERAS_BACKEND", ""))
)

import keras
import numpy as np
import pytest

from multibackend.inputs import Working, working


@pytest.fixture(autouse=True)
def seeded():
    """Initial weights and noise are drawn alike whenever and wherever a test runs."""
    keras.utils.set_random_seed(0)


@pytest.fixture
def close():
    """Compares shape and dtype first, then values up to a few roundings."""

    def check(actual, expected, *, dtype=None, roundings=16):
        got = keras.ops.convert_to_numpy(actual)
        want = np.asarray(expected, "float64")
        assert got.shape == want.shape
        assert got.dtype.name == (dtype or keras.config.floatx())
        bound = (
            roundings * np.finfo(got.dtype).eps * max(1, np.abs(want).max(initial=0))
        )
        assert np.abs(got.astype("float64") - want).max(initial=0) <= bound

    return check


@pytest.fixture
def float64():
    """Everything computes in float64, as in the parity suite's referee."""
    from multibackend.parity.run.referee import float64

    name = keras.config.backend()
    wide = importlib.import_module(f"multibackend.parity.run._{name}").wide
    with float64(wide()), working(Working("float64")):
        yield
