"""Which call takes which graph, and when a new one is made."""

import keras
import numpy as np
import pytest

from multibackend import jit
from multibackend.autodiff import grad
from tests.library.tracing.conftest import trainer

ones = lambda *shape: np.ones(shape, "float32")  # noqa: E731 - a short name for a table


@pytest.fixture
def counted():
    """A function that notes each run of its Python."""
    runs = []

    @jit
    def double(x, *, training=False):
        runs.append(training)
        return keras.ops.where(training, x * 2, x)

    return double, runs


def test_the_python_of_the_function_runs_once_for_a_shape(counted):
    double, runs = counted
    for _ in range(3):
        double(ones(2))
    made = len(runs)
    double(ones(2) * 5)

    assert len(runs) == made
    assert double.traces == 1


@pytest.mark.parametrize(
    "other",
    [
        lambda: ((ones(3),), {}),
        lambda: ((ones(2, 1),), {}),
        lambda: ((np.ones(2, "int32"),), {}),
        lambda: ((ones(2),), {"training": True}),
    ],
    ids=["size", "rank", "dtype", "flag"],
)
def test_another_kind_of_call_has_its_own_graph(counted, other):
    double, _ = counted
    double(ones(2))
    args, kwargs = other()

    returned = keras.ops.convert_to_numpy(double(*args, **kwargs))

    assert double.traces == 2
    assert np.array_equal(returned, args[0] * (2 if kwargs else 1))


@pytest.mark.parametrize(
    "laid",
    [np.asfortranarray, lambda x: x[::-1], lambda x: np.stack([x, x], 2)[..., 1]],
    ids=["columns", "backwards", "stepping"],
)
def test_one_graph_serves_arrays_however_they_lie_in_memory(laid):
    fused = jit(lambda x: x * 2 - x[0], optimize="first")
    rows = np.arange(12, dtype="float32").reshape(3, 4)
    fused(rows)

    returned = keras.ops.convert_to_numpy(fused(laid(rows)))

    np.testing.assert_array_equal(returned, laid(rows) * 2 - laid(rows)[0])
    assert fused.traces == 1


def test_an_array_changed_after_the_call_changes_nothing_returned():
    same = jit(lambda x: x)
    given = np.zeros(3, "float32")

    returned = same(given)
    given += 1

    assert not keras.ops.convert_to_numpy(returned).any()


def test_true_is_not_one(counted):
    """`True == 1` in Python, but one is a flag and the other an array."""
    double, _ = counted
    double(ones(2), training=True)
    double(ones(2), training=1)

    assert double.traces == 2


def test_numbers_are_arrays_unless_they_are_named():
    @jit(static_argnames="power")
    def raised(x, power, factor):
        return x**power * factor

    first = float(raised(np.float32(3), 2, 1.5))
    second = float(raised(np.float32(3), 2, 2.5))
    third = float(raised(np.float32(3), 3, 2.5))

    assert (first, second, third) == (13.5, 22.5, 67.5)
    assert raised.traces == 2


def test_the_graph_least_used_goes_first():
    @jit(cache_size=2)
    def same(x):
        return x + 0

    for size in (1, 2, 1, 3, 1, 2):
        same(ones(size))

    # 1, 2, 3 and again 2, which had to go for 3.
    assert same.traces == 4


def test_a_frozen_layer_makes_a_new_graph(data):
    """Its kernel must stay as it is, though the arguments are the same."""
    made = trainer(keras.optimizers.SGD(0.1))
    made.step(*data)
    frozen = made.model.layers[0]
    frozen.trainable = False
    before = keras.ops.convert_to_numpy(frozen.kernel)
    made.step(*data)

    assert made.step.traces == 2
    assert np.array_equal(keras.ops.convert_to_numpy(frozen.kernel), before)


def test_another_layer_makes_a_new_graph():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Rescaling(2.0)])
    call = jit(model)
    first = keras.ops.convert_to_numpy(call(ones(1, 2)))
    model.add(keras.layers.Rescaling(5.0))
    second = keras.ops.convert_to_numpy(call(ones(1, 2)))

    assert (first.max(), second.max()) == (2.0, 10.0)


def test_methods_have_a_graph_for_each_object():
    class Scaled:
        def __init__(self, factor):
            self.factor = keras.Variable(factor)

        @jit
        def __call__(self, x):
            return x * self.factor

    assert [float(Scaled(f)(np.float32(2))) for f in (3.0, 4.0)] == [6.0, 8.0]


def test_structures_come_back_as_they_were():
    @jit
    def apart(pair):
        return {"sum": pair["a"] + pair["b"], "rest": (None, "text", [pair["a"]])}

    returned = apart({"a": ones(2), "b": ones(2)})

    assert set(returned) == {"sum", "rest"}
    assert returned["rest"][:2] == (None, "text")
    assert keras.ops.convert_to_numpy(returned["rest"][2][0]).tolist() == [1.0, 1.0]


def test_it_is_part_of_what_is_around_it():
    """A gradient of a compiled function is that of the function; one in another is one."""
    square = jit(lambda x: x**2)

    assert float(grad(square)(np.float32(3))) == 6.0
    assert float(jit(grad(square))(np.float32(3))) == 6.0
    assert float(jit(lambda x: square(x) + 1)(np.float32(3))) == 10.0


def test_variables_may_swap():
    first, second = keras.Variable(1.0), keras.Variable(2.0)

    @jit
    def swap():
        old = first + 0.0
        first.assign(second)
        second.assign(old)

    swap()
    swap()
    swap()

    assert (float(first.numpy()), float(second.numpy())) == (2.0, 1.0)


def test_what_was_returned_stays_as_it_is():
    """A view of the state would move with the next call."""
    total = keras.Variable(1.0)

    @jit
    def grow():
        total.assign_add(1.0)
        return total.value

    first = grow()
    grow()

    assert float(first) == 2.0
    assert float(total.numpy()) == 3.0


def test_a_value_assigned_outside_is_seen():
    factor = keras.Variable(2.0)
    times = jit(lambda x: x * factor)
    before = float(times(np.float32(1)))
    factor.assign(5.0)

    assert (before, float(times(np.float32(1)))) == (2.0, 5.0)
