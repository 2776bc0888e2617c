"""What holds of every metric: batches, weights, masks, state, saving, training."""

import keras
import numpy as np
import pytest

from multibackend.inputs import integers, normal, uniform
from multibackend.metrics import (
    ExpectedCalibrationError,
    MatthewsCorrelation,
    NormalizedDiscountedCumulativeGain,
    PearsonCorrelation,
    Perplexity,
    RetrievalRecall,
)

# Batches are of 12, 8, 4 or 1: JAX compiles every operation anew for every shape.
COUNT = 12


def classes():
    return integers(COUNT, high=4, seed=1), normal(COUNT, 4, seed=2)


def queries():
    return integers(COUNT, 5, low=-1, high=3, seed=1), normal(COUNT, 5, seed=2)


def outputs():
    return normal(COUNT, 3, seed=1), normal(COUNT, 3, seed=2)


#: By name: makes a metric with arguments that are not the defaults, and its samples.
METRICS = {
    "calibration": (lambda: ExpectedCalibrationError(5, from_logits=True), classes),
    "matthews": (lambda: MatthewsCorrelation(4, threshold=0.25), classes),
    "recall": (lambda: RetrievalRecall(2), queries),
    "gain": (lambda: NormalizedDiscountedCumulativeGain(3, "linear"), queries),
    "perplexity": (lambda: Perplexity(from_logits=True, ignore_class=2), classes),
    "pearson": (lambda: PearsonCorrelation(3, average=False), outputs),
}


@pytest.fixture(params=METRICS)
def given(request):
    make, draw = METRICS[request.param]
    return make, *draw()


def result(metric, *batches):
    for batch in batches:
        metric.update_state(*batch)
    return keras.ops.convert_to_numpy(metric.result())


@pytest.mark.parametrize("sizes", [(8, 4), (1,) * COUNT], ids=str)
def test_any_split_into_batches_gives_the_same(given, sizes, close):
    make, true, pred = given
    weights = uniform(COUNT, low=0.5, high=2.0, seed=3)
    expected = result(make(), (true, pred, weights))
    ends = np.cumsum(sizes)
    parts = [slice(end - size, end) for end, size in zip(ends, sizes, strict=True)]
    metric = make()
    close(result(metric, *((true[p], pred[p], weights[p]) for p in parts)), expected)


def test_a_weight_of_two_is_a_sample_given_twice(given, close):
    make, true, pred = given
    weights = np.arange(COUNT) % 3
    expected = result(
        make(), (np.repeat(true, weights, 0), np.repeat(pred, weights, 0))
    )
    close(result(make(), (true, pred, weights.astype("float32"))), expected)
    close(result(make(), (true, pred, weights[:, None])), expected)


def test_what_is_weighed_zero_may_be_anything(given, close):
    make, true, pred = given
    expected = result(make(), (true[:8], pred[:8]))
    assert np.all(np.isfinite(expected))
    weights = (np.arange(COUNT) < 8).astype("float32")
    pred = pred.copy()
    pred[8:] = np.nan
    true = np.where(np.arange(COUNT).reshape(-1, *[1] * (true.ndim - 1)) < 8, true, 99)
    close(result(make(), (true, pred, weights)), expected)


def test_a_batch_without_weight_changes_nothing(given, close):
    make, true, pred = given
    nothing = (true, pred, np.zeros(COUNT, "float32"))
    assert not np.any(result(make(), nothing))
    expected = result(make(), (true, pred))
    close(result(make(), nothing, (true, pred), nothing), expected, roundings=0)


def test_the_result_is_zero_before_the_first_batch_and_after_a_reset(given):
    make, true, pred = given
    metric = make()
    assert not np.any(result(metric))
    assert np.any(result(metric, (true, pred)))
    metric.reset_state()
    assert not np.any(result(metric))


def test_a_result_stays_when_the_next_batch_comes(given):
    make, true, pred = given
    metric = make()
    metric.update_state(true[:8], pred[:8])
    first = metric.result()
    before = np.array(keras.ops.convert_to_numpy(first))
    metric.update_state(true[8:], pred[8:])
    assert np.array_equal(keras.ops.convert_to_numpy(first), before)


def test_the_configuration_round_trip_keeps_every_argument(given, close):
    make, true, pred = given
    metric = make()
    copy = keras.metrics.deserialize(keras.metrics.serialize(metric))
    assert type(copy) is type(metric)
    assert copy.get_config() == metric.get_config()
    close(result(copy, (true, pred)), result(metric, (true, pred)), roundings=0)


def test_its_variables_are_its_whole_state(given, close):
    make, true, pred = given
    metric, other = make(), make()
    metric.update_state(true[:8], pred[:8])
    for mine, theirs in zip(other.variables, metric.variables, strict=True):
        assert keras.backend.standardize_dtype(mine.dtype) == "float32"
        mine.assign(theirs)
    rest = (true[8:], pred[8:])
    close(result(other, rest), result(metric, rest), roundings=0)


def test_float64_stays_float64(given, float64):
    make, true, pred = given
    found = make()
    assert result(found, (true, pred)).dtype == "float64"
    assert {keras.backend.standardize_dtype(v.dtype) for v in found.variables} == {
        "float64"
    }


def test_evaluation_reports_it_and_a_saved_model_does_so_too(given, tmp_path, close):
    make, true, pred = given
    metric = make()
    if isinstance(metric, PearsonCorrelation):
        metric = PearsonCorrelation(3)
    weights = uniform(COUNT, low=0.5, high=2.0, seed=3)
    model = keras.Sequential([keras.Input(pred.shape[1:]), keras.layers.Identity()])
    loss = "sparse_categorical_crossentropy" if true.ndim == 1 else "mse"
    model.compile(loss=loss, metrics=[metric], weighted_metrics=[_named(metric)])
    found = model.evaluate(
        pred, true, batch_size=4, sample_weight=weights, verbose=0, return_dict=True
    )
    fresh = metric.from_config(metric.get_config())
    expected = float(result(fresh, (true, pred)))
    assert found[metric.name] == pytest.approx(expected, rel=1e-5)
    fresh.reset_state()
    weighed = float(result(fresh, (true, pred, weights)))
    assert found["weighed"] == pytest.approx(weighed, rel=1e-5)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    again = loaded.evaluate(
        pred, true, batch_size=4, sample_weight=weights, verbose=0, return_dict=True
    )
    assert again == pytest.approx(found, rel=1e-6)


def _named(metric):
    return metric.from_config({**metric.get_config(), "name": "weighed"})


@pytest.mark.parametrize("name", ["calibration", "matthews", "perplexity", "pearson"])
def test_steps_that_a_mask_hides_do_not_count(name, close):
    make, draw = METRICS[name]
    true, pred = (x.reshape(3, 4, *x.shape[1:]) for x in draw())
    lengths = [4, 3, 1]
    mask = np.arange(4) < np.array(lengths)[:, None]
    steps = np.where(mask[..., None], pred, 0)
    masked = keras.layers.Masking()(keras.ops.convert_to_tensor(steps))
    expected = result(make(), (true[mask], pred[mask]))
    close(result(make(), (true, masked)), expected)
    weights = np.array([1.0, 2.0, 0.5], "float32")
    per_step = np.repeat(weights, lengths)
    expected = result(make(), (true[mask], pred[mask], per_step))
    close(result(make(), (true, masked, weights)), expected)
    wide = np.repeat(weights[:, None], 4, axis=1)
    close(result(make(), (true, masked, wide)), expected)
