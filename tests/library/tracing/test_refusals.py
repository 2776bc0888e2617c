"""What cannot be traced says why and runs; what is wrong is an error with its cure."""

import importlib

import keras
import numpy as np
import pytest

from multibackend import jit
from multibackend.tracing.errors import TraceError


def _branch(x):
    return x if float(x) > 0 else -x


def test_a_function_that_reads_a_value_runs_and_says_why_once():
    fn = jit(_branch)
    with pytest.warns(
        RuntimeWarning, match="_branch cannot be traced and runs eagerly"
    ):
        first = float(fn(np.float32(-2)))
    second = float(fn(np.float32(3)))

    assert (first, second) == (2.0, 3.0)
    assert len(fn.notes) == 1


def test_strictly_it_is_an_error():
    with pytest.raises(RuntimeError, match="_branch cannot be traced"):
        jit(_branch, strict=True)(np.float32(1))


def test_an_error_of_the_function_is_the_function_s_own():
    """Not one about tracing: the eager run tells it."""

    @jit
    def wrong(x):
        message = "my own"
        raise KeyError(message)

    with pytest.raises(KeyError, match="my own"):
        wrong(np.float32(1))


def test_a_failed_trace_changes_nothing():
    total = keras.Variable(1.0)

    @jit(strict=True)
    def half(x):
        total.assign_add(1.0)
        return _branch(x)

    with pytest.raises(RuntimeError):
        half(np.float32(1))

    assert float(total.numpy()) == 1.0


def test_a_layer_made_inside_is_refused():
    @jit
    def made(x):
        return keras.layers.Dense(2)(x)

    with pytest.raises(TraceError, match="exist, and to be built, before"):
        made(np.ones((1, 2), "float32"))


def test_an_unbuilt_optimizer_is_refused():
    weight = keras.Variable([1.0])
    optimizer = keras.optimizers.Adam()

    @jit
    def step(x):
        optimizer.apply([x], [weight])

    with pytest.raises(TraceError, match="build"):
        step(np.ones(1, "float32"))


def test_tensors_of_another_framework_are_refused():
    other = {"torch": "jax.numpy", "jax": "torch", "tensorflow": "torch"}
    framework = other[keras.config.backend()]
    try:
        foreign = importlib.import_module(framework).ones(2)
    except ImportError:
        pytest.skip(f"{framework} is not installed beside this backend")
    with pytest.raises(TraceError, match="Hand it over as a NumPy array"):
        jit(lambda x: x)(foreign)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"optimize": "always"}, "background, first, never"),
        ({"cache_size": 0}, "positive integer"),
        ({"static_argnames": "y"}, "among x"),
    ],
    ids=["optimize", "cache_size", "static_argnames"],
)
def test_a_wrong_option_names_what_is_expected(options, said):
    with pytest.raises(TraceError, match=said):
        jit(lambda x: x, **options)
