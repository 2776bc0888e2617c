"""The linear recurrences: both methods, states, masks, extremes."""

import keras
import numpy as np
import pytest

from multibackend.autodiff import grad
from multibackend.inputs import normal
from multibackend.layers import LinearRecurrence, MinGRU, SelectiveScan
from multibackend.layers._scan import _chunked, _halved, linear_scan
from multibackend.weights import seed_weights


def numpy(tensor):
    return keras.ops.convert_to_numpy(tensor)


MAKERS = {
    "linear": lambda **k: LinearRecurrence(3, return_sequences=True, **k),
    "minimal": lambda **k: MinGRU(3, return_sequences=True, **k),
    "selective": lambda **k: SelectiveScan(2, **k),
}
every = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS.keys())


def seeded(layer, width=4):
    layer.build((None, None, width))
    seed_weights(layer)
    return layer


def one_by_one(factors, terms, first):
    """The states in float64."""
    states, state = [], first.astype("float64")
    for step in range(factors.shape[1]):
        state = factors[:, step] * state + terms[:, step]
        states.append(state)
    return np.stack(states, axis=1)


@pytest.mark.parametrize("steps", [1, 7, 33])
@pytest.mark.parametrize("scan", ["associative", "scan", "chunked"])
def test_every_scan_gives_the_states_of_a_loop(scan, steps, close):
    factors = np.tanh(normal(2, steps, 2, 3, seed=1))
    terms, first = normal(2, steps, 2, 3, seed=2), normal(2, 2, 3, seed=3)
    start, *given = (keras.ops.convert_to_tensor(x) for x in (first, factors, terms))
    if scan == "chunked":  # elsewhere for lengths that are unknown
        found, first = _chunked(given[0], given[1]), np.zeros_like(first)
    else:
        found = linear_scan(given[0], given[1], start, method=scan)
    close(found, one_by_one(factors, terms, first), roundings=64)


def test_a_scan_in_float64_keeps_all_its_digits(float64, close):
    factors, terms = np.tanh(normal(1, 9, 2, seed=1)), normal(1, 9, 2, seed=2)
    found = _halved(*map(keras.ops.convert_to_tensor, (factors, terms)))
    close(found, one_by_one(factors, terms, np.zeros((1, 2))), dtype="float64")


@every
def test_both_methods_agree_in_values_and_gradients(make, close):
    inputs = normal(2, 8, 4, seed=1)
    results = []
    for method in ("associative", "scan"):
        layer = seeded(make(method=method))
        slopes = grad(
            lambda x, layer=layer: keras.ops.sum(layer(x) ** 2),
            variables=layer.trainable_variables,
        )(inputs)
        results.append([layer(inputs), *slopes])
    for ours, theirs in zip(*results, strict=True):
        close(ours, numpy(theirs), roundings=64)


@every
def test_a_stream_in_two_parts_gives_the_same_as_all_at_once(make, close):
    inputs = normal(2, 8, 4, seed=1)
    layer = seeded(make(return_state=True))
    whole, last = layer(inputs)
    first, state = layer(inputs[:, :4])
    second, end = layer(inputs[:, 4:], initial_state=state)
    close(keras.ops.concatenate([first, second], axis=1), numpy(whole))
    close(end, numpy(last))


@every
def test_a_masked_step_might_as_well_not_be_there(make, close):
    inputs = normal(2, 8, 4, seed=1)
    real = [0, 2, 3, 6]
    mask = np.tile(np.isin(np.arange(8), real), (2, 1))
    layer = seeded(make(return_state=True))
    outputs, last = layer(inputs, mask=mask)
    expected, end = layer(inputs[:, real])
    close(keras.ops.take(outputs, real, axis=1), numpy(expected))
    close(last, numpy(end))


@every
def test_the_mask_is_handed_on_with_the_sequence_alone(make):
    steps = keras.ops.convert_to_tensor(normal(2, 3, 4, seed=1))
    mask = np.array([[True, True, False]] * 2)
    layer = seeded(make(return_state=True))
    assert layer.compute_mask(steps, mask) == (mask, None)
    assert make().compute_mask(steps, mask) is mask
    assert MinGRU(3).compute_mask(steps, mask) is None


@every
def test_a_model_takes_sequences_of_any_length(make, close):
    layer = seeded(make())
    inputs = keras.Input((None, 4))
    model = keras.Model(inputs, layer(inputs))
    model.compile("sgd", loss="mse")
    for steps in (4, 8):
        x = normal(2, steps, 4, seed=1)
        close(model.predict(x, verbose=0), numpy(layer(x)), roundings=64)
    width = model.output_shape[-1]
    x, y = normal(2, 8, 4, seed=1), normal(2, 8, width, seed=2)
    expected = np.mean((numpy(layer(x)).astype("float64") - y) ** 2)
    found = model.train_on_batch(x, y)
    assert abs(float(found) - expected) < 1e-5 * expected


