"""`forward` in float64: on JAX one program, elsewhere one operation after the other."""

import keras
import numpy as np
import pytest

from multibackend import backends
from multibackend.inputs import Working, current, normal, working
from multibackend.parity.cases.case import Case
from multibackend.parity.checks.table import load
from multibackend.parity.run.observe import Observer
from multibackend.parity.run.once import build, run_once
from multibackend.parity.run.prepare import framework_of
from multibackend.parity.run.referee import float64

BACKEND = keras.config.backend()
JAX = BACKEND == "jax"


def wide():
    return float64(framework_of(backends.find(BACKEND)).wide())


def runs(function, *, dtype="float64", twins=3):
    """The outputs of the case itself and of its twins, all of one subject."""
    case = Case("case", function, "", 0)
    found = []
    scope = wide() if dtype == "float64" else working(Working(name="case"))
    with scope:
        with working(Working(dtype, 0, "case")):
            subject = build(case)
        for twin in range(twins + 1):
            with working(Working(dtype, twin, "case")):
                found.append(run_once(load("forward"), case, subject).outputs)
    return found


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_twins_share_what_was_traced_in_float64_on_jax(dtype):
    calls = []

    def function(x):
        calls.append(1)
        return keras.ops.tanh(x) * 2.0

    found = runs(lambda: (function, normal(3, 4)), dtype=dtype)

    assert len(calls) == (1 if JAX and dtype == "float64" else 4)
    values = [one["output"] for one in found]
    assert {str(value.dtype) for value in values} == {dtype}
    # Each twin is computed on its own numbers.
    assert len({value.tobytes() for value in values}) == 4


def test_what_cannot_be_traced_is_computed_one_by_one():
    def function(x):
        return x * (2.0 if float(keras.ops.sum(x)) > 0 else 3.0)

    start = np.ones((2, 2))
    found = runs(lambda: (function, start))

    assert np.array_equal(found[0]["output"], 2.0 * start)
    assert not np.array_equal(found[1]["output"], 2.0 * start)


def test_what_is_no_tensor_comes_out_as_it_is():
    found = runs(lambda: (lambda x: {"y": x, "rank": 2, "text": None}, normal(2, 3)))

    assert found[0]["rank"].dtype.kind == "i"
    assert found[0]["y"].shape == (2, 3)


def test_a_layer_keeps_its_variables_and_their_values():
    made = []

    def case():
        made.append(keras.layers.BatchNormalization())
        return made[-1], normal(4, 3)

    first, *twins = runs(case)

    assert all(isinstance(v.numpy(), np.ndarray) for v in made[-1].variables)
    assert all(not np.array_equal(first["output"], one["output"]) for one in twins)


def test_the_state_of_a_metric_is_followed_from_batch_to_batch():
    batches = [(np.ones((2,)), np.zeros((2,))), (np.ones((2,)), np.ones((2,)))]
    found = runs(lambda: (keras.metrics.MeanSquaredError(), batches))

    assert [float(value) for value in found[0].values()] == [1.0, 0.5]


def test_a_schedule_is_read_at_all_its_steps():
    rate = keras.optimizers.schedules.ExponentialDecay(0.5, 4, 0.5)
    found = runs(lambda: rate)
    steps = np.array([0, 1, 2, 5, 10, 100, 1000])
    values = [float(value) for value in found[0].values()]

    # TensorFlow narrows a Python float to float32 on its way.
    assert values == pytest.approx(0.5 * 0.5 ** (steps / 4), rel=1e-4)


def test_the_referee_agrees_with_the_same_operations_one_by_one():
    """A whole observation: its float64 run and that of the eager function."""

    def function(x, y):
        z = keras.ops.matmul(x, y)
        return keras.ops.logsumexp(z, axis=-1) - keras.ops.max(z, axis=-1)

    case = Case("case", lambda: (function, normal(5, 6), normal(6, 7)), "", 0)
    observer = Observer((load("forward"),), twins=2, reruns=0, float64=wide)
    _, found = observer.observe(case)
    with working(Working(name="case")):
        x, y = (
            keras.ops.convert_to_numpy(each).astype(np.float64)
            for each in build(case).inputs().args
        )
    z = x @ y
    peak = z.max(-1)
    expected = np.log(np.exp(z - peak[:, None]).sum(-1))

    assert found.referee["output"].dtype == np.float64
    assert np.abs(found.referee["output"] - expected).max() < 1e-14


@pytest.mark.parametrize(
    "make",
    [
        # On torch its result is its own state, which the next batch changes.
        pytest.param(keras.metrics.Sum, id="a result that is the state"),
        # Its variables are made at the first batch.
        pytest.param(
            lambda: keras.metrics.F1Score(average=None, threshold=0.5), id="late"
        ),
    ],
)
def test_a_metric_says_the_same_in_both_precisions(make):
    shape = () if isinstance(make(), keras.metrics.Sum) else (4, 3)
    batch = np.ones(shape or (3,))
    batches = [(batch, batch)] * 2 if shape else [(batch,)] * 2
    narrow, wide = (
        runs(lambda: (make(), batches), dtype=dtype)[0]
        for dtype in ("float32", "float64")
    )

    assert list(narrow) == list(wide)
    for name, value in narrow.items():
        assert value == pytest.approx(wide[name], rel=1e-6)


def test_what_draws_is_drawn_anew_in_each_run():
    """A layer without a seed takes one from Python's generator."""

    def function(x):
        return keras.layers.GaussianNoise(1.0)(x, training=True)

    values = [one["output"] for one in runs(lambda: (function, np.zeros((2, 3))))]

    assert all(np.abs(one - values[0]).max() > 1e-3 for one in values[1:])


def test_what_a_function_keeps_between_calls_is_kept():
    def case():
        calls = keras.Variable(0.0, trainable=False)

        def function(x):
            calls.assign_add(1.0)
            return keras.ops.ones_like(x) * keras.ops.cast(calls, x.dtype)

        return function, np.ones((2,))

    found = runs(case)

    assert [float(one["output"][0]) for one in found] == [1.0, 2.0, 3.0, 4.0]


def metric_runs(make, batches):
    """How often a metric was updated by `forward` and `state`, and what came out."""
    calls = []
    clean = make.update_state

    def update_state(self, *batch):
        calls.append(current().dtype)
        return clean(self, *batch)

    kind = type("Counted", (make,), {"update_state": update_state})
    checks = load("forward"), load("state")
    observer = Observer(checks, twins=2, reruns=0, float64=wide)
    case = Case("case", lambda: (kind(name="counted"), batches), "", 0)
    found = list(observer.observe(case))[1:]
    return calls.count("float64"), found


def test_a_metric_is_followed_by_one_program_on_jax():
    batches = [(normal(5), normal(5, seed=1)), (normal(5, seed=2), normal(5, seed=3))]
    updates, (forward, state) = metric_runs(keras.metrics.MeanSquaredError, batches)
    plain = [(x.astype(np.float64) - y.astype(np.float64)) ** 2 for x, y in batches]

    # Four runs in float64, of two batches in `forward`, and one more behind the reset.
    assert updates == (2 + 3 if JAX else 4 * (2 + 3))
    assert forward.referee["0"] == pytest.approx(plain[0].mean(), abs=1e-15)
    assert forward.referee["1"] == pytest.approx(np.mean(plain), abs=1e-15)
    totals = [v for name, v in state.referee.items() if "total" in name]
    sums = np.cumsum(np.mean(plain, axis=1))  # of the means of each batch
    assert totals == pytest.approx(sums, abs=1e-14)
    assert state.expected["after reset"] == pytest.approx(plain[0].mean(), rel=1e-6)


def test_a_metric_that_makes_its_variables_late_is_not_traced():
    updates, (forward, state) = metric_runs(
        keras.metrics.F1Score, [(np.eye(3), np.eye(3))]
    )

    assert {forward.detail, state.detail} == {""}
    # Keras adds an epsilon to the denominator.
    assert forward.referee["0"] == pytest.approx(np.ones(3), abs=1e-6)
    assert state.referee["after reset"] == pytest.approx(np.ones(3), abs=1e-6)
    # By then it has them: `state` is one program, of a batch and one behind the reset.
    assert updates == (4 + 2 if JAX else 4 * (1 + 2))