@every
@pytest.mark.parametrize(
    ("policy", "size"),
    [("float32", 1e4), ("mixed_float16", 1e3), ("mixed_bfloat16", 1e4)],
)
def test_extreme_inputs_give_finite_outputs_and_gradients(make, policy, size):
    layer = make(dtype=policy)
    layer.build((None, None, 4))
    inputs = size * np.sign(normal(2, 8, 4, seed=1))

    def mean(x):
        return keras.ops.mean(keras.ops.tanh(keras.ops.cast(layer(x), "float32")))

    assert np.isfinite(numpy(mean(inputs)))
    for slope in grad(mean, variables=layer.trainable_variables)(inputs):
        assert np.isfinite(numpy(keras.ops.cast(slope, "float32"))).all()


def test_a_gate_that_is_open_or_shut_replaces_or_keeps_the_state(close):
    layer = MinGRU(1, positive=False, return_sequences=True)
    layer.build((None, None, 2))
    layer.set_weights([np.eye(2), np.zeros(2)])  # the gate and the candidate
    inputs = np.array([[[1e4, 3.0], [-1e4, 5.0], [0.0, 7.0]]], "float32")
    close(layer(inputs), [[[3.0], [3.0], [5.0]]])


def test_a_candidate_is_made_positive(close):
    layer = MinGRU(1)
    layer.build((None, None, 2))
    layer.set_weights([np.eye(2), np.zeros(2)])
    close(layer(np.array([[[1e4, 2.0]], [[1e4, -2.0]]])), [[2.5], [1 / (1 + np.e**2)]])


def test_what_is_kept_and_added_preserves_the_variance_of_noise():
    layer = LinearRecurrence(64, return_sequences=True)
    layer.build((None, None, 1))
    kept = 1 / (1 + np.exp(-layer.decay.numpy().astype("float64")))
    assert np.all((kept**8 > 0.899) & (kept**8 < 0.9991))
    # The gates are open; the value is the input.
    bias = np.repeat([0.0, 1e4, 1e4], 64)
    kernel = np.repeat([1.0, 0.0, 0.0], 64)[None]
    layer.set_weights([kernel, bias, np.full(64, np.log(0.9 / 0.1))])
    noise = np.random.default_rng(0).normal(size=(512, 32, 1)).astype("float32")
    assert abs(numpy(layer(noise))[:, 24:, 0].std() - 1) < 0.05


def test_a_new_selective_scan_has_the_steps_and_rates_of_the_paper():
    layer = SelectiveScan(4)
    layer.build((None, None, 50))
    assert tuple(layer.delta_kernel.shape) == (4, 50)  # 50 / 16, rounded up
    steps = np.log1p(np.exp(layer.delta_bias.numpy()))
    assert steps.min() > 0.9e-3
    assert steps.max() < 0.11
    rates = np.exp(layer.decay.numpy())
    assert np.abs(rates - [[1, 2, 3, 4]] * 50).max() < 1e-5


@pytest.mark.parametrize(
    "layer",
    [
        LinearRecurrence(3, method="scan", return_state=True, name="mine"),
        MinGRU(3, positive=False, method="scan", return_sequences=True),
        SelectiveScan(3, 2, method="scan", return_state=True),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_the_configuration_keeps_every_argument(layer):
    copy = keras.layers.deserialize(keras.layers.serialize(layer))
    assert type(copy) is type(layer)
    assert copy.get_config() == layer.get_config()


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="one of 'associative', 'scan', received 'x'"):
        _ = MinGRU(3, method="x")
    with pytest.raises(
        ValueError, match="`units` to be a positive integer, received 0"
    ):
        _ = LinearRecurrence(0)
    with pytest.raises(ValueError, match="`delta_rank` to be a positive integer"):
        _ = SelectiveScan(3, 0)
    with pytest.raises(ValueError, match=r"received shape \(None, None, None\)"):
        MinGRU(3)(keras.Input((None, None)))
    inputs = normal(2, 5, 4, seed=1)
    with pytest.raises(
        ValueError, match=r"`mask` of shape \(2, 5\), received \(2, 4\)"
    ):
        MinGRU(3)(inputs, mask=np.ones((2, 4), bool))
    with pytest.raises(ValueError, match=r"shape \(2, 4, 3\), received \(2, 4\)"):
        SelectiveScan(3)(inputs, initial_state=np.ones((2, 4), "float32"))
